"""What the tape has said since the start: the newest ticks of every feed, as they came."""

from array import array
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from paper.broker.making import FeedTick
from paper.service.tick_files import Feed

if TYPE_CHECKING:
    from paper.service.past.shelf import Shelf

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


class Recorded:
    """All feeds: the tape they are played from, and what was played of it."""

    def __init__(self, tape: Sequence[Feed]) -> None:
        self.tape = tape
        self.feeds = {feed.symbol: FeedRecord() for feed in tape}

    def note(self, tick: FeedTick, utc_ms: int) -> None:
        """A tick was played."""
        self.feeds[tick.symbol].add(utc_ms, tick.bid, tick.ask)

    @cached_property
    def shelf(self) -> "Shelf":
        """Bars and ticks for scripts; numpy is loaded when the first of them asks."""
        from paper.service.past.shelf import Shelf

        return Shelf(self)


NOTHING_RECORDED: Final = Recorded(())
