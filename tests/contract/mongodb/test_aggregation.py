"""The manual's "Aggregation Stages" and "Accumulators ($group)"."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Code, Decimal128, Int64
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

from tests.contract.mongodb.tables import Stock, rows

C = Collection[dict[str, Any]]
Documents = list[dict[str, Any]]

TRADES: Documents = [
    {"_id": 1, "s": "GOLD", "pnl": 5, "tags": ["x", "y"], "who": "a", "at": {"h": 9}},
    {"_id": 2, "s": "GOLD", "pnl": -2.5, "tags": ["y"], "who": "a", "at": {"h": 10}},
    {"_id": 3, "s": "EURUSD", "pnl": Int64(1), "tags": [], "who": "b"},
    {"_id": 4, "s": None, "pnl": None, "tags": None, "who": "zz"},
    {"_id": 5, "pnl": "lost", "who": ["a", "b"]},
]
PEOPLE: Documents = [
    {"_id": "a", "type": "SLAVE", "n": 1},
    {"_id": "b", "type": "MASTER", "n": 2},
    {"_id": "c", "type": "SLAVE"},
]

BY_SYMBOL = {"$sort": {"_id": 1}}
ID = {"$project": {"_id": 1}}

STAGES: list[tuple[Documents, Documents]] = [
    ([{"$match": {"s": "GOLD"}}, ID], [{"_id": 1}, {"_id": 2}]),
    ([{"$sort": {"_id": -1}}, {"$skip": 1}, {"$limit": 2}, ID], [{"_id": 4}, {"_id": 3}]),
    ([{"$count": "n"}], [{"n": 5}]),
    ([{"$match": {"_id": 99}}, {"$count": "n"}], []),
    ([{"$project": {"s": 1}}, {"$limit": 1}], [{"_id": 1, "s": "GOLD"}]),
    ([{"$project": {"_id": 0, "s": 1}}, {"$limit": 1}], [{"s": "GOLD"}]),
    ([{"$match": {"_id": 1}}, {"$project": {"s": 0, "tags": 0, "at.h": 0}}],
     [{"_id": 1, "pnl": 5, "who": "a", "at": {}}]),
    ([{"$match": {"_id": 1}}, {"$project": {"twice": {"$multiply": ["$pnl", 2]}}}],
     [{"_id": 1, "twice": 10}]),
    ([{"$match": {"_id": 1}}, {"$project": {"_id": 0, "hour": "$at.h"}}], [{"hour": 9}]),
    ([{"$match": {"_id": 1}}, {"$project": {"_id": "$s"}}], [{"_id": "GOLD"}]),
    ([{"$match": {"_id": 1}}, {"$project": {"at": {"h": 1}}}], [{"_id": 1, "at": {"h": 9}}]),
    ([{"$match": {"_id": 1}}, {"$project": {"x.y": "$s"}}], [{"_id": 1, "x": {"y": "GOLD"}}]),
    ([{"$match": {"_id": 1}}, {"$project": {"l": ["$s", "$nothing"]}}],
     [{"_id": 1, "l": ["GOLD", None]}]),
    ([{"$match": {"_id": 3}}, {"$set": {"s": "$$REMOVE", "pnl": 7}}],
     [{"_id": 3, "pnl": 7, "tags": [], "who": "b"}]),
    ([{"$match": {"_id": 3}}, {"$addFields": {"at.h": 1, "n": {"$size": "$tags"}}},
      {"$unset": "who"}],
     [{"_id": 3, "s": "EURUSD", "pnl": 1, "tags": [], "at": {"h": 1}, "n": 0}]),
    ([{"$match": {"_id": 2}}, {"$unset": ["s", "tags", "at.h"]}],
     [{"_id": 2, "pnl": -2.5, "who": "a", "at": {}}]),
    ([{"$match": {"at": {"$exists": True}}}, {"$replaceRoot": {"newRoot": "$at"}}],
     [{"h": 9}, {"h": 10}]),
    ([{"$match": {"_id": 1}}, {"$replaceWith": {"a": "$s", "b": "$nothing"}}], [{"a": "GOLD"}]),
    ([{"$unwind": "$tags"}, {"$project": {"tags": 1}}],
     [{"_id": 1, "tags": "x"}, {"_id": 1, "tags": "y"}, {"_id": 2, "tags": "y"}]),
    ([{"$unwind": {"path": "$tags", "preserveNullAndEmptyArrays": True}},
      {"$project": {"tags": 1}}],
     [{"_id": 1, "tags": "x"}, {"_id": 1, "tags": "y"}, {"_id": 2, "tags": "y"}, {"_id": 3},
      {"_id": 4, "tags": None}, {"_id": 5}]),
    ([{"$unwind": {"path": "$tags", "includeArrayIndex": "at"}}, {"$project": {"at": 1}}],
     [{"_id": 1, "at": 0}, {"_id": 1, "at": 1}, {"_id": 2, "at": 0}]),
    ([{"$unwind": "$s"}, {"$count": "n"}], [{"n": 3}]),
    ([{"$group": {"_id": "$s", "n": {"$sum": 1}}}, BY_SYMBOL],
     [{"_id": None, "n": 2}, {"_id": "EURUSD", "n": 1}, {"_id": "GOLD", "n": 2}]),
    ([{"$group": {"_id": {"s": "$s", "w": "$who"}, "n": {"$sum": 1}}},
      {"$match": {"_id.s": "GOLD"}}],
     [{"_id": {"s": "GOLD", "w": "a"}, "n": 2}]),
    ([{"$sortByCount": "$s"}, {"$limit": 1}, {"$project": {"count": 1, "_id": 0}}], [{"count": 2}]),
    ([{"$match": {"_id": {"$lt": 4}}},
      {"$bucket": {"groupBy": "$pnl", "boundaries": [-5, 0, 5, 9]}}],
     [{"_id": -5, "count": 1}, {"_id": 0, "count": 1}, {"_id": 5, "count": 1}]),
    ([{"$bucket": {"groupBy": "$pnl", "boundaries": [0, 10], "default": "other",
                   "output": {"ids": {"$push": "$_id"}}}}],
     [{"_id": 0, "ids": [1, 3]}, {"_id": "other", "ids": [2, 4, 5]}]),
    ([{"$bucketAuto": {"groupBy": "$_id", "buckets": 2}}],
     [{"_id": {"min": 1, "max": 4}, "count": 3}, {"_id": {"min": 4, "max": 5}, "count": 2}]),
    ([{"$facet": {"n": [{"$count": "n"}], "first": [{"$sort": {"_id": 1}}, {"$limit": 1}, ID]}}],
     [{"n": [{"n": 5}], "first": [{"_id": 1}]}]),
    ([{"$match": {"_id": 1}}, ID, {"$unionWith": "people"}, ID],
     [{"_id": 1}, {"_id": "a"}, {"_id": "b"}, {"_id": "c"}]),
    ([ID, {"$match": {"_id": 1}},
      {"$unionWith": {"coll": "people", "pipeline": [{"$match": {"n": 2}}, ID]}}],
     [{"_id": 1}, {"_id": "b"}]),
    ([{"$lookup": {"from": "people", "localField": "who", "foreignField": "_id", "as": "p"}},
      {"$project": {"p": "$p._id"}}],
     [{"_id": 1, "p": ["a"]}, {"_id": 2, "p": ["a"]}, {"_id": 3, "p": ["b"]}, {"_id": 4, "p": []},
      {"_id": 5, "p": ["a", "b"]}]),
    ([{"$match": {"_id": 4}},
      {"$lookup": {"from": "people", "localField": "nothing", "foreignField": "n", "as": "p"}},
      {"$project": {"p": "$p._id"}}], [{"_id": 4, "p": ["c"]}]),
    ([{"$match": {"_id": 3}},
      {"$lookup": {"from": "people", "let": {"w": "$who"}, "as": "p",
                   "pipeline": [{"$match": {"$expr": {"$eq": ["$_id", "$$w"]}}},
                                {"$project": {"n": 1}}]}},
      {"$project": {"p": 1}}], [{"_id": 3, "p": [{"_id": "b", "n": 2}]}]),
    ([{"$match": {"_id": 5}},
      {"$lookup": {"from": "people", "localField": "who", "foreignField": "_id", "as": "p",
                   "pipeline": [{"$match": {"n": {"$gt": 1}}}, ID]}},
      {"$project": {"p": 1}}], [{"_id": 5, "p": [{"_id": "b"}]}]),
    ([{"$match": {"_id": 3}}, {"$lookup": {"from": "nobody", "pipeline": [], "as": "p"}},
      {"$project": {"p": 1}}], [{"_id": 3, "p": []}]),
    ([{"$sample": {"size": 99}}, {"$count": "n"}], [{"n": 5}]),
    ([{"$match": {"$expr": {"$gt": [{"$size": {"$ifNull": ["$tags", []]}}, 1]}}}, ID],
     [{"_id": 1}]),
]  # fmt: skip


@pytest.mark.parametrize(("pipeline", "expected"), rows(STAGES))
def test_a_pipeline_answers(stock: Stock, pipeline: Documents, expected: Documents) -> None:
    c, people = stock(TRADES), stock(PEOPLE)
    assert list(c.aggregate(about(people.name, pipeline))) == expected


def about(people: str, pipeline: Documents) -> Documents:
    """The stages with the other collection's name where they say "people"."""
    told: Documents = json.loads(json.dumps(pipeline).replace('"people"', f'"{people}"'))
    return told


GATHERED: list[tuple[dict[str, Any], Any]] = [
    ({"$sum": "$pnl"}, 3.5),
    ({"$sum": "$nothing"}, 0),
    ({"$sum": 1}, 5),
    ({"$sum": {"$ifNull": ["$at.h", 0]}}, 19),
    ({"$avg": "$pnl"}, 3.5 / 3),
    ({"$avg": "$nothing"}, None),
    ({"$min": "$pnl"}, -2.5),
    ({"$max": "$pnl"}, "lost"),
    ({"$min": "$s"}, "EURUSD"),
    ({"$first": "$s"}, "GOLD"),
    ({"$last": "$s"}, None),
    ({"$push": "$pnl"}, [5, -2.5, 1, None, "lost"]),
    ({"$push": {"h": "$at.h"}}, [{"h": 9}, {"h": 10}, {}, {}, {}]),
    ({"$count": {}}, 5),
    ({"$mergeObjects": "$at"}, {"h": 10}),
    ({"$stdDevPop": "$at.h"}, 0.5),
    ({"$stdDevSamp": {"$literal": 1}}, 0.0),
]


@pytest.mark.parametrize(("gather", "expected"), rows(GATHERED))
def test_a_group_gathers(stock: Stock, gather: dict[str, Any], expected: Any) -> None:
    c = stock(TRADES)
    (found,) = c.aggregate([{"$sort": {"_id": 1}}, {"$group": {"_id": None, "x": gather}}])
    assert found == {"_id": None, "x": expected}


def test_a_group_gathers_each_value_once(c: C) -> None:
    c.insert_many(TRADES)
    (found,) = c.aggregate([{"$group": {"_id": None, "x": {"$addToSet": "$s"}}}])
    assert sorted(found["x"], key=str) == ["EURUSD", "GOLD", None]


@pytest.mark.parametrize(
    ("values", "total"),
    [
        ([1, 2], 3),
        ([1, Int64(2)], Int64(3)),
        ([1, 2.5], 3.5),
        ([2**31 - 1, 1], Int64(2**31)),
        ([1, Decimal128("0.1")], Decimal128("1.1")),
        ([1, "x", None], 1),
    ],
    ids=str,
)
def test_a_sum_has_the_widest_type(c: C, values: list[Any], total: Any) -> None:
    c.insert_many([{"v": value} for value in values])
    (found,) = c.aggregate([{"$group": {"_id": None, "x": {"$sum": "$v"}}}])
    assert found["x"] == total
    assert type(found["x"]) is type(total)


REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"$frobnicate": 1}, 40324),
    ({"$match": 5}, 15959),
    ({"$limit": 0}, 15958),
    ({"$project": {}}, 51272),
    ({"$project": {"a": 1, "b": 0}}, 31254),
    ({"$project": {"a": {"$frobnicate": 1}}}, 168),
    ({"$project": {"a": {"$add": [1, 2], "$eq": [1, 2]}}}, 15983),
    ({"$project": {"a": "$$frobnicate"}}, 17276),
    ({"$group": {"n": {"$sum": 1}}}, 15955),
    ({"$group": {"_id": None, "n": 1}}, 40234),
    ({"$group": {"_id": None, "n": {"$frobnicate": 1}}}, 15952),
    ({"$group": {"_id": None, "a.b": {"$sum": 1}}}, 40235),
    ({"$unwind": "tags"}, 28818),
    ({"$unwind": {"path": "$tags", "frobnicate": 1}}, 28811),
    ({"$replaceRoot": {"newRoot": "$s"}}, 40228),
    ({"$facet": {}}, 40169),
    ({"$facet": {"a": [{"$facet": {"b": [{"$count": "n"}]}}]}}, 40600),
    ({"$bucket": {"groupBy": "$pnl", "boundaries": [5, 0]}}, 40194),
    ({"$bucketAuto": {"groupBy": "$pnl", "buckets": 0}}, 40243),
    ({"$count": ""}, 40156),
    ({"$count": Code("x", {"a": 1})}, 40156),
    ({"$sample": {}}, 28749),
    ({"$addFields": 1}, 40272),
    ({"$sort": {}}, 15976),
    ({"$sort": {"a": 2}}, 15975),
    ({"$match": {}, "$limit": 1}, 40323),
]


@pytest.mark.parametrize(("stage", "code"), rows(REFUSED))
def test_a_stage_that_makes_no_sense_is_refused(
    stock: Stock, stage: dict[str, Any], code: int
) -> None:
    c = stock(TRADES)
    with pytest.raises(OperationFailure) as refused:
        list(c.aggregate([stage]))
    assert refused.value.code == code


def test_dates_are_grouped_by_day(c: C) -> None:
    c.insert_many([{"t": datetime(2026, 5, day, hour, tzinfo=UTC)} for day, hour in
                   ((4, 1), (4, 23), (5, 0))])  # fmt: skip
    day = {"$dateToString": {"format": "%Y-%m-%d", "date": "$t"}}
    found = c.aggregate([{"$group": {"_id": day, "n": {"$sum": 1}}}, BY_SYMBOL])
    assert list(found) == [{"_id": "2026-05-04", "n": 2}, {"_id": "2026-05-05", "n": 1}]
