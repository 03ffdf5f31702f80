"""Law 15 without a journal: legs made anew from the orders that wait with our mark."""

from decimal import Decimal
from typing import Any

import pytest

from decisions.marking import comment_for, magic_for_leg
from decisions.rebuilding import NOBODY_KNOWS, Marks
from decisions.rebuilding_orders import rebuilt_orders, with_orders
from domain.book import Book
from domain.legs import Leg, LegState
from domain.market import PendingOrder
from tests.builders import (
    SLAVE,
    a_book,
    a_book_order,
    a_book_position,
    a_key,
    a_leg,
    a_pending,
    a_target,
)

OURS = 9001
MAGIC = magic_for_leg(234000, "swarm", SLAVE, a_key())


def nobody(_: object) -> None:
    return None


def marks(book: Book) -> Marks:
    return Marks(account=SLAVE, swarms=("swarm",), book=book)


def waiting(**changes: Any) -> PendingOrder:
    return a_pending(OURS, **({"magic": MAGIC, "comment": comment_for(a_key())} | changes))


def the_book(**order: Any) -> Book:
    book = a_book(seq=7)
    return Book(**{f: getattr(book, f) for f in book.__struct_fields__} | _one(**order))


def _one(**order: Any) -> dict[str, Any]:
    return {"orders": (a_book_order(**order),)}


def only(legs: tuple[Leg, ...]) -> Leg:
    (leg,) = legs
    return leg


def test_an_order_with_our_mark_becomes_a_leg_that_waits_as_its_masters_does() -> None:
    leg = only(rebuilt_orders(marks(the_book(price="1280.00")), nobody, [waiting()]))
    assert (leg.key, leg.state, leg.ticket, leg.magic) == (a_key(), LegState.PENDING, OURS, MAGIC)
    assert leg.target.order is not None
    assert (leg.target.order.price, leg.target.there) == (Decimal("1280.00"), False)
    assert (leg.filled_volume, leg.wanted_volume) == (Decimal(0), Decimal("1.00"))


def test_what_the_master_changed_of_it_meanwhile_is_seen_by_what_ours_shows() -> None:
    leg = only(rebuilt_orders(marks(the_book(price="1280.00")), nobody, [waiting(price="1275.00")]))
    assert leg.terms_sent is not None
    assert leg.target.order is not None
    assert leg.terms_sent.terms != leg.target.order.terms


def test_one_whose_master_has_filled_knows_that_it_is_there() -> None:
    book = a_book(a_book_position(volume="0.40"), seq=7)
    leg = only(rebuilt_orders(marks(book), nobody, [waiting()]))
    assert (leg.target.there, leg.target.order) == (True, None)
    assert leg.target.volume == Decimal("0.40")


def test_one_of_which_the_book_knows_nothing_asks_for_no_order() -> None:
    leg = only(rebuilt_orders(marks(a_book()), nobody, [waiting()]))
    assert leg.target.stamp == NOBODY_KNOWS
    assert not leg.target.closed
    assert leg.terms_sent is not None
    assert leg.target.order == leg.terms_sent


def test_what_was_heard_of_the_master_meanwhile_is_kept() -> None:
    heard = a_leg(magic=0, identifier=0, state=LegState.CLOSED, target=a_target(volume="0"))
    leg = only(rebuilt_orders(marks(a_book()), lambda _: heard, [waiting()]))
    assert (leg.state, leg.target.closed) == (LegState.PENDING, True)


def test_one_that_is_followed_needs_nothing() -> None:
    known = a_leg(state=LegState.PENDING, magic=MAGIC)
    assert rebuilt_orders(marks(the_book()), lambda _: known, [waiting()]) == ()


def test_one_that_was_refused_before_it_was_placed_is_followed_again() -> None:
    """The journal lost its tail: the second try stands nowhere but at the broker."""
    refused = a_leg(state=LegState.REJECTED, magic=MAGIC, identifier=0)
    leg = only(rebuilt_orders(marks(the_book()), lambda _: refused, [waiting()]))
    assert leg.state is LegState.PENDING


@pytest.mark.parametrize(
    "changes", [{"magic": 234000}, {"comment": "copy"}, {"comment": "502"}], ids=str
)
def test_an_order_without_our_mark_is_foreign(changes: dict[str, Any]) -> None:
    assert rebuilt_orders(marks(a_book()), nobody, [waiting(**changes)]) == ()


def test_a_leg_that_has_filled_in_part_is_the_order_first() -> None:
    order = only(rebuilt_orders(marks(the_book()), nobody, [waiting(volume="0.60")]))
    position, other = a_leg(), a_leg(502)
    assert with_orders([position, other], [order]) == (order, other)
