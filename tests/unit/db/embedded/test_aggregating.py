"""What comes out of a pipeline, and what is refused."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bson import Decimal128, Int64

from db.embedded.errors import Refusal
from db.embedded.file.storage import Storage
from db.embedded.holding.engine import Engine
from db.embedded.pipelines.aggregating import Pipeline, updated_by_pipeline
from db.embedded.values import identical

DAY = datetime(2026, 5, 4, 12, 30, 5, 7000, tzinfo=UTC)
DOCUMENTS: list[dict[str, Any]] = [
    {"_id": 1, "k": 1, "v": Int64(5), "d": Decimal128("1.1"), "t": DAY, "l": [1, 2], "s": {"n": 1}},
    {"_id": 2, "k": True, "v": 2.5, "d": Decimal128("2.2"), "l": []},
    {"_id": 3, "k": 1.0, "v": None, "l": "x"},
    {"_id": 4},
]


def run(tmp_path: Path, *stages: dict[str, Any]) -> list[dict[str, Any]]:
    with Storage(tmp_path / "embedded.db") as storage:
        return Pipeline(Engine(storage), "x").run(DOCUMENTS, list(stages))


def first(tmp_path: Path, expression: object) -> object:
    return run(tmp_path, {"$limit": 1}, {"$project": {"_id": 0, "x": expression}})[0].get("x", "-")


def test_groups_keep_true_apart_from_one(tmp_path: Path) -> None:
    groups = run(tmp_path, {"$group": {"_id": "$k", "n": {"$sum": 1}}})
    assert [(str(g["_id"]), g["n"]) for g in groups] == [("1", 2), ("True", 1), ("None", 1)]


@pytest.mark.parametrize(
    ("gather", "expected"),
    [
        ({"$sum": "$v"}, 7.5),
        ({"$sum": "$d"}, Decimal128("3.3")),
        ({"$sum": "$k"}, 2.0),
        ({"$avg": "$v"}, 3.75),
        ({"$avg": "$nothing"}, None),
        ({"$min": "$v"}, 2.5),
        ({"$max": "$v"}, Int64(5)),
        ({"$first": "$_id"}, 1),
        ({"$last": "$v"}, None),
        ({"$push": "$v"}, [Int64(5), 2.5, None]),
        ({"$addToSet": "$l"}, [[1, 2], [], "x"]),
        ({"$count": {}}, 4),
    ],
    ids=str,
)
def test_a_group_gathers(tmp_path: Path, gather: dict[str, Any], expected: object) -> None:
    (grouped,) = run(tmp_path, {"$group": {"_id": None, "x": gather}})
    assert identical(grouped["x"], expected), grouped


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$s.n", 1),
        ("$$ROOT.k", 1),
        ("$s.nothing", "-"),
        ("$$REMOVE", "-"),
        ({"$literal": "$k"}, "$k"),
        (["$k", "$nothing"], [1, None]),
        ({"a": "$k", "b": "$nothing"}, {"a": 1}),
        ({"$add": ["$k", "$v"]}, Int64(6)),
        ({"$add": ["$k", None]}, None),
        ({"$subtract": ["$d", 1]}, Decimal128("0.1")),
        ({"$subtract": ["$t", datetime(2026, 5, 4, tzinfo=UTC)]}, Int64(45_005_007)),
        ({"$multiply": ["$v", 0.5]}, 2.5),
        ({"$divide": [7, 2]}, 3.5),
        ({"$mod": [-7, 3]}, -1),
        ({"$abs": -3}, 3),
        ({"$floor": 2.7}, 2.0),
        ({"$round": 2.5}, 2.0),
        ({"$eq": ["$nothing", None]}, False),
        ({"$gt": [True, 5]}, True),
        ({"$cmp": [1, 2.0]}, -1),
        ({"$and": ["$k", 0]}, False),
        ({"$or": [None, "text"]}, True),
        ({"$not": ["$nothing"]}, True),
        ({"$cond": [{"$gt": ["$v", 3]}, "big", "small"]}, "big"),
        ({"$cond": {"if": False, "then": 1, "else": "$$REMOVE"}}, "-"),
        ({"$ifNull": ["$nothing", None, 7]}, 7),
        ({"$concat": ["a", "b"]}, "ab"),
        ({"$toUpper": "ab"}, "AB"),
        ({"$size": "$l"}, 2),
        ({"$in": [2.0, "$l"]}, True),
        ({"$arrayElemAt": ["$l", -1]}, 2),
        ({"$mergeObjects": ["$s", {"m": 2}]}, {"n": 1, "m": 2}),
        ({"$type": "$nothing"}, "missing"),
        ({"$dateToString": {"date": "$t", "format": "%d %H:%M:%S.%L"}}, "04 12:30:05.007"),
        ({"$year": "$t"}, 2026),
    ],
    ids=str,
)  # fmt: skip
def test_an_expression_is_computed(tmp_path: Path, expression: object, expected: object) -> None:
    found = first(tmp_path, expression)
    assert identical(found, expected), found


def test_unwinding_takes_arrays_apart(tmp_path: Path) -> None:
    flat = run(tmp_path, {"$unwind": "$l"}, {"$project": {"l": 1}})
    assert flat == [{"_id": 1, "l": 1}, {"_id": 1, "l": 2}, {"_id": 3, "l": "x"}]
    kept = run(tmp_path, {"$unwind": {"path": "$l", "preserveNullAndEmptyArrays": True}})
    assert [d["_id"] for d in kept] == [1, 1, 2, 3, 4]
    assert DOCUMENTS[0]["l"] == [1, 2]


def test_several_answers_come_from_one_run(tmp_path: Path) -> None:
    (both,) = run(tmp_path, {"$facet": {"n": [{"$count": "n"}], "k": [{"$sortByCount": "$k"}]}})
    assert both["n"] == [{"n": 4}]
    assert both["k"][0] == {"_id": 1, "count": 2}


def test_fields_are_added_and_dropped(tmp_path: Path) -> None:
    stages: list[dict[str, Any]] = [
        {"$match": {"_id": 1}},
        {"$set": {"s.m": 2, "s.n": "$$REMOVE"}},
        {"$unset": ["d", "t", "l", "v"]},
    ]
    assert run(tmp_path, *stages) == [{"_id": 1, "k": 1, "s": {"m": 2}}]


@pytest.mark.parametrize(
    ("stage", "code"),
    [
        ({"$out": "t"}, 238),
        ({"$frobnicate": 1}, 40324),
        ({"$changeStream": {}}, 40573),
        ({"$graphLookup": {}}, 238),
        ({"$project": {"x": {"$frobnicate": 1}}}, 168),
        ({"$project": {"x": {"$sin": 1}}}, 238),
        ({"$project": {"x": "$$nobody"}}, 17276),
        ({"$project": {"x": {"$add": ["$v", "text"]}}}, 14),
        ({"$project": {"x": {"$divide": [1, 0]}}}, 2),
        ({"$project": {"x": {"$gt": [1, 2], "$lt": [1, 2]}}}, 15983),
        ({"$project": {}}, 51272),
        ({"$group": {"n": {"$sum": 1}}}, 15955),
        ({"$group": {"_id": None, "n": 1}}, 40234),
        ({"$group": {"_id": None, "n": {"$topN": 1}}}, 238),
        ({"$group": {"_id": None, "n": {"$frobnicate": 1}}}, 15952),
        ({"$lookup": {"from": "t", "as": "x"}}, 9),
        ({"$unwind": "v"}, 28818),
        ({"$limit": 0}, 15958),
        ({"$match": 5}, 15959),
        ({"$match": {}, "$limit": 1}, 40323),
    ],
    ids=str,
)
def test_what_is_not_known_is_refused(tmp_path: Path, stage: dict[str, Any], code: int) -> None:
    with pytest.raises(Refusal) as refused:
        run(tmp_path, stage)
    assert refused.value.code == code


def test_an_update_takes_only_stages_that_reshape() -> None:
    assert updated_by_pipeline({"_id": 1}, [{"$set": {"a": 1}}]) == {"_id": 1, "a": 1}
    with pytest.raises(Refusal):
        updated_by_pipeline({"_id": 1}, [{"$match": {"a": 1}}])
