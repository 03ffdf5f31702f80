"""Collections of history stay below their limit, and what leaves them is in the archive."""

from pathlib import Path
from typing import Any

import pytest
from bson import Code, DatetimeMS, DBRef, Decimal128, Int64, MaxKey, Regex, Timestamp, encode
from bson.binary import Binary
from pymongo import MongoClient

from db.embedded.file.archive import ArchiveError, archived, read_archive
from db.schema import ACCOUNT_CHANGES, DECISIONS, SWARM, TRADES
from tests.embedded_server import EmbeddedServer
from tests.waiting import eventually

pytestmark = pytest.mark.integration
Database = Any
LIMIT = 1000
EVERY_TYPE: dict[str, Any] = {
    "numbers": [True, 5, Int64(5), 3.0, 0.1 + 0.2, -0.0, float("inf"), Decimal128("1.10")],
    "moments": [DatetimeMS(1_777_863_721_123), DatetimeMS(2**60), DatetimeMS(-5), Timestamp(5, 6)],
    "bytes": [b"\x00\xff", Binary(b"\x01", 128), Binary(b"\x01" * 16, 4)],
    "rare": [Regex("^a", "i"), MaxKey(), Code("f()", {"a": 1}), DBRef("accounts", 5), None],
    "text": "Zürich €\n$date",
    "nested": {"b": 1, "a": {"c": [[], {}]}},
}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def swarm_in(client: MongoClient[dict[str, Any]]) -> Database:
    client.m[SWARM].insert_one({"_id": "swarm", "swarm_id": "s"})
    return client.m


def test_every_commit_keeps_the_bound_and_no_document_is_lost(state: Path) -> None:
    with EmbeddedServer(state, history_limit=LIMIT) as server, MongoClient(server.uri) as client:
        decisions = swarm_in(client)[DECISIONS]
        sizes = []
        for batch in range(12):
            decisions.insert_many([{"_id": batch * 300 + i} for i in range(300)])
            sizes.append(decisions.count_documents({}))
        decisions.insert_many([{"_id": 3600 + i} for i in range(2500)])
        sizes.append(decisions.count_documents({}))
        kept = [d["_id"] for d in decisions.find()]
        told = list(client.m.archives.find())
    assert max(sizes) <= LIMIT
    gone = [d["_id"] for d in archived(state, f"m.{DECISIONS}")]
    assert gone + kept == list(range(6100))
    assert {t["collection"] for t in told} == {DECISIONS}
    assert sum(t["count"] for t in told) == len(gone)
    assert told[0]["first_id"] == 0
    for one in told:
        assert len(list(read_archive(state / one["_id"]))) == one["count"]
    assert f"moved the oldest 100 documents of m.{DECISIONS}" in server.log.read_text("utf-8")


def test_what_is_not_history_stays(state: Path) -> None:
    with EmbeddedServer(state, history_limit=LIMIT) as server, MongoClient(server.uri) as client:
        database = swarm_in(client)
        database.other.insert_many([{} for _ in range(LIMIT + 500)])
        client.elsewhere[TRADES].insert_many([{} for _ in range(LIMIT + 500)])
        assert database.other.count_documents({}) == LIMIT + 500
        assert client.elsewhere[TRADES].count_documents({}) == LIMIT + 500
    assert not (state / "archive").exists()


def test_only_documents_that_may_go_do(state: Path) -> None:
    with EmbeddedServer(state, history_limit=LIMIT) as server, MongoClient(server.uri) as client:
        trades = swarm_in(client)[TRADES]
        trades.insert_many([{"_id": i, "status": "OPEN"} for i in range(LIMIT + 50)])
        trades.insert_many([{"_id": 5000 + i, "status": "OPEN"} for i in range(50)])
        assert trades.count_documents({}) == LIMIT + 100
        assert server.log.read_text("utf-8").count("nothing in it may be archived") == 1
        trades.update_many({"_id": {"$lt": 300}}, {"$set": {"status": "CLOSED"}})
        eventually(lambda: trades.count_documents({}) <= LIMIT, 10)
        assert trades.count_documents({"status": "OPEN"}) == LIMIT + 100 - 300
    assert all(d["status"] == "CLOSED" for d in archived(state, f"m.{TRADES}"))


def test_the_newest_of_each_value_stays(state: Path) -> None:
    with EmbeddedServer(state, history_limit=LIMIT) as server, MongoClient(server.uri) as client:
        changes = swarm_in(client)[ACCOUNT_CHANGES]
        changes.insert_many([{"_id": i, "account": f"only-{i}"} for i in range(20)])
        changes.insert_many([{"_id": 100 + i, "account": "busy"} for i in range(1500)])
        assert changes.count_documents({}) <= LIMIT
        assert changes.count_documents({"account": {"$ne": "busy"}}) == 20
        changes.delete_one({"_id": 1599})
        changes.insert_many([{"_id": 5000 + i, "account": "other"} for i in range(3000)])
        assert changes.distinct("_id", {"account": "busy"}) == [1598]


def test_an_archive_that_cannot_be_written_removes_nothing(state: Path) -> None:
    state.mkdir()
    (state / "archive").write_text("in the way", "utf-8")
    with EmbeddedServer(state, history_limit=LIMIT) as server, MongoClient(server.uri) as client:
        decisions = swarm_in(client)[DECISIONS]
        decisions.insert_many([{"_id": i} for i in range(LIMIT + 200)])
        decisions.insert_one({"_id": "more"})
        assert decisions.count_documents({}) == LIMIT + 201
        assert client.m.archives.count_documents({}) == 0
        log = server.log.read_text("utf-8")
        assert "CRITICAL" in log
        assert "Nothing was removed" in log
        (state / "archive").unlink()
        eventually(lambda: decisions.count_documents({}) <= LIMIT, 30)
    assert [d["_id"] for d in archived(state, f"m.{DECISIONS}")][:3] == [0, 1, 2]


def test_a_lower_limit_is_reached_in_steps(state: Path) -> None:
    with EmbeddedServer(state) as server:
        with MongoClient(server.uri) as client:
            swarm_in(client)[DECISIONS].insert_many([{"_id": i} for i in range(LIMIT + 250)])
        assert server.ask_to_stop() == 0
        server.history_limit = LIMIT
        server.start()
        with MongoClient(server.uri) as client:
            decisions = client.m[DECISIONS]
            assert decisions.count_documents({}) == LIMIT + 250
            eventually(lambda: decisions.count_documents({}) <= LIMIT, 20)


def test_a_kill_between_file_and_commit_loses_nothing(state: Path) -> None:
    """The folder of a run that got as far as the file: the documents are in both."""
    with EmbeddedServer(state, history_limit=LIMIT) as server:
        with MongoClient(server.uri) as client:
            decisions = swarm_in(client)[DECISIONS]
            decisions.insert_many([{"_id": i} for i in range(LIMIT)])
        folder = state / "archive" / f"m.{DECISIONS}"
        folder.mkdir(parents=True)
        # swarm_in took the first record number
        in_the_way = folder / "000000000002-000000000101.jsonl.gz"
        in_the_way.write_bytes(b"what was there")
        server.kill()
        server.start()
        with MongoClient(server.uri) as client:
            client.m[DECISIONS].insert_one({"_id": "one more"})
            (told,) = client.m.archives.find()
    assert in_the_way.read_bytes() == b"what was there"
    assert told["_id"].endswith("000000000002-000000000101.2.jsonl.gz")
    assert len(list(read_archive(state / told["_id"]))) == 100


def test_documents_come_back_exactly(state: Path) -> None:
    with EmbeddedServer(state, history_limit=LIMIT) as server, MongoClient(server.uri) as client:
        decisions = swarm_in(client)[DECISIONS]
        document = {"_id": 0, **EVERY_TYPE}
        decisions.insert_one(document)
        decisions.insert_many([{"_id": 1 + i} for i in range(LIMIT)])
        assert decisions.find_one({"_id": 0}) is None
    found = next(archived(state, f"m.{DECISIONS}"))
    assert encode(found) == encode(document)


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    file = tmp_path / "000000000001-000000000009.jsonl.gz"
    file.write_bytes(b"\x1f\x8b nonsense")
    with pytest.raises(ArchiveError, match=r"000000000009\.jsonl\.gz cannot be read to its end"):
        list(read_archive(file))
