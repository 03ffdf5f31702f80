"""The manual's "Database Commands" and "Error Codes": what a standalone server refuses, and how."""

from typing import Any

import pytest
from bson import Code, Int64
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

from tests.contract.mongodb.tables import rows

C = Collection[dict[str, Any]]

COMMANDS: list[tuple[dict[str, Any], tuple[int, ...]]] = [
    ({"frobnicate": 1}, (59,)),
    ({"find": "c", "frobnicate": 1}, (40415,)),
    ({"find": "c", "filter": 1}, (14,)),
    ({"find": 1}, (73,)),
    ({"find": Code("c", {})}, (73,)),
    ({"find": "c", "limit": "x"}, (14,)),
    ({"find": "c", "skip": -1}, (2, 51024)),
    ({"find": "c", "sort": {"a": 5}}, (2, 15975)),
    ({"count": "c", "query": {"a": {"$frobnicate": 1}}}, (2,)),
    ({"distinct": "c"}, (40414, 14)),
    ({"insert": "c"}, (40414, 14)),
    ({"insert": "c", "documents": [{}], "frobnicate": 1}, (40415,)),
    ({"update": "c", "updates": [{"q": {}, "u": 5}]}, (9, 14)),
    ({"update": "c", "updates": [{"q": {}, "u": {"$set": {"a": 1}}, "multi": "no"}]}, (14,)),
    ({"update": "c", "updates": [{"q": {}, "u": {"$set": {"a": 1}}, "upsert": "no"}]}, (14,)),
    ({"update": "c", "updates": [{"q": {}, "u": {"$set": {"a": 1}}, "arrayFilters": {"x": 1}}]},
     (14,)),
    ({"update": "c", "updates": [{"q": {}, "u": {"a": 1}, "arrayFilters": [{"x": 1}]}]}, (9,)),
    ({"createIndexes": "c", "indexes": [{"key": {"a": 1}, "name": "a", "unique": "no"}]}, (14,)),
    ({"createIndexes": "c", "indexes": [{"key": {"a": 1}, "name": "a", "sparse": "no"}]}, (14,)),
    ({"createIndexes": "c", "indexes": [{"key": {"a": 1}, "name": 5}]}, (14,)),
    ({"createIndexes": "c", "indexes": [{"key": {"a": 1}, "name": "*"}]}, (2,)),
    ({"delete": "c", "deletes": [{"q": {}, "limit": 5}]}, (9,)),
    ({"aggregate": "c", "pipeline": 1, "cursor": {}}, (14,)),
    ({"aggregate": "c", "pipeline": [1], "cursor": {}}, (14, 40323)),
    ({"aggregate": "c", "pipeline": []}, (9,)),
    ({"getMore": Int64(12345), "collection": "c"}, (43,)),
    ({"getMore": "x", "collection": "c"}, (14,)),
    ({"listIndexes": "nobody"}, (26,)),
    ({"dropIndexes": "nobody", "index": "*"}, (26,)),
    ({"collMod": "nobody"}, (26,)),
    ({"create": "c", "frobnicate": 1}, (40415,)),
    ({"create": "k", "validationLevel": "frobnicate"}, (2,)),
    ({"insert": "c", "documents": [{}], "writeConcern": {"w": 3}}, (2, 100)),
]  # fmt: skip


@pytest.mark.parametrize(("command", "codes"), rows(COMMANDS))
def test_a_command_that_makes_no_sense_is_refused(
    c: C, command: dict[str, Any], codes: tuple[int, ...]
) -> None:
    c.insert_one({"_id": 1})
    reply = c.database.command(command, check=False)
    errors = reply.get("writeErrors") or [reply.get("writeConcernError") or reply]
    assert errors[0].get("code") in codes, reply


def only_on_a_standalone(client: MongoClient[dict[str, Any]]) -> None:
    if "setName" in client.admin.command("isMaster"):
        pytest.skip("a replica set has transactions and change streams")


@pytest.mark.needs("transactions refused")
def test_transactions_are_refused_as_by_a_standalone(
    client: MongoClient[dict[str, Any]], c: C
) -> None:
    only_on_a_standalone(client)
    with client.start_session() as session:
        session.start_transaction()
        with pytest.raises(OperationFailure) as refused:
            c.insert_one({}, session=session)
        session.abort_transaction()
    assert refused.value.code == 20
    assert c.count_documents({}) == 0


@pytest.mark.needs("sessions")
def test_sessions_are_accepted(client: MongoClient[dict[str, Any]], c: C) -> None:
    with client.start_session() as session:
        c.insert_one({"_id": 1}, session=session)
        assert c.find_one({}, session=session) == {"_id": 1}
        assert c.count_documents({}, session=session) == 1


@pytest.mark.needs("change streams refused")
def test_change_streams_are_refused_as_by_a_standalone(
    client: MongoClient[dict[str, Any]], c: C
) -> None:
    only_on_a_standalone(client)
    c.insert_one({})
    with pytest.raises(OperationFailure) as refused:
        c.watch()
    assert refused.value.code == 40573


def test_tools_are_told_who_answers(client: MongoClient[dict[str, Any]]) -> None:
    hello = client.admin.command("hello")
    assert hello["maxBsonObjectSize"] == 16 * 1024 * 1024
    assert hello["maxWriteBatchSize"] == 100_000
    assert client.admin.command("ping") == {"ok": 1.0} or client.admin.command("ping")["ok"] == 1
    assert client.server_info()["versionArray"][0] >= 4
    assert client.admin.command("isMaster")["ok"] == 1


def test_a_batch_beyond_a_hundred_thousand_is_refused(c: C) -> None:
    documents = [{}] * 100_001
    reply = c.database.command("insert", c.name, documents=documents, check=False)
    assert (reply["ok"], reply.get("code")) == (0, 16)
