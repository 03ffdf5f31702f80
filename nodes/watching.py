"""A master's look at its terminal: what is there now that was not told yet."""

from collections.abc import Collection
from decimal import Decimal
from typing import TypeVar

import msgspec

from decisions.ages import ServerClock, age_on_server_ms
from decisions.detecting import Changes, after_change, booked, detect
from decisions.evidence import (
    Absence,
    deals_prove_closed,
    last_price,
    looks_prove_closed,
    seen_absent,
)
from domain.book import Book, BookPosition, Stamp
from domain.ids import JourneyId, OpeningOrder
from domain.market import Position, Unknowable
from domain.signals import (
    Fact,
    LegAnswer,
    PositionClosed,
    PositionModified,
    PositionOpened,
    PositionReduced,
)
from nodes.clock_watch import ClockWatch
from nodes.ports import TerminalDoor
from utils.clock import Now, utc_us

ZERO = Decimal(0)
#: A position younger than this has its whole volume yet, and its deals need not be asked.
JUST_OPENED_MS = 1_000
UNSTAMPED = Stamp(0, 0)
NO_JOURNEY = JourneyId("")
_Change = TypeVar("_Change", PositionReduced, PositionModified, PositionClosed)


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one look: facts not yet stamped, and what a person should hear of."""

    facts: tuple[Fact, ...] = ()
    alarms: tuple[str, ...] = ()
    unknowable: str = ""


class Watcher:
    """Compares the terminal with the book; keeps the broker's clock and unproven absences."""

    def __init__(self, door: TerminalDoor) -> None:
        """Look through this door."""
        self._door = door
        self._absences: dict[int, Absence] = {}
        self._alarms: list[str] = []
        self._clock_watch = ClockWatch(door)
        self.positions = 0

    @property
    def clock(self) -> ServerClock:
        """The broker's clock."""
        return self._clock_watch.clock

    @property
    def all_proven(self) -> bool:
        """No position of the book is missing without proof."""
        return not self._absences

    def look(self, book: Book, now: Now) -> Sighting:
        """One look. An answer that cannot be believed changes nothing."""
        self._clock_watch.look(now)
        stranger = self.stranger(book)
        if stranger:
            return self._nothing_seen(stranger)
        seen = self._door.positions()
        seen_at_us = utc_us()
        if isinstance(seen, Unknowable):
            return self._nothing_seen(seen.why)
        self.positions = len(seen)
        changes = detect({p.identifier: p for p in book.positions}, seen)
        self._forget_absences_of(seen)
        if changes.none:
            return Sighting()
        return self._sighting(book, changes, {p.identifier: p for p in seen}, now, seen_at_us)

    def fates(self, orders: list[int]) -> dict[int, LegAnswer]:
        """What the deals say of positions the book does not hold."""
        return {order: self._fate(OpeningOrder(order)) for order in orders}

    def _nothing_seen(self, why: str) -> Sighting:
        """Looks count as equal only where no unbelievable one lies between them."""
        self._absences.clear()
        return Sighting(unknowable=why)

    def stranger(self, book: Book) -> str:
        """Why this is not the account the book speaks for; empty when it is."""
        identity = self._door.identity()
        if isinstance(identity, Unknowable):
            return identity.why
        if (identity.login, identity.server) != (book.login, book.server):
            return f"logged in to {identity.login} at {identity.server}, not to {book.login}"
        return ""

    def _sighting(
        self, book: Book, changes: Changes, seen: dict[int, Position], now: Now, seen_at_us: int
    ) -> Sighting:
        # A close matters most, so it is looked into and told first.
        told: list[Fact] = [
            fact for gone in changes.absent if (fact := self._closed(book, gone, now)) is not None
        ]
        told += [changed(PositionReduced, book, p, self._price(p)) for p in changes.reduced]
        reduced = {p.identifier for p in changes.reduced}
        told += [
            changed(PositionModified, book, self._latest(p, seen, reduced), p.price_open)
            for p in changes.modified
        ]
        if self.clock.offset_ms is not None:
            # Without the broker's clock nobody can say how old a position is: it is told later.
            told += [self._opened(book, p, now) for p in changes.opened]
        alarms, self._alarms = tuple(self._alarms), []
        facts = tuple(msgspec.structs.replace(fact, seen_at_us=seen_at_us) for fact in told)
        return Sighting(facts=facts, alarms=alarms)

    def _price(self, reduced: BookPosition) -> Decimal:
        """The price of the deal that reduced it; the open price while the deal does not show."""
        return last_price(self._door.deals_of(reduced.identifier)) or reduced.price_open

    def _latest(
        self, position: BookPosition, seen: dict[int, Position], reduced: Collection[int]
    ) -> BookPosition:
        """A position that was reduced in the same look is told with its new volume."""
        if position.identifier not in reduced:
            return position
        return after_change(position, seen[position.identifier])

    def _opened(self, book: Book, position: Position, now: Now) -> PositionOpened:
        return PositionOpened(
            master=book.master,
            login=book.login,
            server=book.server,
            stamp=UNSTAMPED,
            journey=NO_JOURNEY,
            position=self._with_initial_volume(booked(position)),
            price=position.price_open,
            seen_at_us=0,
            age_ms=age_on_server_ms(self.clock, position.opened_server_ms, now.utc_ms),
        )

    def _with_initial_volume(self, position: BookPosition) -> BookPosition:
        """A position first seen late may have been reduced before: its deals know."""
        if self.clock.newest_ms - position.opened_server_ms < JUST_OPENED_MS:
            return position
        deals = self._door.deals_of(position.identifier)
        if isinstance(deals, Unknowable):
            return position
        initial = sum((d.volume for d in deals if d.side is position.side), ZERO)
        return msgspec.structs.replace(position, initial_volume=max(initial, position.volume))

    def _closed(self, book: Book, gone: BookPosition, now: Now) -> PositionClosed | None:
        """Told only with proof; without it the absence is remembered and looked at again."""
        deals = self._door.deals_of(gone.identifier)
        if not deals_prove_closed(deals):
            absence = seen_absent(self._absences.get(gone.identifier), now.monotonic_s)
            self._absences[gone.identifier] = absence
            if not looks_prove_closed(deals, absence, now.monotonic_s):
                return None
            self._alarms.append(
                f"position {gone.identifier} is gone and its deals do not show: taken as closed"
            )
        self._absences.pop(gone.identifier, None)
        closed = msgspec.structs.replace(gone, volume=ZERO)
        return changed(PositionClosed, book, closed, last_price(deals))

    def _forget_absences_of(self, seen: tuple[Position, ...]) -> None:
        for position in seen:
            self._absences.pop(position.identifier, None)

    def _fate(self, order: OpeningOrder) -> LegAnswer:
        deals = self._door.deals_of(order)
        if deals_prove_closed(deals):
            return LegAnswer(opening_order=order, fate="closed", price=last_price(deals))
        return LegAnswer(opening_order=order, fate="unknown")


def changed(kind: type[_Change], book: Book, position: BookPosition, price: Decimal) -> _Change:
    return kind(
        master=book.master,
        login=book.login,
        server=book.server,
        stamp=UNSTAMPED,
        journey=NO_JOURNEY,
        position=position,
        price=price,
        seen_at_us=0,
    )
