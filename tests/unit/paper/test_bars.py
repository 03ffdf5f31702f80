"""Bars and ticks of a past that is made, and of what was seen since: they agree, and join."""

from array import array
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paper.broker.house import House
from paper.broker.making import FeedTick
from paper.broker.market import Market
from paper.broker.profiles.by_name import SHOPS, profile_for
from paper.service.past.columns import RATE, TICK
from paper.service.past.frames import FRAMES, Frame
from paper.service.past.history import History
from paper.service.past.own_prices import Fed, own_ticks, raw_prices, with_trades
from paper.service.past.records import as_ticks
from paper.service.recorded import Recorded
from paper.service.tick_files import Feed
from tests.unit.paper.desk import NOON_UTC_MS

DIGITS = {"EURUSD": 5, "XAUUSD": 3}
MINUTE_MS = 60_000
START_MS = NOON_UTC_MS + 7 * MINUTE_MS + 12_345
TAPE_MINUTES = 10
EVERY_SYMBOL = [
    (broker, symbol.name)
    for broker in (*SHOPS, "Somebody-Else")
    for symbol in profile_for(broker, DIGITS).symbols
]
H1, D1, W1, MN1 = 0x4001, 0x4018, 0x8001, 0xC001


def walk(symbol: str, digits: int, ticks: int = 900) -> Feed:
    """Some minutes of a market that moves by whole points, at odd moments."""
    dice = np.random.default_rng(len(symbol) + digits)
    middle = {"EURUSD": 1.386, "XAUUSD": 1286.4}[symbol]
    moves = dice.integers(-6, 7, ticks).cumsum() / 10**digits
    bids = np.round(middle + moves, digits)
    asks = np.round(bids + dice.integers(1, 30, ticks) / 10**digits, digits)
    times = NOON_UTC_MS + np.sort(dice.integers(0, TAPE_MINUTES * MINUTE_MS, ticks))
    return Feed(
        symbol=symbol,
        digits=digits,
        times_ms=array("q", times.tolist()),
        bids=array("d", bids.tolist()),
        asks=array("d", asks.tolist()),
    )


TAPE = tuple(walk(symbol, digits) for symbol, digits in DIGITS.items())


class Chart:
    """One broker with a tape, played for a while; what it shows of a symbol."""

    def __init__(self, broker: str = "Plain", seconds: int = 200, opens_after: int = 0) -> None:
        self.recorded = Recorded(TAPE)
        self.house: House | None = None
        self._last: dict[str, FeedTick] = {}
        self.broker = broker
        for at, tick in enumerate(self._due(seconds)):
            utc_ms = START_MS + tick.ts_ms - NOON_UTC_MS
            if at == opens_after:
                self._open(utc_ms)
            self.play(tick, utc_ms)

    def _due(self, seconds: int) -> list[FeedTick]:
        ticks = [
            FeedTick(feed.symbol, ts, bid, ask)
            for feed in TAPE
            for ts, bid, ask in zip(feed.times_ms, feed.bids, feed.asks, strict=True)
        ]
        ticks.sort(key=lambda tick: (tick.ts_ms, tick.symbol))
        return [tick for tick in ticks if tick.ts_ms - NOON_UTC_MS < seconds * 1000]

    def _open(self, utc_ms: int) -> None:
        self.house = House(profile_for(self.broker, DIGITS))
        for tick in self._last.values():
            self.house.on_tick(tick, utc_ms)

    def play(self, tick: FeedTick, utc_ms: int) -> None:
        self.recorded.note(tick, utc_ms)
        self._last[tick.symbol] = tick
        if self.house is not None:
            self.house.on_tick(tick, utc_ms)

    def history(self, symbol: str = "EURUSD") -> History:
        assert self.house is not None
        return self.recorded.shelf.history(self.house, symbol)

    def bars(self, code: int, count: int, symbol: str = "EURUSD", up_to_s: int = 2**40) -> Any:
        return self.history(symbol).bars_up_to(FRAMES[code], up_to_s, count)[-count:]

    def ticks(self, first_ms: int, end_ms: int, symbol: str = "EURUSD") -> Any:
        return np.concatenate(list(self.history(symbol).ticks(first_ms, end_ms)))


@pytest.fixture(scope="module")
def chart() -> Chart:
    return Chart()


def test_records_are_metatraders_byte_for_byte() -> None:
    assert (RATE.itemsize, TICK.itemsize) == (60, 60)


def as_columns(feed: Feed) -> Fed:
    return np.array(feed.times_ms), np.array(feed.bids), np.array(feed.asks)


@pytest.mark.parametrize(("broker", "symbol"), EVERY_SYMBOL)
def test_many_prices_are_made_as_the_broker_makes_each(broker: str, symbol: str) -> None:
    market = Market(profile_for(broker, DIGITS).symbols)
    told = [
        market.quotes[symbol].row()
        for tick in Chart()._due(TAPE_MINUTES * 60)
        if symbol in market.tick(tick, tick.ts_ms)
    ]
    profile = market.profiles[symbol]
    feeds: Mapping[str, Fed] = {feed.symbol: as_columns(feed) for feed in TAPE}
    made = as_ticks(own_ticks(profile, with_trades(profile, raw_prices(profile, feeds))))
    assert [list(tick) for tick in made.tolist()] == told


@pytest.mark.parametrize(("broker", "symbol"), EVERY_SYMBOL)
def test_minutes_are_what_their_ticks_make_of_them(broker: str, symbol: str) -> None:
    chart = Chart(broker)
    assert chart.house is not None
    by_trades = chart.house.market.profiles[symbol].chart_mode
    bars = chart.bars(1, 150, symbol)[:-1]
    first_ms, end_ms = int(bars["time"][0]) * 1000, (int(bars["time"][-1]) + 60) * 1000
    ticks = chart.ticks(first_ms, end_ms, symbol)
    for bar in bars:
        inside = ticks[ticks["time"] // 60 == bar["time"] // 60]
        price = inside["last" if by_trades else "bid"]
        shape = (bar["open"], bar["high"], bar["low"], bar["close"], bar["tick_volume"])
        assert shape == (price[0], price.max(), price.min(), price[-1], len(inside))


@pytest.mark.parametrize("code", FRAMES, ids=hex)
def test_longer_bars_are_what_their_minutes_make_of_them(chart: Chart, code: int) -> None:
    frame = FRAMES[code]
    bar = chart.bars(code, 3)[1]
    number = frame.number_of(int(bar["time"]) // 60)
    first, last = (frame.start_of(n) * 60 for n in (number, number + 1))
    minutes = chart.history().bars_between(FRAMES[1], first, last - 60)
    assert bar["time"] == first == minutes["time"][0]
    assert bar["open"] == minutes["open"][0]
    assert bar["high"] == minutes["high"].max()
    assert bar["low"] == minutes["low"].min()
    assert bar["close"] == minutes["close"][-1]
    assert bar["tick_volume"] == minutes["tick_volume"].sum()


@pytest.mark.parametrize("code", FRAMES, ids=hex)
def test_bars_follow_each_other_without_gap_or_overlap(chart: Chart, code: int) -> None:
    times = chart.bars(code, 40)["time"]
    numbers = FRAMES[code].number(times // 60)
    assert (np.diff(numbers) == 1).all()
    assert len(times) == 40


def test_no_price_jumps_where_the_past_meets_what_was_seen(chart: Chart) -> None:
    history = chart.history()
    seam_ms = history.seam * MINUTE_MS
    ticks = chart.ticks(seam_ms - 40 * 60 * MINUTE_MS, seam_ms + 2 * MINUTE_MS)
    steps = np.abs(np.diff(ticks["bid"]))
    assert steps.max() < 0.00030
    assert (np.diff(ticks["time_msc"]) >= 0).all()


def test_days_begin_at_the_servers_midnight_weeks_on_sunday_months_on_the_first(
    chart: Chart,
) -> None:
    assert not (chart.bars(D1, 5)["time"] % 86_400).any()
    weeks = chart.bars(W1, 5)["time"]
    assert set(((weeks // 86_400 + 4) % 7).tolist()) == {0}
    months = chart.bars(MN1, 14)["time"].astype("datetime64[s]")
    assert (months == months.astype("datetime64[M]")).all()


def test_what_comes_later_changes_nothing_that_was_shown() -> None:
    chart = Chart(seconds=100)
    before = chart.bars(H1, 300)
    chart.play(FeedTick("EURUSD", 0, 1.5, 1.6), START_MS + 150_000)
    after = chart.bars(H1, 300)
    assert (before[:-1] == after[:-1]).all()
    assert after[-1]["high"] == after[-1]["close"] == 1.5
    assert after[-1]["tick_volume"] == before[-1]["tick_volume"] + 1


def test_a_broker_that_opens_later_shows_what_was_played_before() -> None:
    early, late = Chart(seconds=200), Chart(seconds=200, opens_after=300)
    opening = (START_MS + 3 * 3_600_000 + 110_000) // MINUTE_MS * 60  # told in part by each
    bars = [bars[bars["time"] != opening] for bars in (early.bars(1, 30), late.bars(1, 30))]
    assert (bars[0] == bars[1]).all()
    assert len(bars[0]) == 29


def test_the_past_is_the_same_every_time() -> None:
    assert (Chart().bars(D1, 100) == Chart().bars(D1, 100)).all()


@given(first=st.integers(-3_000_000, 300_000), length=st.integers(1, 400_000))
def test_a_part_of_the_ticks_is_what_the_whole_has_there(first: int, length: int) -> None:
    history = CHART.history()
    start_ms = history.seam * MINUTE_MS + first
    whole = CHART.ticks(start_ms - 100_000, start_ms + length + 100_000)
    part = CHART.ticks(start_ms, start_ms + length)
    times = whole["time_msc"]
    assert (part == whole[(times >= start_ms) & (times < start_ms + length)]).all()


CHART = Chart()


@settings(max_examples=30, deadline=None)
@given(code=st.sampled_from(sorted(FRAMES)), count=st.integers(1, 60), back_s=st.integers(0, 10**7))
def test_bars_up_to_a_moment_are_the_newest_that_opened_by_then(
    code: int, count: int, back_s: int
) -> None:
    moment = int(CHART.bars(1, 1)["time"][0]) - back_s
    bars = CHART.bars(code, count, up_to_s=moment)
    assert len(bars) == count
    assert bars["time"][-1] <= moment
    frame: Frame = FRAMES[code]
    next_bar = frame.start_of(frame.number_of(int(bars["time"][-1]) // 60) + 1) * 60
    assert next_bar > moment


def test_a_clock_that_is_set_back_makes_no_bar_twice() -> None:
    chart = Chart(seconds=100)
    for back_ms in (0, 400_000, 200_000):
        chart.play(FeedTick("EURUSD", 0, 1.4, 1.41), START_MS + 100_000 - back_ms)
    times = chart.bars(1, 20)["time"]
    assert (np.diff(times) == 60).all()
