"""What facts and books make of a leg's target."""

from decimal import Decimal

import pytest

from decisions.heeding import (
    is_absent_without_a_word,
    says_nothing,
    target_after,
    target_of,
    told_by,
)
from decisions.repairs import MasterWord
from domain.book import Stamp
from domain.market import Fate
from tests.builders import (
    EPOCH,
    a_book_order,
    a_book_position,
    a_leg,
    a_target,
    closed,
    modified,
    opened,
    order_gone,
    order_modified,
    placed,
    reduced,
)

WAITING = target_of(placed(1, a_book_order()))
FILLED = target_after(WAITING, opened(2, a_book_position(volume="0.40")))


def test_a_position_is_there_and_an_order_only_waits() -> None:
    assert (WAITING.there, WAITING.order, WAITING.volume) == (False, a_book_order(), 1)
    there = target_of(opened(1, a_book_position()))
    assert (there.there, there.order) == (True, None)


def test_an_order_that_is_changed_is_the_whole_target_while_nothing_has_filled() -> None:
    after = target_after(WAITING, order_modified(2, a_book_order(price="1279", sl="1270")))
    assert after.order is not None
    assert (after.order.price, after.sl, after.there) == (1279, 1270, False)


def test_a_fill_makes_the_position_the_target_and_the_order_may_wait_on() -> None:
    assert (FILLED.there, FILLED.volume) == (True, Decimal("0.40"))
    assert FILLED.order is not None


def test_a_flash_whose_deals_know_of_no_stops_leaves_those_of_its_order() -> None:
    waiting = target_of(placed(1, a_book_order(sl="1270", tp="1300")))
    flash = opened(2, a_book_position(volume="0.40", sl="0", tp="0"), flash=True)
    after = target_after(waiting, flash)
    assert (after.there, after.volume, after.sl, after.tp) == (True, Decimal("0.40"), 1270, 1300)
    shut = target_after(waiting, closed(3))
    assert (shut.volume, shut.sl, shut.tp) == (0, 1270, 1300)
    moved = opened(2, a_book_position(volume="0.40", sl="0", tp="0"))
    assert (target_after(waiting, moved).sl, target_after(waiting, moved).tp) == (0, 0)


def test_what_is_left_of_an_order_says_nothing_of_the_position_that_is_there() -> None:
    after = target_after(FILLED, order_modified(3, a_book_order(volume="0.60", sl="1270")))
    assert (after.volume, after.sl) == (FILLED.volume, FILLED.sl)
    assert after.order is not None
    assert after.order.volume == Decimal("0.60")


@pytest.mark.parametrize("fate", [Fate.CANCELLED, Fate.EXPIRED, Fate.REJECTED])
def test_an_order_that_ended_unfilled_closes_its_leg(fate: Fate) -> None:
    after = target_after(WAITING, order_gone(2, a_book_order(), fate))
    assert (after.closed, after.order) == (True, None)


@pytest.mark.parametrize("fate", [Fate.CANCELLED, Fate.FILLED])
def test_the_end_of_an_order_closes_no_position(fate: Fate) -> None:
    after = target_after(FILLED, order_gone(3, a_book_order(), fate))
    assert (after.closed, after.order) == (False, None)


def test_a_fill_alone_closes_nothing_before_its_position_is_told() -> None:
    after = target_after(WAITING, order_gone(2, a_book_order(), Fate.FILLED))
    assert (after.closed, after.order, after.there) == (False, None, False)


def test_facts_of_a_position_leave_its_order_alone() -> None:
    less = target_after(FILLED, reduced(4, a_book_position(volume="0.20")))
    moved = target_after(less, modified(5, a_book_position(volume="0.20", sl="1281")))
    assert (moved.volume, moved.sl, moved.order) == (Decimal("0.20"), 1281, FILLED.order)


@pytest.mark.parametrize(
    ("word", "there", "waits"),
    [
        pytest.param({"order": a_book_order()}, False, True, id="it waits"),
        pytest.param({"position": a_book_position()}, True, False, id="it is held"),
        pytest.param(
            {"position": a_book_position(), "order": a_book_order()}, True, True, id="both"
        ),
    ],
)
def test_a_book_tells_both(word: dict[str, object], there: bool, waits: bool) -> None:
    told = told_by(
        a_leg(target=WAITING),
        MasterWord(stamp=Stamp(EPOCH, 9), **word),  # type: ignore[arg-type]
    )
    assert (told.there, told.order is not None) == (there, waits)


def test_a_book_that_knows_it_closed_closes_it_with_its_order() -> None:
    told = told_by(a_leg(target=WAITING), MasterWord(stamp=Stamp(EPOCH, 9), closed=True))
    assert (told.closed, told.order) == (True, None)
    assert not a_target().closed


@pytest.mark.parametrize("volume", ["0", "0.50"], ids=["told as closed", "not told of yet"])
def test_law_15_the_rest_of_an_order_is_nothing_of_a_copy_of_what_it_had_brought(
    volume: str,
) -> None:
    """What waits will be a signal of its own; what had filled is closed when that is told."""
    leg = a_leg(target=a_target(volume=volume, initial_volume="0.50"))
    rest = a_book_order(volume="0.50", initial_volume="1.00")
    word = MasterWord(stamp=Stamp(EPOCH, 9), order=rest)
    assert told_by(leg, word) == leg.target
    assert says_nothing(leg, word)
    assert is_absent_without_a_word(leg, word) is not leg.target.closed
