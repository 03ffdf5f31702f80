"""A master's look at its terminal: what is there now that was not told yet."""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import TypeVar

import msgspec

from decisions.ages import FORGIVEN_MS, ServerClock, age_on_server_ms
from decisions.detecting import Changes, after_change, detect
from decisions.evidence import (
    Absence,
    deals_prove_closed,
    last_price,
    looks_prove_closed,
    seen_absent,
)
from decisions.netting import lots_brought, net_left
from domain.book import Book, BookPosition, Stamp
from domain.ids import JourneyId, OpeningOrder
from domain.market import Unknowable
from domain.signals import (
    Fact,
    LegAnswer,
    PositionClosed,
    PositionModified,
    PositionOpened,
    PositionReduced,
)
from nodes.guarding.clock_watch import ClockWatch
from nodes.ports import TerminalDoor
from nodes.watching.book_reading import BookReader
from nodes.watching.means import means_of
from utils.clock import Clock, Now, utc_us

ZERO = Decimal(0)
#: A position younger than this has its whole volume yet, and its deals need not be asked.
JUST_OPENED_MS = 1_000
#: On a netting account a leg that a slave asks about is looked for so far back.
FATES_KNOWN_S = 90 * 86_400
AHEAD_S = 86_400
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

    def __init__(self, door: TerminalDoor, clock: Clock) -> None:
        """Look through this door, and at this clock of ours."""
        self._door = door
        self.reader = BookReader(door)
        self._absences: dict[int, Absence] = {}
        self._alarms: list[str] = []
        self._listed: frozenset[int] = frozenset()
        self._clock_watch = ClockWatch(door, clock)
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
        began_us = utc_us()
        self._clock_watch.look(now)
        stranger = self.stranger(book)
        if stranger:
            return self._nothing_seen(stranger)
        seen = self._door.positions()
        seen_at_us = utc_us()
        if isinstance(seen, Unknowable):
            return self._nothing_seen(seen.why)
        self.positions = len(seen)
        self._listed = frozenset(position.identifier for position in seen)
        legs = self.reader.read(seen, book, now)
        changes = detect(book.positions, legs)
        self._forget_absences_of(legs)
        if changes.none:
            return Sighting()
        now = _after_the_look(now, seen_at_us - began_us)
        return self._sighting(book, changes, {p.opening_order: p for p in legs}, now, seen_at_us)

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
        self,
        book: Book,
        changes: Changes,
        seen: Mapping[OpeningOrder, BookPosition],
        now: Now,
        seen_at_us: int,
    ) -> Sighting:
        # A close matters most, so it is looked into and told first.
        told: list[Fact] = [
            fact for gone in changes.absent if (fact := self._closed(book, gone, now)) is not None
        ]
        told += [changed(PositionReduced, book, p, self._price(p)) for p in changes.reduced]
        reduced = {p.opening_order for p in changes.reduced}
        grown = {p.opening_order: p for p in changes.grown if self._has_grown(p)}
        told += [changed(PositionModified, book, p, p.price_open) for p in grown.values()]
        told += [
            changed(PositionModified, book, self._latest(p, seen, reduced), p.price_open)
            for p in changes.modified
            if p.opening_order not in grown
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

    def _has_grown(self, position: BookPosition) -> bool:
        """A list that is late shows a volume that was there; only deals add to a position."""
        if self.reader.is_netting:
            return True
        deals = self._door.deals_of(position.identifier)
        return net_left(() if isinstance(deals, Unknowable) else deals, position.side) == (
            position.volume
        )

    def _latest(
        self,
        position: BookPosition,
        seen: Mapping[OpeningOrder, BookPosition],
        reduced: Collection[OpeningOrder],
    ) -> BookPosition:
        """A position that was reduced in the same look is told with its new volume."""
        if position.opening_order not in reduced:
            return position
        return after_change(position, seen[position.opening_order])

    def _opened(self, book: Book, position: BookPosition, now: Now) -> PositionOpened:
        return PositionOpened(
            master=book.master,
            login=book.login,
            server=book.server,
            stamp=UNSTAMPED,
            journey=NO_JOURNEY,
            position=self._with_initial_volume(position),
            price=position.price_open,
            seen_at_us=0,
            age_ms=self._age_ms(position, now),
            means=means_of(self._door, position.symbol),
        )

    def _age_ms(self, position: BookPosition, now: Now) -> int:
        """An age that cannot be means that the broker's clock was mistaken: it is measured anew."""
        age_ms = age_on_server_ms(self.clock, position.opened_server_ms, now.utc_ms)
        if age_ms < -FORGIVEN_MS:
            self._clock_watch.doubt()
            self._alarms.append(
                f"position {position.identifier} is {-age_ms} ms ahead of its broker's clock as it "
                "was measured; it is measured anew, and slaves refuse the open"
            )
        return age_ms

    def _with_initial_volume(self, position: BookPosition) -> BookPosition:
        """A position first seen late may have been reduced before: its deals know."""
        if self.reader.is_netting:
            return position
        if self.clock.newest_ms - position.opened_server_ms < JUST_OPENED_MS:
            return position
        deals = self._door.deals_of(position.identifier)
        if isinstance(deals, Unknowable):
            return position
        initial = lots_brought(deals, position.side)
        return msgspec.structs.replace(position, initial_volume=max(initial, position.volume))

    def _closed(self, book: Book, gone: BookPosition, now: Now) -> PositionClosed | None:
        """Told only with proof; without it the absence is remembered and looked at again."""
        ending = self._ending(gone)
        if ending is not None:
            self._absences.pop(gone.opening_order, None)
            return changed(PositionClosed, book, _closed_whole(gone), ending)
        deals = self._door.deals_of(gone.identifier)
        if not deals_prove_closed(deals):
            earlier = self._absences.get(gone.opening_order)
            absence = seen_absent(earlier, now.monotonic_s, self._listed)
            self._absences[gone.opening_order] = absence
            if not looks_prove_closed(deals, absence, now.monotonic_s):
                return None
            self._alarms.append(
                f"position {gone.identifier} is gone and its deals do not show: taken as closed"
            )
        self._absences.pop(gone.opening_order, None)
        return changed(PositionClosed, book, _closed_whole(gone), last_price(deals))

    def _ending(self, gone: BookPosition) -> Decimal | None:
        """The price at which a leg of a netting position ended, by the position's own deals."""
        if not self.reader.is_netting:
            return None
        story = self.reader.story(gone.identifier, gone.symbol)
        ended = None if story is None else story.ending_of(gone.opening_order)
        return None if ended is None else ended.price

    def _forget_absences_of(self, seen: Iterable[BookPosition]) -> None:
        for position in seen:
            self._absences.pop(position.opening_order, None)

    def _fate(self, order: OpeningOrder) -> LegAnswer:
        told = self._fate_of_leg(order) if self.reader.is_netting else self._fate_of_position(order)
        return told or self._fate_of_order(order)

    def _fate_of_position(self, order: OpeningOrder) -> LegAnswer | None:
        deals = self._door.deals_of(order)
        if not deals_prove_closed(deals):
            return None
        return LegAnswer(opening_order=order, fate="closed", price=last_price(deals))

    def _fate_of_leg(self, order: OpeningOrder) -> LegAnswer | None:
        """An order that added to a position names it in its deal only.

        One that took volume off, and did not cross zero, never became a leg.
        """
        newest_s = self.clock.newest_ms // 1000
        deals = self._door.deals_between(newest_s - FATES_KNOWN_S, newest_s + AHEAD_S)
        deal = None
        if newest_s and not isinstance(deals, Unknowable):
            deal = next((d for d in deals if d.order == order), None)
        story = None if deal is None else self.reader.story(deal.position, deal.symbol)
        if deal is None or story is None or story.holds(order) or order not in story.orders:
            return None
        ended = story.ending_of(order)
        return LegAnswer(
            opening_order=order, fate="closed", price=deal.price if ended is None else ended.price
        )

    def _fate_of_order(self, order: OpeningOrder) -> LegAnswer:
        """One that waited, and of which nothing was filled, became no position and never will."""
        fate = self._door.order_of(order)
        unfilled = not isinstance(fate, Unknowable) and fate.ended_unfilled
        return LegAnswer(opening_order=order, fate="closed" if unfilled else "unknown")


def _closed_whole(gone: BookPosition) -> BookPosition:
    return msgspec.structs.replace(gone, volume=ZERO)


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


def _after_the_look(before: Now, took_us: int) -> Now:
    """A terminal that was long in answering lets no position look younger than it is."""
    took_ms = max(took_us, 0) // 1000
    return Now(before.monotonic_s + took_ms / 1000, before.utc_ms + took_ms)
