"""Collections, validators and indexes through pymongo."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo import IndexModel, MongoClient
from pymongo.database import Database
from pymongo.errors import CollectionInvalid, DuplicateKeyError, OperationFailure, WriteError

from tests.waiting import eventually

pytestmark = pytest.mark.integration
Db = Database[dict[str, Any]]
ACCOUNT_RULES: dict[str, Any] = {
    "$jsonSchema": {
        "bsonType": "object",
        "required": ["name", "type"],
        "properties": {
            "_id": {},
            "name": {"bsonType": "string", "minLength": 1},
            "type": {"enum": ["MASTER", "SLAVE"]},
            "slippage_tolerance": {"bsonType": ["int", "long"], "minimum": 0},
        },
        "additionalProperties": False,
    }
}


def refused_fields(error: WriteError) -> str:
    assert error.code == 121
    assert error.details is not None
    return str(error.details["errInfo"]["details"]["schemaRulesNotSatisfied"])


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"name": "a", "type": "SLAV"}, "'propertyName': 'type'"),
        ({"name": "", "type": "SLAVE"}, "'propertyName': 'name'"),
        ({"type": "SLAVE"}, "'missingProperties': ['name']"),
        ({"name": "a", "type": "SLAVE", "sufix": ".c"}, "'additionalProperties': ['sufix']"),
        ({"name": "a", "type": "SLAVE", "slippage_tolerance": 1.5}, "slippage_tolerance"),
    ],
    ids=["enum", "length", "missing", "unknown", "type"],
)
def test_a_bad_document_is_refused_and_its_field_named(
    database: Db, document: dict[str, Any], field: str
) -> None:
    database.create_collection("accounts", validator=ACCOUNT_RULES)
    with pytest.raises(WriteError, match="Document failed validation") as refused:
        database.accounts.insert_one(document)
    assert field in refused_fields(refused.value)
    assert database.accounts.count_documents({}) == 0


def test_a_bad_edit_is_refused_and_changes_nothing(database: Db) -> None:
    database.create_collection("accounts", validator=ACCOUNT_RULES)
    database.accounts.insert_one({"_id": 1, "name": "a", "type": "SLAVE"})
    for change in ({"$set": {"type": "x"}}, {"$unset": {"name": ""}}, [{"$set": {"x": 1}}]):
        with pytest.raises(WriteError):
            database.accounts.update_one({}, change)
        with pytest.raises(OperationFailure):
            database.accounts.find_one_and_update({}, change)
    with pytest.raises(WriteError):
        database.accounts.update_one({"name": 5}, {"$set": {"type": "SLAVE"}}, upsert=True)
    assert list(database.accounts.find()) == [{"_id": 1, "name": "a", "type": "SLAVE"}]


def test_rules_can_be_changed_and_are_listed(database: Db) -> None:
    database.accounts.insert_one({"_id": 1, "old": True})
    database.command("collMod", "accounts", validator=ACCOUNT_RULES, validationLevel="moderate")
    (listed,) = database.list_collections(filter={"name": "accounts"})
    assert listed["options"] == {"validator": ACCOUNT_RULES, "validationLevel": "moderate"}
    database.accounts.update_one({"_id": 1}, {"$set": {"still": "old"}})
    with pytest.raises(WriteError):
        database.accounts.insert_one({"_id": 2, "old": True})
    database.command("collMod", "accounts", validationLevel="strict")
    with pytest.raises(WriteError):
        database.accounts.update_one({"_id": 1}, {"$set": {"still": "older"}})


@pytest.mark.parametrize(
    "options",
    [
        {"validator": {"$jsonSchema": {"requierd": ["a"]}}},
        {"validator": {"$jsonSchema": {}}, "validationLevel": "sometimes"},
        {"validator": {"$jsonSchema": {}}, "validationAction": "ignore"},
    ],
    ids=["keyword", "level", "action"],
)
def test_rules_nobody_understands_are_refused(database: Db, options: dict[str, Any]) -> None:
    with pytest.raises(OperationFailure):
        database.create_collection("c", **options)
    database.create_collection("d")
    with pytest.raises(OperationFailure):
        database.command("collMod", "d", **options)
    assert database.list_collection_names() == ["d"]


def test_collections_and_databases_come_and_go(
    client: MongoClient[dict[str, Any]], database: Db
) -> None:
    database.create_collection("a")
    with pytest.raises(CollectionInvalid):
        database.create_collection("a")
    database.b.insert_one({})
    assert sorted(database.list_collection_names()) == ["a", "b"]
    assert database.name in client.list_database_names()
    database.drop_collection("a")
    assert database.list_collection_names() == ["b"]
    client.drop_database(database.name)
    assert database.name not in client.list_database_names()


def test_a_partial_unique_index_binds_only_what_it_covers(database: Db) -> None:
    key = [("leg_key", 1), ("slave_name", 1)]
    only = {"leg_key": {"$exists": True}}
    database.trades.insert_many([{"slave_name": "s"}, {"slave_name": "s"}])
    name = database.trades.create_index(key, unique=True, partialFilterExpression=only)
    assert name == "leg_key_1_slave_name_1"
    database.trades.insert_one({"slave_name": "s"})
    database.trades.insert_one({"leg_key": "L", "slave_name": "s"})
    database.trades.insert_one({"leg_key": "L", "slave_name": "t"})
    with pytest.raises(DuplicateKeyError) as refused:
        database.trades.insert_one({"leg_key": "L", "slave_name": "s"})
    assert refused.value.details is not None
    assert refused.value.details["keyPattern"] == {"leg_key": 1, "slave_name": 1}
    assert refused.value.details["keyValue"] == {"leg_key": "L", "slave_name": "s"}
    with pytest.raises(DuplicateKeyError):
        database.trades.update_one({"slave_name": "t"}, {"$set": {"slave_name": "s"}})
    query = {"leg_key": "L", "slave_name": "t"}
    with pytest.raises(DuplicateKeyError):
        database.trades.find_one_and_update(query, {"$set": {"slave_name": "s"}})
    assert database.trades.count_documents({"leg_key": "L", "slave_name": "t"}) == 1


def test_a_missing_field_counts_as_null_unless_the_index_is_sparse(database: Db) -> None:
    database.full.create_index("a", unique=True)
    database.sparse.create_index("a", unique=True, sparse=True)
    for collection in (database.full, database.sparse):
        collection.insert_one({"_id": 1})
    database.sparse.insert_one({"_id": 2})
    with pytest.raises(DuplicateKeyError):
        database.full.insert_one({"_id": 2})
    assert database.sparse.count_documents({"a": None}) == 2


def test_a_unique_index_over_duplicates_is_refused(database: Db) -> None:
    database.t.insert_many([{"a": 1}, {"a": 1.0}])
    with pytest.raises(OperationFailure) as refused:
        database.t.create_indexes([IndexModel("b"), IndexModel("a", unique=True)])
    assert refused.value.code == 11000
    assert list(database.t.index_information()) == ["_id_"]


def test_indexes_are_listed_dropped_and_made_twice_without_harm(database: Db) -> None:
    for _ in range(2):
        database.t.create_index([("a", 1), ("b", -1)], name="both")
    assert database.t.index_information()["both"]["key"] == [("a", 1), ("b", -1)]
    with pytest.raises(OperationFailure) as refused:
        database.t.create_index("c", name="both")
    assert refused.value.code == 86
    with pytest.raises(OperationFailure) as refused:
        database.t.create_index([("a", 1), ("b", -1)], name="other")
    assert refused.value.code == 85
    database.t.drop_index("both")
    with pytest.raises(OperationFailure) as refused:
        database.t.drop_index("both")
    assert refused.value.code == 27


def test_an_index_never_changes_an_answer(database: Db) -> None:
    documents = [{"_id": i, "a": v} for i, v in enumerate([1, [1, 2], None, "x", {"b": 1}, [[1]]])]
    for collection in (database.plain, database.indexed):
        collection.insert_many([*documents, {"_id": 9}])
    database.indexed.create_index("a")
    for value in (1, [1, 2], None, "x", {"b": 1}, [1], 2, {"$in": [1, None]}):
        plain = list(database.plain.find({"a": value}))
        assert list(database.indexed.find({"a": value})) == plain, value


def test_documents_past_their_time_are_removed(database: Db) -> None:
    database.t.create_index("at", expireAfterSeconds=3600)
    database.t.insert_many(
        [
            {"_id": 1, "at": datetime(2020, 1, 1, tzinfo=UTC)},
            {"_id": 2, "at": datetime(2999, 1, 1, tzinfo=UTC)},
            {"_id": 3},
        ]
    )
    eventually(lambda: database.t.count_documents({}) == 2, 15, 0.1)
    assert [d["_id"] for d in database.t.find()] == [2, 3]
