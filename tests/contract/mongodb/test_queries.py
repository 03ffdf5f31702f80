"""The manual's "Query and Projection Operators": comparison, logical, element, evaluation, array
and bitwise operators, "Query for Null or Missing Fields" and "Query an Array"."""

from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.binary import Binary
from pymongo.errors import OperationFailure

from tests.contract.mongodb.tables import Stock, rows

DAY = datetime(2026, 5, 4, 3, 2, 1, 123000, tzinfo=UTC)

VALUES: list[dict[str, Any]] = [
    {"_id": 1, "v": 1},
    {"_id": 2, "v": Int64(2)},
    {"_id": 3, "v": 3.5},
    {"_id": 4, "v": Decimal128("4.5")},
    {"_id": 5, "v": "abc"},
    {"_id": 6, "v": None},
    {"_id": 7},
    {"_id": 8, "v": True},
    {"_id": 9, "v": DAY},
    {"_id": 10, "v": {"x": 1, "y": 2}},
    {"_id": 11, "v": [1, 5, "abc"]},
    {"_id": 12, "v": ObjectId("0123456789abcdef01234567")},
    {"_id": 13, "v": Binary(b"\x01\x02")},
    {"_id": 14, "v": []},
    {"_id": 15, "v": Timestamp(5, 1)},
    {"_id": 16, "v": float("nan")},
    {"_id": 17, "v": [[1, 5]]},
]

ON_VALUES: list[tuple[dict[str, Any], list[int]]] = [
    ({"v": 1}, [1, 11]),
    ({"v": 1.0}, [1, 11]),
    ({"v": Int64(1)}, [1, 11]),
    ({"v": Decimal128("1.0")}, [1, 11]),
    ({"v": {"$eq": 3.5}}, [3]),
    ({"v": Decimal128("4.50")}, [4]),
    ({"v": True}, [8]),
    ({"v": DAY}, [9]),
    ({"v": ObjectId("0123456789abcdef01234567")}, [12]),
    ({"v": Binary(b"\x01\x02")}, [13]),
    ({"v": Binary(b"\x01\x02", 5)}, []),
    ({"v": None}, [6, 7]),
    ({"v": {"$ne": None}}, [1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]),
    ({"v": {"$exists": True}}, [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]),
    ({"v": {"$exists": False}}, [7]),
    ({"v": {"$exists": 0}}, [7]),
    ({"v": {"$type": "null"}}, [6]),
    ({"v": {"$type": 10}}, [6]),
    ({"v": {"$type": "number"}}, [1, 2, 3, 4, 11, 16]),
    ({"v": {"$type": "int"}}, [1, 11]),
    ({"v": {"$type": "long"}}, [2]),
    ({"v": {"$type": "double"}}, [3, 16]),
    ({"v": {"$type": "decimal"}}, [4]),
    ({"v": {"$type": "array"}}, [11, 14, 17]),
    ({"v": {"$type": ["string", "bool"]}}, [5, 8, 11]),
    ({"v": {"$type": "object"}}, [10]),
    ({"v": {"$type": "date"}}, [9]),
    ({"v": {"$type": "objectId"}}, [12]),
    ({"v": {"$type": "binData"}}, [13]),
    ({"v": {"$type": "timestamp"}}, [15]),
    ({"v": {"$gt": 3}}, [3, 4, 11]),
    ({"v": {"$gte": 3.5, "$lt": 4.5}}, [3, 11]),
    ({"v": {"$lt": 2}}, [1, 11]),
    ({"v": {"$lte": Decimal128("2")}}, [1, 2, 11]),
    ({"v": {"$gt": "abb"}}, [5, 11]),
    ({"v": {"$gt": False}}, [8]),
    ({"v": {"$gte": None}}, [6, 7]),
    ({"v": {"$gt": None}}, []),
    ({"v": {"$lt": DAY}}, []),
    ({"v": {"$lte": DAY}}, [9]),
    ({"v": {"$gt": {"x": 1}}}, [10]),
    ({"v": {"$gte": Timestamp(5, 1)}}, [15]),
    ({"v": {"$gt": ObjectId("000000000000000000000000")}}, [12]),
    ({"v": {"$in": [1, "abc", None]}}, [1, 5, 6, 7, 11]),
    ({"v": {"$in": []}}, []),
    ({"v": {"$nin": []}}, list(range(1, 18))),
    ({"v": {"$in": [Regex("^a")]}}, [5, 11]),
    ({"v": {"$nin": [1, None, Regex("^a")]}}, [2, 3, 4, 8, 9, 10, 12, 13, 14, 15, 16, 17]),
    ({"v": {"$in": [[1, 5], []]}}, [14, 17]),
    ({"v": {"$ne": 1}}, [2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17]),
    ({"v": {"x": 1, "y": 2}}, [10]),
    ({"v": {"y": 2, "x": 1}}, []),
    ({"v": [1, 5, "abc"]}, [11]),
    ({"v": [1, 5]}, [17]),
    ({"v": []}, [14]),
    ({"v": {"$size": 0}}, [14]),
    ({"v": {"$size": 3}}, [11]),
    ({"v": {"$all": [1, "abc"]}}, [11]),
    ({"v": {"$all": [1]}}, [1, 11]),
    ({"v": {"$all": [[1, 5]]}}, [17]),
    ({"v": {"$all": []}}, []),
    ({"v": {"$elemMatch": {"$gt": 2, "$lt": 6}}}, [11]),
    ({"v": {"$elemMatch": {"$eq": [1, 5]}}}, [17]),
    ({"v": {"$elemMatch": {"$elemMatch": {"$eq": 5}}}}, [17]),
    ({"v": {"$mod": [2, 1]}}, [1, 3, 11]),
    ({"v": {"$mod": [4, 0]}}, [4]),
    ({"v": {"$not": {"$gt": 1}}}, [1, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17]),
    ({"v": {"$not": Regex("^a")}}, [1, 2, 3, 4, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17]),
    ({"v": {"$not": {"$exists": True}}}, [7]),
    ({"v": float("nan")}, [16]),
    ({"v": {"$gte": float("nan")}}, [16]),
    ({"v": {"$lt": float("inf"), "$type": "double"}}, [3]),
    ({"v": {"$gt": MinKey(), "$exists": True}}, [*range(1, 7), *range(8, 18)]),
    ({"v": {"$lt": MaxKey(), "$exists": True, "$type": "number"}}, [1, 2, 3, 4, 11, 16]),
    ({"v.x": 1}, [10]),
    ({"v.0": 1}, [11]),
    ({"v.1": {"$gt": 1}}, [11]),
    ({"v.0.1": 5}, [17]),
    ({"v.0": [1, 5]}, [17]),
    ({"v.z": None, "v": {"$type": "object"}}, [10]),
    ({"v.x": {"$exists": True}}, [10]),
    ({"v": Regex("B", "i")}, [5, 11]),
    ({"v": {"$regex": "^AB", "$options": "i"}}, [5, 11]),
    ({"v": {"$regex": "c$"}}, [5, 11]),
    ({"v": {"$regex": Regex("BC", "i")}}, [5, 11]),
    ({"$comment": "why", "v": 1}, [1, 11]),
    ({"$expr": {"$eq": ["$v", 1]}}, [1]),
    ({"$expr": {"$gt": ["$_id", 15]}}, [16, 17]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), rows(ON_VALUES))
def test_a_condition_on_one_field(stock: Stock, query: dict[str, Any], expected: list[int]) -> None:
    c = stock(VALUES)
    assert sorted(d["_id"] for d in c.find(query)) == expected
    assert c.count_documents(query) == len(expected)


ORDERS: list[dict[str, Any]] = [
    {"_id": 1, "s": "GOLD", "legs": [{"v": 1, "t": "buy"}, {"v": 5, "t": "sell"}],
     "a": {"b": {"c": 1}}, "tags": ["x", "y"]},
    {"_id": 2, "s": "EURUSD", "legs": [{"v": 5, "t": "buy"}], "a": {"b": [{"c": 2}, {"c": 3}]},
     "tags": ["y"]},
    {"_id": 3, "s": "gold", "legs": [], "a": {"b": None}, "tags": []},
    {"_id": 4, "s": "line one\nGOLD", "legs": [{"v": None}, {"t": "buy"}], "a": None},
    {"_id": 5, "legs": {"v": 5, "t": "sell"}, "a": [{"b": 1}, {"b": 2}], "tags": "y"},
]  # fmt: skip

ON_ORDERS: list[tuple[dict[str, Any], list[int]]] = [
    ({"legs.v": 5}, [1, 2, 5]),
    ({"legs.v": 5, "legs.t": "buy"}, [1, 2]),
    ({"legs": {"$elemMatch": {"v": 5, "t": "buy"}}}, [2]),
    ({"legs": {"$elemMatch": {"v": {"$gt": 1}, "t": {"$ne": "buy"}}}}, [1]),
    ({"legs": {"$elemMatch": {"$or": [{"v": 1}, {"t": "sell"}]}}}, [1]),
    ({"legs": {"$not": {"$elemMatch": {"v": 5}}}}, [3, 4, 5]),
    ({"legs": {"v": 5, "t": "buy"}}, [2]),
    ({"legs.0.v": 5}, [2]),
    ({"legs.1.t": "sell"}, [1]),
    ({"legs.v": None}, [4]),
    ({"legs.v": {"$exists": False}}, [3]),
    ({"legs.v": {"$ne": 5}}, [3, 4]),
    ({"legs.v": {"$gt": 1, "$lt": 5}}, [1]),
    ({"legs.v": {"$gt": 3, "$lt": 2}}, [1]),
    ({"legs.v": {"$all": [1, 5]}}, [1]),
    ({"legs": {"$all": [{"$elemMatch": {"v": 1}}, {"$elemMatch": {"t": "sell"}}]}}, [1]),
    ({"legs": {"$size": 1}}, [2]),
    ({"legs.v": {"$in": [1, None]}}, [1, 4]),
    ({"legs.v": {"$nin": [5]}}, [3, 4]),
    ({"a.b.c": 1}, [1]),
    ({"a.b.c": {"$gte": 2}}, [2]),
    ({"a.b": None}, [3, 4]),
    ({"a.b": {"$exists": True}}, [1, 2, 3, 5]),
    ({"a.b": 2}, [5]),
    ({"a.1.b": 2}, [5]),
    ({"a.b.1.c": 3}, [2]),
    ({"tags": "y"}, [1, 2, 5]),
    ({"tags": ["y"]}, [2]),
    ({"tags": {"$ne": "x"}}, [2, 3, 4, 5]),
    ({"tags": {"$nin": ["x", "y"]}}, [3, 4]),
    ({"tags": {"$all": ["y"]}}, [1, 2, 5]),
    ({"tags.1": {"$exists": True}}, [1]),
    ({"$or": [{"s": "GOLD"}, {"tags": {"$size": 1}}]}, [1, 2]),
    ({"$and": [{"tags": "x"}, {"tags": "y"}]}, [1]),
    ({"$nor": [{"tags": "y"}, {"s": "gold"}]}, [4]),
    ({"$or": [{"$and": [{"_id": 1}, {"s": "GOLD"}]}, {"_id": 3}]}, [1, 3]),
    ({"s": {"$gt": "GOLD", "$ne": "gold"}}, [4]),
    ({"s": Regex("^gold$", "i")}, [1, 3]),
    ({"s": Regex("^GOLD", "m")}, [1, 4]),
    ({"s": Regex("one.GOLD", "s")}, [4]),
    ({"s": Regex("one.GOLD")}, []),
    ({"s": {"$regex": "G O L D # the metal", "$options": "x"}}, [1, 4]),
    ({"s": {"$regex": "gold", "$ne": "gold"}}, []),
    ({"s": {"$regex": "^g", "$options": "i", "$nin": ["gold"]}}, [1]),
    ({"_id": {"$in": [5, 1, 9]}}, [1, 5]),
    ({"_id": {"$gt": 1, "$lte": 3}}, [2, 3]),
    ({"$expr": {"$eq": [{"$type": "$tags"}, "array"]}}, [1, 2, 3]),
    ({"$expr": {"$in": ["GOLD", ["$s", "x"]]}}, [1]),
    ({"$jsonSchema": {"required": ["s"], "properties": {"s": {"enum": ["GOLD"]}}}}, [1]),
    ({"$jsonSchema": {"properties": {"tags": {"bsonType": "array", "minItems": 1}}}}, [1, 2, 4]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), rows(ON_ORDERS))
def test_a_condition_on_nested_documents_and_arrays(
    stock: Stock, query: dict[str, Any], expected: list[int]
) -> None:
    c = stock(ORDERS)
    assert sorted(d["_id"] for d in c.find(query)) == expected


FLAGS: list[dict[str, Any]] = [
    {"_id": 1, "a": 54},
    {"_id": 2, "a": 21.0},
    {"_id": 3, "a": 20},
    {"_id": 4, "a": Int64(-(2**62)), "negative": True},
    {"_id": 5, "a": "20"},
    {"_id": 6, "a": 20.5},
]
BITS: list[tuple[dict[str, Any], list[int]]] = [
    ({"a": {"$bitsAllSet": [1, 5]}}, [1]),
    ({"a": {"$bitsAllSet": 50}}, [1]),
    ({"a": {"$bitsAllClear": [1, 5]}}, [2, 3, 4]),
    ({"a": {"$bitsAllClear": 35}}, [3, 4]),
    ({"a": {"$bitsAnySet": [1, 5]}}, [1]),
    ({"a": {"$bitsAnySet": 20}}, [1, 2, 3]),
    ({"a": {"$bitsAnyClear": 54}}, [2, 3, 4]),
    ({"a": {"$bitsAllSet": Binary(b"\x14")}}, [1, 2, 3]),
    ({"a": {"$bitsAnySet": [63, 200]}}, [4]),
    ({"a": {"$bitsAllSet": [62, 63]}}, [4]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), rows(BITS))
def test_a_condition_on_bits(stock: Stock, query: dict[str, Any], expected: list[int]) -> None:
    c = stock(FLAGS)
    assert sorted(d["_id"] for d in c.find(query)) == expected


TEXTS = ["abc", "[:alph]", "\u0663", "x\n", "3", "é x", "]", "a-b"]
PATTERNS: list[tuple[str, list[str]]] = [
    ("^[[:alpha:]]+$", ["abc", "x\n"]),
    ("^[^[:alpha:]]$", ["\u0663", "3", "]"]),
    ("[x[:digit:]]", ["x\n", "3", "é x"]),
    (r"x\Z", ["x\n", "é x"]),
    (r"x\z", ["é x"]),
    (r"\d", ["3"]),
    (r"^[\d]$", ["3"]),
    (r"^[\D]$", ["\u0663", "x\n", "]"]),
    (r"^[\W]$", ["\u0663", "]"]),
    (r"^[\S]$", ["\u0663", "x\n", "3", "]"]),
    (r"^[^\S]$", []),
    (r"^[\s\S]{3,6}$", ["abc", "é x", "a-b"]),
    (r"^\w", ["abc", "x\n", "3", "a-b"]),
    (r"^\W", ["[:alph]", "\u0663", "é x", "]"]),
    (r"\bx", ["x\n", "é x"]),
    ("^[]]$", ["]"]),
    ("^[^]]b", ["abc"]),
    ("É", []),
    ("(?i)É", ["é x"]),
]


@pytest.mark.needs("Perl's patterns")
@pytest.mark.parametrize(("pattern", "expected"), rows(PATTERNS))
def test_a_pattern_means_what_perls_does(stock: Stock, pattern: str, expected: list[str]) -> None:
    c = stock([{"v": text} for text in TEXTS])
    assert [d["v"] for d in c.find({"v": {"$regex": pattern}})] == expected


REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"a": {"$frobnicate": 1}}, 2),
    ({"$frobnicate": 1}, 2),
    ({"$and": []}, 2),
    ({"$or": {"a": 1}}, 2),
    ({"a": {"$in": 1}}, 2),
    ({"a": {"$all": 1}}, 2),
    ({"a": {"$size": -1}}, 2),
    ({"a": {"$size": 1.5}}, 2),
    ({"a": {"$mod": [1]}}, 2),
    ({"a": {"$mod": [0, 0]}}, 2),
    ({"a": {"$not": 1}}, 2),
    ({"a": {"$not": {}}}, 2),
    ({"a": {"$elemMatch": 1}}, 2),
    ({"a": {"$type": "frobnicate"}}, 2),
    ({"a": {"$options": "i"}}, 2),
    ({"a": {"$bitsAllSet": -1}}, 2),
    ({"a": {"$in": [{"$gt": 1}]}}, 2),
    ({"a": {"$regex": "("}}, 51091),
    ({"a": {"$regex": "a", "$options": "q"}}, 51108),
]


@pytest.mark.parametrize(("query", "code"), rows(REFUSED))
def test_a_filter_that_makes_no_sense_is_refused(
    stock: Stock, query: dict[str, Any], code: int
) -> None:
    c = stock(FLAGS)
    with pytest.raises(OperationFailure) as refused:
        c.find_one(query)
    assert refused.value.code == code
