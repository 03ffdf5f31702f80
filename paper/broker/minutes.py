"""Every minute of a broker's prices since it opened its doors: what bars are made of."""

from array import array
from typing import Final

from domain.mt5_words import TickFlag
from paper.broker.quotes import Quote

MINUTE_MS: Final = 60_000
MINUTES_KEPT: Final = 100_000
TRADED: Final = int(TickFlag.BUY | TickFlag.SELL)


class MinutesOfSymbol:
    """The price's course minute by minute on the server's clock; the oldest fall away, in halves.

    The price is the bid, or the last trade where the symbol is charted by trades.
    """

    def __init__(self) -> None:
        self.minutes = array("q")
        self.opens = array("d")
        self.highs = array("d")
        self.lows = array("d")
        self.closes = array("d")
        self.last_bids = array("d")
        self.last_asks = array("d")
        self.counts = array("q")
        self.volumes = array("q")

    def note(self, quote: Quote) -> None:
        """One more tick; a clock that was set back stays in the minute it had reached."""
        minute = quote.time_msc // MINUTE_MS
        if self.minutes and minute <= self.minutes[-1]:
            self._widen(quote.price)
        else:
            self._begin(minute, quote.price)
        self.last_bids[-1], self.last_asks[-1] = quote.bid, quote.ask
        self.counts[-1] += 1
        if quote.flags & TRADED:
            self.volumes[-1] += quote.volume

    def _widen(self, price: float) -> None:
        if price > self.highs[-1]:
            self.highs[-1] = price
        elif price < self.lows[-1]:
            self.lows[-1] = price
        self.closes[-1] = price

    def _begin(self, minute: int, price: float) -> None:
        self.minutes.append(minute)
        for prices in (self.opens, self.highs, self.lows, self.closes):
            prices.append(price)
        for totals in (self.last_bids, self.last_asks):
            totals.append(0.0)
        for counts in (self.counts, self.volumes):
            counts.append(0)
        if len(self.minutes) > 2 * MINUTES_KEPT:
            self._forget()

    def _forget(self) -> None:
        prices = (self.opens, self.highs, self.lows, self.closes, self.last_bids, self.last_asks)
        for column in prices:
            del column[:-MINUTES_KEPT]
        for numbers in (self.minutes, self.counts, self.volumes):
            del numbers[:-MINUTES_KEPT]


class Minutes:
    """All symbols of one broker."""

    def __init__(self) -> None:
        self._by_symbol: dict[str, MinutesOfSymbol] = {}

    def note(self, symbol: str, quote: Quote) -> None:
        """A symbol has moved."""
        self.of(symbol).note(quote)

    def of(self, symbol: str) -> MinutesOfSymbol:
        """What is known of one symbol."""
        found = self._by_symbol.get(symbol)
        if found is None:
            found = self._by_symbol[symbol] = MinutesOfSymbol()
        return found
