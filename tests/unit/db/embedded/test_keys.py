"""Index keys order and equal each other as the values do."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from bson import Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.binary import Binary
from bson.code import Code
from hypothesis import given
from hypothesis import strategies as st

from db.embedded.holding.entries import OrderedEntries
from db.embedded.holding.keys import after, packed
from db.embedded.values import key_of

ASCENDING: list[Any] = [
    MinKey(), None, float("nan"), float("-inf"), -(2**63), -1.5, -1, -5e-324, 0, 5e-324, 0.1,
    1, 1.5, 2**53, 2**63 - 1, float("inf"), "", "\0", "a", "a\0", "a\0b", "aa", "b", "€", {},
    {"a": 1}, {"a": 1, "b": 1}, {"a": 2}, {"b": 1}, {"a": "x"}, [], [1], [1, 2], [2], b"", b"\1",
    b"\0\0", Binary(b"\0\0", 5), ObjectId("0" * 24), ObjectId("f" * 24), False, True,
    datetime(1, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), Timestamp(1, 2),
    Timestamp(2, 1), Regex("a"), Regex("a", "i"), Regex("b"), Code("f"), Code("f", {}),
    Code("f", {"a": 1}), MaxKey(),
]  # fmt: skip
EQUAL: list[tuple[Any, Any]] = [
    (1, 1.0), (1, Int64(1)), (1, Decimal128("1.00")), (0, -0.0), (0, Decimal128("-0E+9")),
    (0.5, Decimal128("0.50")), (2**53 + 1, Decimal128("9007199254740993")),
    (float("inf"), Decimal128("Infinity")), (float("nan"), Decimal128("NaN")), (b"a", Binary(b"a")),
    ([1], [1.0]), ({"a": [1]}, {"a": [Decimal128("1E+0")]}),
]  # fmt: skip
DIFFERENT: list[tuple[Any, Any]] = [
    (0.1, Decimal128("0.1")), (2**53 + 1, float(2**53)), (1, True), (1, "1"), ("a", b"a"),
    (2**53 + 1, Decimal128("9007199254740993.1")), (float("inf"), Decimal128("1E+400")),
    (0, Decimal128("1E-6176")), ({"a": 1, "b": 2}, {"b": 2, "a": 1}), ([[1], 2], [[1, 2]]),
    ([Code("f")], [Code("f", {})]), ([Regex("f", "i")], [Regex("f")]),
    ({"a": [Code("f")]}, {"a": [Code("g")]}),
    (["a", "b"], ["a\0b"]), ({"a": {"b": 1}}, {"a": {}, "b": 1}), ("f", Code("f")),
]  # fmt: skip
NUMBERS = (
    st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.decimals(allow_nan=False, places=3, min_value=-(10**25), max_value=10**25).map(Decimal128)
)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text("a\0b", max_size=3) | st.binary(max_size=3)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("a\0b", max_size=2), inner),
    max_leaves=6,
)


@pytest.mark.parametrize(("less", "more"), list(pairwise(ASCENDING)), ids=repr)
def test_keys_are_in_the_order_of_mongodb(less: object, more: object) -> None:
    assert packed(less) < packed(more)


@pytest.mark.parametrize(("one", "other"), EQUAL, ids=repr)
def test_equal_values_have_one_key(one: object, other: object) -> None:
    assert packed(one) == packed(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT, ids=repr)
def test_different_values_have_different_keys(one: object, other: object) -> None:
    assert packed(one) != packed(other)


@given(VALUES, VALUES)
def test_keys_are_equal_exactly_where_values_are(one: object, other: object) -> None:
    assert (packed(one) == packed(other)) == (key_of(one) == key_of(other))


@given(VALUES, VALUES, VALUES, VALUES)
def test_joined_keys_do_not_run_into_each_other(a: object, b: object, c: object, d: object) -> None:
    same = key_of(a) == key_of(c) and key_of(b) == key_of(d)
    assert (packed(a) + packed(b) == packed(c) + packed(d)) == same


@given(st.binary(min_size=1, max_size=4), st.binary(max_size=6))
def test_what_comes_after_a_prefix_is_beyond_all_that_start_with_it(
    prefix: bytes, rest: bytes
) -> None:
    assert prefix + rest < after(prefix) or set(prefix) == {255}


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 3000)), max_size=60),
    st.integers(0, 3000),
    st.integers(0, 3000),
)
def test_entries_stay_in_order_through_any_changes(
    changes: list[tuple[bool, int]], low: int, high: int
) -> None:
    held, wanted = OrderedEntries(), {n.to_bytes(2, "big") for n in range(0, 3000, 2)}
    held.fill(wanted)
    for coming, number in changes:
        entry = number.to_bytes(2, "big")
        if coming and entry not in wanted:
            held.add(entry)
        if not coming:
            held.discard(entry)
        wanted = wanted | {entry} if coming else wanted - {entry}
    first, last = low.to_bytes(2, "big"), high.to_bytes(2, "big")
    between = sorted(entry for entry in wanted if first <= entry < last)
    assert list(held.between(first, last)) == between
    assert (held.count(first, last), len(held)) == (len(between), len(wanted))
