"""The histories of all symbols that were asked for, the longest unused put away."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from paper.broker.house import House
from paper.broker.minutes import MINUTE_MS
from paper.service.feed_record import FeedRecord
from paper.service.past.history import History, Sources
from paper.service.past.own_prices import Fed
from paper.service.tick_files import Feed

HISTORIES_KEPT: Final = 16
LONGEST_MINUTES: Final = 24 * 60
"""Of a longer tape, the first day makes the past."""


class Shelf:
    """One for all brokers: they share the tape."""

    def __init__(self, tape: Sequence[Feed], played: Mapping[str, FeedRecord]) -> None:
        self._played = played
        first_ms = min(feed.times_ms[0] for feed in tape) // MINUTE_MS * MINUTE_MS
        last_ms = max(feed.times_ms[-1] for feed in tape)
        self._minutes = min(LONGEST_MINUTES, (last_ms - first_ms) // MINUTE_MS + 1)
        self._tape = _cut(tape, first_ms, self._minutes)
        self.history = lru_cache(maxsize=HISTORIES_KEPT)(self._made)

    def _made(self, house: House, symbol: str) -> History:
        return History(
            Sources(
                house.market.profiles[symbol],
                self._tape,
                self._minutes,
                self._live,
                house.minutes.of(symbol),
                house.server_ms,
            )
        )

    def _live(self) -> Mapping[str, Fed]:
        return {symbol: _columns(record) for symbol, record in self._played.items()}


def _cut(tape: Sequence[Feed], first_ms: int, minutes: int) -> Mapping[str, Fed]:
    """Counted from the first minute; a feed that says nothing in time is asked for its first."""
    end_ms = minutes * MINUTE_MS
    cut = {}
    for feed in tape:
        time_ms, bid, ask = _columns(feed)
        count = max(1, int(np.searchsorted(time_ms, first_ms + end_ms)))
        inside = np.minimum(time_ms[:count] - first_ms, end_ms - 1)
        cut[feed.symbol] = (inside, bid[:count], ask[:count])
    return cut


def _columns(feed: Feed | FeedRecord) -> Fed:
    """Copied: an array that numpy looks at cannot grow."""
    return np.array(feed.times_ms), np.array(feed.bids), np.array(feed.asks)
