"""Bars and ticks of one symbol at one broker: what was seen since the start, and a past before it.

The seam between the two is the first minute anything is known of. Before it stands what
`tape_past` makes; that never changes, so bars are made of it in pages and kept for a while.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final

import numpy as np

from paper.broker.brokers import SymbolProfile
from paper.broker.minutes import MINUTE_MS, MinutesOfSymbol
from paper.service.past.columns import Minutes, Ticks, Whole, by_minute, gathered
from paper.service.past.frames import Frame
from paper.service.past.own_prices import (
    Fed,
    charted,
    own_minutes,
    own_ticks,
    raw_prices,
    with_trades,
)
from paper.service.past.records import Rates, TickRecords, as_rates, as_ticks, joined
from paper.service.past.tape_past import DEPTH_MINUTES, TapePast

PAGE_MINUTES: Final = 2**16
PAGE_BARS: Final = 1024
PAGES_KEPT: Final = 96
HOUR_MS: Final = 60 * MINUTE_MS
TICKS_BEFORE: Final = 64
"""How far before the first wanted tick is read, to know what it changed and what traded last."""


class Sources:
    """Where one symbol's prices come from."""

    def __init__(
        self,
        profile: SymbolProfile,
        tape: Mapping[str, Fed],
        tape_minutes: int,
        live: Callable[[], Mapping[str, Fed]],
        minutes: MinutesOfSymbol,
        server_ms: Callable[[int], int],
    ) -> None:
        self.profile = profile
        self.past = TapePast(profile, raw_prices(profile, tape), tape_minutes)
        self._live = live
        self._minutes = minutes
        self._server_ms = server_ms

    def live_ticks(self, first_ms: int) -> Ticks:
        """Ticks since the start by the server's clock, from a little before the first wanted."""
        feeds = {symbol: self._near(fed, first_ms) for symbol, fed in self._live().items()}
        time_ms, bid, ask = raw_prices(self.profile, feeds)
        return own_ticks(self.profile, with_trades(self.profile, (time_ms, bid, ask)))

    def _near(self, fed: Fed, first_ms: int) -> Fed:
        time_ms = self._by_server(fed[0])
        begin = max(0, int(np.searchsorted(time_ms, first_ms)) - TICKS_BEFORE)
        return time_ms[begin:], fed[1][begin:], fed[2][begin:]

    def _by_server(self, utc_ms: Whole) -> Whole:
        """The clock is asked once an hour: it changes on no other occasion."""
        hours, place = np.unique(utc_ms // HOUR_MS, return_inverse=True)
        ahead = [self._server_ms(int(hour) * HOUR_MS) - int(hour) * HOUR_MS for hour in hours]
        told = utc_ms + np.array(ahead, np.int64)[place]
        return np.maximum.accumulate(told)  # a clock that is set back stands still here

    def noted_minutes(self) -> Minutes:
        """What the broker has noted since it opened its doors."""
        noted = self._minutes
        columns = (
            noted.minutes, noted.opens, noted.highs, noted.lows, noted.closes,
            noted.last_bids, noted.last_asks, noted.counts, noted.volumes,
        )  # fmt: skip
        return Minutes(*(np.array(column) for column in columns))


class History:
    """One symbol's; made when it is first asked for."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._profile = sources.profile
        self._before_opening = self._minutes_before_opening()
        self.seam = int(self._live_minutes().minute[0])
        self._page = lru_cache(maxsize=PAGES_KEPT)(self._made_page)

    def _minutes_before_opening(self) -> Minutes:
        """The tape plays before a broker opens its doors for its first account."""
        ticks = self._sources.live_ticks(0)
        minutes = by_minute(ticks.time_ms // MINUTE_MS, charted(self._profile, ticks), ticks)
        noted = self._sources.noted_minutes().minute
        return minutes.only(minutes.minute < noted[0]) if len(noted) else minutes

    def _live_minutes(self) -> Minutes:
        pairs = zip(self._before_opening, self._sources.noted_minutes(), strict=True)
        return Minutes(*(np.concatenate(pair) for pair in pairs))

    def bars_up_to(self, frame: Frame, last_s: int, at_least: int) -> Rates:
        """Bars that opened by then; so many of them, or all there are."""
        live, pages = self._live_bars(frame, last_s), []
        found = len(live) - 1  # its first bar may be the last page's last
        for page in self._pages_back(frame, last_s):
            pages.append(page)
            found += len(page)
            if found >= at_least:
                break
        return _joined(pages, live)

    def bars_between(self, frame: Frame, first_s: int, last_s: int) -> Rates:
        """Bars that opened in this time, both ends included."""
        live, pages = self._live_bars(frame, last_s), []
        for page in self._pages_back(frame, last_s):
            pages.append(page)
            if len(page) and page[0]["time"] < first_s:
                break
        found = _joined(pages, live)
        return found[found["time"] >= first_s]

    def _live_bars(self, frame: Frame, last_s: int) -> Rates:
        minutes = self._live_minutes()
        bars = gathered(frame.number(minutes.minute), minutes)
        rates = as_rates(self._profile, frame, bars)
        return rates[rates["time"] <= last_s]

    def _pages_back(self, frame: Frame, last_s: int) -> Iterator[Rates]:
        """The past's pages, newest first, without the bars after the last wanted."""
        bars = page_bars(frame)
        newest = min(last_s // 60, self.seam - 1)
        oldest = frame.number_of(self.seam - DEPTH_MINUTES) // bars
        for number in range(frame.number_of(newest) // bars, oldest - 1, -1):
            page = self._page(frame, number)
            yield page[page["time"] <= last_s]

    def _made_page(self, frame: Frame, number: int) -> Rates:
        bars = page_bars(frame)
        first, end = (frame.start_of(n * bars) for n in (number, number + 1))
        found = self._sources.past.minutes(first - self.seam, end - self.seam)
        minute = found.minute + self.seam
        made = own_minutes(self._profile, gathered(frame.number(minute), found))
        return as_rates(self._profile, frame, made)

    def ticks(self, first_ms: int, end_ms: int) -> Iterator[TickRecords]:
        """Ticks from first up to end, some at a time."""
        seam_ms = self.seam * MINUTE_MS
        for some in self._sources.past.ticks(first_ms - seam_ms, end_ms - seam_ms):
            moved = some._replace(time_ms=some.time_ms + seam_ms)
            yield _within(as_ticks(own_ticks(self._profile, moved)), first_ms, end_ms)
        live = as_ticks(self._sources.live_ticks(first_ms))
        yield _within(live, max(first_ms, seam_ms), end_ms)


def page_bars(frame: Frame) -> int:
    """How many bars are made at a time."""
    return max(1, min(PAGE_BARS, PAGE_MINUTES // frame.minutes))


def _joined(pages: list[Rates], live: Rates) -> Rates:
    """Pages, newest first, and the bars after them."""
    return joined(np.concatenate([*reversed(pages), live[:0]]), live)


def _within(records: TickRecords, first_ms: int, end_ms: int) -> TickRecords:
    time_ms = records["time_msc"]
    return records[(time_ms >= first_ms) & (time_ms < end_ms)]
