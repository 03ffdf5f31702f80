"""A past for a tape that is too short to have one: made the same way every time, never stored.

Backwards from the start the tape is laid end to end, every other length of it mirrored in time, so
that no price jumps where two lengths meet. Long slow waves are laid over it, so that hours, days
and months differ. Of a busy tape only every so-manieth tick is used: a day of ticks stays one that
fits an answer. One wave holds for a whole minute: bars and ticks therefore agree to the last digit.
"""

from collections.abc import Iterator
from typing import Any, Final
from zlib import crc32

import numpy as np

from paper.broker.brokers import SymbolProfile
from paper.broker.minutes import MINUTE_MS
from paper.service.past.columns import Minutes, Real, Ticks, Whole, by_minute
from paper.service.past.own_prices import Fed, charted, with_trades

DEPTH_MINUTES: Final = 10 * 365 * 24 * 60
TICKS_A_MINUTE: Final = 60
WAVES: Final = (
    (5.3, 0.0008), (29.0, 0.003), (131.0, 0.006), (700.0, 0.015), (4_100.0, 0.03), (17_000.0, 0.05),
)  # fmt: skip
"""Hours from crest to crest, and the height as a part of the price."""


class TapePast:
    """One symbol before the start, unrounded; everything counts from the start, so is negative."""

    def __init__(self, profile: SymbolProfile, tape: Fed, length_minutes: int) -> None:
        """Take the tape with times from 0 to its length."""
        self._length = length_minutes
        every = -(-len(tape[0]) // (TICKS_A_MINUTE * length_minutes))
        thin: Fed = (tape[0][::every], tape[1][::every], tape[2][::every])
        turned: Fed = (length_minutes * MINUTE_MS - 1 - thin[0][::-1], thin[1][::-1], thin[2][::-1])
        self._played = with_trades(profile, thin)
        self._mirrored = with_trades(profile, turned)
        self._template = _joined(
            self._as_minutes(profile, self._played), self._as_minutes(profile, self._mirrored)
        )
        phase = crc32(profile.feed.encode()) % 628 / 100
        self._phases = phase + np.arange(len(WAVES))

    def _as_minutes(self, profile: SymbolProfile, tape: Ticks) -> Minutes:
        """One row for each minute of the tape; a count of 0 where it was silent."""
        found = by_minute(tape.time_ms // MINUTE_MS, charted(profile, tape), tape)
        columns = []
        for column in found:
            whole = np.zeros(self._length, column.dtype)
            whole[found.minute] = column
            columns.append(whole)
        return Minutes(*columns)

    def minutes(self, first: int, end: int) -> Minutes:
        """The minutes from first up to end, but for those in which the tape was silent."""
        minute = np.arange(max(first, -DEPTH_MINUTES), min(end, 0), dtype=np.int64)
        lap, place = np.divmod(minute, self._length)
        found = self._template.only(np.where(_is_mirrored(lap), self._length + place, place))
        found = found._replace(minute=minute).times(self._wave(minute))
        return found.only(found.ticks > 0)

    def ticks(self, first_ms: int, end_ms: int) -> Iterator[Ticks]:
        """The ticks up to end, one length of the tape after the other.

        Each begins with the tick before the first: what a tick has changed is told by it.
        """
        lap_ms = self._length * MINUTE_MS
        first_ms, end_ms = max(first_ms, -DEPTH_MINUTES * MINUTE_MS), min(end_ms, 0)
        for lap in range(first_ms // lap_ms, -(-end_ms // lap_ms)):
            yield self._of_lap(lap, first_ms - lap * lap_ms, end_ms - lap * lap_ms)

    def _of_lap(self, lap: int, first_ms: int, end_ms: int) -> Ticks:
        tape = self._mirrored if _is_mirrored(lap) else self._played
        begin, end = np.searchsorted(tape.time_ms, (first_ms, end_ms))
        wanted = tape.only(slice(max(0, begin - 1), end))
        time_ms = wanted.time_ms + lap * self._length * MINUTE_MS
        wave = self._wave(time_ms // MINUTE_MS)
        prices = (wanted.bid * wave, wanted.ask * wave, wanted.last * wave)
        return Ticks(time_ms, *prices, wanted.volume, wanted.side)

    def _wave(self, minute: Whole) -> Real:
        """What the price is multiplied with: known at whole hours, straight lines between them."""
        if not len(minute):
            return np.ones(0)
        hour, rest = np.divmod(minute, 60)
        oldest = int(hour[0])
        heights = self._heights(np.arange(oldest, int(hour[-1]) + 2, dtype=np.int64))
        place = hour - oldest
        before = heights[place]
        return np.asarray(before + (heights[place + 1] - before) * (rest / 60), np.float64)

    def _heights(self, hour: Whole) -> Real:
        total = np.zeros(len(hour))
        for (period, height), phase in zip(WAVES, self._phases, strict=True):
            total += height * (np.sin(hour * (2 * np.pi / period) + phase) - np.sin(phase))
        return np.exp(total)


def _is_mirrored(lap: "Whole | int") -> Any:  # noqa: ANN401 - a truth for a number, truths for many
    """The length before the start is -1, and it runs backwards into the first price."""
    return lap % 2 == 1


def _joined(first: Minutes, second: Minutes) -> Minutes:
    return Minutes(*(np.concatenate(pair) for pair in zip(first, second, strict=True)))
