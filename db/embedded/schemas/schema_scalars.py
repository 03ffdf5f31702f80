"""The keywords of `$jsonSchema` for single values: types, choices, bounds, lengths, patterns."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from bson import Decimal128

from db.embedded.errors import Refusal
from db.embedded.fields.patterns import compile_regex
from db.embedded.fields.type_aliases import wanted_types
from db.embedded.schemas.schema_words import (
    BAD_VALUE,
    TYPE_MISMATCH,
    Compile,
    Faults,
    Maker,
    Rule,
    Schema,
    count,
    fault,
    listed,
    misstated,
    same_key,
    switch,
)
from db.embedded.values import Key, is_number, key_of, number_key, type_name

_JSON_TYPES = {
    "object": "object",
    "array": "array",
    "string": "string",
    "boolean": "bool",
    "null": "null",
    "number": "number",
}
_NOT_A_NUMBER = number_key(float("nan"))
_DIGITS_OF_A_DOUBLE = 15


def _asked_types(keyword: str, stated: object) -> list[str]:
    asked = listed(stated, keyword) if isinstance(stated, list) else [stated]
    if not all(isinstance(name, str) for name in asked):
        wanted = "must be either a string or an array of strings"
        raise misstated(keyword, wanted, TYPE_MISMATCH)
    if len(set(asked)) != len(asked):
        raise misstated(keyword, "has a duplicate value")
    return [str(name) for name in asked]


def _types(keyword: str, stated: object, known: frozenset[str]) -> Rule:
    def rule(value: object) -> Faults:
        found = type_name(value)
        if found in known:
            return []
        told = fault(keyword, stated, "type did not match", value)
        return [{**told, "consideredType": found}]

    return rule


def _bson_type(stated: object, _schema: Schema, _compile: Compile) -> Rule:
    asked = _asked_types("bsonType", stated)
    return _types("bsonType", stated, wanted_types(asked, keyword="$jsonSchema bsonType"))


def _json_type(stated: object, _schema: Schema, _compile: Compile) -> Rule:
    asked = _asked_types("type", stated)
    if "integer" in asked:
        raise misstated("type", "'integer' is not currently supported; use bsonType int or long")
    unknown = [name for name in asked if name not in _JSON_TYPES]
    if unknown:
        raise Refusal(BAD_VALUE, f"Unknown type name alias for $jsonSchema type: {unknown[0]}")
    return _types("type", stated, wanted_types([_JSON_TYPES[name] for name in asked]))


def _enum(stated: object, _schema: Schema, _compile: Compile) -> Rule:
    choices = listed(stated, "enum")
    keys = {same_key(item) for item in choices}
    if len(keys) != len(choices):
        raise misstated("enum", "array cannot contain duplicate values.")

    def rule(value: object) -> Faults:
        if same_key(value) in keys:
            return []
        return [fault("enum", stated, "value was not found in enum", value)]

    return rule


def _bound(keyword: str, exclusive: str, within: Callable[[Key, Key, bool], bool]) -> Maker:
    def make(stated: object, schema: Schema, _compile: Compile) -> Rule:
        if not is_number(stated):
            raise misstated(keyword, "must be a number", TYPE_MISMATCH)
        strict = switch(schema.get(exclusive, False), exclusive)
        specified = {keyword: stated} | ({exclusive: True} if strict else {})
        limit = key_of(stated)

        def rule(value: object) -> Faults:
            if not is_number(value) or _fits(key_of(value), limit, strict, within):
                return []
            told = fault(keyword, stated, "comparison failed", value)
            return [{**told, "specifiedAs": specified}]

        return rule

    return make


def _fits(
    value: Key,
    limit: Key,
    strict: bool,  # noqa: FBT001 - called in one place
    within: Callable[[Key, Key, bool], bool],
) -> bool:
    """What is not a number is neither above nor below one; it equals itself."""
    if _NOT_A_NUMBER in (value, limit):
        return value == limit and not strict
    return within(value, limit, strict)


def _at_least(value: Key, limit: Key, strict: bool) -> bool:  # noqa: FBT001 - called by position from a table
    return value > limit if strict else value >= limit


def _at_most(value: Key, limit: Key, strict: bool) -> bool:  # noqa: FBT001 - called by position from a table
    return value < limit if strict else value <= limit


def _multiple_of(stated: object, _schema: Schema, _compile: Compile) -> Rule:
    if not is_number(stated):
        raise misstated("multipleOf", "must be a number", TYPE_MISMATCH)
    step = _exact(stated)
    if step is None or step <= 0:
        raise misstated("multipleOf", "must have a positive value")

    def rule(value: object) -> Faults:
        number = _exact(value)
        if not is_number(value) or (number is not None and number % step == 0):
            return []
        reason = "considered value is not a multiple of the specified value"
        return [fault("multipleOf", stated, reason, value)]

    return rule


def _exact(value: object) -> Fraction | None:
    """A double counts as the decimal number its first 15 digits write, as MongoDB reads it."""
    if isinstance(value, Decimal128):
        exact = value.to_decimal()
    elif isinstance(value, float):
        exact = Decimal(f"{value:.{_DIGITS_OF_A_DOUBLE}g}")
    elif isinstance(value, int) and not isinstance(value, bool):
        exact = Decimal(value)
    else:
        return None
    return Fraction(exact) if exact.is_finite() else None


def _text_length(keyword: str, *, least: bool) -> Maker:
    def make(stated: object, _schema: Schema, _compile: Compile) -> Rule:
        limit = count(stated, keyword)

        def rule(value: object) -> Faults:
            if not isinstance(value, str) or type_name(value) != "string":
                return []
            fits = len(value) >= limit if least else len(value) <= limit
            reason = "specified string length was not satisfied"
            return [] if fits else [fault(keyword, stated, reason, value)]

        return rule

    return make


def _pattern(stated: object, _schema: Schema, _compile: Compile) -> Rule:
    if not isinstance(stated, str):
        raise misstated("pattern", "must be a string", TYPE_MISMATCH)
    compiled = compile_regex(stated, "")

    def rule(value: object) -> Faults:
        if not isinstance(value, str) or type_name(value) != "string" or compiled.search(value):
            return []
        return [fault("pattern", stated, "regular expression did not match", value)]

    return rule


SCALARS: dict[str, Maker] = {
    "bsonType": _bson_type,
    "type": _json_type,
    "enum": _enum,
    "minimum": _bound("minimum", "exclusiveMinimum", _at_least),
    "maximum": _bound("maximum", "exclusiveMaximum", _at_most),
    "multipleOf": _multiple_of,
    "minLength": _text_length("minLength", least=True),
    "maxLength": _text_length("maxLength", least=False),
    "pattern": _pattern,
}
