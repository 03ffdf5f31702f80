"""The newest ticks of one feed, as they were played."""

from array import array
from typing import Final

TICKS_KEPT: Final = 100_000


class FeedRecord:
    """One feed; what is older than the newest so many falls away, in halves."""

    def __init__(self) -> None:
        self.times_ms = array("q")
        self.bids = array("d")
        self.asks = array("d")

    def add(self, utc_ms: int, bid: float, ask: float) -> None:
        """One more tick, by the clock that brokers go by."""
        self.times_ms.append(utc_ms)
        self.bids.append(bid)
        self.asks.append(ask)
        if len(self.times_ms) > 2 * TICKS_KEPT:
            del self.times_ms[:-TICKS_KEPT]
            del self.bids[:-TICKS_KEPT]
            del self.asks[:-TICKS_KEPT]
