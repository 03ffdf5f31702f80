"""The last prices of one symbol at one broker, and what its day has seen so far."""

from typing import Final

from domain.mt5_words import TickFlag
from paper.broker.server_time import DAY_MS

TickRow = list[float | int]

BOTH: Final = int(TickFlag.BID | TickFlag.ASK)
LARGEST_TRADE_LOTS: Final = 9
MILLIONTHS: Final = 1_000_000


class Quote:
    """Bid and ask, and for symbols with last prices the trades of others.

    Those buy at the ask when the market rises and sell at the bid when it falls. Their volumes
    follow from the prices, so that a tape tells the same twice.
    """

    __slots__ = (
        "ask", "ask_high", "ask_low", "bid", "bid_high", "bid_low", "flags", "has_trades", "last",
        "last_high", "last_low", "session_close", "session_deals", "session_open",
        "session_turnover", "session_volume", "time_msc", "volume", "volume_high", "volume_low",
    )  # fmt: skip

    def __init__(self, bid: float, ask: float, time_msc: int, *, has_trades: bool = False) -> None:
        self.bid, self.ask, self.time_msc = bid, ask, time_msc
        self.has_trades = has_trades
        self.flags = BOTH
        self.session_close = self.last = 0.0
        self.volume = 0
        self._begin_day()
        if has_trades:
            self._take_trade(ask, TickFlag.BUY)

    def move(self, bid: float, ask: float, time_msc: int) -> None:
        """Take the next prices."""
        rise = (bid + ask) - (self.bid + self.ask)
        changed = (TickFlag.BID.value if bid != self.bid else 0) | (
            TickFlag.ASK.value if ask != self.ask else 0
        )
        self.flags = changed or BOTH
        new_day = time_msc // DAY_MS > self.time_msc // DAY_MS
        if new_day:
            self.session_close = self.price
        self.bid, self.ask, self.time_msc = bid, ask, time_msc
        if new_day:
            self._begin_day()
        else:
            self._widen()
        if self.has_trades:
            self._trade(rise)

    @property
    def price(self) -> float:
        """What the day is measured by: the last trade where there are trades, else the bid."""
        return self.last if self.has_trades else self.bid

    @property
    def price_change(self) -> float:
        """Change since yesterday's end, in per cent; 0 while there was no yesterday."""
        if not self.session_close:
            return 0.0
        return (self.price - self.session_close) / self.session_close * 100

    def _begin_day(self) -> None:
        self.bid_high = self.bid_low = self.bid
        self.ask_high = self.ask_low = self.ask
        self.session_open = self.price
        self.last_high = self.last_low = 0.0
        self.volume_high = self.volume_low = self.session_volume = self.session_deals = 0
        self.session_turnover = 0.0

    def _widen(self) -> None:
        if self.bid > self.bid_high:
            self.bid_high = self.bid
        elif self.bid < self.bid_low:
            self.bid_low = self.bid
        if self.ask > self.ask_high:
            self.ask_high = self.ask
        elif self.ask < self.ask_low:
            self.ask_low = self.ask

    def _trade(self, rise: float) -> None:
        if rise > 0:
            self._take_trade(self.ask, TickFlag.BUY)
        elif rise < 0:
            self._take_trade(self.bid, TickFlag.SELL)

    def _take_trade(self, price: float, side: TickFlag) -> None:
        volume = 1 + round((self.bid + self.ask) * MILLIONTHS) % LARGEST_TRADE_LOTS
        self.flags |= (
            side.value
            | (TickFlag.LAST.value if price != self.last else 0)
            | (TickFlag.VOLUME.value if volume != self.volume else 0)
        )
        self.last, self.volume = price, volume
        if not self.session_deals:
            self.session_open = self.last_high = self.last_low = price
            self.volume_high = self.volume_low = volume
        self._count_trade()

    def _count_trade(self) -> None:
        self.last_high = max(self.last_high, self.last)
        self.last_low = min(self.last_low, self.last)
        self.volume_high = max(self.volume_high, self.volume)
        self.volume_low = min(self.volume_low, self.volume)
        self.session_deals += 1
        self.session_volume += self.volume
        self.session_turnover += self.last * self.volume

    def row(self) -> TickRow:
        """MetaTrader's Tick."""
        return [
            self.time_msc // 1000,
            self.bid,
            self.ask,
            self.last,
            self.volume,
            self.time_msc,
            self.flags,
            float(self.volume),
        ]
