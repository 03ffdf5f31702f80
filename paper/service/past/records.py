"""MetaTrader's records of bars and ticks."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domain.mt5_words import TickFlag
from paper.broker.brokers import SymbolProfile
from paper.service.past.columns import RATE, TICK, Minutes, Ticks
from paper.service.past.frames import Frame

Rates = NDArray[Any]
TickRecords = NDArray[Any]

QUOTED: Final = int(TickFlag.BID | TickFlag.ASK)
TRADED: Final = int(TickFlag.LAST | TickFlag.VOLUME | TickFlag.BUY | TickFlag.SELL)


def as_rates(profile: SymbolProfile, frame: Frame, bars: Minutes) -> Rates:
    """Bars as MetaTrader hands them out; a bar's `minute` is its number."""
    rates = np.empty(len(bars.minute), RATE)
    rates["time"] = frame.start(bars.minute) * 60
    rates["open"], rates["high"] = bars.open, bars.high
    rates["low"], rates["close"] = bars.low, bars.close
    rates["tick_volume"], rates["real_volume"] = bars.ticks, bars.volume
    rates["spread"] = np.rint((bars.last_ask - bars.last_bid) / profile.point)
    return rates


def joined(before: Rates, after: Rates) -> Rates:
    """Bars and those that follow; where both have a part of one bar, one is made of them."""
    if not len(before) or not len(after) or before[-1]["time"] != after[0]["time"]:
        return np.concatenate((before, after))
    shared = after[:1].copy()
    shared["open"] = before[-1]["open"]
    shared["high"] = max(before[-1]["high"], after[0]["high"])
    shared["low"] = min(before[-1]["low"], after[0]["low"])
    for total in ("tick_volume", "real_volume"):
        shared[total] += before[-1][total]
    return np.concatenate((before[:-1], shared, after[1:]))


def as_ticks(ticks: Ticks) -> TickRecords:
    """Ticks as MetaTrader hands them out, each with what it changed."""
    records = np.empty(len(ticks.time_ms), TICK)
    records["time"], records["time_msc"] = ticks.time_ms // 1000, ticks.time_ms
    records["bid"], records["ask"], records["last"] = ticks.bid, ticks.ask, ticks.last
    records["volume"] = records["volume_real"] = ticks.volume
    records["flags"] = _flags(ticks)
    return records


def _flags(ticks: Ticks) -> "NDArray[np.int64]":
    """A tick that changed nothing counts as a quote of both prices, as the broker tells it live."""
    quoted = _changed(ticks.bid, TickFlag.BID) | _changed(ticks.ask, TickFlag.ASK)
    quoted[quoted == 0] = QUOTED
    traded = _changed(ticks.last, TickFlag.LAST) | _changed(ticks.volume, TickFlag.VOLUME)
    return quoted | np.where(ticks.side != 0, traded | ticks.side, 0)


def _changed(column: "NDArray[Any]", flag: TickFlag) -> "NDArray[np.int64]":
    changed = np.empty(len(column), np.int64)
    changed[:1] = int(flag)
    changed[1:] = (column[1:] != column[:-1]) * int(flag)
    return changed
