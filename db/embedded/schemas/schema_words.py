"""What the keywords of `$jsonSchema` have in common: how they are stated, and how they fault."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from bson import DBRef

from db.embedded.errors import Refusal
from db.embedded.values import Document, Key, key_of, type_name

Faults: TypeAlias = list[Document]
Rule: TypeAlias = Callable[[object], Faults]
Schema: TypeAlias = Mapping[str, object]
Compile: TypeAlias = Callable[[object, str], Rule]
Maker: TypeAlias = Callable[[object, Schema, Compile], Rule]

BAD_VALUE, FAILED_TO_PARSE, TYPE_MISMATCH = 2, 9, 14


def misstated(keyword: str, wanted: str, code: int = FAILED_TO_PARSE) -> Refusal:
    """A keyword with a value that means nothing."""
    return Refusal(code, f"$jsonSchema keyword '{keyword}' {wanted}")


def mapping(value: object, keyword: str) -> Schema:
    """The value as an object."""
    if not isinstance(value, Mapping):
        raise misstated(keyword, f"must be an object, found {type_name(value)}", TYPE_MISMATCH)
    return value


def listed(value: object, keyword: str, empty: int = FAILED_TO_PARSE) -> list[object]:
    """The value as an array that is not empty; `empty` is the code for one that is."""
    if not isinstance(value, list):
        raise misstated(keyword, f"must be an array, found {type_name(value)}", TYPE_MISMATCH)
    if not value:
        raise misstated(keyword, "cannot be an empty array", empty)
    return value


def names(value: object, keyword: str) -> list[str]:
    """The value as different strings, in order of the alphabet."""
    found = listed(value, keyword)
    if not all(isinstance(name, str) for name in found):
        raise misstated(keyword, "must be an array of strings", TYPE_MISMATCH)
    if len(set(found)) != len(found):
        raise misstated(keyword, "array cannot contain duplicate values")
    return sorted(str(name) for name in found)


def switch(value: object, keyword: str) -> bool:
    """The value as true or false."""
    if not isinstance(value, bool):
        raise misstated(keyword, f"must be a boolean, found {type_name(value)}", TYPE_MISMATCH)
    return value


def count(value: object, keyword: str) -> int:
    """The value as a length."""
    whole = isinstance(value, (int, float)) and not isinstance(value, bool) and value == value // 1
    if not whole or not isinstance(value, (int, float)) or value < 0:
        raise misstated(keyword, "must be a non-negative whole number")
    return int(value)


def fault(keyword: str, stated: object, reason: str, value: object) -> Document:
    """What is told of a value that breaks a rule of its own."""
    return {
        "operatorName": keyword,
        "specifiedAs": {keyword: stated},
        "reason": reason,
        "consideredValue": value,
    }


def words(schema: object) -> Document:
    """What a schema says of itself, which is shown beside each fault it finds."""
    said = schema if isinstance(schema, Mapping) else {}
    return {word: said[word] for word in ("title", "description") if word in said}


def fields(value: object) -> Document | None:
    """The fields of an object; a reference to another document is one as well."""
    if isinstance(value, DBRef):
        return dict(value.as_doc())
    return value if isinstance(value, dict) else None


def same_key(value: object) -> Key:
    """Equal keys are equal values to a schema, where the order of fields does not count."""
    return key_of(_in_order(value))


def _in_order(value: object) -> object:
    if isinstance(value, list):
        return [_in_order(item) for item in value]
    found = fields(value)
    return value if found is None else {name: _in_order(found[name]) for name in sorted(found)}
