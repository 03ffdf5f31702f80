"""A schema's rules find what breaks them and name the field."""

from typing import Any

import pytest
from bson import Decimal128, Int64

from db.embedded.errors import Refusal
from db.embedded.schema_rules import compile_schema


def faults(schema: dict[str, Any], value: object) -> list[dict[str, Any]]:
    return compile_schema(schema)(value)  # type: ignore[return-value]


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


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"requierd": ["a"]}, id="a misspelt keyword"),
        pytest.param({"properties": {"a": {"bsontype": "int"}}}, id="a misspelt keyword inside"),
        pytest.param({"$ref": "#/a"}, id="a reference"),
        pytest.param({"format": "date"}, id="a format"),
        pytest.param({"bsonType": "integer"}, id="a type nobody knows"),
        pytest.param({"type": "integer"}, id="a json type MongoDB does not take"),
        pytest.param({"bsonType": "int", "type": "number"}, id="both kinds of type"),
        pytest.param({"required": []}, id="nothing required"),
        pytest.param({"required": "a"}, id="required as a string"),
        pytest.param({"enum": []}, id="an empty enum"),
        pytest.param({"minimum": "5"}, id="a bound that is no number"),
        pytest.param({"exclusiveMinimum": True}, id="an open bound without its bound"),
        pytest.param({"minimum": 1, "exclusiveMinimum": 5}, id="an open bound that is a number"),
        pytest.param({"minLength": -1}, id="a negative length"),
        pytest.param({"pattern": "("}, id="a broken pattern"),
        pytest.param({"anyOf": []}, id="any of nothing"),
        pytest.param({"properties": 5}, id="properties that are none"),
        pytest.param({"additionalProperties": "no"}, id="additional properties as text"),
        pytest.param("text", id="no schema at all"),
    ],
)
def test_a_schema_that_means_nothing_is_refused(schema: Any) -> None:
    with pytest.raises(Refusal):
        compile_schema(schema)
