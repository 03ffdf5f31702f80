"""Index keys as bytes: equal where MongoDB's values are equal, and in MongoDB's order."""

import struct
from datetime import datetime
from decimal import Decimal
from typing import TypeGuard

from bson import ObjectId

from db.embedded.values import Key, key_of, milliseconds

NUMBER = b"\x0b"
EMPTY_ARRAY = b"\x05"
NULL = b"\x06"
_STRING = b"\x10"
_OBJECT_ID = b"\x24"
_DATE = b"\x2e"
_NOT_A_NUMBER = NUMBER + b"\0"
_ALL_BITS = 2**64 - 1
_SIGN_BIT = 2**63
_LAST_BYTE = 255
_DOUBLE = struct.Struct(">d")
_BITS = struct.Struct(">Q")


def packed(value: object) -> bytes:
    """A value as bytes that say themselves where they end, so that columns may be joined."""
    kind = type(value)
    if kind is str and isinstance(value, str):
        return _STRING + _ended(value.encode("utf-8"))
    if kind is ObjectId and isinstance(value, ObjectId):
        return _OBJECT_ID + value.binary
    if kind is datetime and isinstance(value, datetime):
        return _DATE + _BITS.pack(milliseconds(value) + _SIGN_BIT)
    return _packed_key(key_of(value))


def _packed_key(key: Key) -> bytes:
    bracket, *rest = key
    head = _bracket_byte(bracket)
    if head == NUMBER:
        return _packed_number(rest[1]) if len(rest) > 1 else _NOT_A_NUMBER
    return head + b"".join(_packed_part(part) for part in rest)


def _bracket_byte(bracket: object) -> bytes:
    return bytes((int(bracket) + 1,)) if isinstance(bracket, int) else b""


def _packed_part(part: object) -> bytes:
    if isinstance(part, int):
        return _BITS.pack(part + _SIGN_BIT)
    if isinstance(part, str):
        return _ended(part.encode("utf-8"))
    if isinstance(part, bytes):
        return _ended(part)
    items = part if isinstance(part, tuple) else ()
    if items and isinstance(items[0], int):
        return _packed_key(items)
    return b"".join(b"\1" + _packed_item(item) for item in items) + b"\0"


def _packed_item(item: object) -> bytes:
    """An element of an array or a field of a document."""
    if not isinstance(item, tuple):
        return _packed_part(item)
    if _is_field(item):
        bracket, name, key = item
        return _bracket_byte(bracket) + _packed_part(name) + _packed_key(key)
    return _packed_key(item)


def _is_field(item: Key) -> TypeGuard[tuple[int, str, Key]]:
    """Bracket, name and key; JavaScript without a scope is like that, but for an empty end."""
    if len(item) != 3 or not isinstance(item[1], str):  # noqa: PLR2004 - these three
        return False
    return isinstance(item[2], tuple) and bool(item[2])


def _packed_number(value: object) -> bytes:
    """The nearest double orders the numbers; what it cannot hold exactly follows it."""
    number = value if isinstance(value, (int, float, Decimal)) else 0
    near = float(number) + 0.0
    head = number_head(near)
    if near == number:
        return head + b"\x80"
    return head + (b"\x7f" if number < near else b"\x81") + _ended(_canonical(Decimal(number)))


def number_head(near: float) -> bytes:
    """How all numbers start whose nearest double this is."""
    bits = int(_BITS.unpack(_DOUBLE.pack(near))[0])
    bits ^= _ALL_BITS if bits & _SIGN_BIT else _SIGN_BIT
    return NUMBER + b"\1" + _BITS.pack(bits)


def _canonical(exact: Decimal) -> bytes:
    sign, digits, exponent = exact.as_tuple()
    text = "".join(map(str, digits))
    kept = text.rstrip("0")
    return f"{sign}{kept}E{int(exponent) + len(text) - len(kept)}".encode()


def _ended(raw: bytes) -> bytes:
    return raw.replace(b"\0", b"\0\xff") + b"\0\0"


def after(prefix: bytes) -> bytes:
    """The first key that is greater than all keys with this prefix."""
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes((kept[-1] + 1,)) if kept else bytes((_LAST_BYTE,)) * 8
