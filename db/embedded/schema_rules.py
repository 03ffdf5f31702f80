"""`$jsonSchema` as functions that answer with what a document breaks, in MongoDB's own words."""

import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import TypeAlias

from bson import Decimal128

from db.embedded.errors import Refusal
from db.embedded.patterns import compile_regex
from db.embedded.type_aliases import wanted_types
from db.embedded.values import Document, Key, is_number, key_of, type_name

Faults: TypeAlias = list[Document]
Rule: TypeAlias = Callable[[object], Faults]
Schema: TypeAlias = Mapping[str, object]
Maker: TypeAlias = Callable[[object, Schema], Rule]

_SPOKEN_OF = frozenset(
    {"title", "description", "exclusiveMinimum", "exclusiveMaximum", "additionalItems"}
)
_KNOWN_ELSEWHERE = frozenset({"$ref", "$schema", "default", "definitions", "format", "id"})
_JSON_TYPES = {
    "object": "object",
    "array": "array",
    "string": "string",
    "boolean": "bool",
    "null": "null",
    "number": "number",
}
_MEMBERS = frozenset({"properties", "additionalProperties", "patternProperties"})


def compile_schema(schema: object) -> Rule:
    """The rule a schema states; a schema with a keyword nobody knows is refused."""
    stated = _mapping(schema, "$jsonSchema")
    for keyword in stated:
        _refuse_unknown(keyword)
    _check_words(stated)
    rules = [_MAKERS[word](value, stated) for word, value in stated.items() if word in _MAKERS]
    if _MEMBERS & stated.keys():
        rules.append(_members(stated))
    return lambda value: [fault for rule in rules for fault in rule(value)]


def _refuse_unknown(keyword: str) -> None:
    if keyword in _KNOWN_ELSEWHERE:
        raise Refusal(9, f"$jsonSchema keyword '{keyword}' is not currently supported")
    if keyword not in _MAKERS and keyword not in _SPOKEN_OF and keyword not in _MEMBERS:
        raise Refusal(9, f"Unknown $jsonSchema keyword: {keyword}")


def _check_words(stated: Schema) -> None:
    for keyword in ("title", "description"):
        if keyword in stated and not isinstance(stated[keyword], str):
            raise Refusal(14, f"$jsonSchema keyword '{keyword}' must be of type string")
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if exclusive not in stated:
            continue
        if not isinstance(stated[exclusive], bool):
            raise Refusal(14, f"$jsonSchema keyword '{exclusive}' must be a boolean")
        if bound not in stated:
            raise Refusal(9, f"$jsonSchema keyword '{bound}' must be a present if {exclusive} is")
    if "bsonType" in stated and "type" in stated:
        raise Refusal(9, "Cannot specify both $jsonSchema keywords 'type' and 'bsonType'")


def _mapping(value: object, keyword: str) -> Schema:
    if not isinstance(value, Mapping):
        raise Refusal(14, f"$jsonSchema keyword '{keyword}' must be an object")
    return value


def _names(value: object, keyword: str) -> list[str]:
    if not isinstance(value, list) or not value:
        raise Refusal(9, f"$jsonSchema keyword '{keyword}' must be a non-empty array")
    if not all(isinstance(name, str) for name in value) or len(set(value)) != len(value):
        raise Refusal(14, f"$jsonSchema keyword '{keyword}' must hold different strings")
    return value


def _count(value: object, keyword: str) -> int:
    whole = isinstance(value, (int, float)) and not isinstance(value, bool) and value == value // 1
    if not whole or not isinstance(value, (int, float)) or value < 0:
        raise Refusal(9, f"$jsonSchema keyword '{keyword}' must be a non-negative whole number")
    return int(value)


def _fault(keyword: str, stated: object, reason: str, value: object) -> Document:
    return {
        "operatorName": keyword,
        "specifiedAs": {keyword: stated},
        "reason": reason,
        "consideredValue": value,
    }


def _types(keyword: str, stated: object, names: frozenset[str]) -> Rule:
    def rule(value: object) -> Faults:
        if type_name(value) in names:
            return []
        fault = _fault(keyword, stated, "type did not match", value)
        return [{**fault, "consideredType": type_name(value)}]

    return rule


def _bson_type(stated: object, _: Schema) -> Rule:
    return _types("bsonType", stated, wanted_types(stated, keyword="$jsonSchema bsonType"))


def _json_type(stated: object, _: Schema) -> Rule:
    asked = stated if isinstance(stated, list) else [stated]
    aliases = [_JSON_TYPES.get(name) for name in asked if isinstance(name, str)]
    if len(aliases) != len(asked) or None in aliases:
        raise Refusal(9, f"$jsonSchema type {stated!r} is not currently supported")
    return _types("type", stated, wanted_types(aliases))


def _enum(stated: object, _: Schema) -> Rule:
    if not isinstance(stated, list) or not stated:
        raise Refusal(9, "$jsonSchema keyword 'enum' must be a non-empty array")
    keys = {key_of(item) for item in stated}

    def rule(value: object) -> Faults:
        if key_of(value) in keys:
            return []
        return [_fault("enum", stated, "value was not found in enum", value)]

    return rule


def _bound(
    keyword: str, exclusive: str, within: Callable[[Key, Key, bool], bool]
) -> Callable[[object, Schema], Rule]:
    def make(stated: object, schema: Schema) -> Rule:
        if not is_number(stated):
            raise Refusal(14, f"$jsonSchema keyword '{keyword}' must be a number")
        strict = schema.get(exclusive) is True
        limit = key_of(stated)

        def rule(value: object) -> Faults:
            if not is_number(value) or within(key_of(value), limit, strict):
                return []
            fault = _fault(keyword, stated, "comparison failed", value)
            if strict:
                fault["specifiedAs"] = {keyword: stated, exclusive: True}
            return [fault]

        return rule

    return make


def _at_least(value: Key, limit: Key, strict: bool) -> bool:  # noqa: FBT001 - called by position from a table
    return value > limit if strict else value >= limit


def _at_most(value: Key, limit: Key, strict: bool) -> bool:  # noqa: FBT001 - called by position from a table
    not_a_number = value == (10, 0)
    below = value < limit if strict else value <= limit
    return below and not not_a_number


def _multiple_of(stated: object, _: Schema) -> Rule:
    step = _exact(stated)
    if step is None or step <= 0:
        raise Refusal(9, "$jsonSchema keyword 'multipleOf' must have a positive value")

    def rule(value: object) -> Faults:
        number = _exact(value)
        if not is_number(value) or (number is not None and number % step == 0):
            return []
        reason = "considered value is not a multiple of the specified value"
        return [_fault("multipleOf", stated, reason, value)]

    return rule


def _exact(value: object) -> Decimal | None:
    if isinstance(value, Decimal128):
        exact = value.to_decimal()
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        exact = Decimal(str(value))
    else:
        return None
    return exact if exact.is_finite() else None


def _length(
    keyword: str, kind: type, reason: str, *, least: bool
) -> Callable[[object, Schema], Rule]:
    def make(stated: object, _: Schema) -> Rule:
        limit = _count(stated, keyword)

        def rule(value: object) -> Faults:
            if not isinstance(value, (str, list, Mapping)) or not isinstance(value, kind):
                return []
            fits = len(value) >= limit if least else len(value) <= limit
            return [] if fits else [_fault(keyword, stated, reason, value)]

        return rule

    return make


_STRING_LENGTH = "specified string length was not satisfied"
_ARRAY_LENGTH = "array did not match specified length"
_FIELD_COUNT = "specified number of properties was not satisfied"


def _pattern(stated: object, _: Schema) -> Rule:
    if not isinstance(stated, str):
        raise Refusal(14, "$jsonSchema keyword 'pattern' must be a string")
    compiled = compile_regex(stated, "")

    def rule(value: object) -> Faults:
        if not isinstance(value, str) or compiled.search(value):
            return []
        return [_fault("pattern", stated, "regular expression did not match", value)]

    return rule


def _required(stated: object, _: Schema) -> Rule:
    names = _names(stated, "required")

    def rule(value: object) -> Faults:
        missing = [name for name in names if name not in value] if isinstance(value, dict) else []
        if not missing:
            return []
        specified: Document = {"required": names}
        return [
            {"operatorName": "required", "specifiedAs": specified, "missingProperties": missing}
        ]

    return rule


def _described(schema: object, name: str, faults: Faults) -> Document:
    words = {
        word: schema[word]
        for word in ("title", "description")
        if isinstance(schema, Mapping) and word in schema
    }
    return {"propertyName": name, **words, "details": faults}


def _members(schema: Schema) -> Rule:
    properties = _mapping(schema.get("properties", {}), "properties")
    named = {name: compile_schema(part) for name, part in properties.items()}
    by_pattern, patterns = _pattern_properties(schema), _patterns_of(schema)
    rest = _additional(schema.get("additionalProperties", True))

    def rule(value: object) -> Faults:
        if not isinstance(value, dict):
            return []
        broken = [
            _described(properties[name], name, faults)
            for name, part in named.items()
            if name in value and (faults := part(value[name]))
        ]
        faults = _properties_fault(broken)
        faults += [f for pattern in by_pattern for f in pattern(value)]
        return faults + rest(_others(value, named.keys(), patterns))

    return rule


def _others(value: Document, named: Collection[str], patterns: list[re.Pattern[str]]) -> Document:
    return {
        name: item
        for name, item in value.items()
        if name not in named and not any(pattern.search(name) for pattern in patterns)
    }


def _properties_fault(broken: Faults) -> Faults:
    return [{"operatorName": "properties", "propertiesNotSatisfied": broken}] if broken else []


def _patterns_of(schema: Schema) -> list[re.Pattern[str]]:
    patterns = _mapping(schema.get("patternProperties", {}), "patternProperties")
    return [compile_regex(pattern, "") for pattern in patterns]


def _pattern_properties(schema: Schema) -> list[Callable[[Document], Faults]]:
    patterns = _mapping(schema.get("patternProperties", {}), "patternProperties")
    return [_one_pattern(pattern, part) for pattern, part in patterns.items()]


def _one_pattern(pattern: str, part: object) -> Callable[[Document], Faults]:
    compiled, rule = compile_regex(pattern, ""), compile_schema(part)

    def check(value: Document) -> Faults:
        broken = [
            {"propertyName": name, "regexMatched": pattern, "details": faults}
            for name, item in value.items()
            if compiled.search(name) and (faults := rule(item))
        ]
        return [{"operatorName": "patternProperties", "details": broken}] if broken else []

    return check


def _additional(stated: object) -> Callable[[Document], Faults]:
    if isinstance(stated, bool):
        return lambda others: [] if stated or not others else [_extra(stated, list(others))]
    rule = compile_schema(stated)

    def check(others: Document) -> Faults:
        broken = [
            _described({}, name, faults)
            for name, value in others.items()
            if (faults := rule(value))
        ]
        if not broken:
            return []
        return [{"operatorName": "additionalProperties", "details": broken}]

    return check


def _extra(stated: object, names: list[str]) -> Document:
    return {
        "operatorName": "additionalProperties",
        "specifiedAs": {"additionalProperties": stated},
        "additionalProperties": names,
    }


def _items(stated: object, schema: Schema) -> Rule:
    if isinstance(stated, list):
        return _items_by_place([compile_schema(part) for part in stated], schema)
    return _items_alike("items", compile_schema(stated), start=0)


def _items_alike(keyword: str, part: Rule, *, start: int) -> Rule:
    def rule(value: object) -> Faults:
        if not isinstance(value, list):
            return []
        for index, item in enumerate(value[start:], start):
            if faults := part(item):
                return [_item_fault(keyword, index, faults)]
        return []

    return rule


def _item_fault(keyword: str, index: int, faults: Faults) -> Document:
    reason = "At least one item did not match the sub-schema"
    return {
        "operatorName": keyword,
        "reason": reason,
        "itemIndex": index,
        "details": faults,
    }


def _items_by_place(parts: list[Rule], schema: Schema) -> Rule:
    others = _items_beyond(schema.get("additionalItems", True), len(parts))

    def rule(value: object) -> Faults:
        if not isinstance(value, list):
            return []
        for index, (part, item) in enumerate(zip(parts, value, strict=False)):
            if faults := part(item):
                return [_item_fault("items", index, faults)]
        return others(value)

    return rule


def _items_beyond(stated: object, places: int) -> Rule:
    if not isinstance(stated, bool):
        return _items_alike("additionalItems", compile_schema(stated), start=places)

    def rule(value: object) -> Faults:
        if stated or not isinstance(value, list) or len(value) <= places:
            return []
        specified: Document = {"additionalItems": False}
        return [
            {
                "operatorName": "additionalItems",
                "specifiedAs": specified,
                "additionalItems": value[places:],
            }
        ]

    return rule


def _unique_items(stated: object, _: Schema) -> Rule:
    if not isinstance(stated, bool):
        raise Refusal(14, "$jsonSchema keyword 'uniqueItems' must be a boolean")

    def rule(value: object) -> Faults:
        if not stated or not isinstance(value, list):
            return []
        keys = [key_of(item) for item in value]
        if len(set(keys)) == len(keys):
            return []
        return [_fault("uniqueItems", stated, "found a duplicate item", value)]

    return rule


def _parts(stated: object, keyword: str) -> list[Rule]:
    if not isinstance(stated, list) or not stated:
        raise Refusal(9, f"$jsonSchema keyword '{keyword}' must be a non-empty array")
    return [compile_schema(part) for part in stated]


def _outcomes(parts: list[Rule], value: object) -> tuple[Faults, list[int]]:
    answers = [part(value) for part in parts]
    broken: Faults = [{"index": i, "details": faults} for i, faults in enumerate(answers) if faults]
    return broken, [i for i, faults in enumerate(answers) if not faults]


def _all_of(stated: object, _: Schema) -> Rule:
    parts = _parts(stated, "allOf")

    def rule(value: object) -> Faults:
        broken, _met = _outcomes(parts, value)
        return [{"operatorName": "allOf", "schemasNotSatisfied": broken}] if broken else []

    return rule


def _any_of(stated: object, _: Schema) -> Rule:
    parts = _parts(stated, "anyOf")

    def rule(value: object) -> Faults:
        broken, met = _outcomes(parts, value)
        return [] if met else [{"operatorName": "anyOf", "schemasNotSatisfied": broken}]

    return rule


def _one_of(stated: object, _: Schema) -> Rule:
    parts = _parts(stated, "oneOf")

    def rule(value: object) -> Faults:
        broken, met = _outcomes(parts, value)
        if len(met) == 1:
            return []
        if not met:
            return [{"operatorName": "oneOf", "schemasNotSatisfied": broken}]
        reason = "more than one subschema matched"
        return [{"operatorName": "oneOf", "reason": reason, "matchingSchemaIndexes": met}]

    return rule


def _not(stated: object, _: Schema) -> Rule:
    part = compile_schema(stated)

    def rule(value: object) -> Faults:
        if part(value):
            return []
        return [{"operatorName": "not", "reason": "child expression matched"}]

    return rule


def _dependencies(stated: object, _: Schema) -> Rule:
    parts = {
        name: _dependency(name, part) for name, part in _mapping(stated, "dependencies").items()
    }

    def rule(value: object) -> Faults:
        if not isinstance(value, dict):
            return []
        failing = [f for name, part in parts.items() if name in value for f in part(value)]
        return [{"operatorName": "dependencies", "failingDependencies": failing}] if failing else []

    return rule


def _dependency(name: str, stated: object) -> Callable[[Document], Faults]:
    if isinstance(stated, list):
        names = _names(stated, "dependencies")
        return lambda value: _missing_with(name, [n for n in names if n not in value])
    rule = compile_schema(stated)
    return lambda value: (
        [{"conditionalProperty": name, "details": faults}] if (faults := rule(value)) else []
    )


def _missing_with(name: str, missing: list[str]) -> Faults:
    return [{"conditionalProperty": name, "missingProperties": missing}] if missing else []


_MAKERS: dict[str, Maker] = {
    "bsonType": _bson_type,
    "type": _json_type,
    "enum": _enum,
    "minimum": _bound("minimum", "exclusiveMinimum", _at_least),
    "maximum": _bound("maximum", "exclusiveMaximum", _at_most),
    "multipleOf": _multiple_of,
    "minLength": _length("minLength", str, _STRING_LENGTH, least=True),
    "maxLength": _length("maxLength", str, _STRING_LENGTH, least=False),
    "pattern": _pattern,
    "required": _required,
    "items": _items,
    "minItems": _length("minItems", list, _ARRAY_LENGTH, least=True),
    "maxItems": _length("maxItems", list, _ARRAY_LENGTH, least=False),
    "uniqueItems": _unique_items,
    "minProperties": _length("minProperties", Mapping, _FIELD_COUNT, least=True),
    "maxProperties": _length("maxProperties", Mapping, _FIELD_COUNT, least=False),
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "dependencies": _dependencies,
}
