"""No field of a command is ignored in silence, and what is refused is refused by name."""

from typing import Any

import pytest
from bson import SON, Int64, ObjectId
from pymongo import MongoClient, monitoring
from pymongo.database import Database
from pymongo.errors import ConfigurationError, ExecutionTimeout, OperationFailure

from tests.embedded_server import EmbeddedServer
from tests.waiting import eventually

pytestmark = pytest.mark.integration
Client = MongoClient[dict[str, Any]]
Db = Database[dict[str, Any]]


def refusal(database: Db, command: dict[str, Any]) -> int | None:
    with pytest.raises(OperationFailure) as refused:
        database.command(SON(command))
    return refused.value.code


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ({"find": "t", "fitler": {}}, 40415),
        ({"find": "t", "let": {"a": 1}}, 238),
        ({"find": "t", "collation": {"locale": "de"}}, 238),
        ({"find": "t", "min": {"a": 1}}, 238),
        ({"find": "t", "returnKey": True}, 238),
        ({"find": "t", "showRecordId": True}, 238),
        ({"find": "t", "tailable": True}, 238),
        ({"find": "t", "maxTimeMS": -1}, 2),
        ({"find": "t", "maxTimeMS": "soon"}, 14),
        ({"find": "t", "hint": "nowhere_1"}, 2),
        ({"find": "t", "writeConcern": {"w": 1}}, 72),
        ({"find": "t", "readConcern": {"level": "linearizable"}}, 123),
        ({"find": "t", "readConcern": {"level": "snapshot"}}, 123),
        ({"find": "t", "readConcern": {"afterClusterTime": 1}}, 72),
        ({"find": "t", "txnNumber": Int64(1)}, 20),
        ({"find": "t", "apiVersion": "2"}, 322),
        ({"find": "t", "apiVersion": "1", "apiStrict": True}, 238),
        ({"insert": "t", "documents": [{}], "readConcern": {"level": "local"}}, 72),
        ({"insert": "t", "documents": [{}], "writeConcern": {"w": 2}}, 2),
        ({"insert": "t", "documents": [{}], "writeConcern": {"v": 1}}, 40415),
        ({"insert": "t", "documents": [{}], "collation": {"locale": "de"}}, 238),
        ({"distinct": "t", "key": "a", "collation": {"locale": "de"}}, 238),
        ({"aggregate": "t", "pipeline": [], "cursor": {}, "let": {"a": 1}}, 238),
        ({"create": "c", "capped": True, "size": 10}, 238),
        ({"create": "c", "size": 0}, 238),
        ({"create": "c", "viewOn": "t", "pipeline": []}, 238),
        ({"create": "c", "timeseries": {"timeField": "at"}}, 238),
        ({"create": "c", "expireAfterSeconds": 0}, 238),
        ({"create": "c", "autoIndexId": False}, 238),
        ({"create": "c", "idIndex": {"key": {"_id": -1}, "name": "x"}}, 2),
        ({"collMod": "t", "index": {"name": "a_1", "hidden": True}}, 238),
        ({"collMod": "t", "index": {"name": "b_1", "expireAfterSeconds": 5}}, 27),
        ({"collMod": "t", "index": {"name": "a_1", "expireAfterSeconds": -5}}, 67),
        ({"collMod": "t", "index": {"expireAfterSeconds": 5}}, 72),
        ({"collMod": "t", "dryRun": True}, 238),
        (
            {"createIndexes": "t", "indexes": [{"key": {"b": 1}, "name": "b"}], "commitQuorum": 1},
            2,
        ),
        ({"createIndexes": "t", "indexes": [{"key": {"b": "text"}, "name": "b"}]}, 238),
        ({"createIndexes": "t", "indexes": []}, 2),
        ({"createIndexes": "c", "indexes": [{"key": {"b": "text"}, "name": "b"}]}, 238),
        (
            {
                "collMod": "t",
                "index": {"name": "a_1", "expireAfterSeconds": 5},
                "validator": {"$fiddle": 1},
            },
            2,
        ),
        ({"listDatabases": 1}, 13),
        ({"profile": 2}, 238),
        ({"dropIndexes": "t", "index": ["a_1", "b_1"]}, 27),
        ({"dropIndexes": "t"}, 14),
        ({"validate": "t", "repair": True}, 238),
        ({"validate": "nothing"}, 26),
        ({"dbStats": 1, "freeStorage": 1}, 238),
        ({"explain": {"find": "t", "fitler": {}}}, 40415),
        ({"explain": {"ping": 1}}, 59),
        ({"explain": {"find": "t"}, "verbosity": "loud"}, 2),
        ({"fiddle": 1}, 59),
        ({"mapReduce": "t"}, 238),
        ({"convertToCapped": "t", "size": 1}, 238),
        ({"getLastError": 1}, 59),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, dict) else str(value),
)
def test_what_a_command_asks_is_done_or_refused(
    database: Db, command: dict[str, Any], code: int
) -> None:
    database.t.create_index("a")

    assert refusal(database, command) == code
    assert database.list_collection_names() == ["t"]
    assert list(database.t.index_information()) == ["_id_", "a_1"]
    assert "expireAfterSeconds" not in database.t.index_information()["a_1"]
    assert database.t.count_documents({}) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"comment": {"who": "me"}},
        {"collation": {"locale": "simple"}},
        {"readConcern": {"level": "majority"}},
        {"maxTimeMS": 5000},
        {"allowDiskUse": True},
        {"let": {}, "tailable": False},
        {"noCursorTimeout": True},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_what_changes_nothing_on_one_server_is_accepted(
    database: Db, fields: dict[str, Any]
) -> None:
    database.t.insert_one({"_id": 1})

    found = database.command({"find": "t", **fields})

    assert found["cursor"]["firstBatch"] == [{"_id": 1}]


def test_an_answer_that_took_longer_than_allowed_is_not_given(database: Db) -> None:
    database.t.insert_many([{"a": list(range(50))} for _ in range(1000)])

    slow = {"a": {"$elemMatch": {"$gt": 60}}}

    with pytest.raises(ExecutionTimeout):
        list(database.t.find(slow, max_time_ms=1))
    with pytest.raises(ExecutionTimeout):
        list(database.t.aggregate([{"$match": slow}], maxTimeMS=1))


@pytest.mark.parametrize(
    ("command", "code", "text"),
    [
        ("replSetGetStatus", 76, "not running with --replSet"),
        ("replSetGetConfig", 76, "not running with --replSet"),
        ("getDefaultRWConcern", 51300, "standalone"),
        ("createUser", 238, "no users"),
        ("createSearchIndexes", 31082, "Atlas"),
        ("commitTransaction", 20, "Transaction numbers"),
        ("top", 238, "top"),
        ("lockInfo", 238, "lockInfo"),
        ("atlasVersion", 59, "atlasVersion"),
    ],
)
def test_a_command_of_another_server_is_refused(
    client: Client, command: str, code: int, text: str
) -> None:
    with pytest.raises(OperationFailure, match=text) as refused:
        client.admin.command(command)
    assert refused.value.code == code


def test_a_renamed_collection_keeps_everything_also_after_a_crash(server: EmbeddedServer) -> None:
    with MongoClient[dict[str, Any]](server.uri) as client:
        old = client.one.old
        client.one.create_collection("old", validator={"a": {"$gt": 0}})
        old.create_index("a", unique=True)
        old.insert_many([{"_id": 1, "a": 1}, {"_id": 2, "a": 2}])
        client.two.new.insert_one({"_id": "gone"})
        with pytest.raises(OperationFailure) as refused:
            client.admin.command("renameCollection", "one.old", to="two.new")
        assert refused.value.code == 48
        client.admin.command("renameCollection", "one.old", to="two.new", dropTarget=True)
    server.kill()
    server.start()

    with MongoClient[dict[str, Any]](server.uri) as client:
        assert client.one.list_collection_names() == []
        assert [d["_id"] for d in client.two.new.find()] == [1, 2]
        for bad, code in (({"a": 2}, 11000), ({"a": -1}, 121)):
            with pytest.raises(OperationFailure) as refused:
                client.two.new.insert_one(bad)
            assert refused.value.code == code
        with pytest.raises(OperationFailure, match=r"collection: two\.new index"):
            client.two.new.insert_one({"a": 2})


@pytest.mark.parametrize(
    ("source", "target", "code"),
    [("nothing", "new", 26), ("old", "old", 20), ("old", "$new", 73)],
    ids=["no such source", "itself", "bad name"],
)
def test_a_rename_that_makes_no_sense_is_refused(
    client: Client, database: Db, source: str, target: str, code: int
) -> None:
    database.old.insert_one({"_id": 1})
    names = f"{database.name}.{source}", f"{database.name}.{target}"

    with pytest.raises(OperationFailure) as refused:
        client.admin.command("renameCollection", names[0], to=names[1])

    assert refused.value.code == code
    assert database.old.count_documents({}) == 1


def test_a_ttl_index_gets_another_life_time_that_a_restart_keeps(server: EmbeddedServer) -> None:
    with MongoClient[dict[str, Any]](server.uri) as client:
        client.a.t.create_index("at", expireAfterSeconds=3600)
        index = {"keyPattern": {"at": 1}, "expireAfterSeconds": 60}
        told = client.a.command("collMod", "t", index=index)
    server.kill()
    server.start()

    assert (told["expireAfterSeconds_old"], told["expireAfterSeconds_new"]) == (3600, 60)
    with MongoClient[dict[str, Any]](server.uri) as client:
        assert client.a.t.index_information()["at_1"]["expireAfterSeconds"] == 60


def test_validate_counts_what_does_not_follow_the_rules(database: Db) -> None:
    database.t.insert_many([{"_id": 1, "a": 1}, {"_id": 2}])
    database.t.create_index("a", sparse=True)
    database.command("collMod", "t", validator={"a": {"$exists": True}})

    told = database.command("validate", "t", full=True)

    assert (told["valid"], told["nrecords"], told["nNonCompliantDocuments"]) == (True, 2, 1)
    assert told["keysPerIndex"] == {"_id_": 2, "a_1": 1}


def test_figures_come_in_the_units_asked_for(client: Client, database: Db) -> None:
    database.t.insert_many([{"_id": number, "a": "x" * 1000} for number in range(10)])

    bytes_, kibibytes = (
        database.command("collStats", "t"),
        database.command("collStats", "t", scale=1024),
    )

    assert bytes_["size"] == 10 * (1000 + 22)
    assert kibibytes["size"] == bytes_["size"] // 1024
    assert client.admin.command("dataSize", f"{database.name}.t")["size"] == bytes_["size"]
    assert database.command("collStats", "nothing")["count"] == 0
    assert refusal(database, {"collStats": "t", "scale": 0}) == 51024


def test_explain_tells_of_scans_indexes_and_both_sides_of_an_or(database: Db) -> None:
    database.t.insert_many([{"_id": n, "a": n % 10, "b": n % 7} for n in range(100)])
    database.t.create_index("a")
    database.t.create_index("b")

    def plan(query: dict[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = database.t.find(query).explain()
        return dict(told["queryPlanner"]["winningPlan"])

    assert plan({"c": 1})["stage"] == "COLLSCAN"
    assert plan({"a": 1})["inputStage"]["indexName"] == "a_1"
    assert plan({"_id": 1})["inputStage"]["indexName"] == "_id_"
    either = plan({"$or": [{"a": 1}, {"b": 1}]})["inputStage"]
    assert either["stage"] == "OR"
    assert [way["inputStage"]["indexName"] for way in either["inputStages"]] == ["a_1", "b_1"]
    assert plan({"$or": [{"a": 1}, {"c": 1}]})["stage"] == "COLLSCAN"


def test_explain_writes_nothing(database: Db) -> None:
    database.t.insert_one({"_id": 1})

    for command in (
        {"update": "t", "updates": [{"q": {}, "u": {"$set": {"a": 1}}}]},
        {"delete": "t", "deletes": [{"q": {}, "limit": 0}]},
        {"findAndModify": "t", "query": {}, "remove": True},
    ):
        told = database.command("explain", command, verbosity="executionStats")
        assert told["executionStats"]["executionStages"]["nMatched"] == 1

    assert list(database.t.find()) == [{"_id": 1}]


def test_each_connection_has_a_number_and_an_address(server: EmbeddedServer) -> None:
    with MongoClient(server.uri) as one, MongoClient(server.uri) as other:
        numbers = {c.admin.command("hello")["connectionId"] for c in (one, other)}
        addresses = {c.admin.command("whatsmyuri")["you"] for c in (one, other)}

    assert len(numbers) == len(addresses) == 2
    assert all(address.startswith("127.0.0.1:") for address in addresses)


def test_what_was_run_is_counted(server: EmbeddedServer) -> None:
    with MongoClient[dict[str, Any]](server.uri) as client:
        client.a.t.insert_many([{}, {}])
        client.a.t.find_one()
        client.a.t.find_one_and_delete({})
        counted = client.admin.command("serverStatus")["opcounters"]

    assert (counted["insert"], counted["query"], counted["update"]) == (1, 1, 1)


def test_a_hello_that_would_wait_is_answered_at_once(client: Client) -> None:
    seen = {"processId": ObjectId(), "counter": Int64(0)}

    told = client.admin.command("hello", topologyVersion=seen, maxAwaitTimeMS=10_000)

    assert told["isWritablePrimary"] is True
    assert "topologyVersion" not in told
    assert refusal(client.admin, {"hello": 1, "maxAwaitTimeMS": 10_000}) == 31368


class Beats(monitoring.ServerHeartbeatListener):
    """Counts heartbeats."""

    def __init__(self) -> None:
        self.heard = 0
        self.lost = 0

    def started(self, event: monitoring.ServerHeartbeatStartedEvent) -> None:
        pass

    def succeeded(self, event: monitoring.ServerHeartbeatSucceededEvent) -> None:
        self.heard += 1

    def failed(self, event: monitoring.ServerHeartbeatFailedEvent) -> None:
        self.lost += 1


def test_a_driver_with_a_streaming_monitor_follows_the_server(server: EmbeddedServer) -> None:
    beats = Beats()
    with MongoClient(
        server.uri,
        serverMonitoringMode="stream",
        heartbeatFrequencyMS=500,
        event_listeners=[beats],
    ) as client:
        client.admin.command("ping")
        eventually(lambda: beats.heard >= 3, 10)

    assert beats.lost == 0


@pytest.mark.parametrize(
    "mechanism", ["SCRAM-SHA-1", "SCRAM-SHA-256", "PLAIN"], ids=["sha1", "sha256", "plain"]
)
def test_credentials_are_refused_at_once(server: EmbeddedServer, mechanism: str) -> None:
    with (
        MongoClient(server.uri, username="me", password="wrong", authMechanism=mechanism) as client,
        pytest.raises((OperationFailure, ConfigurationError)) as refused,
    ):
        client.admin.command("ping")

    assert isinstance(refused.value, OperationFailure)
    assert refused.value.code == 18
    assert "has no users" in str(refused.value)
