"""Ticks and minutes by the column, and the records MetaTrader hands out."""

from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Real = NDArray[np.float64]
Column = NDArray[Any]
Chosen = NDArray[Any] | slice

PRICES: Final = ("open", "high", "low", "close", "last_bid", "last_ask")
"""Of a minute."""

RATE: Final = np.dtype(
    [
        ("time", "<i8"), ("open", "<f8"), ("high", "<f8"), ("low", "<f8"), ("close", "<f8"),
        ("tick_volume", "<u8"), ("spread", "<i4"), ("real_volume", "<u8"),
    ]
)  # fmt: skip
TICK: Final = np.dtype(
    [
        ("time", "<i8"), ("bid", "<f8"), ("ask", "<f8"), ("last", "<f8"), ("volume", "<u8"),
        ("time_msc", "<i8"), ("flags", "<u4"), ("volume_real", "<f8"),
    ]
)  # fmt: skip


class Ticks(NamedTuple):
    """Ticks in order of time, with the trades that made them where there are any."""

    time_ms: Column
    bid: Column
    ask: Column
    last: Column
    volume: Column
    """Of the newest trade."""
    side: Column
    """TICK_FLAG_BUY or TICK_FLAG_SELL where a trade made this tick, else 0."""

    def only(self, wanted: Chosen) -> Self:
        """Some of them."""
        return type(self)(*(column[wanted] for column in self))


class Minutes(NamedTuple):
    """Minutes in which something was quoted: the price's course, and how the minute ended."""

    minute: Column
    open: Column
    high: Column
    low: Column
    close: Column
    last_bid: Column
    last_ask: Column
    ticks: Column
    volume: Column

    def only(self, wanted: Chosen) -> Self:
        """Some of them."""
        return type(self)(*(column[wanted] for column in self))

    def times(self, factor: Real) -> Self:
        """With all prices larger or smaller."""
        return self._replace(**{name: getattr(self, name) * factor for name in PRICES})


def by_minute(minute: Whole, price: Real, ticks: Ticks) -> Minutes:
    """What ticks make of their minutes, given the price that is charted."""
    numbers, first, count = np.unique(minute, return_index=True, return_counts=True)
    last = first + count - 1
    traded = np.where(ticks.side != 0, ticks.volume, 0)
    return Minutes(
        numbers,
        price[first],
        _each(np.maximum, price, first),
        _each(np.minimum, price, first),
        price[last],
        ticks.bid[last],
        ticks.ask[last],
        count,
        _each(np.add, traded, first),
    )


def gathered(number: Whole, minutes: Minutes) -> Minutes:
    """Minutes made into longer bars, given the number of the bar each belongs to."""
    first = np.flatnonzero(np.diff(number, prepend=number[:1] - 1))
    last = np.append(first[1:], len(number))[: len(first)] - 1
    return Minutes(
        number[first],
        minutes.open[first],
        _each(np.maximum, minutes.high, first),
        _each(np.minimum, minutes.low, first),
        minutes.close[last],
        minutes.last_bid[last],
        minutes.last_ask[last],
        _each(np.add, minutes.ticks, first),
        _each(np.add, minutes.volume, first),
    )


def _each(sum_up: np.ufunc, column: "NDArray[Any]", first: Whole) -> Any:  # noqa: ANN401 - of the column's own type
    """One figure for each run of rows; numpy cannot do it for none."""
    return sum_up.reduceat(column, first) if len(first) else column[:0]
