"""The replay on this machine's clocks: which time it is for brokers, and which ticks are due."""

from collections.abc import Iterator
from typing import Final

from paper.broker.making import FeedTick
from paper.service.replay import Replay
from utils.clock import Clock

MOST_AT_ONCE: Final = 256


class Tape:
    """Binds a replay to a clock, so that nobody else needs one."""

    def __init__(self, replay: Replay, clock: Clock) -> None:
        self.replay = replay
        self._clock = clock
        self._ahead_ms = 0

    def jump(self, ms: int) -> None:
        """The brokers' clocks go forward or back by so much, on a live tape."""
        self._ahead_ms += ms

    def now_s(self) -> float:
        """Seconds that never go back."""
        return self._clock.now().monotonic_s

    def utc_ms(self) -> int:
        """The brokers' idea of UTC: now with live stamps, the tape's time with original ones."""
        now = self._clock.now()
        if self.replay.stamps == "live":
            return now.utc_ms + self._ahead_ms
        return self.replay.clock_ms(now.monotonic_s)

    def due(self) -> list[FeedTick]:
        """The next ticks whose time has come, not so many that callers would wait."""
        return self.replay.take(self.now_s(), MOST_AT_ONCE)

    def run_to(self, until_ms: int) -> Iterator[FeedTick]:
        """Every tick up to that moment, however long it would have been; the tape is held there."""
        return self.replay.run_to(until_ms)

    def stamp_ms(self, tick: FeedTick, utc_ms: int) -> int:
        """When a tick happened, for brokers."""
        return utc_ms if self.replay.stamps == "live" else tick.ts_ms

    def wait_s(self, at_most_s: float) -> float:
        """How long nothing is due."""
        wait_s = self.replay.seconds_to_next(self.now_s())
        return at_most_s if wait_s is None else min(wait_s, at_most_s)
