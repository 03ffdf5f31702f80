"""Every minute of a broker's prices since it opened its doors: what bars are made of."""

from array import array
from typing import Final

from paper.broker.market import Quote

MINUTE_MS: Final = 60_000
MINUTES_KEPT: Final = 100_000


class MinutesOfSymbol:
    """The bid's course minute by minute on the server's clock; the oldest fall away, in halves."""

    def __init__(self) -> None:
        self.minutes = array("q")
        self.opens = array("d")
        self.highs = array("d")
        self.lows = array("d")
        self.closes = array("d")
        self.last_asks = array("d")
        self.counts = array("q")

    def note(self, quote: Quote) -> None:
        """One more tick; a clock that was set back stays in the minute it had reached."""
        minute = quote.time_msc // MINUTE_MS
        if self.minutes and minute <= self.minutes[-1]:
            self._widen(quote)
        else:
            self._begin(minute, quote)

    def _widen(self, quote: Quote) -> None:
        bid = quote.bid
        if bid > self.highs[-1]:
            self.highs[-1] = bid
        elif bid < self.lows[-1]:
            self.lows[-1] = bid
        self.closes[-1] = bid
        self.last_asks[-1] = quote.ask
        self.counts[-1] += 1

    def _begin(self, minute: int, quote: Quote) -> None:
        self.minutes.append(minute)
        for prices in (self.opens, self.highs, self.lows, self.closes):
            prices.append(quote.bid)
        self.last_asks.append(quote.ask)
        self.counts.append(1)
        if len(self.minutes) > 2 * MINUTES_KEPT:
            self._forget()

    def _forget(self) -> None:
        for column in (self.opens, self.highs, self.lows, self.closes, self.last_asks):
            del column[:-MINUTES_KEPT]
        del self.minutes[:-MINUTES_KEPT]
        del self.counts[:-MINUTES_KEPT]


class Minutes:
    """All symbols of one broker."""

    def __init__(self) -> None:
        self._by_symbol: dict[str, MinutesOfSymbol] = {}

    def note(self, symbol: str, quote: Quote) -> None:
        """A symbol has moved."""
        self.of(symbol).note(quote)

    def of(self, symbol: str) -> MinutesOfSymbol:
        """What is known of one symbol."""
        return self._by_symbol.setdefault(symbol, MinutesOfSymbol())
