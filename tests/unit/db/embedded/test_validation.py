"""A validator refuses with error 121 and says which of its clauses decided it."""

import logging
from typing import Any

import bson
import pytest
from bson import DBRef, Regex

from db.embedded.errors import Refusal
from db.embedded.validators.refusal_details import MOST_BYTES, refusal_details
from db.embedded.validators.validation import Validator

Document = dict[str, Any]


def refused(options: Document, new: Document, old: Document | None = None) -> Document:
    with pytest.raises(Refusal) as caught:
        Validator(options).check(new, old)
    assert (caught.value.code, caught.value.message) == (121, "Document failed validation")
    failing: Any = caught.value.details["errInfo"]
    assert failing["failingDocumentId"] == new.get("_id")
    details: Document = failing["details"]
    return details


def details(query: Document, document: Document) -> Document:
    return refused({"validator": query}, {"_id": 1, **document})


def comparison(path: str, stated: object, value: object, operator: str = "$gt") -> Document:
    return {
        "operatorName": operator,
        "specifiedAs": {path: stated},
        "reason": "comparison failed",
        "consideredValue": value,
    }


TYPED = "type did not match"
LEAVES = [
    pytest.param({"a": {"$gt": 5}}, {"a": 1}, comparison("a", {"$gt": 5}, 1), id="one value"),
    pytest.param({"a": 5}, {"a": 1}, comparison("a", 5, 1, "$eq"), id="equality by itself"),
    pytest.param(
        {"a": {"$gt": 5}},
        {},
        {"operatorName": "$gt", "specifiedAs": {"a": {"$gt": 5}}, "reason": "field was missing"},
        id="no value",
    ),
    pytest.param(
        {"a.b": {"$gt": 5}},
        {"a": [{"b": 1}, {"b": 2}]},
        {
            "operatorName": "$gt",
            "specifiedAs": {"a.b": {"$gt": 5}},
            "reason": "comparison failed",
            "consideredValues": [1, 2],
        },
        id="several values",
    ),
    pytest.param(
        {"a": {"$gt": 50}},
        {"a": list(range(12))},
        {
            "operatorName": "$gt",
            "specifiedAs": {"a": {"$gt": 50}},
            "reason": "comparison failed",
            "consideredValues": list(range(10)),
            "consideredValuesTruncated": True,
        },
        id="more values than are told",
    ),
    pytest.param(
        {"a": {"$ne": 5}},
        {"a": 5},
        comparison("a", {"$ne": 5}, 5, "$ne") | {"reason": "comparison succeeded"},
        id="what was not to be",
    ),
    pytest.param(
        {"a": {"$nin": [5]}},
        {"a": 5},
        comparison("a", {"$nin": [5]}, 5, "$nin") | {"reason": "matching value found in array"},
        id="what was not to be among them",
    ),
    pytest.param(
        {"a": {"$exists": True}},
        {},
        {
            "operatorName": "$exists",
            "specifiedAs": {"a": {"$exists": True}},
            "reason": "path does not exist",
        },
        id="a field that must be there",
    ),
    pytest.param(
        {"a": {"$type": "int"}},
        {"a": "x"},
        comparison("a", {"$type": "int"}, "x", "$type")
        | {"reason": TYPED, "consideredType": "string"},
        id="a type",
    ),
    pytest.param(
        {"a": {"$type": "int"}},
        {"a": []},
        {
            "operatorName": "$type",
            "specifiedAs": {"a": {"$type": "int"}},
            "reason": TYPED,
            "consideredValues": [],
        },
        id="a type of nothing",
    ),
    pytest.param(
        {"a": {"$regex": "^x", "$options": "i"}},
        {"a": "y"},
        comparison("a", {"$regex": "^x", "$options": "i"}, "y", "$regex")
        | {"reason": "regular expression did not match"},
        id="a pattern",
    ),
    pytest.param(
        {"a": {"$mod": [2, 0]}},
        {"a": ["x", True]},
        {
            "operatorName": "$mod",
            "specifiedAs": {"a": {"$mod": [2, 0]}},
            "reason": TYPED,
            "consideredTypes": ["bool", "string"],
            "expectedTypes": ["decimal", "double", "int", "long"],
            "consideredValues": ["x", True],
        },
        id="values of types an operator is not for",
    ),
    pytest.param(
        {"a": {"$size": 2}},
        {"a": 5},
        comparison("a", {"$size": 2}, 5, "$size")
        | {"reason": TYPED, "consideredType": "int", "expectedType": "array"},
        id="no array",
    ),
    pytest.param(
        {"a": {"$elemMatch": {"$gt": 5}}},
        {"a": [1, 2]},
        comparison("a", {"$elemMatch": {"$gt": 5}}, [1, 2], "$elemMatch")
        | {"reason": "array did not satisfy the child predicate"},
        id="an array as a whole",
    ),
    pytest.param(
        {"a": {"$all": [1, 5]}},
        {"a": [1, 2]},
        comparison("a", {"$all": [1, 5]}, [1, 2], "$all")
        | {"reason": "array did not contain all specified values"},
        id="not all of them",
    ),
    pytest.param(
        {"a": DBRef("c", 1)},
        {"a": 5},
        comparison("a", DBRef("c", 1), 5, "$eq"),
        id="a reference is a value",
    ),
]


@pytest.mark.parametrize(("query", "document", "told"), LEAVES)
def test_a_condition_tells_what_was_wanted_and_what_was_found(
    query: Document, document: Document, told: Document
) -> None:
    assert details(query, document) == told


def test_a_pattern_by_itself_is_one_of_its_operator() -> None:
    assert details({"a": Regex("^x")}, {"a": "y"})["operatorName"] == "$regex"


def test_of_several_conditions_those_that_failed_are_told_with_their_place() -> None:
    told = details({"a": {"$gt": 1, "$lt": 5}, "b": 2, "$comment": "why"}, {"a": 7, "b": 3})
    assert told["operatorName"] == "$and"
    assert [clause["index"] for clause in told["clausesNotSatisfied"]] == [1, 2]
    assert told["clausesNotSatisfied"][0]["details"] == comparison("a", {"$lt": 5}, 7, "$lt")


def test_of_an_or_every_branch_is_told() -> None:
    told = details({"$or": [{"a": 1}, {"b": {"$exists": True}}]}, {"a": 2})
    assert told["operatorName"] == "$or"
    assert [c["details"]["operatorName"] for c in told["clausesNotSatisfied"]] == ["$eq", "$exists"]


def test_of_a_nor_the_branches_that_hold_are_told() -> None:
    told = details({"$nor": [{"a": 1}, {"a": 2}, {"a": {"$exists": True}}]}, {"a": 2})
    assert told["operatorName"] == "$nor"
    assert [c["index"] for c in told["clausesNotSatisfied"]] == [1, 2]
    assert told["clausesNotSatisfied"][0]["details"]["reason"] == "comparison succeeded"
    assert told["clausesNotSatisfied"][1]["details"]["reason"] == "path does exist"


def test_a_not_tells_what_held() -> None:
    told = details({"a": {"$not": {"$gt": 5}}}, {"a": 7})
    inner = comparison("a", {"$gt": 5}, 7) | {"reason": "comparison succeeded"}
    assert told == {"operatorName": "$not", "details": inner}
    several = details({"a": {"$not": {"$gt": 5, "$lt": 9}}}, {"a": 7})
    assert [c["index"] for c in several["details"]["clausesSatisfied"]] == [0, 1]


def test_an_expression_tells_its_result() -> None:
    query = {"$expr": {"$gt": ["$a", "$b"]}}
    told = {"operatorName": "$expr", "specifiedAs": query, "reason": "expression did not match"}
    assert details(query, {"a": 1, "b": 2}) == told | {"expressionResult": False}
    assert "expressionResult" not in details({"$expr": "$gone"}, {})


def test_an_expression_that_cannot_be_worked_out_is_no_acceptance() -> None:
    told = details({"$expr": {"$divide": ["$a", 0]}}, {"a": 1})
    assert told["reason"] == "failed to evaluate aggregation expression"
    assert told["details"]["errmsg"]


def test_a_branch_that_cannot_be_worked_out_is_told_as_not_met() -> None:
    told = details({"b": 1, "$or": [{"a": 5}, {"$expr": {"$divide": ["$a", 0]}}]}, {"a": 1, "b": 1})
    branches = told["clausesNotSatisfied"][0]["details"]["clausesNotSatisfied"]
    assert [branch["details"]["operatorName"] for branch in branches] == ["$eq", "$expr"]


SCHEMA: Document = {"title": "a sound one", "required": ["a"]}
MISSING_A = {
    "operatorName": "required",
    "specifiedAs": {"required": ["a"]},
    "missingProperties": ["a"],
}


def test_a_schema_is_told_with_its_title_and_the_rules_that_were_broken() -> None:
    told = details({"$jsonSchema": SCHEMA}, {})
    assert told == {
        "operatorName": "$jsonSchema",
        "title": "a sound one",
        "schemaRulesNotSatisfied": [MISSING_A],
    }


def test_a_schema_beside_other_clauses_is_one_of_them() -> None:
    told = details({"$jsonSchema": SCHEMA, "b": 1}, {"b": 1})
    assert [c["index"] for c in told["clausesNotSatisfied"]] == [0]
    held = details({"$nor": [{"$jsonSchema": SCHEMA}]}, {"a": 1})
    assert held["clausesNotSatisfied"][0]["details"]["reason"] == "schema matched"


RULE: Document = {"validator": {"a": {"$gt": 5}}}


def test_what_is_wrong_already_may_stay_so_where_the_rules_are_moderate() -> None:
    moderate = Validator(RULE | {"validationLevel": "moderate"})
    moderate.check({"a": 1}, old={"a": 2})
    refused(RULE | {"validationLevel": "moderate"}, {"a": 1}, old={"a": 6})
    refused(RULE | {"validationLevel": "moderate"}, {"a": 1})
    refused(RULE, {"a": 1}, old={"a": 2})


def test_rules_that_are_off_refuse_nothing() -> None:
    Validator(RULE | {"validationLevel": "off"}).check({"a": 1})
    Validator({}).check({"a": 1})
    Validator({"validator": {}}).check({"a": 1})


def test_a_warning_names_the_rule_and_none_of_the_documents_values(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        rule = {"validator": {"password": {"$regex": "^[$]"}}, "validationAction": "warn"}
        Validator(rule).check({"password": "hunter2"})
    assert "regular expression did not match" in caplog.text
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"validator": 5}, 14),
        ({"validator": ""}, 14),
        ({"validator": None}, 14),
        ({"validationLevel": "sometimes"}, 2),
        ({"validationLevel": None}, 2),
        ({"validationAction": "ignore"}, 2),
        ({"validator": {"$where": "1"}}, 238),
        ({"validator": {"a": {"$gtt": 1}}}, 2),
    ],
    ids=str,
)
def test_rules_that_mean_nothing_are_refused_when_they_are_set(
    options: Document, code: int
) -> None:
    with pytest.raises(Refusal) as caught:
        Validator(options)
    assert caught.value.code == code


def test_details_too_large_for_an_answer_are_told_without_the_values() -> None:
    rules = [{"properties": {"a": {"maxLength": n}}} for n in range(1, 5)]
    told = refusal_details({"$jsonSchema": {"allOf": rules}}, {"a": "x" * MOST_BYTES})
    assert "consideredValue" not in str(told)
    assert "specified string length was not satisfied" in str(told)
    assert len(bson.encode(told)) < MOST_BYTES


def test_details_nested_deeper_than_an_answer_may_be_are_told_in_short() -> None:
    schema: Document = {"maxLength": 1}
    document: Document = {"a": "xx"}
    for _ in range(80):
        document = {"a": document}
    for _ in range(81):
        schema = {"properties": {"a": schema}}
    told = refusal_details({"$jsonSchema": schema}, document)
    assert told == {"reason": "the details of this failure are too large to be told"}
