"""What is stored comes back byte for byte, or is refused; nothing is changed without a word."""

import struct
from collections.abc import Callable
from typing import Any

import bson
import pytest
from bson import Timestamp
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import OperationFailure, WriteError

from tests.embedded_server import EmbeddedServer
from tests.raw_bson import a_binary, a_document, a_string, an_element, scoped_code

pytestmark = pytest.mark.integration
Db = Database[dict[str, Any]]
RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
ONE = struct.pack("<i", 1)
ID = an_element(16, "_id", ONE)


def a_double(bits: int) -> bytes:
    return struct.pack("<Q", bits)


def a_long(value: int) -> bytes:
    return struct.pack("<q", value)


KEPT: dict[str, tuple[int, bytes]] = {
    "double": (1, struct.pack("<d", 0.1 + 0.2)),
    "minus zero": (1, struct.pack("<d", -0.0)),
    "infinity": (1, struct.pack("<d", float("-inf"))),
    "NaN": (1, a_double(0x7FF8000000000000)),
    "NaN with a payload": (1, a_double(0x7FF8DEAD00000001)),
    "signalling NaN": (1, a_double(0x7FF0000000000001)),
    "negative NaN": (1, a_double(0xFFF8000000000000)),
    "string": (2, a_string("Zürich €".encode())),
    "string with a zero": (2, a_string(b"a\0b")),
    "empty document": (3, a_document()),
    "fields out of order": (3, a_document(an_element(16, "z", ONE), an_element(16, "a", ONE))),
    "empty name": (3, a_document(an_element(16, "", ONE))),
    "dotted name": (3, a_document(an_element(16, "a.b", ONE))),
    "nested dollar name": (3, a_document(an_element(10, "a"), an_element(16, "$b", ONE))),
    "reference": (3, a_document(an_element(2, "$ref", a_string(b"t")), an_element(16, "$id", ONE))),
    "reference with more": (
        3,
        a_document(
            an_element(2, "$ref", a_string(b"t")),
            an_element(16, "$id", ONE),
            an_element(2, "$db", a_string(b"d")),
            an_element(16, "more", ONE),
        ),
    ),
    "array": (4, a_document(an_element(16, "0", ONE), an_element(4, "1", a_document()))),
    "undetermined binary": (5, a_binary(0, b"\0\xff")),
    "empty binary": (5, a_binary(0, b"")),
    "function binary": (5, a_binary(1, b"x")),
    "old binary": (5, a_binary(2, struct.pack("<i", 2) + b"ab")),
    "old UUID": (5, a_binary(3, b"a" * 16)),
    "UUID": (5, a_binary(4, b"a" * 16)),
    "short UUID": (5, a_binary(4, b"a")),
    "MD5": (5, a_binary(5, b"a" * 16)),
    "encrypted": (5, a_binary(6, b"abc")),
    "column": (5, a_binary(7, b"abc")),
    "sensitive": (5, a_binary(8, b"abc")),
    "vector": (5, a_binary(9, b"\x27\0aaaa")),
    "user's binary": (5, a_binary(255, b"abc")),
    "object id": (7, b"0123456789ab"),
    "true": (8, b"\1"),
    "false": (8, b"\0"),
    "date": (9, a_long(1_700_000_000_123)),
    "date before 1970": (9, a_long(-1)),
    "last date of Python": (9, a_long(253402300799999)),
    "date after it": (9, a_long(253402300800000)),
    "largest date": (9, a_long(2**63 - 1)),
    "smallest date": (9, a_long(-(2**63))),
    "null": (10, b""),
    "regex": (11, b"^a\0\0"),
    "regex with all flags": (11, b"^a\0ilmsux\0"),
    "regex no Python takes": (11, b"(?<n>a)\\K[[:alpha:]]\0i\0"),
    "code": (13, a_string(b"f()")),
    "code with an empty scope": (15, scoped_code(b"f()", a_document())),
    "code with a scope": (15, scoped_code(b"f()", a_document(an_element(8, "b", b"\1")))),
    "int": (16, struct.pack("<i", -5)),
    "empty timestamp": (17, a_long(0)),
    "timestamp": (17, a_double(2**64 - 1)),
    "small long": (18, a_long(5)),
    "long": (18, a_long(-(2**63))),
    "decimal": (19, bson.Decimal128("1.10").bid),
    "decimal minus zero": (19, bson.Decimal128("-0E+3").bid),
    "decimal infinity": (19, bson.Decimal128("-Infinity").bid),
    "decimal NaN": (19, bson.Decimal128("NaN").bid),
    "decimal signalling NaN": (19, b"\0" * 15 + b"\x7e"),
    "decimal NaN with a payload": (19, b"\xff" * 16),
    "decimal written unusually": (19, b"\1" * 16),
    "least": (255, b""),
    "most": (127, b""),
}
WAYS: dict[str, Callable[[Db, bytes], object]] = {
    "insert": lambda db, holder: db.t.insert_one(raw(ID, holder)),
    "insert_many": lambda db, holder: db.t.insert_many([raw(ID, holder)]),
    "replace": lambda db, holder: known(db).replace_one({}, raw(ID, holder)),
    "upsert": lambda db, holder: db.t.update_one({"_id": 1}, {"$set": raw(holder)}, upsert=True),
    "upsert a replacement": lambda db, holder: db.t.replace_one({}, raw(ID, holder), upsert=True),
    "$set": lambda db, holder: known(db).update_one({}, {"$set": raw(holder)}),
    "findAndModify": lambda db, holder: known(db).find_one_and_update({}, {"$set": raw(holder)}),
    "beside another change": lambda db, holder: twice(db, raw(ID, holder)),
}


def raw(*elements: bytes) -> Any:
    return RawBSONDocument(a_document(*elements))


def known(database: Db) -> Any:
    database.t.insert_one({"_id": 1})
    return database.t


def twice(database: Db, document: Any) -> None:
    database.t.insert_one(document)
    database.t.update_one({}, {"$set": {"x": 1}})
    database.t.update_one({}, {"$unset": {"x": 1}})


def stored(database: Db) -> bytes:
    found = database.get_collection("t", codec_options=RAW).find_one()
    assert found is not None
    return bytes(found.raw)


@pytest.mark.parametrize("way", list(WAYS))
@pytest.mark.parametrize("name", list(KEPT))
def test_every_value_comes_back_byte_for_byte(database: Db, name: str, way: str) -> None:
    kind, value = KEPT[name]
    inner = an_element(3, "v", a_document(an_element(kind, "v", value)))
    WAYS[way](database, inner)
    assert stored(database) == a_document(ID, inner)


def test_every_value_outlives_the_server(server: EmbeddedServer) -> None:
    elements = [an_element(kind, name, value) for name, (kind, value) in KEPT.items()]
    with MongoClient(server.uri) as client:
        client.d.t.insert_one(raw(ID, an_element(3, "all", a_document(*elements))))
        before = stored(client.d)
    server.kill()
    server.start()
    with MongoClient(server.uri) as client:
        assert (
            stored(client.d)
            == before
            == a_document(ID, an_element(3, "all", a_document(*elements)))
        )


REFUSED: dict[str, tuple[bytes, int, str]] = {
    "undefined": (an_element(6, "v"), 238, "undefined"),
    "symbol": (an_element(14, "v", a_string(b"x")), 238, "symbol"),
    "pointer": (an_element(12, "v", a_string(b"t") + b"0" * 12), 238, "dbPointer"),
    "a field twice": (an_element(16, "v", ONE) * 2, 238, "in.v' comes twice"),
    "unknown flag": (an_element(11, "v", b"a\0g\0"), 238, "flags 'g'"),
    "unsorted flags": (an_element(11, "v", b"a\0mi\0"), 238, "flags 'mi'"),
    "array from one": (an_element(4, "v", a_document(an_element(10, "1"))), 238, "'1' for 0"),
    "array with a gap": (
        an_element(4, "v", a_document(an_element(10, "0"), an_element(10, "2"))),
        238,
        "'2' for 1",
    ),
    "reference the other way round": (
        an_element(
            3,
            "v",
            a_document(an_element(16, "$id", ONE), an_element(2, "$ref", a_string(b"t"))),
        ),
        238,
        r"\$ref, \$id",
    ),
    "neither true nor false": (an_element(8, "v", b"\2"), 22, "boolean"),
    "text that is not UTF-8": (an_element(2, "v", a_string(b"\xff")), 22, "utf-8"),
    "half a character": (an_element(2, "v", a_string(b"\xed\xa0\x80")), 22, "utf-8"),
    "unknown type": (an_element(0x20, "v"), 22, "read"),
    "text that is too long for its place": (
        an_element(2, "v", struct.pack("<i", 99) + b"a\0"),
        22,
        "read",
    ),
}


@pytest.mark.parametrize("way", ["insert", "replace", "upsert", "$set", "findAndModify"])
@pytest.mark.parametrize("name", list(REFUSED))
def test_what_could_not_come_back_is_refused_and_nothing_changes(
    database: Db, name: str, way: str
) -> None:
    element, code, says = REFUSED[name]
    with pytest.raises(OperationFailure, match=says) as refused:
        WAYS[way](database, an_element(3, "in", a_document(element)))
    assert refused.value.code == code
    assert all(set(document) == {"_id"} for document in database.t.find())


def test_an_empty_timestamp_of_a_new_document_becomes_the_time(database: Db) -> None:
    empty = Timestamp(0, 0)
    database.t.insert_many(
        [{"_id": empty, "t": empty, "in": {"t": empty}}, {"_id": 2, "a": empty, "b": empty}]
    )
    database.t.insert_one({"_id": 3})
    database.t.replace_one({"_id": 3}, {"t": empty})
    first, second, third = database.t.find()
    assert first["_id"] == first["in"]["t"] == empty
    assert first["t"].time > 1_700_000_000
    assert first["t"] < second["a"] < second["b"] < third["t"]


def test_numbers_equal_in_value_are_one_key_whatever_their_type(database: Db) -> None:
    database.t.create_index("n", unique=True)
    large = 2**53 + 1
    database.t.insert_many([{"n": bson.Int64(large)}, {"n": 0.0}, {"n": bson.Decimal128("1.50")}])
    database.t.insert_many([{"n": float(2**53)}, {"n": bson.Decimal128("1.5000000000000000001")}])
    same = [bson.Decimal128(str(large)), -0.0, bson.Decimal128("-0E+5"), 1.5, 0]
    for value in same:
        with pytest.raises(WriteError, match="E11000"):
            database.t.insert_one({"n": value})
        assert database.t.count_documents({"n": value}) == 1
