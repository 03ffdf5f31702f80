"""Whatever traders, markets and terminals do: what a master tells of orders is so, and is all."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from decisions.booking import apply_fact, book_hash
from decisions.detecting import booked_order
from domain.book import Book, Stamp
from domain.market import Fate, OrderFate, Unknowable
from domain.signals import Fact, OrderGone, OrderModified, OrderPlaced, PositionOpened
from messaging import wire
from tests.builders import MASTER, MASTER_AT
from tests.unit.nodes.swarm import MasterSide

PART = Decimal("0.40")
Act = Callable[["Day", int], None]


class Day:
    """A master's day: somebody acts, the terminal tells the truth or does not, the node turns."""

    def __init__(self) -> None:
        self.side = MasterSide()
        self.door = self.side.door
        self.facts: list[Fact] = []
        self.turn()

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            said = len(self.side.facts)
            self.side.turn()
            self.facts += self.side.facts[said:]

    def has_begun(self) -> None:
        """Orders wait, a part of one is filled, and a later order has a position."""
        tickets = [self.door.pend(f"{1270 + number}.00") for number in range(3)]
        self.turn()
        self.door.trade()
        self.door.trigger(tickets[0], PART)
        self.turn(5)

    def one(self, among: dict[int, Any], drawn: int) -> int:
        return sorted(among)[drawn % len(among)]

    # what somebody does

    def pend(self, drawn: int) -> None:
        self.door.pend(f"{1270 + drawn}.00")

    def move(self, drawn: int) -> None:
        if self.door.waiting:
            self.door.repend(self.one(self.door.waiting, drawn), price=Decimal(1260 + drawn))

    def withdraw(self, drawn: int) -> None:
        if self.door.waiting:
            self.door.withdraw(self.one(self.door.waiting, drawn))

    def expire(self, drawn: int) -> None:
        if self.door.waiting:
            self.door.expire(self.one(self.door.waiting, drawn))

    def trigger(self, drawn: int) -> None:
        if self.door.waiting:
            self.door.trigger(self.one(self.door.waiting, drawn))

    def trigger_a_part(self, drawn: int) -> None:
        if self.door.waiting:
            ticket = self.one(self.door.waiting, drawn)
            part = PART if self.door.waiting[ticket].volume > PART else None
            self.door.trigger(ticket, part)

    def trade(self, _: int) -> None:
        self.door.trade()

    def shut(self, drawn: int) -> None:
        if self.door.held:
            self.door.shut(self.one(self.door.held, drawn))

    # what the terminal does

    def hide_history(self, _: int) -> None:
        self.door.fates_hidden = True

    def hide_orders(self, drawn: int) -> None:
        """Some are left out wherever one looks, all of them or every second one."""
        hidden = {t for t in self.door.waiting if drawn % 2 or t % 2}
        self.door.orders = lambda: tuple(  # type: ignore[method-assign]
            o for t, o in self.door.waiting.items() if t not in hidden
        )
        truth = type(self.door).order_of
        self.door.order_of = lambda ticket: (  # type: ignore[method-assign]
            OrderFate(ticket=ticket, fate=Fate.NOT_KNOWN)
            if ticket in hidden and ticket in self.door.waiting
            else truth(self.door, ticket)
        )

    def say_nothing_of_orders(self, _: int) -> None:
        self.door.orders = lambda: Unknowable("no")  # type: ignore[method-assign]

    def hide_positions(self, _: int) -> None:
        self.door.shows_late = [()] * 2

    def tell_the_truth(self, _: int = 0) -> None:
        self.door.fates_hidden = False
        self.door.shows_late = []
        for name in ("orders", "order_of"):
            self.door.__dict__.pop(name, None)

    # what the node does

    def look(self, drawn: int) -> None:
        self.turn(1 + drawn % 3)

    def restart(self, drawn: int) -> None:
        if drawn % 2:
            self.side.loop.finish()
        self.side.start()


ACTS: list[Act] = [
    Day.pend, Day.pend, Day.move, Day.withdraw, Day.expire, Day.trigger, Day.trigger_a_part,
    Day.trade, Day.shut, Day.hide_history, Day.hide_orders, Day.say_nothing_of_orders,
    Day.hide_positions, Day.tell_the_truth, Day.look, Day.look, Day.look, Day.restart,
]  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 9)), min_size=8, max_size=25))
def test_law_15_whatever_happens_the_book_ends_right_and_no_end_is_invented(
    acts: list[tuple[Act, int]],
) -> None:
    day = Day()
    day.has_begun()
    for act, drawn in acts:
        act(day, drawn)
    day.tell_the_truth()
    day.turn(20)
    book = Book(master=MASTER, login=MASTER_AT.login, server=MASTER_AT.server, stamp=Stamp(0, 0))
    for fact in day.facts:
        assert wire.decode_signal(wire.encode(fact)) == fact
        book = apply_fact(book, fact)
    assert set(book.orders) == {booked_order(order) for order in day.door.waiting.values()}
    held = {p.identifier: p.volume for p in day.door.held.values()}
    assert {p.opening_order: p.volume for p in book.positions} == held
    assert book_hash(book) == day.side.beats[-1].book_hash
    for ticket in day.door.fates:
        told = [f for f in day.facts if f.leg_key.opening_order == ticket]
        is_a_story(day, told, day.door.fates[ticket])


def is_a_story(day: Day, told: list[Fact], fate: OrderFate) -> None:
    """Placed once, changed only while it waits, gone once and as it went, its position first."""
    orders = [f for f in told if isinstance(f, OrderPlaced | OrderModified | OrderGone)]
    kinds = [type(f) for f in orders]
    assert kinds.count(OrderPlaced) <= 1
    assert kinds.count(OrderGone) == (fate.fate.is_final and bool(kinds))
    if kinds:
        assert kinds[0] is OrderPlaced
    for gone in (f for f in orders if isinstance(f, OrderGone)):
        assert f"{gone.fate} {gone.order.volume}" == f"{fate.fate} {fate.left}"
        assert orders[-1] is gone
    opened = [f for f in told if isinstance(f, PositionOpened)]
    assert bool(opened) is bool(fate.filled)
    if opened and OrderGone in kinds and not opened[0].flash:
        (gone,) = (f for f in orders if isinstance(f, OrderGone))
        assert told.index(opened[0]) < told.index(gone)


def test_a_position_that_was_closed_by_hand_is_opened_again_by_the_rest_of_its_order() -> None:
    day = Day()
    ticket = day.door.pend("1275.00")
    day.turn()
    day.door.trigger(ticket, PART)
    day.turn()
    day.door.shut(ticket)
    day.turn()
    day.door.trigger(ticket)
    day.turn()
    assert [type(fact).__name__ for fact in day.facts] == [
        "OrderPlaced", "PositionOpened", "OrderModified", "PositionClosed", "PositionOpened",
        "OrderGone",
    ]  # fmt: skip
    again = msgspec.structs.replace(day.door.held[ticket])
    assert again.volume == 1 - PART
