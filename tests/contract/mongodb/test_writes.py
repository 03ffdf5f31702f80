"""The manual's "CRUD Operations": results of inserts, updates, replacements, deletions, upserts,
findAndModify and bulk writes, and the errors of single writes."""

from typing import Any

import pytest
from bson import Int64, ObjectId, Regex
from pymongo import (
    DeleteMany,
    DeleteOne,
    InsertOne,
    ReplaceOne,
    ReturnDocument,
    UpdateMany,
    UpdateOne,
)
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, WriteError
from pymongo.write_concern import WriteConcern

from tests.contract.mongodb.tables import rows
from tests.waiting import eventually

C = Collection[dict[str, Any]]
NEW = ReturnDocument.AFTER


def three(c: C) -> None:
    c.insert_many([{"_id": i, "n": i, "k": "odd" if i % 2 else "even"} for i in (1, 2, 3)])


def test_inserting_makes_an_id_where_there_is_none(c: C) -> None:
    result = c.insert_one({"a": 1})
    assert isinstance(result.inserted_id, ObjectId)
    assert c.insert_many([{"_id": 5}, {"_id": "x"}]).inserted_ids == [5, "x"]
    assert c.count_documents({}) == 3


def test_a_server_makes_the_id_and_puts_it_first(c: C) -> None:
    c.database.command("insert", c.name, documents=[{"a": 1}, {"b": 1, "_id": 7}])
    first, second = c.find()
    assert isinstance(first["_id"], ObjectId)
    assert list(first) == ["_id", "a"]
    assert list(second) == ["_id", "b"]


IDS: list[tuple[Any]] = [
    ("text",),
    (5,),
    (Int64(2**40),),
    ({"a": 1},),
    (1.5,),
    (b"x",),
    (None,),
    (True,),
]


@pytest.mark.parametrize("identity", [i for (i,) in IDS], ids=str)
def test_an_id_is_unique(c: C, identity: object) -> None:
    c.insert_one({"_id": identity})
    with pytest.raises(DuplicateKeyError):
        c.insert_one({"_id": identity})
    assert c.count_documents({"_id": identity}) == 1


def test_a_duplicate_is_told_with_its_key(c: C) -> None:
    c.insert_one({"_id": 5})
    with pytest.raises(DuplicateKeyError) as refused:
        c.insert_one({"_id": 5})
    details = refused.value.details or {}
    assert details["code"] == 11000
    assert details["keyPattern"] == {"_id": 1}
    assert details["keyValue"] == {"_id": 5}


def test_one_and_one_point_zero_are_the_same_id(c: C) -> None:
    c.insert_one({"_id": 1})
    with pytest.raises(DuplicateKeyError):
        c.insert_one({"_id": 1.0})


@pytest.mark.parametrize("identity", [[1], Regex("a")], ids=str)
def test_an_array_or_a_regex_is_no_id(c: C, identity: object) -> None:
    with pytest.raises(WriteError):
        c.insert_one({"_id": identity})
    assert c.count_documents({}) == 0


def test_updates_are_counted(c: C) -> None:
    three(c)
    one = c.update_one({"k": "odd"}, {"$set": {"n": 9}})
    assert (one.matched_count, one.modified_count, one.upserted_id) == (1, 1, None)
    many = c.update_many({}, {"$set": {"n": 9}})
    assert (many.matched_count, many.modified_count) == (3, 2)
    none = c.update_many({"k": "x"}, {"$set": {"n": 9}})
    assert (none.matched_count, none.modified_count) == (0, 0)


def test_deletions_are_counted(c: C) -> None:
    three(c)
    assert c.delete_one({"k": "odd"}).deleted_count == 1
    assert c.delete_many({"k": "x"}).deleted_count == 0
    assert c.delete_many({}).deleted_count == 2


def test_a_replacement_keeps_the_id_and_nothing_else(c: C) -> None:
    three(c)
    result = c.replace_one({"n": 2}, {"x": 1})
    assert (result.matched_count, result.modified_count) == (1, 1)
    assert c.find_one({"_id": 2}) == {"_id": 2, "x": 1}
    assert c.replace_one({"n": 99}, {"x": 1}).matched_count == 0
    assert c.replace_one({"_id": 2}, {"x": 1}).modified_count == 0


def test_a_replacement_may_not_change_the_id(c: C) -> None:
    three(c)
    with pytest.raises(WriteError) as refused:
        c.replace_one({"_id": 2}, {"_id": 7, "x": 1})
    assert refused.value.code == 66
    assert c.replace_one({"_id": 2}, {"_id": 2, "x": 1}).modified_count == 1


SEEDS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"a": 1}, {"$set": {"b": 2}}, {"a": 1, "b": 2}),
    ({"a": {"$eq": 1}}, {"$set": {"b": 2}}, {"a": 1, "b": 2}),
    ({"a": {"$gt": 1}}, {"$set": {"b": 2}}, {"b": 2}),
    ({"a": {"$in": [1, 2]}}, {"$set": {"b": 2}}, {"b": 2}),
    ({"a.b": 1}, {"$set": {"c": 2}}, {"a": {"b": 1}, "c": 2}),
    ({"$and": [{"a": 1}, {"b": 2}]}, {"$set": {"c": 3}}, {"a": 1, "b": 2, "c": 3}),
    ({"$or": [{"a": 1}]}, {"$set": {"c": 3}}, {"a": 1, "c": 3}),
    ({"$or": [{"a": 1}, {"a": 2}]}, {"$set": {"c": 3}}, {"c": 3}),
    ({"a": 1}, {"$inc": {"a": 5}}, {"a": 6}),
    ({"a": 1}, {"$set": {"a": 5}}, {"a": 5}),
    ({"a": 1}, {"$setOnInsert": {"b": 2}, "$set": {"c": 3}}, {"a": 1, "b": 2, "c": 3}),
    ({"a": {"x": 1}}, {"$set": {"a.y": 2}}, {"a": {"x": 1, "y": 2}}),
    ({"a": None}, {"$set": {"b": 2}}, {"a": None, "b": 2}),
    ({"a": 1}, {"$push": {"l": 1}}, {"a": 1, "l": [1]}),
    ({"a": 1}, {"$unset": {"a": 1}}, {}),
]


@pytest.mark.parametrize(("query", "update", "made"), rows(SEEDS, 2))
def test_an_upsert_starts_from_what_the_query_says_is_equal(
    c: C, query: dict[str, Any], update: dict[str, Any], made: dict[str, Any]
) -> None:
    result = c.update_one(query, update, upsert=True)
    assert (result.matched_count, result.modified_count) == (0, 0)
    assert isinstance(result.upserted_id, ObjectId)
    assert c.find_one() == {"_id": result.upserted_id, **made}


def test_an_upsert_that_finds_something_updates_it(c: C) -> None:
    three(c)
    result = c.update_one({"n": 2}, {"$set": {"x": 1}, "$setOnInsert": {"y": 1}}, upsert=True)
    assert (result.matched_count, result.modified_count, result.upserted_id) == (1, 1, None)
    assert c.find_one({"_id": 2}) == {"_id": 2, "n": 2, "k": "even", "x": 1}


def test_an_upsert_takes_its_id_from_the_query_or_the_update(c: C) -> None:
    assert c.update_one({"_id": 5}, {"$set": {"a": 1}}, upsert=True).upserted_id == 5
    assert c.update_one({"x": 1}, {"$setOnInsert": {"_id": 6}}, upsert=True).upserted_id == 6
    assert c.replace_one({"_id": 7}, {"a": 1}, upsert=True).upserted_id == 7
    assert c.replace_one({"a": 99}, {"_id": 8}, upsert=True).upserted_id == 8
    with pytest.raises(WriteError) as refused:
        c.update_one({"_id": 9}, {"$set": {"_id": 10}}, upsert=True)
    assert refused.value.code == 66
    assert sorted(c.distinct("_id")) == [5, 6, 7, 8]


def test_a_replacing_upsert_takes_nothing_else_from_the_query(c: C) -> None:
    made = c.replace_one({"a": 1}, {"b": 2}, upsert=True).upserted_id
    assert c.find_one() == {"_id": made, "b": 2}


def test_an_upsert_that_says_a_field_twice_is_refused(c: C) -> None:
    with pytest.raises(WriteError) as refused:
        c.update_one({"$and": [{"a": 1}, {"a": 2}]}, {"$set": {"b": 1}}, upsert=True)
    assert refused.value.code == 54


def test_find_one_and_update_answers_before_or_after(c: C) -> None:
    three(c)
    assert c.find_one_and_update({"_id": 1}, {"$inc": {"n": 10}}) == {"_id": 1, "n": 1, "k": "odd"}
    after = c.find_one_and_update({"_id": 1}, {"$inc": {"n": 10}}, return_document=NEW)
    assert after == {"_id": 1, "n": 21, "k": "odd"}
    assert c.find_one_and_update({"_id": 99}, {"$set": {"n": 1}}) is None


def test_find_one_and_update_takes_the_first_by_the_sort(c: C) -> None:
    three(c)
    found = c.find_one_and_update({}, {"$set": {"hit": 1}}, sort=[("n", -1)], projection=["n"])
    assert found == {"_id": 3, "n": 3}
    assert c.find_one_and_delete({}, sort=[("n", -1)], projection={"_id": 0, "n": 1}) == {"n": 3}
    assert c.count_documents({}) == 2


def test_find_one_and_update_upserts(c: C) -> None:
    assert c.find_one_and_update({"_id": 5}, {"$set": {"a": 1}}, upsert=True) is None
    after = c.find_one_and_update({"_id": 6}, {"$set": {"a": 1}}, upsert=True, return_document=NEW)
    assert after == {"_id": 6, "a": 1}


def test_find_one_and_replace(c: C) -> None:
    three(c)
    assert c.find_one_and_replace({"_id": 2}, {"x": 1}) == {"_id": 2, "n": 2, "k": "even"}
    assert c.find_one_and_replace({"_id": 2}, {"x": 2}, return_document=NEW) == {"_id": 2, "x": 2}


def test_find_and_modify_says_what_it_did(c: C) -> None:
    three(c)
    name, database = c.name, c.database
    changed = database.command("findAndModify", name, query={"_id": 1}, update={"$set": {"n": 5}})
    assert changed["lastErrorObject"] == {"n": 1, "updatedExisting": True}
    made = database.command(
        "findAndModify", name, query={"_id": 9}, update={"$set": {"n": 5}}, upsert=True
    )
    assert made["lastErrorObject"] == {"n": 1, "updatedExisting": False, "upserted": 9}
    removed = database.command("findAndModify", name, query={"_id": 9}, remove=True)
    assert removed["lastErrorObject"] == {"n": 1}
    assert removed["value"] == {"_id": 9, "n": 5}


def test_find_and_modify_must_know_what_to_do(c: C) -> None:
    with pytest.raises(OperationFailure) as refused:
        c.database.command("findAndModify", c.name, query={})
    assert refused.value.code == 9
    with pytest.raises(OperationFailure) as refused:
        c.database.command(
            "findAndModify", c.name, query={}, remove=True, update={"$set": {"a": 1}}
        )
    assert refused.value.code == 9


def test_find_one_and_update_keeps_a_unique_index(c: C) -> None:
    three(c)
    c.create_index("n", unique=True)
    with pytest.raises(DuplicateKeyError):
        c.find_one_and_update({"_id": 1}, {"$set": {"n": 2}})
    assert c.find_one({"_id": 1}) == {"_id": 1, "n": 1, "k": "odd"}


def test_a_mixed_bulk_is_counted(c: C) -> None:
    result = c.bulk_write(
        [
            InsertOne({"_id": 1, "n": 1}),
            InsertOne({"_id": 2, "n": 2}),
            UpdateOne({"_id": 1}, {"$set": {"n": 5}}),
            UpdateMany({}, {"$inc": {"n": 1}}),
            ReplaceOne({"_id": 2}, {"x": 1}),
            UpdateOne({"_id": 3}, {"$set": {"n": 1}}, upsert=True),
            DeleteOne({"_id": 1}),
            DeleteMany({"n": 99}),
        ]
    )
    counts = result.bulk_api_result
    shown = {k: counts[k] for k in ("nInserted", "nMatched", "nModified", "nRemoved", "nUpserted")}
    assert shown == {"nInserted": 2, "nMatched": 4, "nModified": 4, "nRemoved": 1, "nUpserted": 1}
    assert result.upserted_ids == {5: 3}
    assert list(c.find().sort("_id", 1)) == [{"_id": 2, "x": 1}, {"_id": 3, "n": 1}]


@pytest.mark.parametrize(
    ("ordered", "stored", "errors"), [(True, [1], [1]), (False, [1, 2, 3], [1, 3])], ids=str
)
def test_errors_of_a_batch_carry_their_place(
    c: C, ordered: bool, stored: list[int], errors: list[int]
) -> None:
    with pytest.raises(BulkWriteError) as refused:
        c.insert_many([{"_id": i} for i in (1, 1, 2, 2, 3)], ordered=ordered)
    details = refused.value.details
    assert [e["index"] for e in details["writeErrors"]] == errors
    assert {e["code"] for e in details["writeErrors"]} == {11000}
    assert details["nInserted"] == len(stored)
    assert sorted(c.distinct("_id")) == stored


def test_updates_after_an_error_of_an_ordered_batch_are_not_made(c: C) -> None:
    three(c)
    with pytest.raises(BulkWriteError) as refused:
        c.bulk_write(
            [
                UpdateOne({"_id": 1}, {"$set": {"n": 50}}),
                UpdateOne({"_id": 2}, {"$inc": {"k": 1}}),
                UpdateOne({"_id": 3}, {"$set": {"n": 50}}),
            ]
        )
    (error,) = refused.value.details["writeErrors"]
    assert (error["index"], error["code"]) == (1, 14)
    assert c.distinct("n") == [2, 3, 50]


@pytest.mark.needs("unacknowledged writes")
def test_unacknowledged_writes_arrive(c: C) -> None:
    quiet = c.with_options(write_concern=WriteConcern(w=0))
    assert quiet.insert_one({"_id": 1}).acknowledged is False
    assert eventually(lambda: c.count_documents({"_id": 1})) == 1
    quiet.update_one({"_id": 1}, {"$set": {"a": 1}})
    assert eventually(lambda: c.count_documents({"a": 1})) == 1
    quiet.delete_one({"_id": 1})
    assert eventually(lambda: c.count_documents({}) == 0)


def test_an_update_of_many_with_a_replacement_is_refused(c: C) -> None:
    statement = {"q": {}, "u": {"a": 1}, "multi": True}
    reply = c.database.command("update", c.name, updates=[statement], check=False)
    assert [e["code"] for e in reply["writeErrors"]] == [9]


def test_a_batch_of_nothing_is_refused(c: C) -> None:
    with pytest.raises(OperationFailure):
        c.database.command("insert", c.name, documents=[])


@pytest.mark.needs("update pipelines")
def test_a_document_beyond_sixteen_megabytes_is_refused(c: C) -> None:
    c.insert_one({"_id": 1, "a": "x" * 9_000_000})
    with pytest.raises(WriteError) as refused:
        c.update_one({}, [{"$set": {"b": "$a"}}])
    assert refused.value.code in (10334, 17419)  # the second where the server's own copy grows
    assert "b" not in (c.find_one() or {"b": 1})


def test_a_top_level_name_with_a_dollar_cannot_be_stored_by_a_replacement(c: C) -> None:
    three(c)
    with pytest.raises((OperationFailure, ValueError)):
        c.replace_one({"_id": 1}, {"$a": 1})
    assert c.find_one({"_id": 1}) == {"_id": 1, "n": 1, "k": "odd"}
