"""A database with something of everything in it: every BSON type, every kind of index, rules."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bson import DBRef, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.binary import Binary
from bson.code import Code
from bson.decimal128 import Decimal128
from bson.son import SON
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from db.backups.raw_contents import RAW
from db.identity import give_identity

PORTION = 5000

EVERY_TYPE: dict[str, Any] = {
    "double": 1.0,
    "not a number": float("nan"),
    "minus zero": -0.0,
    "text": "Größe \u0000 in the middle",
    "empty": {},
    "nested": {"b": 1, "a": [1, {"deep": [[]]}]},
    "binary": Binary(b"\0\1\2", 0),
    "old binary": Binary(b"abc", 2),
    "uuid": Binary.from_uuid(UUID(int=7)),
    "user binary": Binary(b"x", 128),
    "object id": ObjectId("65a000000000000000000001"),
    "yes": True,
    "no": False,
    "date": datetime(1969, 12, 31, 23, 59, 59, 999000, UTC),
    "null": None,
    "regex": Regex("^a.*", "im"),
    "reference": DBRef("accounts", 1),
    "code": Code("return 1"),
    "scoped code": Code("return x", {"x": 1}),
    "int": 1,
    "long": Int64(1),
    "timestamp": Timestamp(5, 6),
    "decimal": Decimal128("1.10"),
    "decimal not a number": Decimal128("NaN"),
    "least": MinKey(),
    "most": MaxKey(),
}

VALIDATOR = {
    "$jsonSchema": {
        "bsonType": "object",
        "required": ["name"],
        "properties": {"name": {"bsonType": "string"}, "lots": {"minimum": 0.01}},
    }
}

INDEXES = [
    IndexModel([("name", ASCENDING)], unique=True),
    IndexModel([("a", ASCENDING), ("b", DESCENDING)], name="both ways"),
    IndexModel([("s", ASCENDING)], sparse=True),
    IndexModel([("p", ASCENDING)], unique=True, partialFilterExpression={"p": {"$exists": True}}),
    IndexModel([("t", ASCENDING)], expireAfterSeconds=3600),
]

IDS: list[Any] = [
    1, Int64(2**40), 1.5, "one", ObjectId(), None, True, datetime(2026, 1, 1, tzinfo=UTC),
    {"a": 1, "b": [1]}, Decimal128("2.5"), Binary(b"id", 0),
]  # fmt: skip


def stock(database: Database[dict[str, Any]], documents: int = 3000) -> None:
    """Fill an empty database."""
    give_identity(database, 1_700_000_000_000)
    database["types"].insert_many([{"_id": one, **EVERY_TYPE} for one in IDS])
    database.create_collection("rules", validator=VALIDATOR, validationLevel="moderate")
    database["rules"].create_indexes(INDEXES)
    good = {"name": "good", "a": 1, "t": datetime(2100, 1, 1, tzinfo=UTC)}
    database["rules"].insert_many([good, {"name": "p", "p": 1}])
    database["rules"].insert_one({"lots": 0, "p": 2}, bypass_document_validation=True)
    database.create_collection("empty", validator={"x": {"$gt": 1}}, validationAction="warn")
    for first in range(0, documents, PORTION):
        last = min(first + PORTION, documents)
        many = [{"_id": number, "text": "x" * (number % 300)} for number in range(first, last)]
        database["many"].insert_many(many)


def everything(database: Database[dict[str, Any]]) -> dict[str, Any]:
    """All bytes of a database by collection, all rules and indexes; order left out."""
    raw = database.with_options(codec_options=RAW)
    listed = {found["name"]: found["options"] for found in database.list_collections()}
    return {
        name: (
            options,
            {found["name"]: SON(found).to_dict() for found in database[name].list_indexes()},
            sorted(bytes(document.raw) for document in raw[name].find()),
        )
        for name, options in sorted(listed.items())
    }
