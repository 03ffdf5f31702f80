"""The manual's "Indexes" (unique, compound, partial, sparse, TTL, multikey), "Databases and
Collections", listCollections, listIndexes, collMod and renameCollection."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import (
    CollectionInvalid,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
    WriteError,
)

from tests.contract.mongodb.tables import rows
from tests.waiting import eventually

C = Collection[dict[str, Any]]
Db = Database[dict[str, Any]]


UNIQUE: list[tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any], bool]] = [
    ({"keys": "a", "unique": True}, [{"a": 1}], {"a": 1}, True),
    ({"keys": "a", "unique": True}, [{"a": 1}], {"a": 1.0}, True),
    ({"keys": "a", "unique": True}, [{"a": 1}], {"a": "1"}, False),
    ({"keys": "a", "unique": True}, [{"a": 1}], {"a": True}, False),
    ({"keys": "a", "unique": True}, [{}], {}, True),
    ({"keys": "a", "unique": True}, [{}], {"a": None}, True),
    ({"keys": "a", "unique": True}, [{"a": [1, 2]}], {"a": 2}, True),
    ({"keys": "a", "unique": True}, [{"a": [1, 2]}], {"a": [2, 3]}, True),
    ({"keys": "a", "unique": True}, [{"a": [1, 2]}], {"a": [3]}, False),
    ({"keys": "a", "unique": True}, [], {"a": [1, 1]}, False),
    ({"keys": "a.b", "unique": True}, [{"a": {"b": 1}}], {"a": {"b": 1}}, True),
    ({"keys": "a.b", "unique": True}, [{"a": [{"b": 1}, {"b": 2}]}], {"a": {"b": 2}}, True),
    ({"keys": [("a", 1), ("b", -1)], "unique": True}, [{"a": 1, "b": 1}], {"a": 1, "b": 2}, False),
    ({"keys": [("a", 1), ("b", -1)], "unique": True}, [{"a": 1, "b": 1}], {"a": 1, "b": 1}, True),
    ({"keys": [("a", 1), ("b", -1)], "unique": True}, [{"a": 1}], {"a": 1}, True),
    ({"keys": "a", "unique": True, "sparse": True}, [{}], {}, False),
    ({"keys": "a", "unique": True, "sparse": True}, [{"a": None}], {"a": None}, True),
    ({"keys": "a", "unique": True, "sparse": True}, [{"a": 1}], {"a": 1}, True),
    ({"keys": "a", "unique": True, "partialFilterExpression": {"on": True}},
     [{"a": 1, "on": True}], {"a": 1, "on": False}, False),
    ({"keys": "a", "unique": True, "partialFilterExpression": {"on": True}},
     [{"a": 1, "on": True}], {"a": 1, "on": True}, True),
    ({"keys": "a", "unique": True, "partialFilterExpression": {"a": {"$type": "string"}}},
     [{"a": None}], {"a": None}, False),
    ({"keys": "a", "unique": True, "partialFilterExpression": {"n": {"$gt": 5}}},
     [{"a": 1, "n": 6}], {"a": 1, "n": 7}, True),
    ({"keys": "a"}, [{"a": 1}], {"a": 1}, False),
]  # fmt: skip


@pytest.mark.parametrize(("index", "before", "new", "refused"), rows(UNIQUE, 3))
def test_an_index_keeps_its_promise(
    c: C, index: dict[str, Any], before: list[dict[str, Any]], new: dict[str, Any], refused: bool
) -> None:
    c.create_index(**index)
    for document in before:
        c.insert_one(dict(document))
    if refused:
        with pytest.raises(DuplicateKeyError):
            c.insert_one(dict(new))
        made = c.insert_one({"a": "other", "b": "other"}).inserted_id
        with pytest.raises(DuplicateKeyError):
            c.replace_one({"_id": made}, dict(new))
    else:
        c.insert_one(dict(new))
    assert c.count_documents({}) == len(before) + 1


def test_a_duplicate_is_told_with_its_index(c: C) -> None:
    c.create_index([("a", 1), ("b", -1)], unique=True)
    c.insert_one({"a": 1, "b": "x"})
    with pytest.raises(DuplicateKeyError) as refused:
        c.insert_one({"a": 1, "b": "x"})
    details = refused.value.details or {}
    assert details["keyPattern"] == {"a": 1, "b": -1}
    assert details["keyValue"] == {"a": 1, "b": "x"}
    assert "E11000" in details["errmsg"]


def test_a_unique_index_cannot_be_built_over_duplicates(c: C) -> None:
    c.insert_many([{"a": 1}, {"a": 1}])
    with pytest.raises(OperationFailure) as refused:
        c.create_index("a", unique=True)
    assert refused.value.code == 11000
    assert list(c.index_information()) == ["_id_"]


def test_indexes_are_listed_as_they_were_made(c: C) -> None:
    c.create_index([("a", 1), ("b", -1)], unique=True)
    c.create_index("t", expireAfterSeconds=60, name="ttl")
    c.create_index("s", sparse=True)
    c.create_index("p", partialFilterExpression={"on": True})
    listed = {i["name"]: i for i in c.list_indexes()}
    assert list(listed) == ["_id_", "a_1_b_-1", "ttl", "s_1", "p_1"]
    assert dict(listed["_id_"]["key"]) == {"_id": 1}
    assert dict(listed["a_1_b_-1"]["key"]) == {"a": 1, "b": -1}
    assert listed["a_1_b_-1"]["unique"] is True
    assert listed["ttl"]["expireAfterSeconds"] == 60
    assert listed["s_1"]["sparse"] is True
    assert dict(listed["p_1"]["partialFilterExpression"]) == {"on": True}
    assert {i["v"] for i in listed.values()} == {2}


def test_making_an_index_again_changes_nothing(c: C) -> None:
    assert c.create_index("a") == "a_1"
    assert c.create_index("a") == "a_1"
    reply = c.database.command("createIndexes", c.name, indexes=[{"key": {"a": 1}, "name": "a_1"}])
    assert (reply["numIndexesBefore"], reply["numIndexesAfter"]) == (2, 2)


CONFLICTS: list[tuple[dict[str, Any], int]] = [
    ({"keys": "a", "name": "other"}, 85),
    ({"keys": "b", "name": "a_1"}, 86),
    ({"keys": "a", "unique": True}, 86),
]


@pytest.mark.parametrize(("index", "code"), rows(CONFLICTS))
def test_an_index_that_contradicts_another_is_refused(
    c: C, index: dict[str, Any], code: int
) -> None:
    c.create_index("a")
    with pytest.raises(OperationFailure) as refused:
        c.create_index(**index)
    assert refused.value.code == code


BAD_INDEXES: list[tuple[dict[str, Any], tuple[int, ...]]] = [
    ({"key": {}, "name": "x"}, (67,)),
    ({"key": {"a": 0}, "name": "x"}, (67, 238)),
    ({"key": {"a": "frobnicate"}, "name": "x"}, (67, 238)),
    ({"key": {"a": 1}}, (9, 40414)),
    ({"key": {"a": 1, "b": 1}, "name": "x", "expireAfterSeconds": 5}, (67,)),
    ({"key": {"a": 1}, "name": "x", "expireAfterSeconds": -5}, (67,)),
    ({"key": {"a": 1}, "name": "x", "expireAfterSeconds": "soon"}, (14, 67)),
    ({"key": {"a": 1}, "name": "x", "partialFilterExpression": {"a": {"$ne": 1}}}, (67,)),
    ({"key": {"a": 1}, "name": "x", "sparse": True, "partialFilterExpression": {"a": 1}}, (67,)),
    ({"key": {"a": 1}, "name": "x", "frobnicate": 1}, (67, 197, 238, 40415)),
]


@pytest.mark.parametrize(("index", "codes"), rows(BAD_INDEXES))
def test_an_index_that_makes_no_sense_is_refused(
    c: C, index: dict[str, Any], codes: tuple[int, ...]
) -> None:
    c.insert_one({})
    reply = c.database.command("createIndexes", c.name, indexes=[index], check=False)
    assert reply["ok"] == 0
    assert reply["code"] in codes


def test_indexes_are_dropped(c: C) -> None:
    c.create_index("a")
    c.create_index("b")
    c.create_index("d")
    c.drop_index("a_1")
    c.drop_index([("b", 1)])
    assert list(c.index_information()) == ["_id_", "d_1"]
    c.drop_indexes()
    assert list(c.index_information()) == ["_id_"]
    with pytest.raises(OperationFailure) as refused:
        c.drop_index("a_1")
    assert refused.value.code == 27
    with pytest.raises(OperationFailure) as refused:
        c.drop_index("_id_")
    assert refused.value.code == 72


def test_two_arrays_cannot_share_an_index(c: C) -> None:
    c.create_index([("a", 1), ("b", 1)])
    c.insert_one({"a": [1, 2], "b": 1})
    with pytest.raises(WriteError) as refused:
        c.insert_one({"a": [1, 2], "b": [1, 2]})
    assert refused.value.code == 171


QUERIES: list[tuple[dict[str, Any]]] = [
    ({"a": 5},), ({"a": {"$in": [5, "x", None]}},), ({"a": None},), ({"a": 5, "b": 1},),
    ({"a": {"$gt": 3, "$lt": 7}},), ({"a": {"$ne": 5}},), ({"a": []},), ({"a": [5, 6]},),
    ({"a": {"$exists": False}},), ({"b": 2},), ({"a": {"x": 1}},), ({"a.x": 1},), ({"a": 5.0},),
    ({"$or": [{"a": 5}, {"b": 2}]},), ({"a": {"$size": 2}},), ({"a": {"$type": "string"}},),
]  # fmt: skip


@pytest.mark.parametrize("query", [q for (q,) in QUERIES], ids=str)
@pytest.mark.parametrize(
    "index",
    [{"keys": "a"}, {"keys": "a", "sparse": True}, {"keys": [("a", 1), ("b", -1)]}, {"keys": "a.x"},
     {"keys": "a", "partialFilterExpression": {"b": 1}}],
    ids=str,
)  # fmt: skip
def test_an_index_changes_no_answer(c: C, index: dict[str, Any], query: dict[str, Any]) -> None:
    values = [5, "x", None, [5, 6], [], {"x": 1}, [{"x": 1}, 5], 3.5, 7]
    c.insert_many([{"_id": at, "a": v, "b": at % 3} for at, v in enumerate(values)])
    c.insert_one({"_id": 99, "b": 1})
    before = sorted(d["_id"] for d in c.find(query))
    c.create_index(**index)
    assert sorted(d["_id"] for d in c.find(query)) == before


def test_a_hint_must_name_an_index(c: C) -> None:
    c.insert_many([{"_id": i, "a": i} for i in range(3)])
    c.create_index("a")
    assert c.find({"a": 1}).hint("a_1").to_list() == [{"_id": 1, "a": 1}]
    assert c.find({"a": 1}).hint([("a", 1)]).to_list() == [{"_id": 1, "a": 1}]
    with pytest.raises(OperationFailure) as refused:
        c.find({"a": 1}).hint("b_1").to_list()
    assert refused.value.code == 2


@pytest.mark.needs("expiry")
@pytest.mark.timeout(150)
def test_documents_end_when_their_time_has_passed(c: C, server: str) -> None:
    c.create_index("t", expireAfterSeconds=1)
    old, later = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    c.insert_many([
        {"_id": "old", "t": old}, {"_id": "later", "t": later}, {"_id": "no date", "t": 5},
        {"_id": "missing"}, {"_id": "list", "t": [later, old]},
    ])  # fmt: skip
    # A server looks once a minute.
    eventually(lambda: c.count_documents({}) == 3, within_s=130, every_s=0.2)
    assert sorted(c.distinct("_id")) == ["later", "missing", "no date"]


def test_collections_are_listed(db: Db) -> None:
    db["one"].insert_one({})
    db.create_collection("two")
    assert sorted(db.list_collection_names()) == ["one", "two"]
    (shown,) = db.list_collections(filter={"name": "two"})
    assert shown["type"] == "collection"
    assert shown["options"] == {}
    assert shown["info"]["readOnly"] is False
    assert dict(shown["idIndex"]["key"]) == {"_id": 1}
    assert db.name in db.client.list_database_names()


def test_a_collection_is_made_once(db: Db) -> None:
    db.create_collection("one", check_exists=False)
    db["other"].insert_one({})
    with pytest.raises(CollectionInvalid):
        db.create_collection("other")
    with pytest.raises(OperationFailure) as refused:
        db.command("create", "one", validator={"a": 1})
    assert refused.value.code == 48


def test_collections_are_dropped(db: Db) -> None:
    db["one"].insert_one({})
    db["one"].drop()
    db["nobody"].drop()
    assert db.list_collection_names() == []
    db["one"].create_index("a")
    assert db.list_collection_names() == ["one"]


def test_what_is_not_there_is_empty(db: Db) -> None:
    assert db["nobody"].find_one() is None
    assert list(db["nobody"].find()) == []
    assert db["nobody"].update_one({}, {"$set": {"a": 1}}).matched_count == 0
    assert db["nobody"].delete_many({}).deleted_count == 0
    assert list(db["nobody"].aggregate([{"$match": {}}])) == []
    assert db["nobody"].index_information() == {}
    assert db.list_collection_names() == []


NAMES = ["a$b", "", ".a", "a.", "a\0b"]


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_a_name_that_cannot_be_is_refused(db: Db, name: str) -> None:
    with pytest.raises((PyMongoError, ValueError)):
        db.command("insert", name, documents=[{"_id": 1}])
    assert db.list_collection_names() == []


def test_a_bad_collection_name_has_its_own_code(db: Db) -> None:
    with pytest.raises(OperationFailure) as refused:
        db.command("insert", "a$b", documents=[{"_id": 1}])
    assert refused.value.code == 73
    with pytest.raises(OperationFailure) as refused:
        db.command("insert", "", documents=[{"_id": 1}])
    assert refused.value.code == 73


@pytest.mark.needs("renameCollection")
def test_a_collection_is_renamed(db: Db) -> None:
    db["one"].insert_one({"_id": 1})
    db["one"].create_index("a", unique=True)
    db["one"].rename("two")
    assert db.list_collection_names() == ["two"]
    assert list(db["two"].index_information()) == ["_id_", "a_1"]
    db["three"].insert_one({})
    with pytest.raises(OperationFailure) as refused:
        db["two"].rename("three")
    assert refused.value.code == 48
    db["two"].rename("three", dropTarget=True)
    assert db.list_collection_names() == ["three"]
    with pytest.raises(OperationFailure) as refused:
        db["nobody"].rename("x")
    assert refused.value.code == 26
