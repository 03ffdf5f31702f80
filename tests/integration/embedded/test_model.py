"""Thousands of random writes, refusals and kills: the database says and holds what a list would."""

from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from tests.embedded_server import EmbeddedServer
from tests.plain_model import RULES, Chance, Doc, PlainModel, RefusedError

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]
Db = Database[Doc]
ROUNDS, COMMANDS_IN_A_ROUND = 4, 500


def compare_with_a_list(server: EmbeddedServer, seed: int, rounds: int, commands: int) -> int:
    """Run, kill and start again; how many commands were refused in whole or in part."""
    model, chance, refused = PlainModel(), Chance(seed), 0
    for number in range(rounds):
        with MongoClient(server.uri, serverSelectionTimeoutMS=5000) as client:
            if number == 0:
                prepare(client.d)
            assert_same(client.d, model)
            for _ in range(commands):
                refused += same_answer(client.d, model, chance.command())
                if chance.one_in(100):
                    assert_same(client.d, model)
                    change_indexes(client.d, model, chance)
            assert_same(client.d, model)
        server.kill()
        server.start()
    with MongoClient(server.uri) as client:
        assert_same(client.d, model)
    return refused


def prepare(database: Db) -> None:
    database.create_collection("t", validator=RULES)
    database.t.create_index([("n", 1), ("k", -1)])
    database.t.create_index("tags")


def same_answer(database: Db, model: PlainModel, command: Doc) -> int:
    reply = database.command(command, check=False)
    if "findAndModify" in command:
        try:
            expected = model.find_and_modify(command)
        except RefusedError as fault:
            expected = {"code": fault.code}
        assert {name: reply.get(name) for name in expected} == expected, (command, reply)
        return int("code" in expected)
    expected = getattr(model, next(iter(command)))(command)
    errors = [(error["index"], error["code"]) for error in reply.get("writeErrors", [])]
    upserted = [(made["index"], made["_id"]) for made in reply.get("upserted", [])]
    assert reply["n"] == expected["n"], (command, reply)
    assert reply.get("nModified", 0) == expected.get("nModified", 0), (command, reply)
    assert errors == expected.get("writeErrors", []), (command, reply)
    assert upserted == expected.get("upserted", []), (command, reply)
    return int(bool(errors))


def change_indexes(database: Db, model: PlainModel, chance: Chance) -> None:
    if "k" in model.unique:
        if chance.one_in(3):
            database.t.drop_index("k_1")
            model.unique.discard("k")
        return
    index: dict[str, Any] = {"key": {"k": 1}, "name": "k_1", "unique": True}
    before = list(database.t.list_indexes())
    reply = database.command("createIndexes", "t", indexes=[index], check=False)
    refused = model.make_unique("k")
    assert reply.get("code", 0) == refused
    if refused:
        assert list(database.t.list_indexes()) == before


def assert_same(database: Db, model: PlainModel) -> None:
    """All of it, and each document by each of its indexed values."""
    assert repr(list(database.t.find())) == repr(model.documents), "fields in the same order too"
    assert database.t.count_documents({}) == len(model.documents)
    for query in [{"n": 50}, {"k": 7}, {"n": 50, "k": 7}, {"n": {"$gte": 50}}, {"k": None}]:
        assert list(database.t.find(query)) == model.matching(query), query
    for document in model.documents:
        assert list(database.t.find({"_id": document["_id"]})) == [document]


@pytest.mark.parametrize("seed", [1])
def test_the_database_says_and_holds_what_a_list_would(server: EmbeddedServer, seed: int) -> None:
    refused = compare_with_a_list(server, seed, ROUNDS, COMMANDS_IN_A_ROUND)
    assert refused > ROUNDS * COMMANDS_IN_A_ROUND / 10
