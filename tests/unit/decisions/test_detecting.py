"""Two looks at a terminal, and what happened between them."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.detecting import after_change, booked, booked_leg, detect
from decisions.netting import net_story
from domain.book import BookPosition
from domain.market import Position
from tests.builders import a_book_position, a_deal, a_position

STEP = Decimal("0.01")
volumes = st.integers(1, 20).map(lambda n: Decimal(n) / 10)
levels = st.sampled_from([Decimal(0), Decimal(1280), Decimal("1281.5")])


@st.composite
def two_looks(draw: st.DrawFn) -> tuple[list[Position], list[Position]]:
    """Positions only shrink: a hedging account adds by opening another one."""
    before, after = [], []
    for identifier in range(1, 1 + draw(st.integers(0, 5))):
        had = a_position(identifier, volume=draw(volumes), sl=draw(levels), tp=draw(levels))
        fate = draw(st.sampled_from(["kept", "opened", "gone"]))
        if fate != "opened":
            before.append(had)
        if fate != "gone":
            left = draw(volumes) if fate == "kept" else had.volume
            after.append(
                msgspec.structs.replace(
                    had, volume=min(left, had.volume), sl=draw(levels), tp=draw(levels)
                )
            )
    return before, after


def as_book(positions: list[Position]) -> list[BookPosition]:
    return [booked(p) for p in positions]


def shown(book: Iterable[BookPosition]) -> set[tuple[object, ...]]:
    return {(p.opening_order, p.volume, p.sl, p.tp, p.side, p.symbol) for p in book}


@given(two_looks())
def test_what_was_before_with_the_changes_put_in_is_what_is_now(
    looks: tuple[list[Position], list[Position]],
) -> None:
    before, after = as_book(looks[0]), as_book(looks[1])
    changes = detect(before, after)
    told = {p.opening_order: p for p in before}
    for gone in changes.absent:
        del told[gone.opening_order]
    for less in changes.reduced:
        told[less.opening_order] = less
    for moved in changes.modified:
        volume = told[moved.opening_order].volume
        told[moved.opening_order] = msgspec.structs.replace(moved, volume=volume)
    for new in changes.opened:
        told[new.opening_order] = new
    assert shown(told.values()) == shown(after)


@given(two_looks())
def test_two_equal_looks_differ_in_nothing(looks: tuple[list[Position], list[Position]]) -> None:
    for look in looks:
        assert detect(as_book(look), as_book(look)).none


def test_a_position_that_was_not_there_was_opened() -> None:
    assert detect([], [a_book_position(7)]).opened == (a_book_position(7),)


def test_a_smaller_volume_is_a_reduction_and_keeps_the_initial_volume() -> None:
    changes = detect([a_book_position(7)], as_book([a_position(7, volume="0.40")]))
    assert [(p.volume, p.initial_volume) for p in changes.reduced] == [(Decimal("0.40"), 1)]
    assert not changes.modified


def test_new_stops_are_a_modification_that_says_nothing_of_the_volume() -> None:
    changes = detect([a_book_position(7)], as_book([a_position(7, sl="1282.00", volume="0.40")]))
    assert [(p.sl, p.volume) for p in changes.modified] == [(Decimal("1282.00"), 1)]
    assert [(p.sl, p.volume) for p in changes.reduced] == [(Decimal("1282.00"), Decimal("0.40"))]


def test_law_1_a_position_that_is_not_listed_is_absent_and_nothing_more() -> None:
    changes = detect([a_book_position(7)], [])
    assert changes.absent == (a_book_position(7),)
    assert not changes.none


@pytest.mark.history(31)
def test_the_profit_of_a_position_and_its_ticket_are_no_change() -> None:
    """A rollover renumbers tickets; the identifier stays."""
    assert detect([a_book_position(7)], as_book([a_position(7, ticket=99, profit="12.50")])).none


def test_a_position_seen_first_is_its_own_opening_order_with_its_whole_volume() -> None:
    position = booked(a_position(7, volume="0.30", magic=5, comment="by hand"))
    assert (position.opening_order, position.initial_volume) == (7, Decimal("0.30"))
    assert (position.magic, position.comment) == (5, "by hand")


def test_after_a_change_volume_and_stops_are_the_new_ones() -> None:
    changed = after_change(a_book_position(7), a_book_position(7, volume="0.2", sl="1", tp="2"))
    assert (changed.volume, changed.sl, changed.tp) == (Decimal("0.2"), 1, 2)


def test_law_14_a_leg_of_a_netting_position_is_booked_by_its_own_order() -> None:
    position = a_position(7, volume="1.50", sl="1280", tp="1290")
    story = net_story(
        [a_deal(7, order=7), a_deal(7, order=9, ticket=2_000_000, volume="0.5")], STEP
    )
    legs = [booked_leg(position, leg) for leg in story.held]
    assert [(leg.opening_order, leg.identifier) for leg in legs] == [(7, 7), (9, 7)]
    assert [leg.volume for leg in legs] == [Decimal(1), Decimal("0.5")]
    assert {(leg.sl, leg.tp) for leg in legs} == {(Decimal(1280), Decimal(1290))}
