"""A master's look at the orders that wait at its terminal: what was not told of them yet.

Not told: an order that was placed and withdrawn between two looks, for no slave ever knew of it;
one that was placed and filled between two, but as the position it became; what a change that was
itself changed between two had been in between; and the end of an order that its broker's records do
not show, but to the operator, by an alarm.
"""

from typing import Any

import msgspec

from decisions.ages import ServerClock, age_on_server_ms
from decisions.detecting import booked_order, detect_orders
from decisions.evidence import deals_prove_closed
from decisions.netting import net_left
from domain.book import Book, BookOrder
from domain.ids import MasterSymbol, OpeningOrder
from domain.market import OrderFate, Unknowable
from domain.signals import Fact, OrderGone, OrderModified, OrderPlaced
from nodes.ports import TerminalDoor
from nodes.watching.book_reading import RECORDS_LATE_S, BookReader
from nodes.watching.means import means_of
from nodes.watching.positions import NO_JOURNEY, UNSTAMPED, Sighting
from utils.clock import Now, utc_us

#: Where nothing waited the last time, and nothing hints at an order, they are read so often.
READ_EVERY_S = 0.25
#: A terminal that does not tell its orders delays what is told of positions no longer than this.
WAIT_FOR_ORDERS_S = 5.0


class OrderWatcher:
    """Compares the orders at the terminal with the book's; keeps what is missing without proof."""

    def __init__(self, door: TerminalDoor, reader: BookReader) -> None:
        """Look through this door; `reader` knows what became of a netting account's deals."""
        self._door = door
        self._reader = reader
        self._next_read_s = 0.0
        self._began_s: float | None = None
        self._has_read = False
        self._missing_since_s: dict[int, float] = {}

    def is_due(self, book: Book, now_s: float, *, hinted: bool) -> bool:
        """Reading them costs as much as reading positions: only where there may be some."""
        return hinted or bool(book.orders) or now_s >= self._next_read_s

    def is_settled(self, now_s: float) -> bool:
        """They were read, or could not be for too long to wait for them."""
        waited_s = 0.0 if self._began_s is None else now_s - self._began_s
        return self._has_read or waited_s >= WAIT_FOR_ORDERS_S

    def look(self, book: Book, clock: ServerClock, now: Now) -> Sighting:
        """One look, after the book knows of the positions. What is not to be believed is not."""
        began_us = utc_us()
        self._began_s = now.monotonic_s if self._began_s is None else self._began_s
        self._next_read_s = now.monotonic_s + READ_EVERY_S
        listed = self._door.orders()
        seen_at_us = utc_us()
        if isinstance(listed, Unknowable):
            return Sighting(unknowable=listed.why)
        self._has_read = True
        changes = detect_orders(book.orders, [booked_order(order) for order in listed])
        self._note_missing(changes.absent, now.monotonic_s)
        told: list[Fact] = [
            gone for order in changes.absent if (gone := self._gone(book, order)) is not None
        ]
        told += [
            OrderModified(**_fields(book, order))
            for order in changes.modified
            if not self._hides_a_fill(book, order)
        ]
        if clock.offset_ms is not None:
            utc_ms = now.utc_ms + max(seen_at_us - began_us, 0) // 1000
            told += [self._placed(book, order, clock, utc_ms) for order in changes.placed]
        facts = tuple(msgspec.structs.replace(fact, seen_at_us=seen_at_us) for fact in told)
        return Sighting(facts=facts, alarms=self._alarms(now.monotonic_s))

    def _placed(self, book: Book, order: BookOrder, clock: ServerClock, utc_ms: int) -> OrderPlaced:
        age_ms = age_on_server_ms(clock, order.placed_server_ms, utc_ms)
        means = means_of(self._door, order.symbol)
        return OrderPlaced(**_fields(book, order), age_ms=age_ms, means=means)

    def _note_missing(self, absent: tuple[BookOrder, ...], now_s: float) -> None:
        since_s = self._missing_since_s
        tickets = [order.opening_order for order in absent]
        self._missing_since_s = {ticket: since_s.get(ticket, now_s) for ticket in tickets}

    def _gone(self, book: Book, order: BookOrder) -> OrderGone | None:
        """Told only with proof, and after the position that it became."""
        fate = self._door.order_of(order.opening_order)
        if isinstance(fate, Unknowable) or not fate.fate.is_final:
            return None
        if fate.filled and not self._position_is_told(book, order.symbol, fate):
            return None
        self._missing_since_s.pop(order.opening_order, None)
        left = msgspec.structs.replace(order, volume=fate.left)
        return OrderGone(**_fields(book, left), fate=fate.fate)

    def _hides_a_fill(self, book: Book, order: BookOrder) -> bool:
        """A part of it has become a position that is not told yet, and would look withdrawn."""
        before = book.find_order(order.opening_order)
        if before is None or order.volume >= before.volume:
            return False
        fate = self._door.order_of(order.opening_order)
        if isinstance(fate, Unknowable):
            return True
        filled = max(fate.filled, order.initial_volume - order.volume)
        known = msgspec.structs.replace(fate, filled=filled)
        return not self._position_is_told(book, order.symbol, known)

    def _position_is_told(self, book: Book, symbol: MasterSymbol, fate: OrderFate) -> bool:
        """All that was filled is in the book; or its deals say that no more of it is held."""
        identifier = fate.position or fate.ticket
        if self._reader.is_netting:
            return self._legs_are_told(book, identifier, symbol, fate)
        told = book.find(OpeningOrder(fate.ticket))
        if told is not None and told.initial_volume >= fate.filled:
            return True
        deals = self._door.deals_of(identifier)
        if told is None or isinstance(deals, Unknowable):
            return deals_prove_closed(deals)
        return net_left(deals, told.side) == told.volume

    def _legs_are_told(
        self, book: Book, identifier: int, symbol: MasterSymbol, fate: OrderFate
    ) -> bool:
        story = self._reader.story(identifier, symbol)
        if story is None or fate.ticket not in story.orders:
            return False
        held = {leg.order: leg.volume for leg in story.held}
        return held == {
            position.opening_order: position.volume
            for position in book.positions
            if position.identifier == identifier
        }

    def _alarms(self, now_s: float) -> tuple[str, ...]:
        return tuple(
            f"order {ticket} waits no more, and its broker's records do not show what became of "
            "it: look it up in the terminal; what follows it goes on waiting"
            for ticket, since_s in self._missing_since_s.items()
            if now_s - since_s >= RECORDS_LATE_S
        )


def _fields(book: Book, order: BookOrder) -> dict[str, Any]:
    """What all facts of orders share."""
    return {
        "master": book.master,
        "login": book.login,
        "server": book.server,
        "stamp": UNSTAMPED,
        "journey": NO_JOURNEY,
        "order": order,
        "seen_at_us": 0,
    }
