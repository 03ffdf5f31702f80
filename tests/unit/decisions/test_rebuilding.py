"""Legs made anew: from what `trades` tells, and from positions and deals that carry our mark."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from decisions.marking import comment_for, magic_for_leg
from decisions.rebuilding import NOBODY_KNOWS, Marks, lacks_deals, rebuilt, united
from domain.book import Book, Stamp
from domain.legs import Leg, LegState
from domain.market import Deal, Position, Side
from domain.mt5_words import DealEntry
from tests.builders import (
    EPOCH,
    ORDER,
    SLAVE,
    a_book,
    a_book_position,
    a_closing_deal,
    a_deal,
    a_key,
    a_leg,
    a_position,
    a_target,
)

COPY = 9001
MAGIC = magic_for_leg(234000, "swarm", SLAVE, a_key())
COMMENT = comment_for(a_key())
NOTHING_HELD = a_book()


def nobody(_: object) -> None:
    return None


def marks(book: Book = NOTHING_HELD, *swarms: str) -> Marks:
    return Marks(account=SLAVE, swarms=swarms or ("swarm",), book=book)


def copy(**changes: Any) -> Position:
    return a_position(COPY, **({"magic": MAGIC, "comment": COMMENT, "volume": "1.00"} | changes))


def opening(**changes: Any) -> Deal:
    return a_deal(COPY, **({"magic": MAGIC, "comment": COMMENT} | changes))


def only(legs: tuple[Leg, ...]) -> Leg:
    (leg,) = legs
    return leg


def test_a_position_with_our_mark_becomes_an_open_leg_with_its_masters_target() -> None:
    book = a_book(a_book_position(volume="2.00", initial_volume="4.00", sl="1281.00"), seq=7)
    leg = only(rebuilt(marks(book), nobody, [copy(volume="0.50")], [opening(volume="1.00")]))
    assert (leg.key, leg.state, leg.identifier, leg.magic) == (a_key(), "open", COPY, MAGIC)
    assert (leg.filled_volume, leg.volume) == (Decimal("1.00"), Decimal("0.50"))
    assert (leg.target.volume, leg.target.initial_volume) == (Decimal("2.00"), Decimal("4.00"))
    assert (leg.target.stamp, leg.target.sl) == (book.stamp, Decimal("1281.00"))
    assert (leg.opened_by, leg.master_symbol) == (NOBODY_KNOWS, "XAUUSD")


def test_where_its_opening_does_not_show_both_are_in_proportion_now() -> None:
    book = a_book(a_book_position(volume="2.00", initial_volume="4.00"))
    leg = only(rebuilt(marks(book), nobody, [copy(volume="0.50")], []))
    assert (leg.filled_volume, leg.master_volume_copied) == (Decimal("0.50"), Decimal("2.00"))


def test_a_position_whose_master_is_not_in_the_book_asks_for_no_order() -> None:
    leg = only(rebuilt(marks(), nobody, [copy(sl="1279.00")], [opening()]))
    assert leg.target.stamp == NOBODY_KNOWS
    assert not leg.target.closed
    assert leg.target.volume == leg.target.initial_volume == leg.filled_volume
    assert (leg.target.sl, leg.sl_sent) == (Decimal("1279.00"), Decimal("1279.00"))


def test_a_position_that_was_closed_by_its_deals_is_a_closed_leg() -> None:
    deals = [opening(), a_closing_deal(COPY, net="-12")]
    leg = only(rebuilt(marks(), nobody, [], deals))
    assert (leg.state, leg.volume, leg.net) == (LegState.CLOSED, Decimal(0), Decimal(-12))
    assert leg.price_close == Decimal("1286.00")


def test_a_position_neither_listed_nor_proven_closed_counts_as_open() -> None:
    deals = [opening(), a_closing_deal(COPY, volume="0.40")]
    leg = only(rebuilt(marks(), nobody, [], deals))
    assert (leg.state, leg.volume) == (LegState.OPEN, Decimal("0.60"))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"magic": 234000}, id="the operator's number alone"),
        pytest.param({"magic": MAGIC + 1}, id="another leg's digits"),
        pytest.param({"comment": ""}, id="no comment, and no such position in the book"),
        pytest.param({"comment": "copy"}, id="somebody's words"),
        pytest.param({"comment": "9" * 25}, id="a number no order has"),
        pytest.param({"comment": "٥٠١"}, id="digits of another script"),
        pytest.param({"comment": "502"}, id="another order"),
    ],
)
def test_what_does_not_carry_our_mark_is_foreign(changes: dict[str, Any]) -> None:
    assert rebuilt(marks(), nobody, [copy(**changes)], []) == ()
    assert rebuilt(marks(), nobody, [], [opening(**changes)]) == ()


def test_a_mark_of_another_account_or_swarm_is_foreign() -> None:
    others = Marks(account="Somebody", swarms=("swarm",), book=NOTHING_HELD)
    assert rebuilt(others, nobody, [copy()], []) == ()
    assert rebuilt(marks(NOTHING_HELD, "another"), nobody, [copy()], []) == ()


def test_marks_of_an_adopted_swarm_stay_ours() -> None:
    assert rebuilt(marks(NOTHING_HELD, "another", "swarm"), nobody, [copy()], [])


def test_a_comment_that_the_broker_replaced_does_not_hide_what_the_book_holds() -> None:
    book = a_book(a_book_position())
    assert only(rebuilt(marks(book), nobody, [copy(comment="[sl]")], [])).key == a_key()


def test_a_comment_to_which_the_broker_added_words_still_tells() -> None:
    assert only(rebuilt(marks(), nobody, [copy(comment=f"{ORDER} [tp]")], [])).key == a_key()


def test_a_leg_that_is_known_with_its_mark_needs_nothing() -> None:
    known = a_leg(magic=MAGIC, state=LegState.DENIED)
    assert rebuilt(marks(), lambda _: known, [copy()], []) == ()


def test_what_was_heard_of_the_master_meanwhile_is_kept() -> None:
    heard = a_leg(magic=0, identifier=0, state=LegState.CLOSED, target=a_target(volume="0"))
    leg = only(rebuilt(marks(), lambda _: heard, [copy()], []))
    assert leg.state is LegState.OPEN
    assert leg.target.closed


def test_a_newer_book_knows_more_than_what_was_heard_of_the_master() -> None:
    heard = a_leg(magic=0, identifier=0, state=LegState.MISSED, target=a_target(volume="1.00"))
    book = a_book(a_book_position(volume="0.70"), seq=9)
    leg = only(rebuilt(marks(book), lambda _: heard, [copy()], []))
    assert leg.target.volume == Decimal("0.70")


def test_two_positions_of_one_leg_make_one_leg() -> None:
    twice = [copy(), msgspec.structs.replace(copy(), ticket=9002, identifier=9002)]
    assert only(rebuilt(marks(), nobody, twice, [])).identifier == COPY


def test_closing_deals_alone_make_no_leg() -> None:
    assert rebuilt(marks(), nobody, [], [opening(entry=DealEntry.OUT, side=Side.SELL)]) == ()


def test_a_trade_nobody_here_knows_is_taken_as_it_is() -> None:
    told = a_leg()
    assert united(None, told) == told


@pytest.mark.parametrize("state", [LegState.OPEN, LegState.CLOSED], ids=str)
def test_a_leg_with_a_story_of_its_own_stays_as_it_is(state: LegState) -> None:
    assert united(a_leg(state=state), a_leg(state=LegState.CLOSED)) is None


def test_a_stub_gives_way_to_the_trade_and_keeps_what_it_heard() -> None:
    """It was taken for missed, or its close was heard first: `trades` say it was opened."""
    closed = a_target(stamp=Stamp(EPOCH, 9), volume="0")
    stub = a_leg(magic=0, identifier=0, state=LegState.CLOSED, target=closed, opened_by=Stamp(1, 1))
    leg = united(stub, a_leg(answered=Stamp(EPOCH, 3)))
    assert leg is not None
    assert (leg.state, leg.target, leg.answered) == (LegState.OPEN, closed, Stamp(EPOCH, 3))


def test_of_a_leg_made_from_the_brokers_records_the_state_is_kept_and_the_story_taken() -> None:
    seen = only(rebuilt(marks(), nobody, [], [opening(), a_closing_deal(COPY)]))
    told = a_leg(identifier=COPY, closed_at_ms=0)
    leg = united(seen, told)
    assert leg is not None
    assert (leg.state, leg.net, leg.volume) == (LegState.CLOSED, Decimal(90), Decimal(0))
    assert (leg.journey, leg.opened_by) == (told.journey, told.opened_by)


def test_a_copy_that_is_listed_is_open_whatever_the_trade_says() -> None:
    seen = only(rebuilt(marks(), nobody, [copy()], [opening()]))
    told = a_leg(identifier=COPY, state=LegState.CLOSED, volume="0", closed_at_ms=5)
    leg = united(seen, told)
    assert leg is not None
    assert (leg.state, leg.volume, leg.closed_at_ms) == (LegState.OPEN, Decimal("1.00"), 0)


REDUCED = a_leg(identifier=COPY, target=a_target(volume="0.50", initial_volume="1.00"))


@pytest.mark.parametrize(
    ("leg", "listed", "deals", "lacks"),
    [
        pytest.param(REDUCED, "0.50", [opening()], True, id="the deal of its reduction is not in"),
        pytest.param(REDUCED, "1.00", [], True, id="not even its opening is in"),
        pytest.param(
            REDUCED,
            "0.50",
            [opening(), a_closing_deal(COPY, volume="0.50"), a_deal(COPY + 1)],
            False,
            id="they add up to what is listed",
        ),
        pytest.param(REDUCED, None, [opening()], False, id="it is not listed"),
        pytest.param(
            a_leg(identifier=COPY), "0.50", [opening()], False, id="its master has not reduced"
        ),
        pytest.param(
            a_leg(identifier=COPY, target=a_target(volume="0", initial_volume="1.00")),
            "0.50",
            [opening()],
            False,
            id="its master has closed: whatever is listed is to go",
        ),
        pytest.param(
            msgspec.structs.replace(REDUCED, state=LegState.CLOSED),
            "0.50",
            [opening()],
            False,
            id="it has ended",
        ),
    ],
)
def test_law_2_a_copy_whose_reductions_are_not_in_the_history_lacks_deals(
    leg: Leg, listed: str | None, deals: list[Deal], lacks: bool
) -> None:
    positions = [] if listed is None else [copy(volume=listed)]
    assert lacks_deals(leg, positions, deals) is lacks
