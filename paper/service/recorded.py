"""What the tape has said since the start: the newest ticks of every feed, as they came."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from paper.broker.making import FeedTick
from paper.service.feed_record import FeedRecord
from paper.service.tick_files import Feed

if TYPE_CHECKING:
    from paper.service.past.shelf import Shelf


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

        return Shelf(self.tape, self.feeds)


NOTHING_RECORDED: Final = Recorded(())
