"""The manual's "Schema Validation": $jsonSchema and query validators, levels, actions, bypass, and
the details of error 121."""

from collections.abc import Callable
from typing import Any

import pytest
from bson import Decimal128, Int64, ObjectId
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError, OperationFailure, WriteError

from tests.contract.mongodb.tables import rows

C = Collection[dict[str, Any]]
Db = Database[dict[str, Any]]

SCHEMAS: list[tuple[dict[str, Any], Any, bool]] = [
    ({"bsonType": "int"}, 1, True),
    ({"bsonType": "int"}, Int64(1), False),
    ({"bsonType": "int"}, 1.0, False),
    ({"bsonType": "number"}, Decimal128("1"), True),
    ({"bsonType": ["int", "null"]}, None, True),
    ({"bsonType": "objectId"}, ObjectId("0123456789abcdef01234567"), True),
    ({"type": "string"}, "x", True),
    ({"type": "number"}, "x", False),
    ({"enum": ["a", 1]}, 1.0, True),
    ({"enum": ["a", 1]}, "b", False),
    ({"minimum": 0}, 0, True),
    ({"minimum": 0}, -0.1, False),
    ({"minimum": 0}, "x", True),
    ({"minimum": 0, "exclusiveMinimum": True}, 0, False),
    ({"maximum": 5}, 5.1, False),
    ({"maximum": 5, "exclusiveMaximum": True}, 5, False),
    ({"multipleOf": 5}, 10, True),
    ({"multipleOf": 5}, 11, False),
    ({"minLength": 2}, "a", False),
    ({"maxLength": 2}, "abc", False),
    ({"pattern": "^[A-Z]+$"}, "GOLD", True),
    ({"pattern": "^[A-Z]+$"}, "gold", False),
    ({"minItems": 1}, [], False),
    ({"maxItems": 1}, [1, 2], False),
    ({"uniqueItems": True}, [1, 1.0], False),
    ({"items": {"bsonType": "string"}}, ["a", "b"], True),
    ({"items": {"bsonType": "string"}}, ["a", 1], False),
    ({"items": [{"bsonType": "string"}], "additionalItems": False}, ["a", 1], False),
    ({"required": ["x"]}, {"x": 1}, True),
    ({"required": ["x"]}, {"y": 1}, False),
    ({"required": ["x"]}, 5, True),
    ({"properties": {"x": {"bsonType": "int"}}}, {"x": "1"}, False),
    ({"properties": {"x": {}}, "additionalProperties": False}, {"x": 1, "y": 1}, False),
    ({"additionalProperties": {"bsonType": "int"}}, {"x": 1, "y": "1"}, False),
    ({"patternProperties": {"^x": {"bsonType": "int"}}}, {"x1": "1"}, False),
    ({"minProperties": 1}, {}, False),
    ({"maxProperties": 1}, {"a": 1, "b": 1}, False),
    ({"dependencies": {"a": ["b"]}}, {"a": 1}, False),
    ({"dependencies": {"a": {"required": ["b"]}}}, {"a": 1, "b": 1}, True),
    ({"allOf": [{"minimum": 0}, {"maximum": 5}]}, 6, False),
    ({"anyOf": [{"bsonType": "string"}, {"minimum": 5}]}, 3, False),
    ({"oneOf": [{"minimum": 0}, {"minimum": 5}]}, 6, False),
    ({"oneOf": [{"minimum": 0}, {"minimum": 5}]}, 3, True),
    ({"not": {"bsonType": "string"}}, "x", False),
]


@pytest.mark.needs("validators")
@pytest.mark.parametrize(("schema", "value", "accepted"), rows(SCHEMAS, 2))
def test_a_schema_accepts_or_refuses(
    db: Db, schema: dict[str, Any], value: Any, accepted: bool
) -> None:
    c = db.create_collection("c", validator={"$jsonSchema": {"properties": {"v": schema}}})
    if accepted:
        c.insert_one({"v": value})
    else:
        with pytest.raises(WriteError) as refused:
            c.insert_one({"v": value})
        assert refused.value.code == 121
    assert c.count_documents({}) == int(accepted)
    assert c.count_documents({"$jsonSchema": {"properties": {"v": schema}}}) == int(accepted)


BAD_SCHEMAS: list[tuple[Any, tuple[int, ...]]] = [
    ({"bsonType": "frobnicate"}, (2,)),
    ({"type": "integer"}, (9,)),
    ({"type": "string", "bsonType": "string"}, (9,)),
    ({"minimum": "x"}, (14,)),
    ({"required": []}, (9,)),
    ({"required": ["a", "a"]}, (9,)),
    ({"required": "a"}, (14,)),
    ({"minLength": -1}, (9,)),
    ({"enum": []}, (9,)),
    ({"properties": 1}, (14,)),
    ({"frobnicate": 1}, (9,)),
    ({"pattern": "("}, (2, 51091)),
    ({"$ref": "#/x"}, (9,)),
    ({"default": 1}, (9,)),
    ({"format": "date"}, (9,)),
    ("x", (9, 14)),
]


@pytest.mark.needs("validators")
@pytest.mark.parametrize(("schema", "codes"), rows(BAD_SCHEMAS))
def test_a_schema_that_makes_no_sense_is_refused(
    db: Db, schema: Any, codes: tuple[int, ...]
) -> None:
    with pytest.raises(OperationFailure) as refused:
        db.create_collection("c", validator={"$jsonSchema": schema})
    assert refused.value.code in codes
    assert db.list_collection_names() == []


RULE = {"$jsonSchema": {"required": ["n"], "properties": {"n": {"bsonType": "int", "minimum": 0}}}}


@pytest.mark.needs("validators")
def test_a_refused_document_is_told_why(db: Db) -> None:
    c = db.create_collection("c", validator=RULE)
    with pytest.raises(WriteError) as refused:
        c.insert_one({"_id": 7, "n": -1})
    details = (refused.value.details or {})["errInfo"]
    assert details["failingDocumentId"] == 7
    assert details["details"]["operatorName"] == "$jsonSchema"
    (rule,) = details["details"]["schemaRulesNotSatisfied"]
    assert rule["operatorName"] == "properties"
    (broken,) = rule["propertiesNotSatisfied"]
    assert broken["propertyName"] == "n"
    assert broken["details"] == [
        {
            "operatorName": "minimum",
            "specifiedAs": {"minimum": 0},
            "reason": "comparison failed",
            "consideredValue": -1,
        }
    ]


@pytest.mark.needs("validators")
def test_every_kind_of_write_is_validated(db: Db) -> None:
    c = db.create_collection("c", validator=RULE)
    c.insert_one({"_id": 1, "n": 1})
    writes: tuple[Callable[[], object], ...] = (
        lambda: c.update_one({}, {"$set": {"n": "x"}}),
        lambda: c.update_many({}, {"$unset": {"n": 1}}),
        lambda: c.update_one({}, [{"$set": {"n": -1}}]),
        lambda: c.replace_one({}, {"m": 1}),
        lambda: c.update_one({"_id": 2}, {"$set": {"m": 1}}, upsert=True),
        lambda: c.find_one_and_update({}, {"$inc": {"n": -5}}),
    )
    for write in writes:
        with pytest.raises(OperationFailure) as refused:
            write()
        assert refused.value.code == 121
    with pytest.raises(BulkWriteError) as batch:
        c.insert_many([{"n": 5}, {"n": -5}])
    assert [e["code"] for e in batch.value.details["writeErrors"]] == [121]
    assert sorted(c.distinct("n")) == [1, 5]


@pytest.mark.needs("validators")
def test_a_validator_may_be_any_filter(db: Db) -> None:
    c = db.create_collection("c", validator={"n": {"$gt": 0}, "$expr": {"$lt": ["$n", "$m"]}})
    c.insert_one({"n": 1, "m": 2})
    for bad in ({"n": 0, "m": 2}, {"n": 2, "m": 1}, {}):
        with pytest.raises(WriteError) as refused:
            c.insert_one(bad)
        assert refused.value.code == 121


@pytest.mark.needs("validators")
@pytest.mark.parametrize(
    ("options", "update_of_bad", "insert_of_bad"),
    rows([
        ({}, False, False),
        ({"validationLevel": "strict"}, False, False),
        ({"validationLevel": "moderate"}, True, False),
        ({"validationLevel": "off"}, True, True),
        ({"validationAction": "warn"}, True, True),
    ]),
)  # fmt: skip
def test_levels_and_actions(
    db: Db, options: dict[str, Any], update_of_bad: bool, insert_of_bad: bool
) -> None:
    db["c"].insert_one({"_id": "bad"})
    db.command("collMod", "c", validator=RULE, **options)
    assert (code_of(lambda: db["c"].update_one({}, {"$set": {"m": 1}})) is None) is update_of_bad
    assert (code_of(lambda: db["c"].insert_one({"m": 1})) is None) is insert_of_bad


def code_of(write: Callable[[], object]) -> int | None:
    try:
        write()
    except WriteError as refused:
        return refused.code
    return None


@pytest.mark.needs("validators")
def test_a_writer_may_pass_the_validator_by(db: Db) -> None:
    c = db.create_collection("c", validator=RULE)
    c.insert_one({"_id": 1}, bypass_document_validation=True)
    c.update_one({"_id": 1}, {"$set": {"m": 1}}, bypass_document_validation=True)
    with pytest.raises(WriteError):
        c.update_one({"_id": 1}, {"$set": {"m": 2}})


@pytest.mark.needs("validators")
def test_a_validator_is_listed_and_taken_away(db: Db) -> None:
    db.create_collection("c", validator=RULE, validationAction="error")
    (shown,) = db.list_collections()
    assert shown["options"]["validator"] == RULE
    assert shown["options"]["validationAction"] == "error"
    db.command("collMod", "c", validator={})
    db["c"].insert_one({})
    with pytest.raises(OperationFailure) as refused:
        db.command("collMod", "nobody", validator=RULE)
    assert refused.value.code == 26
