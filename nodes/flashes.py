"""Finds positions that were opened and closed between two looks: only their deals tell (law 9)."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from decisions.ages import ServerClock
from decisions.netting import NetLeg
from domain.book import Book, BookPosition
from domain.ids import MasterIdentifier, MasterSymbol, OpeningOrder
from domain.market import Deal, Unknowable
from domain.mt5_words import DealEntry
from domain.signals import Fact, PositionClosed, PositionModified, PositionOpened
from nodes.book_reading import BookReader
from nodes.ports import TerminalDoor
from nodes.watching import changed
from utils.clock import Now, utc_us

ZERO = Decimal(0)
#: Deals are searched from so far before the last search, so that none slips through a seam.
SEARCH_BACK_S = 2
SEARCH_AHEAD_S = 86_400
#: An earlier run may have ended before it found what lived so shortly before it told the newest.
UNTOLD_AT_THE_END_MS = 5_000
#: A broker's clock goes back by an hour in autumn, and what it showed before is met again.
REMEMBERED_MS = 2 * 3_600_000


class Flash(NamedTuple):
    """A leg that began and ended while nobody looked, and the position it was of."""

    identifier: int
    symbol: str
    leg: NetLeg


class FlashFinder:
    """Searches the deals since the last search for whole lives that nobody was told of."""

    def __init__(self, door: TerminalDoor, reader: BookReader) -> None:
        """Without a memory of an earlier run, what began before the first search is left out."""
        self._door = door
        self._reader = reader
        self._began_ms: int | None = None
        self._earlier_run_ms = 0
        self._searched_to_s = 0
        self._told: dict[int, int] = {}
        self._seen_since: set[int] = set()

    def go_on_after(self, told: Iterable[BookPosition], run_began_ms: int) -> None:
        """An earlier run began then, UTC, and is known to have told these: the rest is still to."""
        opened_ms = {position.opening_order: position.opened_server_ms for position in told}
        self.note(opened_ms)
        self._earlier_run_ms = run_began_ms
        if opened_ms:
            self._began_ms = max(opened_ms.values()) - UNTOLD_AT_THE_END_MS
            self._searched_to_s = self._began_ms // 1000

    def note(self, orders: Iterable[int]) -> None:
        """What these orders opened was seen in a look."""
        self._seen_since.update(orders)

    def search(self, book: Book, clock: ServerClock, now: Now) -> tuple[Fact, ...]:
        """Facts not yet stamped, an opening and a close for each."""
        server_ms = clock.server_ms(now.utc_ms)
        if server_ms is None:
            return ()
        if self._began_ms is None:
            self._began_ms = server_ms - self._untold_for_ms(now)
            self._searched_to_s = self._began_ms // 1000
        # After a clock went back what is opened now would seem older than our start.
        self._began_ms = min(self._began_ms, server_ms)
        since_s = self._searched_to_s
        until_s = max(since_s, server_ms // 1000) + SEARCH_AHEAD_S
        deals = self._door.deals_between(since_s - SEARCH_BACK_S, until_s)
        if isinstance(deals, Unknowable):
            return ()
        self._searched_to_s = server_ms // 1000
        told = [fact for flash in self._untold(deals, server_ms) for fact in _facts(book, flash)]
        seen_at_us = utc_us()
        return tuple(msgspec.structs.replace(fact, seen_at_us=seen_at_us) for fact in told)

    def _untold_for_ms(self, now: Now) -> int:
        """An earlier run that told nothing has told nothing since it began."""
        return max(0, now.utc_ms - self._earlier_run_ms) if self._earlier_run_ms else 0

    def _untold(self, deals: Sequence[Deal], server_ms: int) -> list[Flash]:
        """Only what a later search may meet again has to be remembered."""
        self._told |= dict.fromkeys(self._seen_since, server_ms)
        self._seen_since = set()
        orders = {deal.order for deal in deals}
        oldest_ms = server_ms - REMEMBERED_MS
        self._told = {o: ms for o, ms in self._told.items() if ms > oldest_ms or o in orders}
        fresh = {d.position: d for d in deals if d.order not in self._told and _may_open(d)}
        found = [flash for deal in fresh.values() for flash in self._ended_untold(deal)]
        self._told |= {flash.leg.order: server_ms for flash in found}
        return found

    def _ended_untold(self, deal: Deal) -> list[Flash]:
        """The legs of its position that have ended, and that nobody was told of."""
        story = self._reader.story(deal.position, deal.symbol)
        return [
            Flash(deal.position, deal.symbol, leg)
            for leg in (() if story is None else story.ended)
            if leg.order not in self._told and leg.opened_server_ms >= (self._began_ms or 0)
        ]


def _may_open(deal: Deal) -> bool:
    return deal.entry in {DealEntry.IN, DealEntry.INOUT}


def _facts(book: Book, flash: Flash) -> tuple[PositionOpened, PositionClosed]:
    position = _position(flash)
    opened = changed(PositionModified, book, position, flash.leg.price_open)
    fields = {f: getattr(opened, f) for f in opened.__struct_fields__}
    closed = msgspec.structs.replace(position, volume=ZERO)
    return (
        PositionOpened(**fields, age_ms=0, flash=True),
        changed(PositionClosed, book, closed, flash.leg.price),
    )


def _position(flash: Flash) -> BookPosition:
    leg = flash.leg
    return BookPosition(
        identifier=MasterIdentifier(flash.identifier),
        opening_order=OpeningOrder(leg.order),
        symbol=MasterSymbol(flash.symbol),
        side=leg.side,
        volume=leg.initial_volume,
        initial_volume=leg.initial_volume,
        price_open=leg.price_open,
        sl=ZERO,
        tp=ZERO,
        opened_server_ms=leg.opened_server_ms,
        magic=leg.magic,
        comment=leg.comment,
    )
