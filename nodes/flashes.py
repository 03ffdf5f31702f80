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
#: A broker's clock goes back by an hour in autumn, and what it showed before is met again.
REMEMBERED_MS = 2 * 3_600_000

Life = tuple[Deal, ...]


class FlashFinder:
    """Searches the deals since the last search for whole lives that nobody was told of."""

    def __init__(self, door: TerminalDoor) -> None:
        """What began before the first search is left out: an earlier run may have told it."""
        self._door = door
        self._began_ms: int | None = None
        self._searched_to_s = 0
        self._told: dict[int, int] = {}
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
        # After a clock went back what is opened now would seem older than our start.
        self._began_ms = min(self._began_ms, server_ms)
        since_s = self._searched_to_s
        deals = self._door.deals_between(since_s - SEARCH_BACK_S, since_s + SEARCH_AHEAD_S)
        if isinstance(deals, Unknowable):
            return ()
        self._searched_to_s = server_ms // 1000
        untold = self._untold(deals, server_ms)
        told = [fact for life in untold for fact in _facts(book, life)]
        seen_at_us = utc_us()
        return tuple(msgspec.structs.replace(fact, seen_at_us=seen_at_us) for fact in told)

    def _untold(self, deals: Life, server_ms: int) -> list[Life]:
        self._told |= dict.fromkeys(self._seen_since, server_ms)
        lives: dict[int, list[Deal]] = {}
        for deal in deals:
            lives.setdefault(deal.position, []).append(deal)
        fresh = [tuple(life) for key, life in lives.items() if key not in self._told]
        whole = [life for life in fresh if self._is_whole(life)]
        # Only what a later search may meet again has to be remembered.
        oldest_ms = server_ms - REMEMBERED_MS
        self._told = {key: ms for key, ms in self._told.items() if ms > oldest_ms or key in lives}
        self._told |= {life[0].position: server_ms for life in whole}
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
