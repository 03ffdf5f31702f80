"""BSON values: their types' names, MongoDB's order between them, and what counts as equal."""

import math
import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

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
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.datetime_ms import DatetimeMS

Document: TypeAlias = dict[str, object]
Key: TypeAlias = tuple[object, ...]

CODEC: CodecOptions[Document] = CodecOptions(
    document_class=dict, datetime_conversion=DatetimeConversion.DATETIME_AUTO
)
MAX_DEPTH = 180
_DOUBLE = struct.Struct("<d")


class Missing:
    """A field that is not there, which is not the same as one that is null."""


MISSING = Missing()

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NULL_KEY: Key = (5,)

_TYPE_NAMES: tuple[tuple[type, str], ...] = (
    (bool, "bool"),
    (Int64, "long"),
    (float, "double"),
    (str, "string"),
    (datetime, "date"),
    (DatetimeMS, "date"),
    (ObjectId, "objectId"),
    (Decimal128, "decimal"),
    (Binary, "binData"),
    (bytes, "binData"),
    (DBRef, "object"),
    (Mapping, "object"),
    (list, "array"),
    (tuple, "array"),
    (Regex, "regex"),
    (Timestamp, "timestamp"),
    (MinKey, "minKey"),
    (MaxKey, "maxKey"),
)

TYPE_CODES = {
    "double": 1,
    "string": 2,
    "object": 3,
    "array": 4,
    "binData": 5,
    "undefined": 6,
    "objectId": 7,
    "bool": 8,
    "date": 9,
    "null": 10,
    "regex": 11,
    "dbPointer": 12,
    "javascript": 13,
    "symbol": 14,
    "javascriptWithScope": 15,
    "int": 16,
    "timestamp": 17,
    "long": 18,
    "decimal": 19,
    "minKey": -1,
    "maxKey": 127,
}
NUMBER_TYPES = frozenset({"int", "long", "double", "decimal"})

_BRACKETS = {
    "minKey": -1,
    "null": 5,
    "string": 15,
    "object": 20,
    "array": 25,
    "binData": 30,
    "objectId": 35,
    "bool": 40,
    "date": 45,
    "timestamp": 47,
    "regex": 50,
    "javascript": 60,
    "javascriptWithScope": 65,
    "maxKey": 127,
} | dict.fromkeys(NUMBER_TYPES, 10)


def type_name(value: object) -> str:
    """The alias MongoDB gives the type: "int", "long", "objectId" ..."""
    if value is None:
        return "null"
    if isinstance(value, int) and not isinstance(value, (bool, Int64)):
        return "int" if -(2**31) <= value < 2**31 else "long"
    if isinstance(value, Code):
        return "javascript" if value.scope is None else "javascriptWithScope"
    return next((name for kind, name in _TYPE_NAMES if isinstance(value, kind)), "undefined")


def bracket_of(value: object) -> int:
    """Values of one bracket are compared with each other, others by bracket."""
    return 5 if isinstance(value, Missing) else _BRACKETS.get(type_name(value), 5)


def milliseconds(value: datetime | DatetimeMS) -> int:
    """A date as BSON holds it."""
    if isinstance(value, DatetimeMS):
        return int(value)
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    past = aware - _EPOCH
    return (past.days * 86_400 + past.seconds) * 1000 + past.microseconds // 1000


def number_key(value: float | Decimal128) -> Key:
    """A number's place; NaN comes before all others."""
    if isinstance(value, Decimal128):
        exact = value.to_decimal()
        return (10, 0) if exact.is_nan() else (10, 1, exact)
    return (10, 0) if math.isnan(value) else (10, 1, value)


def key_of(value: object) -> Key:
    """A hashable, orderable stand-in: equal keys are equal values to MongoDB."""
    if value is None or isinstance(value, Missing):
        return _NULL_KEY
    if isinstance(value, bool):
        return (40, value)
    if isinstance(value, (int, float, Decimal128)):
        return number_key(value)
    if isinstance(value, str) and not isinstance(value, Code):
        return (15, value)
    return _key_of_other(value)


def _key_of_other(value: object) -> Key:
    if isinstance(value, ObjectId):
        return (35, value.binary)
    if isinstance(value, (datetime, DatetimeMS)):
        return (45, milliseconds(value))
    if isinstance(value, DBRef):
        return document_key(value.as_doc())
    if isinstance(value, Mapping):
        return document_key(value)
    if isinstance(value, (list, tuple)):
        return (25, tuple(key_of(item) for item in value))
    return _key_of_rare(value)


def _key_of_rare(value: object) -> Key:
    if isinstance(value, bytes):
        return (30, len(value), value.subtype if isinstance(value, Binary) else 0, bytes(value))
    if isinstance(value, Timestamp):
        return (47, value.time, value.inc)
    if isinstance(value, Regex):
        return (50, str(value.pattern), value.flags)
    if isinstance(value, Code):
        scope = () if value.scope is None else document_key(value.scope)
        return (60 if value.scope is None else 65, str(value), scope)
    return (bracket_of(value),)


def document_key(document: Mapping[str, object]) -> Key:
    """Documents are equal when fields are, in the same order."""
    fields = ((bracket_of(v), k, key_of(v)) for k, v in document.items())
    return (20, tuple(fields))


def same(left: object, right: object) -> bool:
    """Equal to MongoDB: 1 and 1.0 are, 1 and true are not."""
    return key_of(left) == key_of(right)


def identical(left: object, right: object) -> bool:
    """Equal in type as well, so that writing one over the other changes nothing."""
    if type_name(left) != type_name(right):
        return False
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return list(left) == list(right) and all(identical(left[k], right[k]) for k in left)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(identical, left, right))
    return _identical_scalars(left, right)


def _identical_scalars(left: object, right: object) -> bool:
    if isinstance(left, Decimal128) and isinstance(right, Decimal128):
        return left.bid == right.bid
    if isinstance(left, float) and isinstance(right, float):
        return _DOUBLE.pack(left) == _DOUBLE.pack(right)
    return key_of(left) == key_of(right)


def is_number(value: object) -> bool:
    """Of one of the four numeric types; a bool is not."""
    return isinstance(value, (int, float, Decimal128)) and not isinstance(value, bool)


def too_deep(document: Document) -> bool:
    """Nested beyond what MongoDB allows."""
    level: list[object] = [document]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _nested(node)]
        if not level:
            return False
    return True


def _nested(node: object) -> list[object]:
    items: Sequence[object] = list(node.values()) if isinstance(node, dict) else []
    if isinstance(node, list):
        items = node
    return [item for item in items if isinstance(item, (dict, list))]
