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
        """What happened before the first search is not looked for."""
        self._door = door
        self._told: set[int] = set()
        self._searched_to_s: int | None = None

    def note(self, identifiers: Iterable[int]) -> None:
        """These were seen in a look."""
        self._told.update(identifiers)

    def search(self, book: Book, clock: ServerClock, now: Now) -> tuple[Fact, ...]:
        """Facts not yet stamped, an opening and a close for each."""
        server_ms = clock.server_ms(now.utc_ms)
        if server_ms is None:
            return ()
        since_s = self._searched_to_s
        if since_s is None:
            self._searched_to_s = server_ms // 1000
            return ()
        deals = self._door.deals_between(since_s - SEARCH_BACK_S, since_s + SEARCH_AHEAD_S)
        if isinstance(deals, Unknowable):
            return ()
        self._searched_to_s = server_ms // 1000
        seen_at_us = utc_us()
        told = [fact for life in self._untold(deals) for fact in _facts(book, life)]
        return tuple(msgspec.structs.replace(fact, seen_at_us=seen_at_us) for fact in told)

    def _untold(self, deals: Life) -> list[Life]:
        lives: dict[int, list[Deal]] = {}
        for deal in deals:
            if deal.position not in self._told:
                lives.setdefault(deal.position, []).append(deal)
        whole = [tuple(life) for life in lives.values() if _is_whole(life)]
        self._told.update(life[0].position for life in whole)
        return whole


def _is_whole(life: list[Deal]) -> bool:
    return life[0].entry == DealEntry.IN and deals_prove_closed(life)


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
