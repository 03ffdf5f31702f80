"""How far prices go: the average true range of the last closed bars."""

from decimal import Decimal
from typing import Any

from domain.mt5_words import Timeframe
from terminal import exact
from terminal.calls import Calls, NoAnswerError
from terminal.contracts import Contracts

#: Wilder's average forgets its first bars only slowly; MetaTrader's own charts show many.
WARM_UP = 10
#: The bar at 0 is still being made.
FIRST_CLOSED = 1


class Ranges:
    """Bars are read for each question: a stop is asked for once per copy."""

    def __init__(self, calls: Calls, contracts: Contracts) -> None:
        self._calls = calls
        self._contracts = contracts

    def average(self, symbol: str, timeframe: str, period: int) -> Decimal:
        """Wilder's average of the true range over `period` bars, price units."""
        spec = self._contracts.watch(symbol)
        if spec is None:
            raise NoAnswerError(f"the broker has no {symbol}")
        bars = self._bars(symbol, Timeframe[timeframe], period * WARM_UP)
        if len(bars) <= period:
            raise NoAnswerError(
                f"{symbol} has {len(bars)} closed {timeframe} bars; an average over {period} needs "
                f"{period + 1}. Open its chart in the terminal, so that it loads them."
            )
        return exact.price(float(_average(bars, period)), spec.digits + 1)

    def _bars(self, symbol: str, timeframe: Timeframe, count: int) -> Any:  # noqa: ANN401 - numpy's
        read = self._calls.module.copy_rates_from_pos
        return self._calls.ask(read, symbol, int(timeframe), FIRST_CLOSED, count)


def _average(bars: Any, period: int) -> float:  # noqa: ANN401 - numpy's
    # Imported where it is needed: few accounts have such stops.
    from talipp.indicators import ATR
    from talipp.ohlcv import OHLCV

    candles = [
        OHLCV(float(bar["open"]), float(bar["high"]), float(bar["low"]), float(bar["close"]))
        for bar in bars
    ]
    return float(ATR(period, candles)[-1])
