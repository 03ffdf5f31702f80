"""Finds positions that were opened and closed between two looks: only their deals tell (law 9)."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from decisions.ages import ServerClock
from decisions.evidence import deals_prove_closed, last_price
from domain.book import Book, BookPosition
from domain.ids import MasterIdentifier, MasterSymbol, OpeningOrder
from domain.market import Deal, Unknowable
from domain.mt5_words import DealEntry
from domain.signals import Fact, PositionClosed, PositionModified, PositionOpened
from nodes.ports import TerminalDoor
from nodes.watching import changed
from utils.clock import Now, utc_us

ZERO = Decimal(0)
#: Deals are searched from so far before the last search, so that none slips through a seam.
SEARCH_BACK_S = 2
SEARCH_AHEAD_S = 86_400

Life = tuple[Deal, ...]


class FlashFinder:
    """Searches the deals since the last search for whole lives that nobody was told of."""

    def __init__(self, door: TerminalDoor) -> None:
        """What began before the first search is left out: an earlier run may have told it."""
        self._door = door
        self._began_ms: int | None = None
        self._searched_to_s = 0
        self._told: set[int] = set()
        self._seen_since: set[int] = set()

    def note(self, identifiers: Iterable[int]) -> None:
        """These were seen in a look."""
        self._seen_since.update(identifiers)

    def search(self, book: Book, clock: ServerClock, now: Now) -> tuple[Fact, ...]:
        """Facts not yet stamped, an opening and a close for each."""
        server_ms = clock.server_ms(now.utc_ms)
        if server_ms is None:
            return ()
        if self._began_ms is None:
            self._began_ms, self._searched_to_s = server_ms, server_ms // 1000
            return ()
        since_s = self._searched_to_s
        deals = self._door.deals_between(since_s - SEARCH_BACK_S, since_s + SEARCH_AHEAD_S)
        if isinstance(deals, Unknowable):
            return ()
        self._searched_to_s = server_ms // 1000
        told = [fact for life in self._untold(deals) for fact in _facts(book, life)]
        seen_at_us = utc_us()
        return tuple(msgspec.structs.replace(fact, seen_at_us=seen_at_us) for fact in told)

    def _untold(self, deals: Life) -> list[Life]:
        self._told |= self._seen_since
        lives: dict[int, list[Deal]] = {}
        for deal in deals:
            lives.setdefault(deal.position, []).append(deal)
        fresh = [tuple(life) for key, life in lives.items() if key not in self._told]
        whole = [life for life in fresh if self._is_whole(life)]
        # Only what the next search may meet again has to be remembered.
        self._told = (self._told & lives.keys()) | self._seen_since
        self._told.update(life[0].position for life in whole)
        self._seen_since = set()
        return whole

    def _is_whole(self, life: Life) -> bool:
        began = life[0]
        is_ours = began.entry == DealEntry.IN and began.server_ms >= (self._began_ms or 0)
        return is_ours and deals_prove_closed(life)


def _facts(book: Book, life: Life) -> tuple[PositionOpened, PositionClosed]:
    position = _position(life)
    opened = changed(PositionModified, book, position, life[0].price)
    fields = {f: getattr(opened, f) for f in opened.__struct_fields__}
    closed = msgspec.structs.replace(position, volume=ZERO)
    return (
        PositionOpened(**fields, age_ms=0, flash=True),
        changed(PositionClosed, book, closed, last_price(life)),
    )


def _position(life: Life) -> BookPosition:
    opening = life[0]
    volume = sum((deal.volume for deal in life if deal.side is opening.side), ZERO)
    return BookPosition(
        identifier=MasterIdentifier(opening.position),
        opening_order=OpeningOrder(opening.position),
        symbol=MasterSymbol(opening.symbol),
        side=opening.side,
        volume=volume,
        initial_volume=volume,
        price_open=opening.price,
        sl=ZERO,
        tp=ZERO,
        opened_server_ms=opening.server_ms,
        magic=opening.magic,
        comment=opening.comment,
    )
