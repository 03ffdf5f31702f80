"""The manual's "Expression Operators": arithmetic, arrays, booleans, comparison, conditions, dates,
objects, sets, text, types and variables."""

from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Decimal128, Int64, ObjectId
from pymongo.errors import OperationFailure

from db.embedded.values import identical
from tests.contract.mongodb.tables import Stock, rows

NOTHING = "(missing)"
DAY = datetime(2026, 5, 4, 13, 30, 5, 7000, tzinfo=UTC)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[arg-type,misc]


DOCUMENT: dict[str, Any] = {
    "_id": 1,
    "one": 1,
    "long": Int64(5),
    "half": 2.5,
    "exact": Decimal128("1.10"),
    "text": "Gold Coin",
    "null": None,
    "list": [3, 1, 2],
    "legs": [{"v": 1, "t": "a"}, {"v": 2, "t": "b"}],
    "object": {"x": 1, "y": {"z": 2}},
    "day": DAY,
    "yes": True,
    "oid": ObjectId("507f1f77bcf86cd799439011"),
}

DOCUMENTS = [DOCUMENT]

NUMBERS: list[tuple[Any, Any]] = [
    ({"$add": ["$one", 2]}, 3),
    ({"$add": ["$one", "$long"]}, Int64(6)),
    ({"$add": ["$one", "$half"]}, 3.5),
    ({"$add": ["$one", "$exact"]}, Decimal128("2.10")),
    ({"$add": ["$one", "$null"]}, None),
    ({"$add": ["$one", "$nothing"]}, None),
    ({"$add": ["$day", 1000]}, at(2026, 5, 4, 13, 30, 6, 7000)),
    ({"$add": [2147483647, 1]}, Int64(2147483648)),
    ({"$subtract": ["$long", 2]}, Int64(3)),
    ({"$subtract": ["$day", "$day"]}, Int64(0)),
    ({"$subtract": ["$day", 7]}, at(2026, 5, 4, 13, 30, 5)),
    ({"$multiply": ["$half", 2]}, 5.0),
    ({"$multiply": [3, "$exact"]}, Decimal128("3.30")),
    ({"$divide": [7, 2]}, 3.5),
    ({"$divide": [6, 2]}, 3.0),
    ({"$mod": [7, 3]}, 1),
    ({"$mod": [-7, 3]}, -1),
    ({"$mod": [7.5, 2]}, 1.5),
    ({"$abs": -3}, 3),
    ({"$abs": "$null"}, None),
    ({"$ceil": "$half"}, 3.0),
    ({"$floor": "$half"}, 2.0),
    ({"$floor": -2.5}, -3.0),
    ({"$ceil": "$exact"}, Decimal128("2")),
    ({"$trunc": -2.7}, -2.0),
    ({"$trunc": [2.567, 1]}, 2.5),
    ({"$round": 2.5}, 2.0),
    ({"$round": 3.5}, 4.0),
    ({"$round": [1.256, 2]}, 1.26),
    ({"$round": [1234, -2]}, 1200),
    ({"$sqrt": 25}, 5.0),
    ({"$pow": [5, 2]}, 25),
    ({"$pow": [2, 0.5]}, 2**0.5),
    ({"$pow": [2, 40]}, Int64(2**40)),
    ({"$exp": 0}, 1.0),
    ({"$ln": 1}, 0.0),
    ({"$log10": 100}, 2.0),
    ({"$log": [8, 2]}, 3.0),
    ({"$sum": "$list"}, 6),
    ({"$sum": [1, "$long", "x"]}, Int64(6)),
    ({"$avg": "$list"}, 2.0),
    ({"$min": "$list"}, 1),
    ({"$max": ["$one", "$half"]}, 2.5),
]
CHOICES: list[tuple[Any, Any]] = [
    ("$object.y.z", 2),
    ("$legs.v", [1, 2]),
    ("$nothing", NOTHING),
    ("$$ROOT.one", 1),
    ("$$CURRENT.one", 1),
    ({"$literal": "$one"}, "$one"),
    ({"$eq": ["$one", 1.0]}, True),
    ({"$eq": ["$nothing", None]}, False),
    ({"$ne": ["$one", 2]}, True),
    ({"$gt": ["$text", 5]}, True),
    ({"$lt": ["$null", 0]}, True),
    ({"$gte": ["$half", 2.5]}, True),
    ({"$lte": ["$yes", False]}, False),
    ({"$cmp": [1, 2]}, -1),
    ({"$and": ["$yes", "$one"]}, True),
    ({"$and": []}, True),
    ({"$or": ["$null", 0]}, False),
    ({"$or": []}, False),
    ({"$not": ["$null"]}, True),
    ({"$not": [Decimal128("0")]}, True),
    ({"$cond": ["$yes", "a", "b"]}, "a"),
    ({"$cond": {"if": {"$gt": ["$one", 5]}, "then": "a", "else": "b"}}, "b"),
    ({"$ifNull": ["$null", "x"]}, "x"),
    ({"$ifNull": ["$nothing", "$null", "x"]}, "x"),
    ({"$switch": {"branches": [{"case": {"$gt": ["$one", 5]}, "then": "big"},
                               {"case": "$yes", "then": "yes"}], "default": "no"}}, "yes"),
    ({"$switch": {"branches": [{"case": False, "then": 1}], "default": "no"}}, "no"),
    ({"$let": {"vars": {"a": "$one", "b": 2}, "in": {"$add": ["$$a", "$$b"]}}}, 3),
    ({"$type": "$one"}, "int"),
    ({"$type": "$nothing"}, "missing"),
    ({"$type": "$exact"}, "decimal"),
    ({"$isNumber": "$text"}, False),
]  # fmt: skip
LISTS: list[tuple[Any, Any]] = [
    ({"$size": "$list"}, 3),
    ({"$arrayElemAt": ["$list", 0]}, 3),
    ({"$arrayElemAt": ["$list", -1]}, 2),
    ({"$arrayElemAt": ["$list", 9]}, NOTHING),
    ({"$first": "$list"}, 3),
    ({"$last": "$list"}, 2),
    ({"$concatArrays": ["$list", [9]]}, [3, 1, 2, 9]),
    ({"$concatArrays": ["$list", "$null"]}, None),
    ({"$slice": ["$list", 2]}, [3, 1]),
    ({"$slice": ["$list", -2]}, [1, 2]),
    ({"$slice": ["$list", 1, 1]}, [1]),
    ({"$reverseArray": "$list"}, [2, 1, 3]),
    ({"$indexOfArray": ["$list", 2]}, 2),
    ({"$indexOfArray": ["$list", 9]}, -1),
    ({"$in": [1, "$list"]}, True),
    ({"$in": ["x", "$list"]}, False),
    ({"$isArray": ["$list"]}, True),
    ({"$range": [0, 10, 3]}, [0, 3, 6, 9]),
    ({"$range": [3, 0, -1]}, [3, 2, 1]),
    ({"$map": {"input": "$list", "as": "x", "in": {"$multiply": ["$$x", 2]}}}, [6, 2, 4]),
    ({"$map": {"input": "$list", "in": {"$add": ["$$this", "$one"]}}}, [4, 2, 3]),
    ({"$map": {"input": "$null", "in": "$$this"}}, None),
    ({"$filter": {"input": "$list", "as": "x", "cond": {"$gt": ["$$x", 1]}}}, [3, 2]),
    ({"$filter": {"input": "$legs", "cond": {"$eq": ["$$this.t", "b"]}}}, [{"v": 2, "t": "b"}]),
    ({"$reduce": {"input": "$list", "initialValue": 0, "in": {"$add": ["$$value", "$$this"]}}}, 6),
    ({"$map": {"input": [1, 2], "as": "x", "in": {"$map": {"input": [10, 20], "as": "y", "in":
        {"$add": ["$$x", "$$y"]}}}}}, [[11, 21], [12, 22]]),
    ({"$zip": {"inputs": [[1, 2], ["a", "b", "c"]]}}, [[1, "a"], [2, "b"]]),
    ({"$sortArray": {"input": "$list", "sortBy": 1}}, [1, 2, 3]),
    ({"$sortArray": {"input": "$legs", "sortBy": {"v": -1}}},
     [{"v": 2, "t": "b"}, {"v": 1, "t": "a"}]),
    ({"$arrayToObject": [[["a", 1], ["b", 2]]]}, {"a": 1, "b": 2}),
    ({"$arrayToObject": {"$literal": [{"k": "a", "v": 1}]}}, {"a": 1}),
    ({"$objectToArray": "$object"}, [{"k": "x", "v": 1}, {"k": "y", "v": {"z": 2}}]),
    ({"$mergeObjects": ["$object", {"x": 9}]}, {"x": 9, "y": {"z": 2}}),
    ({"$getField": "one"}, 1),
    ({"$getField": {"field": "x", "input": "$object"}}, 1),
    ({"$setEquals": [[1, 2, 2], [2, 1]]}, True),
    ({"$setIsSubset": [[1], "$list"]}, True),
    ({"$setDifference": ["$list", [1]]}, [3, 2]),
    ({"$anyElementTrue": [[0, 1]]}, True),
    ({"$allElementsTrue": [[0, 1]]}, False),
]  # fmt: skip
TEXTS: list[tuple[Any, Any]] = [
    ({"$concat": ["$text", "!", "x"]}, "Gold Coin!x"),
    ({"$concat": ["$text", "$null"]}, None),
    ({"$toUpper": "$text"}, "GOLD COIN"),
    ({"$toLower": "$text"}, "gold coin"),
    ({"$toUpper": "$null"}, ""),
    ({"$split": ["$text", " "]}, ["Gold", "Coin"]),
    ({"$strLenCP": "Zürich"}, 6),
    ({"$strLenBytes": "Zürich"}, 7),
    ({"$substrCP": ["$text", 5, 4]}, "Coin"),
    ({"$substrBytes": ["$text", 0, 4]}, "Gold"),
    ({"$substr": ["$text", 5, -1]}, "Coin"),
    ({"$indexOfCP": ["$text", "o"]}, 1),
    ({"$indexOfCP": ["$text", "o", 2]}, 6),
    ({"$indexOfCP": ["$text", "zz"]}, -1),
    ({"$strcasecmp": ["gold", "GOLD"]}, 0),
    ({"$trim": {"input": "  x "}}, "x"),
    ({"$ltrim": {"input": "  x "}}, "x "),
    ({"$rtrim": {"input": "xyx", "chars": "x"}}, "xy"),
    ({"$replaceOne": {"input": "aXbX", "find": "X", "replacement": "-"}}, "a-bX"),
    ({"$replaceAll": {"input": "aXbX", "find": "X", "replacement": "-"}}, "a-b-"),
    ({"$regexMatch": {"input": "$text", "regex": "^gold", "options": "i"}}, True),
    ({"$regexMatch": {"input": "$text", "regex": "^gold"}}, False),
    ({"$regexFind": {"input": "$text", "regex": "(C)(o)"}},
     {"match": "Co", "idx": 5, "captures": ["C", "o"]}),
    ({"$regexFind": {"input": "$text", "regex": "zz"}}, None),
]  # fmt: skip
CONVERSIONS: list[tuple[Any, Any]] = [
    ({"$toString": "$one"}, "1"),
    ({"$toString": "$half"}, "2.5"),
    ({"$toString": "$yes"}, "true"),
    ({"$toString": "$exact"}, "1.10"),
    ({"$toString": "$oid"}, "507f1f77bcf86cd799439011"),
    ({"$toString": "$day"}, "2026-05-04T13:30:05.007Z"),
    ({"$toString": "$null"}, None),
    ({"$toInt": "12"}, 12),
    ({"$toInt": 2.9}, 2),
    ({"$toInt": "$yes"}, 1),
    ({"$toLong": "$one"}, Int64(1)),
    ({"$toLong": "$day"}, Int64(1777901405007)),
    ({"$toDouble": "2.5"}, 2.5),
    ({"$toDecimal": "1.10"}, Decimal128("1.10")),
    ({"$toBool": 0}, False),
    ({"$toBool": "false"}, True),
    ({"$toDate": "2026-05-04T13:30:05.007Z"}, at(2026, 5, 4, 13, 30, 5, 7000)),
    ({"$toDate": "$oid"}, at(2012, 10, 17, 21, 13, 27)),
    ({"$toObjectId": "507f1f77bcf86cd799439011"}, ObjectId("507f1f77bcf86cd799439011")),
    ({"$convert": {"input": "x", "to": "int", "onError": -1}}, -1),
    ({"$convert": {"input": None, "to": "int", "onNull": 0}}, 0),
    ({"$convert": {"input": "5", "to": 16}}, 5),
]
DATES: list[tuple[Any, Any]] = [
    ({"$year": "$day"}, 2026),
    ({"$month": "$day"}, 5),
    ({"$dayOfMonth": "$day"}, 4),
    ({"$dayOfWeek": "$day"}, 2),
    ({"$dayOfYear": "$day"}, 124),
    ({"$hour": "$day"}, 13),
    ({"$minute": "$day"}, 30),
    ({"$second": "$day"}, 5),
    ({"$millisecond": "$day"}, 7),
    ({"$isoWeek": "$day"}, 19),
    ({"$isoDayOfWeek": "$day"}, 1),
    ({"$week": "$day"}, 18),
    ({"$hour": {"date": "$day", "timezone": "+02:00"}}, 15),
    ({"$hour": {"date": "$day", "timezone": "America/New_York"}}, 9),
    ({"$year": "$null"}, None),
    ({"$dateToString": {"date": "$day"}}, "2026-05-04T13:30:05.007Z"),
    ({"$dateToString": {"date": "$day", "format": "%d.%m.%Y %H:%M:%S.%L %j %u %V %%"}},
     "04.05.2026 13:30:05.007 124 1 19 %"),
    ({"$dateToString": {"date": "$day", "format": "%H:%M", "timezone": "+0530"}}, "19:00"),
    ({"$dateToString": {"date": "$null", "onNull": "never"}}, "never"),
    ({"$dateFromString": {"dateString": "2026-05-04"}}, at(2026, 5, 4)),
    ({"$dateFromString": {"dateString": "2026-05-04T10:00:00+02:00"}}, at(2026, 5, 4, 8)),
    ({"$dateFromString": {"dateString": "x", "onError": "bad"}}, "bad"),
    ({"$dateFromParts": {"year": 2026, "month": 5, "day": 4}}, at(2026, 5, 4)),
    ({"$dateFromParts": {"year": 2026, "month": 14}}, at(2027, 2, 1)),
    ({"$dateToParts": {"date": "$day"}},
     {"year": 2026, "month": 5, "day": 4, "hour": 13, "minute": 30, "second": 5, "millisecond": 7}),
    ({"$dateAdd": {"startDate": "$day", "unit": "day", "amount": 3}},
     at(2026, 5, 7, 13, 30, 5, 7000)),
    ({"$dateAdd": {"startDate": at(2026, 1, 31), "unit": "month", "amount": 1}}, at(2026, 2, 28)),
    ({"$dateSubtract": {"startDate": at(2026, 3, 31), "unit": "quarter", "amount": 1}},
     at(2025, 12, 31)),
    ({"$dateTrunc": {"date": "$day", "unit": "hour"}}, at(2026, 5, 4, 13)),
    ({"$dateTrunc": {"date": "$day", "unit": "minute", "binSize": 20}}, at(2026, 5, 4, 13, 20)),
    ({"$dateTrunc": {"date": "$day", "unit": "week"}}, at(2026, 5, 3)),
    ({"$dateTrunc": {"date": "$day", "unit": "week", "startOfWeek": "monday"}}, at(2026, 5, 4)),
    ({"$dateTrunc": {"date": "$day", "unit": "quarter"}}, at(2026, 4, 1)),
    ({"$dateTrunc": {"date": "$day", "unit": "month"}}, at(2026, 5, 1)),
    ({"$dateTrunc": {"date": "$day", "unit": "day", "timezone": "+12:00"}}, at(2026, 5, 4, 12)),
    ({"$dateDiff": {"startDate": at(2026, 5, 3, 23), "endDate": "$day", "unit": "day"}}, Int64(1)),
    ({"$dateDiff": {"startDate": "$day", "endDate": at(2027, 1, 1), "unit": "year"}}, Int64(1)),
    ({"$dateDiff": {"startDate": "$day", "endDate": at(2026, 5, 4, 14), "unit": "minute"}},
     Int64(30)),
]  # fmt: skip
ALL = [*NUMBERS, *CHOICES, *LISTS, *TEXTS, *CONVERSIONS, *DATES]


@pytest.mark.parametrize(("expression", "expected"), rows(ALL))
def test_an_expression_is_computed(stock: Stock, expression: Any, expected: Any) -> None:
    c = stock(DOCUMENTS)
    (found,) = c.aggregate([{"$project": {"_id": 0, "x": expression}}])
    assert identical(found.get("x", NOTHING), expected), found


@pytest.mark.parametrize(
    ("expression", "expected"),
    rows([
        ({"$setUnion": [[1, 2], [2, 3]]}, [1, 2, 3]),
        ({"$setIntersection": ["$list", [1, 2, 9]]}, [1, 2]),
    ]),
)  # fmt: skip
def test_a_set_is_computed_in_no_order(stock: Stock, expression: Any, expected: list[Any]) -> None:
    c = stock(DOCUMENTS)
    (found,) = c.aggregate([{"$project": {"_id": 0, "x": expression}}])
    assert sorted(found["x"]) == expected


REFUSED: list[tuple[Any, int]] = [
    ({"$add": ["$one", "$text"]}, 14),
    ({"$add": ["$day", "$day"]}, 16612),
    ({"$subtract": ["$text", 1]}, 14),
    ({"$divide": [1, 0]}, 2),
    ({"$mod": [1, 0]}, 16610),
    ({"$sqrt": -1}, 28714),
    ({"$size": "$one"}, 17124),
    ({"$in": [1, "$one"]}, 40081),
    ({"$arrayElemAt": ["$one", 0]}, 28689),
    ({"$concatArrays": ["$one"]}, 28664),
    ({"$map": {"input": "$one", "in": 1}}, 16883),
    ({"$filter": {"input": "$one", "cond": 1}}, 28651),
    ({"$reduce": {"input": "$one", "initialValue": 0, "in": 1}}, 40080),
    ({"$concat": ["$one"]}, 16702),
    ({"$split": ["$text", ""]}, 40087),
    ({"$strLenCP": "$one"}, 34471),
    ({"$toInt": "1.5"}, 241),
    ({"$toInt": "$list"}, 241),
    ({"$toDate": "x"}, 241),
    ({"$toObjectId": "x"}, 241),
    ({"$year": "$text"}, 16006),
    ({"$mergeObjects": ["$one"]}, 40400),
    ({"$switch": {"branches": [{"case": False, "then": 1}]}}, 40066),
    ({"$switch": {"branches": []}}, 40068),
    ({"$eq": [1]}, 16020),
    ({"$range": [0, float("inf")]}, 34446),
    ({"$slice": ["$list", float("nan")]}, 28726),
    ({"$arrayToObject": "$list"}, 40398),
]


@pytest.mark.parametrize(("expression", "code"), rows(REFUSED))
def test_an_expression_that_makes_no_sense_is_refused(
    stock: Stock, expression: Any, code: int
) -> None:
    c = stock(DOCUMENTS)
    with pytest.raises(OperationFailure) as refused:
        list(c.aggregate([{"$project": {"x": expression}}]))
    assert refused.value.code == code
