"""The manual's "Comparison/Sort Order", "Project Fields to Return", "Cursors", "count" and
"distinct"."""

from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from pymongo.collection import Collection
from pymongo.errors import CursorNotFound, OperationFailure

from tests.contract.mongodb.tables import Stock, rows

C = Collection[dict[str, Any]]

# Each stands before the next in MongoDB's order.
IN_ORDER: list[Any] = [
    MinKey(), None, float("nan"), float("-inf"), Int64(-5), 0, Decimal128("0.5"), 1.5, 2,
    Int64(2**60), float("inf"), "", "A", "B", "a", "b", {"a": 1}, {"a": 2}, {"b": 0}, {"a": "x"},
    b"\x01", b"\x02",
    b"\x00\x00", ObjectId("0" * 24), ObjectId("1" * 24), False, True,
    datetime(1960, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), Timestamp(1, 1),
    Timestamp(1, 2), Regex("a"), Regex("b"), MaxKey(),
]  # fmt: skip
PLACES = [at * 7 % len(IN_ORDER) for at in range(len(IN_ORDER))]
MIXED = [{"_id": at, "v": IN_ORDER[at]} for at in PLACES]


@pytest.mark.parametrize("way", [1, -1])
def test_values_of_all_types_have_one_order(stock: Stock, way: int) -> None:
    found = [d["_id"] for d in stock(MIXED).find().sort("v", way)]
    assert found == list(range(len(IN_ORDER)))[::way]


@pytest.mark.parametrize(
    "at", range(1, len(IN_ORDER) - 1), ids=lambda at: f"{at} is {IN_ORDER[at]!r}"
)
def test_a_pipeline_compares_by_the_same_order(stock: Stock, at: int) -> None:
    value = {"$literal": IN_ORDER[at]}
    stages = [{"$match": {"$expr": {"$lt": ["$v", value]}}}, {"$sort": {"_id": 1}}]
    assert [d["_id"] for d in stock(MIXED).aggregate(stages)] == list(range(at))


SORTED: list[dict[str, Any]] = [
    {"_id": 1, "a": 2, "b": 1, "l": [5, 1]},
    {"_id": 2, "a": 1, "b": 1, "l": [3]},
    {"_id": 3, "a": 2, "b": 0, "l": []},
    {"_id": 4, "a": None, "b": 0, "l": None},
    {"_id": 5, "b": 1, "l": [9, 2], "o": [{"n": 3}, {"n": 1}]},
    {"_id": 6, "a": "x", "b": 2, "l": "x", "o": [{"n": 2}]},
]
SORTS: list[tuple[list[tuple[str, int]], list[int]]] = [
    ([("_id", -1)], [6, 5, 4, 3, 2, 1]),
    ([("a", 1), ("_id", 1)], [4, 5, 2, 1, 3, 6]),
    ([("a", -1), ("_id", 1)], [6, 1, 3, 2, 4, 5]),
    ([("b", 1), ("a", -1), ("_id", 1)], [3, 4, 1, 2, 5, 6]),
    ([("l", 1), ("_id", 1)], [3, 4, 1, 5, 2, 6]),
    ([("l", -1), ("_id", 1)], [6, 5, 1, 2, 4, 3]),
    ([("o.n", 1), ("_id", 1)], [1, 2, 3, 4, 5, 6]),
    ([("o.n", -1), ("_id", 1)], [5, 6, 1, 2, 3, 4]),
    ([("$natural", -1)], [6, 5, 4, 3, 2, 1]),
]


@pytest.mark.parametrize(("sort", "expected"), rows(SORTS))
def test_documents_are_sorted(
    stock: Stock, sort: list[tuple[str, int]], expected: list[int]
) -> None:
    assert [d["_id"] for d in stock(SORTED).find().sort(sort)] == expected


PAIRED: list[tuple[list[tuple[str, int]], list[int]]] = [
    ([("o.n", 1), ("o.m", 1)], [2, 1, 3]),
    ([("o.n", 1), ("o.m", -1)], [1, 2, 3]),
    ([("o.n", -1), ("o.m", 1)], [3, 1, 2]),
    ([("o.n", -1), ("o.m", -1)], [3, 1, 2]),
    ([("o.m", 1), ("o.n", 1)], [1, 3, 2]),
    ([("o.1.n", 1), ("_id", -1)], [2, 3, 1]),
]


@pytest.mark.parametrize(("sort", "expected"), rows(PAIRED))
def test_two_fields_of_one_element_count_together(
    stock: Stock, sort: list[tuple[str, int]], expected: list[int]
) -> None:
    c = stock(
        [
            {"_id": 1, "o": [{"n": 1, "m": 9}, {"n": 2, "m": 0}]},
            {"_id": 2, "o": [{"n": 1, "m": 5}]},
            {"_id": 3, "o": [{"n": 3, "m": 1}, {"n": 2, "m": 7}]},
        ]
    )
    assert [d["_id"] for d in c.find().sort(sort)] == expected
    assert [d["_id"] for d in c.aggregate([{"$sort": dict(sort)}])] == expected


def test_a_sort_by_two_arrays_of_one_document_is_refused(stock: Stock) -> None:
    c = stock([{"a": [1, 2], "b": [3]}])
    with pytest.raises(OperationFailure) as refused:
        list(c.find().sort([("a", 1), ("b", 1)]))
    assert refused.value.code == 2


def test_a_sort_is_cut_by_skip_and_limit(stock: Stock) -> None:
    c = stock(SORTED)
    assert [d["_id"] for d in c.find().sort("_id", 1).skip(2).limit(2)] == [3, 4]
    assert [d["_id"] for d in c.find().sort("_id", 1).limit(-2)] == [1, 2]
    assert list(c.find().skip(99)) == []


SHOWN: list[dict[str, Any]] = [
    {"_id": 1, "a": {"b": 1, "c": 2}, "l": [1, 2, 3, 4],
     "legs": [{"v": 1, "t": "a"}, {"v": 2, "t": "b"}], "n": None}
]  # fmt: skip
PROJECTIONS: list[tuple[Any, dict[str, Any]]] = [
    ({"n": 1}, {"_id": 1, "n": None}),
    (["n"], {"_id": 1, "n": None}),
    ({"n": True, "_id": 0}, {"n": None}),
    ({"_id": 1}, {"_id": 1}),
    ({"_id": 0, "a": 0, "legs": 0, "l": 0}, {"n": None}),
    ({"a.b": 1, "_id": 0}, {"a": {"b": 1}}),
    ({"a": {"b": 1}, "_id": 0}, {"a": {"b": 1}}),
    ({"a.b": 0, "l": 0, "legs": 0}, {"_id": 1, "a": {"c": 2}, "n": None}),
    ({"legs.v": 1, "_id": 0}, {"legs": [{"v": 1}, {"v": 2}]}),
    ({"legs.t": 0, "a": 0, "l": 0, "n": 0}, {"_id": 1, "legs": [{"v": 1}, {"v": 2}]}),
    ({"nothing": 1}, {"_id": 1}),
    ({"n.x": 1}, {"_id": 1}),
    ({"l": {"$slice": 2}, "a": 0, "legs": 0}, {"_id": 1, "l": [1, 2], "n": None}),
    ({"l": {"$slice": 1e16}, "n": 1}, {"_id": 1, "l": [1, 2, 3, 4], "n": None}),
    ({"l": {"$slice": -1}, "n": 1}, {"_id": 1, "l": [4], "n": None}),
    ({"l": {"$slice": [1, 2]}, "_id": 0, "n": 1}, {"l": [2, 3], "n": None}),
    ({"l": {"$slice": [-3, 1]}, "n": 1}, {"_id": 1, "l": [2], "n": None}),
    ({"legs": {"$elemMatch": {"v": 2}}}, {"_id": 1, "legs": [{"v": 2, "t": "b"}]}),
    ({"l": {"$elemMatch": {"$gt": 2}}, "_id": 0}, {"l": [3]}),
    ({"legs": {"$elemMatch": {"v": 99}}}, {"_id": 1}),
    ({"twice": {"$multiply": ["$a.b", 2]}, "n": 1}, {"_id": 1, "n": None, "twice": 2}),
    ({"x": "$a.c", "_id": 0}, {"x": 2}),
    ({"x": {"$literal": 1}}, {"_id": 1, "x": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("projection", "expected"), rows(PROJECTIONS))
def test_a_projection_shows(stock: Stock, projection: Any, expected: dict[str, Any]) -> None:
    assert stock(SHOWN).find_one({}, projection) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    rows([
        ({"l": 3}, {"_id": 1, "l": [3]}),
        ({"l": {"$gt": 1}}, {"_id": 1, "l": [2]}),
    ]),
)  # fmt: skip
def test_a_projection_shows_the_element_that_matched(
    stock: Stock, query: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert stock(SHOWN).find_one(query, {"l.$": 1}) == expected


BAD_PROJECTIONS: list[tuple[dict[str, Any], tuple[int, ...]]] = [
    ({"a": 1, "n": 0}, (31253, 31254)),
    ({"a": 0, "n": 1}, (31253, 31254)),
    ({"a": 1, "a.b": 1}, (31249, 31250)),
    ({"x": {"$frobnicate": 1}}, (2, 168, 31325)),
]


@pytest.mark.parametrize(("projection", "codes"), rows(BAD_PROJECTIONS))
def test_a_projection_that_makes_no_sense_is_refused(
    stock: Stock, projection: dict[str, Any], codes: tuple[int, ...]
) -> None:
    with pytest.raises(OperationFailure) as refused:
        stock(SHOWN).find_one({}, projection)
    assert refused.value.code in codes


NUMBERED = [{"_id": at} for at in range(350)]


@pytest.mark.parametrize("size", [1, 7, 101, 350, 1000])
def test_long_answers_come_in_batches(stock: Stock, size: int) -> None:
    c = stock(NUMBERED)
    with c.find({}, batch_size=size).sort("_id", 1) as cursor:
        assert [d["_id"] for d in cursor] == list(range(350))
    with c.aggregate([{"$sort": {"_id": 1}}], batchSize=size) as cursor:
        assert [d["_id"] for d in cursor] == list(range(350))


def test_a_first_batch_has_a_hundred_and_one_documents(stock: Stock) -> None:
    c = stock(NUMBERED)
    reply = c.database.command("find", c.name)["cursor"]
    assert len(reply["firstBatch"]) == 101
    assert reply["id"] != 0
    assert reply["ns"] == c.full_name
    more = c.database.command("getMore", Int64(reply["id"]), collection=c.name, batchSize=5)
    assert len(more["cursor"]["nextBatch"]) == 5
    killed = c.database.command("killCursors", c.name, cursors=[Int64(reply["id"])])
    assert killed["cursorsKilled"] == [reply["id"]]


def test_a_first_batch_may_be_empty(stock: Stock) -> None:
    c = stock(NUMBERED)
    reply = c.database.command("find", c.name, batchSize=0)["cursor"]
    assert reply["firstBatch"] == []
    more = c.database.command("getMore", Int64(reply["id"]), collection=c.name)
    assert len(more["cursor"]["nextBatch"]) == 350
    assert more["cursor"]["id"] == 0


def test_a_single_batch_leaves_no_cursor(stock: Stock) -> None:
    c = stock(NUMBERED)
    reply = c.database.command("find", c.name, batchSize=5, singleBatch=True)["cursor"]
    assert (len(reply["firstBatch"]), reply["id"]) == (5, 0)


def test_a_cursor_that_was_killed_is_gone(stock: Stock) -> None:
    c = stock(NUMBERED)
    with c.find({}, batch_size=5) as cursor:
        next(cursor)
        number = cursor.cursor_id
    with pytest.raises(CursorNotFound) as refused:
        c.database.command("getMore", Int64(number or 1), collection=c.name)
    assert refused.value.code == 43


COUNTED: list[dict[str, Any]] = [
    {"_id": 1, "s": "x", "l": [1, 2]},
    {"_id": 2, "s": ["x", "y"], "l": [{"n": 1}, {"n": 2}]},
    {"_id": 3, "l": [2, 2.0]},
    {"_id": 4, "s": None},
]


def test_documents_are_counted(stock: Stock) -> None:
    c = stock(COUNTED)
    assert c.count_documents({}) == 4
    assert c.count_documents({"s": "x"}) == 2
    assert c.count_documents({}, skip=1, limit=2) == 2
    assert c.estimated_document_count() == 4
    assert c.database.command("count", c.name, query={"s": "x"})["n"] == 2
    assert c.database.command("count", c.name, skip=3)["n"] == 1
    assert c.database["nobody"].count_documents({}) == 0


def test_different_values_are_listed(stock: Stock) -> None:
    c = stock(COUNTED)
    assert sorted(c.distinct("s"), key=str) == [None, "x", "y"]
    assert c.distinct("l.n") == [1, 2]
    assert c.distinct("l", {"_id": {"$ne": 2}}) == [1, 2]
    assert c.distinct("nothing") == []


def test_different_values_beyond_one_document_are_refused(c: C) -> None:
    for number in range(17):
        c.insert_one({"_id": number, "text": f"{number}" + "x" * 1_000_000})
    with pytest.raises(OperationFailure) as refused:
        c.distinct("text")
    assert refused.value.code == 17217


def test_a_single_batch_of_nothing_leaves_no_cursor(stock: Stock) -> None:
    c = stock(NUMBERED)
    reply = c.database.command("find", c.name, batchSize=0, singleBatch=True)["cursor"]
    assert (reply["firstBatch"], reply["id"]) == ([], 0)


def test_every_type_comes_back_as_it_went(c: C) -> None:
    document = {"_id": 1, **{f"f{at}": value for at, value in enumerate(IN_ORDER) if at != 2}}
    c.insert_one(document)
    found = c.find_one() or {}
    assert list(found) == list(document)
    assert [type(found[name]) for name in found] == [type(document[name]) for name in found]
    for name, value in found.items():
        was = document[name]
        naive = was.replace(tzinfo=None) if isinstance(was, datetime) else was
        assert value == naive
