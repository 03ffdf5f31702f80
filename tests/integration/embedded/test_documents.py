"""Reading and writing documents through pymongo."""

from datetime import UTC, datetime
from typing import Any

import pytest
from bson import (
    DBRef,
    Decimal128,
    Int64,
    MaxKey,
    MinKey,
    ObjectId,
    Regex,
    Timestamp,
)
from bson.binary import Binary
from bson.code import Code
from pymongo import DeleteOne, InsertOne, MongoClient, ReplaceOne, ReturnDocument, UpdateOne
from pymongo.database import Database
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, WriteError
from pymongo.write_concern import WriteConcern

from db.embedded.values import identical
from tests.waiting import eventually

pytestmark = pytest.mark.integration
Db = Database[dict[str, Any]]
EVERY_TYPE: dict[str, Any] = {
    "true": True,
    "false": False,
    "null": None,
    "int": 5,
    "largest_int": 2**31 - 1,
    "long": Int64(5),
    "large": Int64(2**62),
    "double": 0.1 + 0.2,
    "whole_double": 3.0,
    "minus_zero": -0.0,
    "infinite": float("inf"),
    "decimal": Decimal128("1.10"),
    "text": "Zürich €",
    "moment": datetime(2026, 5, 4, 3, 2, 1, 123000, tzinfo=UTC).replace(tzinfo=None),
    "id": ObjectId("0123456789abcdef01234567"),
    "bytes": b"\x00\xff",
    "binary": Binary(b"\x01", 128),
    "uuid": Binary(b"\x01" * 16, 4),
    "regex": Regex("^a", "i"),
    "timestamp": Timestamp(5, 6),
    "least": MinKey(),
    "most": MaxKey(),
    "code": Code("f()"),
    "reference": DBRef("accounts", 5),
    "list": [1, 1.0, [], {}],
    "z": {"b": 1, "a": {"c": []}},
}


@pytest.mark.parametrize("name", list(EVERY_TYPE))
def test_every_type_comes_back_exactly_as_it_went(database: Db, name: str) -> None:
    database.t.insert_one({"_id": 1, "value": EVERY_TYPE[name]})
    database.t.update_one({"_id": 1}, {"$set": {"copy": EVERY_TYPE[name], "other": 1}})
    document = database.t.find_one({"_id": 1})
    assert document is not None
    assert identical(document["value"], EVERY_TYPE[name])
    assert identical(document["copy"], EVERY_TYPE[name])
    assert database.t.count_documents({"value": EVERY_TYPE[name]}) == 1


@pytest.mark.parametrize("identity", ["text", 5, Int64(2**40), {"a": 1}, 1.5, b"x", None, True])
def test_any_kind_of_id_works(database: Db, identity: object) -> None:
    database.t.insert_one({"_id": identity, "n": 1})
    with pytest.raises(DuplicateKeyError):
        database.t.insert_one({"_id": identity})
    assert database.t.find_one({"_id": identity}) == {"_id": identity, "n": 1}


QUERIES: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [1, 2, 3, 4, 5]),
    ({"a": 1}, [1, 4]),
    ({"a": {"$gt": 1}}, [2]),
    ({"a": {"$gte": 1, "$lt": 2}}, [1, 4]),
    ({"a": {"$ne": 1}}, [2, 3, 5]),
    ({"a": None}, [5]),
    ({"a": {"$exists": False}}, [5]),
    ({"a": {"$exists": True, "$type": "string"}}, [3]),
    ({"a": {"$in": [2, "x"]}}, [2, 3]),
    ({"a": {"$nin": [1, None]}}, [2, 3]),
    ({"a": True}, []),
    ({"tags": "gold"}, [1, 2]),
    ({"tags": ["gold", "fx"]}, [1]),
    ({"tags": {"$all": ["gold", "fx"]}}, [1]),
    ({"tags": {"$size": 1}}, [2]),
    ({"tags.0": "gold"}, [1, 2]),
    ({"sub.n": {"$gt": 1}}, [2]),
    ({"sub": {"n": 1}}, [1]),
    ({"legs": {"$elemMatch": {"v": 1, "s": "open"}}}, [3]),
    ({"legs.v": 2}, [3, 4]),
    ({"$or": [{"a": 2}, {"tags": "fx"}]}, [1, 2]),
    ({"$and": [{"a": 1}, {"tags": "fx"}]}, [1]),
    ({"$nor": [{"a": 1}, {"a": 2}]}, [3, 5]),
    ({"name": {"$regex": "^ap", "$options": "i"}}, [1]),
    ({"name": Regex("X$")}, [2]),
    ({"a": {"$not": {"$gt": 1}}}, [1, 3, 4, 5]),
    ({"when": {"$lt": datetime(2026, 2, 1, tzinfo=UTC)}}, [1]),
    ({"a": {"$mod": [2, 0]}}, [2]),
]


@pytest.mark.parametrize(("query", "expected"), QUERIES, ids=[str(q) for q, _ in QUERIES])
def test_a_query_finds_what_mongodb_would(
    database: Db, query: dict[str, Any], expected: list[int]
) -> None:
    january, march = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC)
    database.t.insert_many(
        [
            {"_id": 1, "a": 1, "tags": ["gold", "fx"], "sub": {"n": 1}, "name": "Apex",
             "when": january},
            {"_id": 2, "a": 2, "tags": ["gold"], "sub": {"n": 2}, "name": "FX", "when": march},
            {"_id": 3, "a": "x", "legs": [{"v": 1, "s": "open"}, {"v": 2, "s": "closed"}]},
            {"_id": 4, "a": 1.0, "legs": [{"v": 2, "s": "open"}, {"v": 1, "s": "closed"}]},
            {"_id": 5},
        ]
    )  # fmt: skip
    assert [d["_id"] for d in database.t.find(query).sort("_id", 1)] == expected
    assert database.t.count_documents(query) == len(expected)


UPDATES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"$set": {"a.b": 2}}, {"a": {"b": 2}}),
    ({"$set": {"list.1": 9}}, {"list": [3, 9, 2]}),
    ({"$unset": {"n": ""}}, {"n": None}),
    ({"$inc": {"n": 2, "new": 1}}, {"n": 7, "new": 1}),
    ({"$inc": {"price": Decimal128("0.1")}}, {"price": Decimal128("1.20")}),
    ({"$mul": {"n": 2}}, {"n": 10}),
    ({"$min": {"n": 3}, "$max": {"m": 3}}, {"n": 3, "m": 3}),
    ({"$max": {"n": 3}}, {"n": 5}),
    ({"$push": {"list": 7}}, {"list": [3, 1, 2, 7]}),
    ({"$push": {"list": {"$each": [0], "$sort": 1, "$slice": -2}}}, {"list": [2, 3]}),
    ({"$push": {"list": {"$each": [8, 9], "$position": 0}}}, {"list": [8, 9, 3, 1, 2]}),
    ({"$addToSet": {"list": {"$each": [1, 4]}}}, {"list": [3, 1, 2, 4]}),
    ({"$pull": {"list": {"$gte": 2}}}, {"list": [1]}),
    ({"$pullAll": {"list": [1, 2]}}, {"list": [3]}),
    ({"$pop": {"list": 1}}, {"list": [3, 1]}),
    ({"$rename": {"n": "m"}}, {"n": None, "m": 5}),
    ({"$setOnInsert": {"n": 9}, "$set": {"k": 1}}, {"n": 5, "k": 1}),
    ({"$set": {"list.$[]": 0}}, {"list": [0, 0, 0]}),
]


@pytest.mark.parametrize(("update", "expected"), UPDATES, ids=[str(u) for u, _ in UPDATES])
def test_an_update_changes_what_it_says(
    database: Db, update: dict[str, Any], expected: dict[str, Any]
) -> None:
    database.t.insert_one({"_id": 1, "n": 5, "list": [3, 1, 2], "price": Decimal128("1.10")})
    assert database.t.update_one({"_id": 1}, update).matched_count == 1
    document = database.t.find_one({"_id": 1}) or {}
    assert {name: document.get(name) for name in expected} == expected


def test_array_filters_choose_the_elements(database: Db) -> None:
    database.t.insert_one({"_id": 1, "legs": [{"v": 1}, {"v": 2}]})
    filters = [{"leg.v": {"$gt": 1}}]
    database.t.update_one({}, {"$set": {"legs.$[leg].s": "x"}}, array_filters=filters)
    assert database.t.find_one() == {"_id": 1, "legs": [{"v": 1}, {"v": 2, "s": "x"}]}


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({"legs.v": 2}, 1),
        ({"legs": {"$elemMatch": {"v": {"$gte": 2}, "s": "b"}}}, 2),
        ({"legs": {"v": 1}}, 0),
        ({"$and": [{"legs.v": {"$gt": 2}}]}, 2),
    ],
    ids=str,
)
def test_the_positional_operator_writes_to_the_element_that_matched(
    database: Db, query: dict[str, Any], index: int
) -> None:
    database.t.insert_one({"_id": 1, "legs": [{"v": 1}, {"v": 2, "s": "a"}, {"v": 3, "s": "b"}]})
    database.t.update_one(query, {"$set": {"legs.$.hit": True}})
    document = database.t.find_one() or {}
    assert [n for n, leg in enumerate(document["legs"]) if leg.get("hit")] == [index]


@pytest.mark.parametrize(
    "query",
    [{}, {"legs.v": 1, "legs.s": "a"}, {"legs.v": {"$ne": 9}}, {"$or": [{"legs.v": 1}]}],
    ids=str,
)
def test_a_position_that_is_not_certain_is_refused(database: Db, query: dict[str, Any]) -> None:
    before = {"_id": 1, "legs": [{"v": 1}, {"v": 2, "s": "a"}]}
    database.t.insert_one(before)
    with pytest.raises(WriteError):
        database.t.update_one(query, {"$set": {"legs.$.hit": True}})
    assert database.t.find_one() == before


def test_an_update_by_pipeline_computes_from_the_document(database: Db) -> None:
    database.t.insert_one({"_id": 1, "a": 2})
    database.t.update_one({}, [{"$set": {"b": {"$add": ["$a", 1]}}}, {"$unset": "a"}])
    assert database.t.find_one() == {"_id": 1, "b": 3}


BAD_UPDATES: list[tuple[dict[str, Any], int]] = [
    ({"$set": {"_id": 2}}, 66),
    ({"$set": {"ok": 1}, "$inc": {"text": 1}}, 14),
    ({"$set": {"ok": 1}, "$push": {"text": 1}}, 2),
    ({"$set": {"a": 1}, "$inc": {"a": 1}}, 40),
    ({"$set": {"text.deeper": 1}}, 28),
    ({"$frobnicate": {"a": 1}}, 9),
    ({"$bit": {"a": {"not": 1}}}, 2),
    ({"$set": {"list.$.x": 1}}, 2),
    ({"$set": {"$.x": 1}}, 2),
    ({"$inc": {"large": Int64(2**62)}}, 2),
]


@pytest.mark.parametrize(("update", "code"), BAD_UPDATES, ids=[str(u) for u, _ in BAD_UPDATES])
def test_a_refused_update_changes_nothing(database: Db, update: dict[str, Any], code: int) -> None:
    before = {"_id": 1, "text": "t", "list": [{"x": 0}], "large": Int64(2**62)}
    database.t.insert_one(before)
    with pytest.raises(WriteError) as refused:
        database.t.update_one({"_id": 1}, update)
    assert refused.value.code == code
    assert database.t.find_one() == before


def test_upsert_inserts_once_and_updates_after(database: Db) -> None:
    update = {"$set": {"n": 1}, "$setOnInsert": {"made": True}}
    first = database.t.update_one({"leg_key": "L", "v": {"$gt": 0}}, update, upsert=True)
    again = database.t.update_one({"leg_key": "L"}, {"$set": {"n": 2}}, upsert=True)
    assert first.upserted_id is not None
    assert again.upserted_id is None
    document = database.t.find_one({}, {"_id": 0})
    assert document == {"leg_key": "L", "n": 2, "made": True}


def test_replacing_keeps_the_id(database: Db) -> None:
    database.t.insert_one({"_id": "a", "n": 1})
    database.t.replace_one({"_id": "a"}, {"m": 2})
    database.t.replace_one({"_id": "b"}, {"m": 3}, upsert=True)
    assert list(database.t.find()) == [{"_id": "a", "m": 2}, {"_id": "b", "m": 3}]


def test_an_update_that_changes_nothing_says_so(database: Db) -> None:
    database.t.insert_one({"_id": 1, "n": 1})
    result = database.t.update_one({}, {"$set": {"n": 1}})
    assert (result.matched_count, result.modified_count) == (1, 0)
    result = database.t.update_one({}, {"$set": {"n": 1.0}})
    assert (result.matched_count, result.modified_count) == (1, 1)


def test_find_one_and_update_returns_the_side_asked_for(database: Db) -> None:
    database.t.insert_many([{"_id": i, "n": i} for i in range(3)])
    after = ReturnDocument.AFTER
    last = [("n", -1)]
    assert database.t.find_one_and_update({}, {"$inc": {"n": 10}}, sort=last) == {"_id": 2, "n": 2}
    found = database.t.find_one_and_update({}, {"$inc": {"n": 1}}, sort=last, return_document=after)
    assert found == {"_id": 2, "n": 13}
    assert database.t.find_one_and_delete({"n": 13}, projection={"_id": 0}) == {"n": 13}
    assert database.t.find_one_and_update({"n": 99}, {"$set": {"a": 1}}) is None


def test_long_answers_come_in_batches(database: Db) -> None:
    database.t.insert_many([{"_id": i} for i in range(1000)])
    with database.t.find({}, batch_size=7) as cursor:
        assert [d["_id"] for d in cursor] == list(range(1000))
    assert len(list(database.t.find().sort("_id", -1).skip(990).limit(50))) == 10
    large = "x" * 3_000_000
    database.large.insert_many([{"_id": i, "text": large} for i in range(8)])
    assert sum(1 for _ in database.large.find()) == 8


def test_a_cursor_that_was_killed_is_gone(database: Db) -> None:
    database.t.insert_many([{"_id": i} for i in range(300)])
    with database.t.find({}, batch_size=10) as cursor:
        next(cursor)
        number = cursor.cursor_id
    assert number
    with pytest.raises(OperationFailure) as refused:
        database.command("getMore", Int64(number), collection="t")
    assert refused.value.code == 43


def test_projections_show_what_is_asked(database: Db) -> None:
    database.t.insert_one({"_id": 1, "a": {"b": 1, "c": 2}, "l": [{"x": 1, "y": 2}]})
    assert database.t.find_one({}, {"a.b": 1, "_id": 0}) == {"a": {"b": 1}}
    assert database.t.find_one({}, {"l.x": 0, "a": 0}) == {"_id": 1, "l": [{"y": 2}]}
    assert database.t.find_one({}, ["l"]) == {"_id": 1, "l": [{"x": 1, "y": 2}]}


def test_sorting_orders_by_type_and_then_by_value(database: Db) -> None:
    values = ["b", 2, None, True, 1.5, Decimal128("1.7"), "a", datetime(2026, 1, 1, tzinfo=UTC)]
    database.t.insert_many([{"_id": i, "v": v} for i, v in enumerate(values)])
    assert [d["_id"] for d in database.t.find().sort("v", 1)] == [2, 4, 5, 1, 6, 0, 3, 7]


def test_distinct_lists_each_value_once(database: Db) -> None:
    database.t.insert_many([{"s": "EURUSD"}, {"s": ["GOLD", "EURUSD"]}, {}])
    assert database.t.distinct("s") == ["EURUSD", "GOLD"]


def test_a_mixed_bulk_is_counted(database: Db) -> None:
    result = database.t.bulk_write(
        [
            InsertOne({"_id": 1}),
            UpdateOne({"_id": 1}, {"$set": {"a": 1}}),
            UpdateOne({"_id": 2}, {"$set": {"a": 1}}, upsert=True),
            ReplaceOne({"_id": 1}, {"b": 1}),
            DeleteOne({"_id": 2}),
        ]
    )
    counts = (result.inserted_count, result.modified_count, result.upserted_count)
    assert (*counts, result.deleted_count) == (1, 2, 1, 1)
    assert list(database.t.find()) == [{"_id": 1, "b": 1}]


@pytest.mark.parametrize(("ordered", "stored"), [(True, 1), (False, 3)])
def test_a_failed_insert_stops_an_ordered_batch_only(
    database: Db, ordered: bool, stored: int
) -> None:
    documents = [{"_id": 1}, {"_id": 1}, {"_id": 2}, {"_id": 3}]
    with pytest.raises(BulkWriteError) as refused:
        database.t.insert_many(documents, ordered=ordered)
    assert [error["code"] for error in refused.value.details["writeErrors"]] == [11000]
    assert database.t.count_documents({}) == stored


def test_unacknowledged_writes_arrive(database: Db) -> None:
    quiet = database.get_collection("t", write_concern=WriteConcern(w=0))
    quiet.insert_one({"_id": 1})
    assert eventually(lambda: database.t.count_documents({"_id": 1})) == 1


def test_pipelines_group_join_and_count(database: Db) -> None:
    database.accounts.insert_many([{"_id": "a", "type": "SLAVE"}, {"_id": "b", "type": "MASTER"}])
    database.t.insert_many(
        [
            {"_id": 1, "account": "a", "pnl": 5, "s": ["x", "y"]},
            {"_id": 2, "account": "a", "pnl": -2.5, "s": ["y"]},
            {"_id": 3, "account": "b", "pnl": Int64(1), "s": []},
        ]
    )
    total = {"$group": {"_id": "$account", "pnl": {"$sum": "$pnl"}, "n": {"$sum": 1}}}
    grouped = list(database.t.aggregate([total, {"$sort": {"_id": 1}}]))
    assert grouped == [{"_id": "a", "pnl": 2.5, "n": 2}, {"_id": "b", "pnl": 1, "n": 1}]
    join = {"from": "accounts", "localField": "account", "foreignField": "_id", "as": "who"}
    joined = database.t.aggregate([{"$match": {"_id": 3}}, {"$lookup": join}, {"$unwind": "$who"}])
    assert [d["who"]["type"] for d in joined] == ["MASTER"]
    flat = database.t.aggregate([{"$unwind": "$s"}, {"$sortByCount": "$s"}])
    assert list(flat) == [{"_id": "y", "count": 2}, {"_id": "x", "count": 1}]
    assert list(database.t.aggregate([{"$count": "n"}])) == [{"n": 3}]


REFUSED_COMMANDS: list[tuple[dict[str, Any], int]] = [
    ({"frobnicate": 1}, 59),
    ({"find": "t", "filter": {"a": {"$frobnicate": 1}}}, 2),
    ({"find": "t", "filter": {"$where": "1"}}, 238),
    ({"find": "t", "collation": {"locale": "de"}}, 238),
    ({"find": "t", "tailable": True}, 238),
    ({"find": "t", "frobnicate": 1}, 40415),
    ({"find": "t", "projection": {"a": {"$meta": "textScore"}}}, 238),
    ({"find": "t", "readConcern": {"level": "snapshot"}}, 123),
    ({"create": "c", "capped": True, "size": 4096}, 238),
    ({"create": "c", "viewOn": "t"}, 238),
    ({"insert": "t", "documents": [{}], "writeConcern": {"w": 2}}, 2),
    ({"aggregate": "t", "pipeline": [{"$out": "u"}], "cursor": {}}, 238),
    ({"aggregate": "t", "pipeline": [{"$frobnicate": 1}], "cursor": {}}, 40324),
    ({"aggregate": "t", "pipeline": [{"$changeStream": {}}], "cursor": {}}, 40573),
    ({"aggregate": 1, "pipeline": [{"$changeStream": {}}], "cursor": {}}, 40573),
    ({"insert": "t", "documents": [{}], "txnNumber": Int64(1), "autocommit": False}, 20),
    ({"createIndexes": "t", "indexes": [{"key": {"a": "text"}, "name": "a"}]}, 238),
    ({"insert": "a$b", "documents": [{}]}, 73),
    ({"insert": "t", "documents": [{"$a": 1}]}, 52),
]


@pytest.mark.parametrize(
    ("command", "code"), REFUSED_COMMANDS, ids=[str(c) for c, _ in REFUSED_COMMANDS]
)
def test_what_is_not_implemented_is_refused(
    database: Db, command: dict[str, Any], code: int
) -> None:
    database.t.insert_one({"a": 1})
    reply = database.command(command, check=False)
    errors = reply.get("writeErrors", [reply])
    assert [error["code"] for error in errors] == [code]


def test_transactions_are_refused_as_by_a_standalone(
    client: MongoClient[dict[str, Any]], database: Db
) -> None:
    with client.start_session() as session:
        session.start_transaction()
        with pytest.raises(OperationFailure) as refused:
            database.t.insert_one({}, session=session)
        session.abort_transaction()
    assert refused.value.code == 20
    with client.start_session() as session:
        database.t.insert_one({"_id": 1}, session=session)
    assert database.t.count_documents({}) == 1


def test_change_streams_are_refused_as_by_a_standalone(database: Db) -> None:
    with pytest.raises(OperationFailure) as refused:
        database.t.watch()
    assert refused.value.code == 40573


def test_tools_get_their_first_questions_answered(client: MongoClient[dict[str, Any]]) -> None:
    assert client.server_info()["version"].startswith("7.0")
    assert client.admin.command("hello")["isWritablePrimary"] is True
    assert "setName" not in client.admin.command("isMaster")
    assert client.admin.command("serverStatus")["process"] == "murmuration-embedded"
    assert client.admin.command("getLog", "startupWarnings")["log"] == []
    parameter = client.admin.command("getParameter", 1, featureCompatibilityVersion=1)
    assert parameter["featureCompatibilityVersion"] == {"version": "7.0"}
    assert client.admin.command("connectionStatus")["authInfo"]["authenticatedUsers"] == []
