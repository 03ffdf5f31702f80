"""Large documents, long answers, many clients, and clients that do not read."""

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import psutil
import pytest
from bson import Int64
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import DocumentTooLarge, OperationFailure, WriteError

from db.embedded import wire
from db.embedded.asking import ask
from tests.embedded_server import EmbeddedServer
from tests.noise import read_reply
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]
Doc = dict[str, Any]
Db = Database[Doc]
MOST = 16 * 1024 * 1024
MEGABYTE = 2**20


def a_document_of(size: int) -> Doc:
    empty = len(wire.bson.encode({"_id": 1, "t": ""}))
    return {"_id": 1, "t": "x" * (size - empty)}


def test_a_document_of_sixteen_megabytes_is_the_largest(database: Db) -> None:
    largest = a_document_of(MOST)
    database.t.insert_one(largest)
    assert database.t.find_one() == largest
    with pytest.raises(WriteError) as refused:
        database.t.update_one({}, {"$set": {"more": 1}})
    assert refused.value.code == 10334
    assert database.t.find_one() == largest
    with pytest.raises(DocumentTooLarge):
        database.t.insert_one(a_document_of(MOST + 20_000))
    assert database.t.delete_one({}).deleted_count == 1


def test_a_message_of_nearly_forty_eight_megabytes_is_taken(database: Db) -> None:
    text = "x" * 11_990_000
    database.t.insert_many([{"_id": n, "t": text} for n in range(4)])
    assert [len(d["t"]) for d in database.t.find()] == [len(text)] * 4
    database.t.drop()


def test_who_asks_for_much_and_reads_nothing_costs_one_answer(server: EmbeddedServer) -> None:
    with MongoClient(server.uri) as client:
        client.d.t.insert_many([{"_id": n, "t": "x" * MEGABYTE} for n in range(12)])
        process = psutil.Process(client.admin.command("serverStatus")["pid"])
        before = process.memory_info().rss
        question = wire.encode_message({"find": "t", "$db": "d"}, request=1)
        with ExitStack() as held:
            for _ in range(3):
                greedy = socket.create_connection(("127.0.0.1", server.port), timeout=10)
                held.enter_context(greedy)
                greedy.sendall(question * 2000)
            for number in range(50):
                client.d.kept.insert_one({"_id": number})
            grown = process.memory_info().rss - before
            assert grown < 3 * 4 * 12 * MEGABYTE, f"{grown / MEGABYTE:.0f} MB"
            reply = read_reply(greedy)
            assert reply is not None
            assert len(reply["cursor"]["firstBatch"]) == 12
        assert client.d.kept.count_documents({}) == 50


def test_a_hundred_and_fifty_clients_at_once_are_all_served(server: EmbeddedServer) -> None:
    with ExitStack() as held, MongoClient(server.uri) as client:
        connections = [
            held.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=20))
            for _ in range(150)
        ]
        for number, connection in enumerate(connections):
            command = {"insert": "t", "documents": [{"_id": number}], "$db": "d"}
            connection.sendall(wire.encode_message(command, request=number))
        replies = [read_reply(connection) for connection in connections]
        assert replies == [{"n": 1, "ok": 1.0}] * 150
        assert client.d.t.count_documents({}) == 150
        with ThreadPoolExecutor(32) as pool:
            answers = list(
                pool.map(lambda _: ask(server.port, {"ping": 1}, within_s=20), range(200))
            )
        assert answers == [{"ok": 1.0}] * 200


def opened(database: Db, **options: Any) -> int:
    reply = database.command("find", "t", **options)
    assert reply["cursor"]["id"]
    return int(reply["cursor"]["id"])


def more(database: Db, number: int, size: int = 1000) -> Doc:
    return database.command("getMore", Int64(number), collection="t", batchSize=size)["cursor"]


def test_a_first_batch_of_none_opens_a_cursor_for_all(database: Db) -> None:
    database.t.insert_many([{"_id": n} for n in range(300)])
    reply = database.command("find", "t", batchSize=0)
    assert (reply["cursor"]["firstBatch"], reply["ok"]) == ([], 1.0)
    rest = more(database, reply["cursor"]["id"])
    assert (len(rest["nextBatch"]), rest["id"]) == (300, 0)


def test_an_answer_that_was_begun_does_not_change(database: Db) -> None:
    database.t.insert_many([{"_id": n, "n": 0} for n in range(300)])
    number = opened(database, batchSize=10)
    database.t.update_many({}, {"$set": {"n": 1}})
    database.t.delete_many({"_id": {"$gte": 200}})
    rest = more(database, number)["nextBatch"]
    assert rest == [{"_id": n, "n": 0} for n in range(10, 300)]


def test_a_cursor_belongs_to_its_collection_and_ends_once(database: Db) -> None:
    database.t.insert_many([{"_id": n} for n in range(300)])
    number = opened(database, batchSize=10, noCursorTimeout=True)
    with pytest.raises(OperationFailure) as refused:
        database.command("getMore", Int64(number), collection="other")
    assert refused.value.code == 13
    killed = database.command("killCursors", "t", cursors=[Int64(number), Int64(5)])
    assert (killed["cursorsKilled"], killed["cursorsNotFound"]) == ([number], [5])
    with pytest.raises(OperationFailure) as gone:
        more(database, number)
    assert gone.value.code == 43


def test_a_single_batch_leaves_no_cursor(client: MongoClient[Doc], database: Db) -> None:
    database.t.insert_many([{"_id": n} for n in range(300)])
    before = client.admin.command("serverStatus")["openCursors"]
    reply = database.command("find", "t", batchSize=10, singleBatch=True)
    assert (len(reply["cursor"]["firstBatch"]), reply["cursor"]["id"]) == (10, 0)
    with database.t.find({}, batch_size=10) as cursor:
        next(cursor)
    assert eventually(lambda: client.admin.command("serverStatus")["openCursors"] <= before)


def test_find_and_modify_writes_nothing_it_cannot_show(database: Db) -> None:
    database.t.insert_one({"_id": 1, "n": 1})
    shown = {"x": {"$divide": [1, 0]}}
    with pytest.raises(OperationFailure):
        database.t.find_one_and_update({}, {"$inc": {"n": 1}}, projection=shown)
    assert database.t.find_one() == {"_id": 1, "n": 1}
