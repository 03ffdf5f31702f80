"""Plays recorded ticks again at a chosen speed; told the time, never reads it."""

import heapq
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from paper.broker.making import FeedTick
from paper.service.tick_files import Feed

Stamps = Literal["live", "original"]
LONGEST_SILENCE_MS: Final = 60_000
LATEST_S: Final = 5.0
SHORTEST_LAP_MS: Final = 1_000
"""A live tape of a few ticks waits before it starts over, or it would spin."""


class Replay:
    """A tape of several symbols on one timeline.

    Live stamps start over at the end of the tape, skip its long silences and never rush to catch up
    on a sleep of the machine; original stamps play every tick and stop at the end.
    """

    def __init__(self, feeds: Sequence[Feed], *, speed: float, stamps: Stamps, at_s: float) -> None:
        self.feeds = tuple(feeds)
        self.stamps: Stamps = stamps
        self.speed = speed
        self.paused = False
        self.ended = False
        self._cursors: list[int] = []
        self._next: list[tuple[int, int]] = []
        self._rewind(at_s)

    def _rewind(self, at_s: float, rest_ms: float = 0.0) -> None:
        self._cursors = [0] * len(self.feeds)
        self._next = [(feed.times_ms[0], i) for i, feed in enumerate(self.feeds)]
        heapq.heapify(self._next)
        self._anchor_s = at_s
        self._anchor_ms = self._next[0][0] - rest_ms

    def first_ticks(self) -> list[FeedTick]:
        """The first quote of every symbol, so that a live market opens with all its prices."""
        return [
            FeedTick(feed.symbol, feed.times_ms[0], feed.bids[0], feed.asks[0])
            for feed in self.feeds
        ]

    def clock_ms(self, at_s: float) -> int:
        """The tape's time, UTC; it never passes a tick that was not delivered yet."""
        reached = int(self._reached_ms(at_s))
        return min(reached, self._next[0][0]) if self._next else reached

    def seconds_to_next(self, at_s: float) -> float | None:
        """How long until a tick is due; None when none will come by itself."""
        if self.paused or self.ended:
            return None
        if not self._next:
            return 0.0
        wait_ms = self._next[0][0] - self._reached_ms(at_s)
        if self.stamps == "live" and wait_ms > LONGEST_SILENCE_MS:
            return 0.0
        return max(0.0, wait_ms / self.speed / 1000)

    def take(self, at_s: float, at_most: int) -> list[FeedTick]:
        """The ticks due by now, oldest first."""
        if self.paused or self.ended:
            return []
        if self.stamps == "live":
            self._stay_live(at_s)
        reached = self._reached_ms(at_s)
        due: list[FeedTick] = []
        while len(due) < at_most and self._next and self._next[0][0] <= reached:
            due.append(self._pop())
        if not self._next:
            self._finish(at_s)
        return due

    def run_to(self, until_ms: int) -> Iterator[FeedTick]:
        """Every tick up to that moment at once, oldest first; then the tape is held there."""
        self.paused = True
        while self._next and self._next[0][0] <= until_ms:
            tick = self._pop()
            self._anchor_ms = float(tick.ts_ms)
            yield tick
        self._anchor_ms = max(self._anchor_ms, float(until_ms))

    def set_speed(self, speed: float, at_s: float) -> None:
        """Go on from here at another speed."""
        self._set_anchor(at_s)
        self.speed = speed

    def pause(self, at_s: float) -> None:
        """Hold the tape."""
        self._set_anchor(at_s)
        self.paused = True

    def resume(self, at_s: float) -> None:
        """Go on where it was held."""
        self._anchor_s = at_s
        self.paused = False

    def _reached_ms(self, at_s: float) -> float:
        if self.paused or self.ended:
            return self._anchor_ms
        return self._anchor_ms + (at_s - self._anchor_s) * 1000 * self.speed

    def _set_anchor(self, at_s: float) -> None:
        """Anchor at what was delivered, so that a tape that fell behind does not jump."""
        self._anchor_ms = float(self.clock_ms(at_s))
        self._anchor_s = at_s

    def _stay_live(self, at_s: float) -> None:
        """Go on from the next tick after a long silence, and after this machine has slept."""
        ahead_ms = self._next[0][0] - self._reached_ms(at_s)
        if ahead_ms > LONGEST_SILENCE_MS or -ahead_ms > LATEST_S * 1000 * self.speed:
            self._anchor_s, self._anchor_ms = at_s, float(self._next[0][0])

    def _pop(self) -> FeedTick:
        ts_ms, i = heapq.heappop(self._next)
        feed, row = self.feeds[i], self._cursors[i]
        self._cursors[i] = row + 1
        if row + 1 < len(feed.times_ms):
            heapq.heappush(self._next, (feed.times_ms[row + 1], i))
        return FeedTick(feed.symbol, ts_ms, feed.bids[row], feed.asks[row])

    def _finish(self, at_s: float) -> None:
        if self.stamps == "live":
            length_ms = self._last_ms() - min(feed.times_ms[0] for feed in self.feeds)
            self._rewind(at_s, max(0, SHORTEST_LAP_MS - length_ms) * self.speed)
            return
        self._anchor_ms = float(self._last_ms())
        self.ended = True

    def _last_ms(self) -> int:
        return max(feed.times_ms[-1] for feed in self.feeds)
