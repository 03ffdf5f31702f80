"""A schema's rules find what breaks them and name the field."""

from typing import Any

import pytest
from bson import Code, DBRef, Decimal128, Int64

from db.embedded.errors import Refusal
from db.embedded.schemas.schema_rules import compile_schema
from db.embedded.values import MAX_DEPTH


def faults(schema: dict[str, Any], value: object) -> list[dict[str, Any]]:
    return compile_schema(schema)(value)


ACCEPTED = [
    pytest.param({"bsonType": "int"}, 5, id="an int"),
    pytest.param({"bsonType": ["int", "long"]}, Int64(5), id="one of two types"),
    pytest.param({"bsonType": "number"}, Decimal128("5"), id="any number"),
    pytest.param({"type": "boolean"}, True, id="a json type"),
    pytest.param({"enum": ["MASTER", None]}, None, id="null in an enum"),
    pytest.param({"minimum": 5}, 5, id="a minimum is allowed itself"),
    pytest.param({"minimum": 5}, "text", id="bounds speak of numbers only"),
    pytest.param({"maximum": Decimal128("0.5")}, 0.5, id="a maximum of another type"),
    pytest.param({"multipleOf": 0.01}, 0.07, id="a multiple of a fraction"),
    pytest.param({"minLength": 2, "maxLength": 2}, "ab", id="a length"),
    pytest.param({"pattern": "^a"}, "ab", id="a pattern"),
    pytest.param({"required": ["a"]}, {"a": None}, id="present although null"),
    pytest.param({"properties": {"a": {"bsonType": "int"}}}, {}, id="a property not there"),
    pytest.param({"items": {"bsonType": "int"}}, [1, 2], id="items"),
    pytest.param({"uniqueItems": True}, [1, True, "1"], id="different by type"),
    pytest.param({"not": {"bsonType": "int"}}, "a", id="not"),
    pytest.param({"anyOf": [{"bsonType": "int"}, {"bsonType": "string"}]}, "a", id="any of"),
    pytest.param({"oneOf": [{"minimum": 5}, {"maximum": 1}]}, 7, id="one of"),
    pytest.param({"dependencies": {"a": ["b"]}}, {"b": 1}, id="nothing depends"),
    pytest.param({"title": "t", "description": "d"}, 1, id="words"),
    pytest.param(
        {"patternProperties": {"^x": {}}, "additionalProperties": False}, {"x1": 1}, id="patterned"
    ),
]

REFUSED = [
    pytest.param({"bsonType": "int"}, True, "bsonType", id="a bool is no int"),
    pytest.param({"bsonType": "int"}, 5.0, "bsonType", id="a double is no int"),
    pytest.param({"bsonType": "int"}, Int64(5), "bsonType", id="a long is no int"),
    pytest.param({"type": "number"}, "5", "type", id="a json type"),
    pytest.param({"enum": [1]}, True, "enum", id="true is not one"),
    pytest.param({"minimum": 5}, 4.9, "minimum", id="below"),
    pytest.param({"minimum": 5}, float("nan"), "minimum", id="not a number, from below"),
    pytest.param({"maximum": 5}, float("nan"), "maximum", id="not a number, from above"),
    pytest.param({"minimum": 5, "exclusiveMinimum": True}, 5, "minimum", id="at the open bound"),
    pytest.param({"maximum": 5, "exclusiveMaximum": True}, 5, "maximum", id="at the open top"),
    pytest.param({"multipleOf": 0.01}, 0.075, "multipleOf", id="no multiple"),
    pytest.param({"minLength": 1}, "", "minLength", id="too short"),
    pytest.param({"maxLength": 1}, "ab", "maxLength", id="too long"),
    pytest.param({"pattern": "^a"}, "b", "pattern", id="another pattern"),
    pytest.param({"required": ["a"]}, {}, "required", id="missing"),
    pytest.param({"items": {"bsonType": "int"}}, [1, "b"], "items", id="an item"),
    pytest.param({"items": [{}], "additionalItems": False}, [1, 2], "additionalItems", id="more"),
    pytest.param({"minItems": 1}, [], "minItems", id="too few"),
    pytest.param({"maxItems": 1}, [1, 2], "maxItems", id="too many"),
    pytest.param({"uniqueItems": True}, [1, 1.0], "uniqueItems", id="the same number twice"),
    pytest.param({"minProperties": 1}, {}, "minProperties", id="too few fields"),
    pytest.param({"not": {"bsonType": "int"}}, 1, "not", id="not"),
    pytest.param({"allOf": [{"minimum": 2}, {"maximum": 0}]}, 1, "allOf", id="all of"),
    pytest.param({"anyOf": [{"minimum": 2}, {"maximum": 0}]}, 1, "anyOf", id="none of any"),
    pytest.param({"oneOf": [{"minimum": 0}, {"maximum": 2}]}, 1, "oneOf", id="two of one"),
    pytest.param({"dependencies": {"a": ["b"]}}, {"a": 1}, "dependencies", id="depends"),
    pytest.param(
        {"dependencies": {"a": {"required": ["b"]}}}, {"a": 1}, "dependencies", id="by schema"
    ),
]


@pytest.mark.parametrize(("schema", "value"), ACCEPTED)
def test_a_sound_value_breaks_nothing(schema: dict[str, Any], value: object) -> None:
    assert faults(schema, value) == []


@pytest.mark.parametrize(("schema", "value", "keyword"), REFUSED)
def test_a_broken_rule_is_named(schema: dict[str, Any], value: object, keyword: str) -> None:
    assert [fault["operatorName"] for fault in faults(schema, value)] == [keyword]


def test_the_field_is_named_down_to_the_last_level() -> None:
    inner = {"properties": {"daily_loss": {"bsonType": "number", "minimum": 0}}}
    schema = {"properties": {"kill_switch": {"description": "the guard", **inner}}}
    (fault,) = faults(schema, {"kill_switch": {"daily_loss": -1}})
    (outer,) = fault["propertiesNotSatisfied"]
    assert (outer["propertyName"], outer["description"]) == ("kill_switch", "the guard")
    (property_,) = outer["details"][0]["propertiesNotSatisfied"]
    assert property_ == {
        "propertyName": "daily_loss",
        "details": [
            {
                "operatorName": "minimum",
                "specifiedAs": {"minimum": 0},
                "reason": "comparison failed",
                "consideredValue": -1,
            }
        ],
    }


def test_fields_nobody_allowed_are_listed() -> None:
    schema = {"properties": {"name": {}}, "additionalProperties": False}
    (fault,) = faults(schema, {"name": "a", "nmae": "b"})
    assert fault["additionalProperties"] == ["nmae"]


def test_additional_fields_may_have_a_schema_of_their_own() -> None:
    schema = {"additionalProperties": {"bsonType": "string"}}
    assert faults(schema, {"XAUUSD": "GOLD"}) == []
    (fault,) = faults(schema, {"XAUUSD": 5})
    assert fault["failingProperty"] == "XAUUSD"


def nested(word: str, depth: int) -> Any:
    schema: Any = {"bsonType": "int"}
    for _ in range(depth):
        schema = {word: schema if word in ("not", "items") else [schema]}
    return schema


TOLD = [
    pytest.param(
        {"bsonType": ["int", "long"]},
        "5",
        {
            "operatorName": "bsonType",
            "specifiedAs": {"bsonType": ["int", "long"]},
            "reason": "type did not match",
            "consideredValue": "5",
            "consideredType": "string",
        },
        id="type",
    ),
    pytest.param(
        {"enum": ["a", "b"]},
        "c",
        {
            "operatorName": "enum",
            "specifiedAs": {"enum": ["a", "b"]},
            "reason": "value was not found in enum",
            "consideredValue": "c",
        },
        id="enum",
    ),
    pytest.param(
        {"minimum": 0, "exclusiveMinimum": True},
        0,
        {
            "operatorName": "minimum",
            "specifiedAs": {"minimum": 0, "exclusiveMinimum": True},
            "reason": "comparison failed",
            "consideredValue": 0,
        },
        id="open bound",
    ),
    pytest.param(
        {"required": ["b", "a", "c"]},
        {"c": 1},
        {
            "operatorName": "required",
            "specifiedAs": {"required": ["b", "a", "c"]},
            "missingProperties": ["a", "b"],
        },
        id="required",
    ),
    pytest.param(
        {"additionalProperties": {"bsonType": "int", "title": "t"}},
        {"a": 1, "b": "x", "c": "y"},
        {
            "operatorName": "additionalProperties",
            "title": "t",
            "reason": "at least one additional property did not match the subschema",
            "failingProperty": "b",
        },
        id="additional properties by schema",
    ),
    pytest.param(
        {"patternProperties": {"^x": {"bsonType": "int", "description": "d"}}},
        {"x1": 1, "x2": "a"},
        {
            "operatorName": "patternProperties",
            "details": [
                {
                    "propertyName": "x2",
                    "description": "d",
                    "regexMatched": "^x",
                    "details": [
                        {
                            "operatorName": "bsonType",
                            "specifiedAs": {"bsonType": "int"},
                            "reason": "type did not match",
                            "consideredValue": "a",
                            "consideredType": "string",
                        }
                    ],
                }
            ],
        },
        id="properties by pattern",
    ),
    pytest.param(
        {"minProperties": 2},
        {"a": 1},
        {
            "operatorName": "minProperties",
            "specifiedAs": {"minProperties": 2},
            "reason": "specified number of properties was not satisfied",
            "numberOfProperties": 1,
        },
        id="number of properties",
    ),
    pytest.param(
        {"dependencies": {"a": ["c", "b"]}},
        {"a": 1},
        {
            "operatorName": "dependencies",
            "failingDependencies": [{"conditionalProperty": "a", "missingProperties": ["b", "c"]}],
        },
        id="dependencies",
    ),
    pytest.param(
        {"items": {"minimum": 1, "title": "t"}},
        [1, 0],
        {
            "operatorName": "items",
            "title": "t",
            "reason": "At least one item did not match the sub-schema",
            "itemIndex": 1,
        },
        id="items",
    ),
    pytest.param(
        {"items": [{}, {"minimum": 1}]},
        [1, 0],
        {
            "operatorName": "items",
            "details": [
                {
                    "itemIndex": 1,
                    "details": [
                        {
                            "operatorName": "minimum",
                            "specifiedAs": {"minimum": 1},
                            "reason": "comparison failed",
                            "consideredValue": 0,
                        }
                    ],
                }
            ],
        },
        id="items by place",
    ),
    pytest.param(
        {"items": [{}], "additionalItems": False},
        [1, 2, 3],
        {
            "operatorName": "additionalItems",
            "specifiedAs": {"additionalItems": False},
            "reason": "found additional items",
            "additionalItems": [2, 3],
        },
        id="additional items",
    ),
    pytest.param(
        {"items": [{}], "additionalItems": {"minimum": 5}},
        [1, 2],
        {
            "operatorName": "additionalItems",
            "reason": "At least one additional item did not match the sub-schema",
            "itemIndex": 1,
        },
        id="additional items by schema",
    ),
    pytest.param(
        {"maxItems": 1},
        [1, 2],
        {
            "operatorName": "maxItems",
            "specifiedAs": {"maxItems": 1},
            "reason": "array did not match specified length",
            "consideredValue": [1, 2],
            "numberOfItems": 2,
        },
        id="number of items",
    ),
    pytest.param(
        {"uniqueItems": True},
        [{"a": 1, "b": [2]}, {"b": [2.0], "a": 1}],
        {
            "operatorName": "uniqueItems",
            "specifiedAs": {"uniqueItems": True},
            "reason": "found a duplicate item",
            "consideredValue": [{"a": 1, "b": [2]}, {"b": [2.0], "a": 1}],
            "duplicatedValue": {"b": [2.0], "a": 1},
        },
        id="unique items, whatever the order of their fields",
    ),
    pytest.param(
        {"not": {"bsonType": "int"}},
        1,
        {"operatorName": "not", "reason": "child expression matched"},
        id="not",
    ),
    pytest.param(
        {"oneOf": [{"minimum": 0}, {"maximum": 2}, {"enum": ["x"]}]},
        1,
        {
            "operatorName": "oneOf",
            "reason": "more than one subschema matched",
            "matchingSchemaIndexes": [0, 1],
        },
        id="one of",
    ),
]


@pytest.mark.parametrize(("schema", "value", "told"), TOLD)
def test_a_fault_is_told_as_mongodb_tells_it(
    schema: dict[str, Any], value: object, told: dict[str, Any]
) -> None:
    (fault,) = faults(schema, value)
    assert {word: fault[word] for word in fault if word in told} == told
    assert fault.keys() - told.keys() <= {"details"}


@pytest.mark.parametrize("word", ["allOf", "anyOf", "oneOf"])
def test_a_joined_schema_is_told_by_its_place_and_its_own_words(word: str) -> None:
    schema = {word: [{"title": "t", "description": "d", "bsonType": "int"}]}
    (fault,) = faults(schema, "x")
    (broken,) = fault["schemasNotSatisfied"]
    assert (broken["index"], broken["title"], broken["description"]) == (0, "t", "d")
    assert broken["details"][0]["operatorName"] == "bsonType"


def test_a_property_is_told_with_its_title() -> None:
    (fault,) = faults({"properties": {"a": {"title": "t", "enum": [1]}}}, {"a": 2})
    assert fault["propertiesNotSatisfied"][0]["title"] == "t"


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"multipleOf": 1}, 1e300),
        ({"multipleOf": 1}, Decimal128("1E+6111")),
        ({"multipleOf": Decimal128("1E-6176")}, Decimal128("3E-6176")),
        ({"multipleOf": 0.1}, 0.1 + 0.2),
        ({"multipleOf": 3}, Int64(2**62 // 3 * 3)),
        ({"multipleOf": 1}, "text"),
        ({"minimum": float("nan")}, float("nan")),
        ({"maximum": Decimal128("Infinity")}, float("inf")),
        ({"maxLength": 1}, "😀"),
        ({"properties": {"$ref": {"bsonType": "string"}}}, DBRef("c", 1)),
        ({"minLength": 5, "pattern": "^x"}, Code("a")),
        ({"enum": [{"a": 1, "b": 2}]}, {"b": 2, "a": 1.0}),
        ({"additionalItems": False}, [1, 2]),
        ({"items": [{}, {}], "additionalItems": True}, [1, 2, 3]),
        ({"dependencies": {"a": {"required": ["b"]}}}, {"a": 1, "b": 2}),
        ({"required": ["a"], "minProperties": 1}, [1]),
        ({"minItems": 1, "uniqueItems": True}, "text"),
    ],
    ids=repr,
)
def test_numbers_texts_and_fields_mean_what_they_mean_to_mongodb(
    schema: dict[str, Any], value: object
) -> None:
    assert faults(schema, value) == []


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"multipleOf": 1}, 1e-300),
        ({"multipleOf": 1}, float("nan")),
        ({"multipleOf": 1}, Decimal128("Infinity")),
        ({"multipleOf": Decimal128("2E+6000")}, Decimal128("3E+6000")),
        ({"minimum": float("nan")}, 5),
        ({"minimum": 0}, Decimal128("NaN")),
        ({"maximum": 2**63 - 1}, 2.0**63),
        ({"additionalProperties": False}, DBRef("c", 1)),
        ({"bsonType": "string"}, Code("a")),
    ],
    ids=repr,
)
def test_what_only_looks_right_is_refused(schema: dict[str, Any], value: object) -> None:
    assert len(faults(schema, value)) == 1


@pytest.mark.parametrize(
    ("schema", "code"),
    [
        ("text", 14),
        ({"requierd": ["a"]}, 9),
        *[
            ({word: "x"}, 9)
            for word in ("$ref", "default", "definitions", "format", "id", "$schema")
        ],
        ({"encrypt": {}}, 9),
        ({"required": "a"}, 14),
        ({"required": []}, 9),
        ({"required": [1]}, 14),
        ({"required": ["a", "a"]}, 9),
        ({"enum": "a"}, 14),
        ({"enum": []}, 9),
        ({"enum": [1, 1.0]}, 9),
        ({"allOf": {}}, 14),
        ({"anyOf": []}, 2),
        ({"oneOf": [1]}, 14),
        ({"not": 1}, 14),
        ({"minimum": "5"}, 14),
        ({"minimum": 1, "exclusiveMinimum": 5}, 14),
        ({"exclusiveMaximum": True}, 9),
        ({"multipleOf": "x"}, 14),
        ({"multipleOf": 0}, 9),
        ({"multipleOf": -1}, 9),
        ({"minLength": -1}, 9),
        ({"maxItems": 1.5}, 9),
        ({"minProperties": float("nan")}, 9),
        ({"maxProperties": True}, 9),
        ({"pattern": 5}, 14),
        ({"pattern": "("}, 51091),
        ({"properties": 5}, 14),
        ({"properties": {"a": 5}}, 14),
        ({"patternProperties": {"a": 5}}, 14),
        ({"additionalProperties": "no"}, 14),
        ({"dependencies": 5}, 14),
        ({"dependencies": {"a": 5}}, 14),
        ({"dependencies": {"a": []}}, 9),
        ({"items": 5}, 14),
        ({"items": [5]}, 14),
        ({"additionalItems": 5}, 14),
        ({"items": [{}], "additionalItems": 5}, 14),
        ({"uniqueItems": 1}, 14),
        ({"title": 5}, 14),
        ({"description": 5}, 14),
        ({"bsonType": "integer"}, 2),
        ({"bsonType": 16}, 14),
        ({"bsonType": []}, 9),
        ({"bsonType": ["int", "int"]}, 9),
        ({"type": "integer"}, 9),
        ({"type": "int"}, 2),
        ({"type": "string", "bsonType": "string"}, 9),
    ],
    ids=str,
)
def test_a_schema_that_means_nothing_is_refused_with_the_code_for_it(
    schema: Any, code: int
) -> None:
    with pytest.raises(Refusal) as caught:
        compile_schema(schema)
    assert caught.value.code == code


@pytest.mark.parametrize("word", ["not", "items", "allOf", "anyOf", "oneOf"])
def test_a_schema_as_deep_as_a_document_may_be_is_worked_out(word: str) -> None:
    deep = nested(word, MAX_DEPTH if word in ("not", "items") else MAX_DEPTH // 2)
    assert faults(deep, 5) == []
