"""A book after a fact, and the hash by which books are compared."""

import hashlib
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.booking import apply_fact, book_hash
from domain.book import Book, Stamp
from domain.market import Side
from domain.signals import Fact
from tests.builders import EPOCH, a_book, a_book_position, closed, modified, opened, reduced

facts = st.builds(
    lambda kind, order, seq: kind(seq, order),
    st.sampled_from(
        [
            lambda seq, order: opened(seq, a_book_position(order)),
            lambda seq, order: modified(seq, a_book_position(order, sl="1281.00")),
            lambda seq, order: reduced(seq, a_book_position(order, volume="0.50")),
            closed,
        ]
    ),
    st.integers(1, 5),
    st.integers(1, 9),
)
books = st.sets(st.integers(1, 5)).map(lambda ids: a_book(*(a_book_position(i) for i in ids)))


def test_an_opened_position_is_in_the_book_and_a_closed_one_is_not() -> None:
    book = apply_fact(a_book(), opened(1, a_book_position(7)))
    assert book.find(7) == a_book_position(7)
    assert apply_fact(book, closed(2, 7)) == a_book(seq=2)


def test_a_changed_position_is_in_the_book_as_it_is_now() -> None:
    book = a_book(a_book_position(7), a_book_position(8))
    less = a_book_position(7, volume="0.50")
    assert apply_fact(book, reduced(1, less)).positions == (less, a_book_position(8))


@given(books, facts)
def test_law_3_the_same_fact_twice_changes_nothing_more(book: Book, fact: Fact) -> None:
    once = apply_fact(book, fact)
    assert apply_fact(once, fact) == once
    assert once.stamp == fact.stamp


@given(books, facts, facts)
def test_facts_about_two_positions_may_come_in_either_order(
    book: Book, one: Fact, other: Fact
) -> None:
    if one.position.opening_order != other.position.opening_order:
        there = apply_fact(apply_fact(book, one), other).positions
        assert apply_fact(apply_fact(book, other), one).positions == there


def test_the_hash_does_not_depend_on_the_order_of_the_list() -> None:
    one, two = a_book_position(1), a_book_position(2)
    assert book_hash(a_book(one, two)) == book_hash(a_book(two, one))


def test_the_hash_does_not_depend_on_how_a_number_is_written() -> None:
    one = a_book_position(volume=Decimal("1.10"), sl=Decimal("0.00"))
    same = a_book_position(volume=Decimal("1.1"), sl=Decimal(0))
    assert book_hash(a_book(one)) == book_hash(a_book(same))


def test_the_hash_is_of_what_is_held_not_of_when() -> None:
    assert book_hash(a_book(seq=1)) == book_hash(a_book(stamp=Stamp(EPOCH + 5, 9)))


@pytest.mark.parametrize(
    "other",
    [
        {"volume": "0.99"},
        {"price_open": "1285.11"},
        {"sl": "1280.01"},
        {"tp": 0},
        {"side": Side.SELL},
        {"symbol": "EURUSD"},
        {"identifier": 3},
    ],
    ids=lambda other: next(iter(other)),
)
def test_the_hash_tells_what_matters_to_a_copy(other: dict[str, Any]) -> None:
    assert book_hash(a_book(a_book_position(**other))) != book_hash(a_book(a_book_position()))


def test_the_hash_says_nothing_of_what_a_slave_could_not_know_alike() -> None:
    position = msgspec.structs.replace(a_book_position(), comment="x", magic=9, opened_server_ms=1)
    assert book_hash(a_book(position)) == book_hash(a_book(a_book_position()))


def test_the_hash_is_of_one_account() -> None:
    assert book_hash(a_book(login=1)) != book_hash(a_book(login=2))


def test_anybody_can_work_the_hash_out() -> None:
    """The text of docs/WIRE.md, written out."""
    text = "7001|FTMO-Demo\n501|501|XAUUSD|BUY|1|1285.1|1280|1295"
    expected = hashlib.sha256(text.encode()).hexdigest()[:32]
    assert book_hash(a_book(a_book_position())) == expected
