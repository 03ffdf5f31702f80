"""Two looks at a terminal, and what happened between them."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.booking import apply_fact, book_hash
from decisions.detecting import (
    after_change,
    booked,
    booked_leg,
    booked_order,
    detect,
    detect_orders,
)
from decisions.netting import net_story
from domain.book import BookOrder, BookPosition
from domain.market import Fate, Lifetime, PendingKind, PendingOrder, Position
from domain.mt5_words import TimeInForce
from domain.signals import Fact, OrderGone, OrderModified, OrderPlaced
from tests.builders import a_book, a_book_position, a_deal, a_pending, a_position, opened

STEP = Decimal("0.01")
volumes = st.integers(1, 20).map(lambda n: Decimal(n) / 10)
levels = st.sampled_from([Decimal(0), Decimal(1280), Decimal("1281.5")])


@st.composite
def two_looks(draw: st.DrawFn) -> tuple[list[Position], list[Position]]:
    """A position shrinks by closes, and grows where its order is filled further."""
    before, after = [], []
    for identifier in range(1, 1 + draw(st.integers(0, 5))):
        had = a_position(identifier, volume=draw(volumes), sl=draw(levels), tp=draw(levels))
        fate = draw(st.sampled_from(["kept", "opened", "gone"]))
        if fate != "opened":
            before.append(had)
        if fate != "gone":
            left = draw(volumes) if fate == "kept" else had.volume
            after.append(
                msgspec.structs.replace(had, volume=left, sl=draw(levels), tp=draw(levels))
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
    for more in changes.grown:
        assert more.initial_volume > told[more.opening_order].initial_volume
        assert more.initial_volume >= more.volume
        told[more.opening_order] = more
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


# orders that wait

lifetimes = st.builds(
    Lifetime,
    kind=st.sampled_from(TimeInForce),
    until_server_ms=st.sampled_from([0, 1_399_040_000_000, 1_399_120_000_000]),
)
terms = st.fixed_dictionaries(
    {"price": volumes, "stop_limit_price": levels, "sl": levels, "tp": levels}
)


def orders_of(draw: st.DrawFn, tickets: list[int]) -> list[PendingOrder]:
    return [
        a_pending(
            ticket,
            volume=draw(volumes),
            initial_volume=2,
            kind=draw(st.sampled_from(PendingKind)),
            lifetime=draw(lifetimes),
            **draw(terms),
        )
        for ticket in tickets
    ]


@st.composite
def two_lists(draw: st.DrawFn) -> tuple[list[BookOrder], list[BookOrder]]:
    """Any orders before, and after them some of the same, changed or not, and others."""
    tickets = draw(st.lists(st.integers(1, 8), unique=True))
    before = orders_of(draw, tickets)
    stay = [order for order in before if draw(st.booleans())]
    after = stay + orders_of(draw, [t for t in range(1, 12) if t not in tickets][:2])
    change = draw(st.sampled_from([o.ticket for o in stay])) if stay else 0
    after = [orders_of(draw, [o.ticket])[0] if o.ticket == change else o for o in after]
    return [booked_order(o) for o in before], [
        booked_order(o) for o in draw(st.permutations(after))
    ]


def told_of(before: list[BookOrder], seen: list[BookOrder]) -> list[Fact]:
    changes = detect_orders(before, seen)
    at = {
        name: getattr(opened(), name)
        for name in ("master", "login", "server", "stamp", "journey", "seen_at_us")
    }
    return [
        *(OrderGone(order=order, fate=Fate.CANCELLED, **at) for order in changes.absent),
        *(OrderModified(order=order, **at) for order in changes.modified),
        *(OrderPlaced(order=order, age_ms=0, **at) for order in changes.placed),
    ]


@given(two_lists())
def test_a_book_with_the_facts_put_in_has_the_orders_that_are_seen(
    lists: tuple[list[BookOrder], list[BookOrder]],
) -> None:
    before, seen = lists
    book = a_book(orders=tuple(before))
    for fact in told_of(before, seen):
        book = apply_fact(book, fact)
    assert set(book.orders) == set(seen)
    assert book_hash(book) == book_hash(a_book(orders=tuple(seen)))


@given(two_lists())
def test_two_equal_lists_of_orders_differ_in_nothing(
    lists: tuple[list[BookOrder], list[BookOrder]],
) -> None:
    for seen in lists:
        assert told_of(seen, list(reversed(seen))) == []


@given(two_lists())
def test_whatever_changes_a_books_hash_is_told(
    lists: tuple[list[BookOrder], list[BookOrder]],
) -> None:
    before, seen = lists
    hashes = {book_hash(a_book(orders=tuple(orders))) for orders in lists}
    assert (len(hashes) > 1) is bool(told_of(before, seen))


@given(lifetimes, st.integers(0, 1_399_200_000_000))
def test_only_an_order_without_an_expiry_lasts_for_ever(lifetime: Lifetime, placed_ms: int) -> None:
    order = booked_order(a_pending(lifetime=lifetime, placed_server_ms=placed_ms))
    assert (order.lasts_ms == 0) is (lifetime.until_server_ms == 0)
    assert order.lasts_ms >= 0


def test_a_booked_order_bears_what_its_position_will_be_known_by() -> None:
    order = booked_order(a_pending(7, volume="0.30", magic=5, comment="by hand"))
    assert (order.opening_order, order.volume, order.initial_volume) == (7, Decimal("0.30"), 1)
    assert (order.magic, order.comment) == (5, "by hand")


def test_a_position_that_grew_has_the_price_and_the_beginning_of_all_its_parts() -> None:
    before = a_book_position(7, volume="0.30", initial_volume="0.40")
    seen = as_book([a_position(7, volume="0.90", price_open="1284.00")])
    (grown,) = detect([before], seen).grown
    assert (grown.volume, grown.initial_volume) == (Decimal("0.90"), Decimal("1.00"))
    assert grown.price_open == Decimal("1284.00")
