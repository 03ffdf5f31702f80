"""Finds positions that were opened and closed between two looks: only their deals tell (law 9)."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from decisions.ages import ServerClock
from decisions.netting import NetLeg, NetStory, signed, without_rollovers
from domain.book import Book, BookPosition
from domain.ids import MasterIdentifier, MasterSymbol, OpeningOrder
from domain.market import Deal, Unknowable
from domain.signals import Fact, PositionClosed, PositionModified, PositionOpened
from nodes.ports import TerminalDoor
from nodes.watching.book_reading import RECORDS_LATE_S, BookReader
from nodes.watching.positions import changed
from utils.clock import Now, utc_us

ZERO = Decimal(0)
#: Deals are searched from so far before the last search, so that none slips through a seam,
SEARCH_BACK_S = 2
#: and now and then from further back: a broker's clock that went back writes into the past.
SEARCH_FAR_BACK_S = 2 * 3600
SEARCH_FAR_EVERY_S = 30.0
SEARCH_AHEAD_S = 86_400
#: So many orders are remembered as told, which is more than days of anybody's trading.
REMEMBERED_ORDERS = 50_000


class Flash(NamedTuple):
    """A leg that began and ended while nobody looked, and the position it was of."""

    identifier: int
    symbol: str
    leg: NetLeg


class FlashFinder:
    """Searches the deals for whole lives that nobody was told of.

    What is ours to tell goes by the numbers of orders, which only grow: a broker's clock may go
    back, or be ahead for a while, and then shows what is new as old.
    """

    def __init__(self, door: TerminalDoor, reader: BookReader) -> None:
        """Without a memory of an earlier run, what began before the first search is left out."""
        self._door = door
        self._reader = reader
        self._after_order: int | None = None
        self._began_s: float | None = None
        self.has_searched = False
        """What an earlier run left untold has been told, and its records are no longer late."""
        self._first_told: int | None = None
        self._earlier_run_ms = 0
        self._searched_to_s = 0
        self._next_far_s = 0.0
        self._told: dict[int, None] = {}
        self._waited: dict[int, None] = {}
        self._examined: dict[int, frozenset[int]] = {}

    def go_on_after(self, told: Iterable[BookPosition], run_began_ms: int) -> None:
        """An earlier run began then, UTC, and is known to have told these: the rest is still to."""
        orders = [position.opening_order for position in told]
        self.note(orders)
        self._earlier_run_ms = run_began_ms
        self._first_told = min(orders, default=None)

    def note(self, orders: Iterable[int]) -> None:
        """What these orders opened was seen in a look."""
        self._told |= dict.fromkeys(orders)

    def expect(self, orders: Iterable[int]) -> None:
        """These were told while they waited, so what they become is ours to tell, however old."""
        self._waited |= dict.fromkeys(orders)

    def search(self, book: Book, clock: ServerClock, now: Now) -> tuple[Fact, ...]:
        """Facts not yet stamped, an opening and a close for each."""
        server_ms = clock.server_ms(now.utc_ms)
        if server_ms is None:
            return ()
        is_far = now.monotonic_s >= self._next_far_s
        deals = self._door.deals_between(*self._window(server_ms // 1000, now, is_far=is_far))
        if isinstance(deals, Unknowable):
            return ()
        self._searched_to_s = server_ms // 1000
        self._began_s = now.monotonic_s if self._began_s is None else self._began_s
        self.has_searched = now.monotonic_s - self._began_s >= RECORDS_LATE_S
        if is_far:
            self._next_far_s = now.monotonic_s + SEARCH_FAR_EVERY_S
        if self._after_order is None:
            newest = self._newest_before(server_ms - self._untold_for_ms(now), deals)
            self._after_order = self._or_before_the_first_told(newest)
        flashes = self._untold(deals, self._after_order)
        self.note(flash.leg.order for flash in flashes)
        self._forget_the_oldest()
        told = [fact for flash in flashes for fact in _facts(book, flash)]
        seen_at_us = utc_us()
        return tuple(msgspec.structs.replace(fact, seen_at_us=seen_at_us) for fact in told)

    def _window(self, server_s: int, now: Now, *, is_far: bool) -> tuple[int, int]:
        """The first search reaches as far as the earlier run's beginning."""
        back_s = SEARCH_FAR_BACK_S if is_far else SEARCH_BACK_S
        first_s = server_s - self._untold_for_ms(now) // 1000
        since_s = min(self._searched_to_s or first_s, server_s) - back_s
        return since_s, max(self._searched_to_s, server_s) + SEARCH_AHEAD_S

    def _untold_for_ms(self, now: Now) -> int:
        """What may have been left untold by an earlier run is as old as that run at most."""
        if not self._earlier_run_ms:
            return 0
        lived_ms = now.utc_ms - self._earlier_run_ms
        # Our own clock went back meanwhile: nobody knows how long it was.
        return lived_ms if lived_ms > 0 else SEARCH_FAR_BACK_S * 1000

    def _or_before_the_first_told(self, order: int) -> int:
        """An earlier run may have overlooked what came before the first position it told."""
        return order if self._first_told is None else min(order, self._first_told - 1)

    @staticmethod
    def _newest_before(server_ms: int, deals: Sequence[Deal]) -> int:
        """Orders up to this one are not ours to tell: nobody told anything yet."""
        return max((d.order for d in deals if d.server_ms < server_ms), default=0)

    def _untold(self, deals: Sequence[Deal], after_order: int) -> list[Flash]:
        """Positions are looked into when they have a deal that was not read before."""
        shown: dict[int, list[Deal]] = {}
        for deal in without_rollovers(deals):
            shown.setdefault(deal.position, []).append(deal)
        return [
            flash
            for number, own in shown.items()
            if number and self._may_hide(own[0]) and not self._has_read(own)
            for flash in self._ended_untold(own[0], after_order)
        ]

    def _has_read(self, own: Sequence[Deal]) -> bool:
        """All of them: a history that lags may show in one answer what it left out of another."""
        read = self._examined.get(own[0].position, frozenset())
        return all(deal.ticket in read for deal in own)

    def _may_hide(self, deal: Deal) -> bool:
        """On a hedging account a position is one leg, and bears the number of its order."""
        return self._reader.is_netting or deal.position not in self._told

    def _ended_untold(self, deal: Deal, after_order: int) -> list[Flash]:
        """The legs of its position that have ended, and that nobody was told of."""
        story = self._reader.story(deal.position, deal.symbol)
        if story is None:
            return []
        ended = [
            Flash(deal.position, deal.symbol, leg)
            for leg in story.ended
            if (leg.order > after_order or leg.order in self._waited)
            and leg.order not in self._told
        ]
        if ended and not self._is_as_listed(deal.position, story):
            return []
        if ended or self._reader.is_netting:
            self._examined[deal.position] = story.deals
        return ended

    def _is_as_listed(self, identifier: int, story: NetStory) -> bool:
        """A history that leaves a deal out may show as ended what is held yet (law 1)."""
        positions = self._door.positions()
        if isinstance(positions, Unknowable):
            return False
        listed = (signed(p.side, p.volume) for p in positions if p.identifier == identifier)
        return sum(listed, ZERO) == story.signed_volume

    def _forget_the_oldest(self) -> None:
        for known in (self._told, self._waited, self._examined):
            for number in list(known)[: max(0, len(known) - REMEMBERED_ORDERS)]:
                del known[number]


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
