"""One broker's prices: its own quotes made from the feed's, and the rates they imply."""

from collections.abc import Iterable
from functools import partial
from typing import NamedTuple

from domain.mt5_words import TickFlag
from paper.broker.brokers import SymbolProfile

TickRow = list[float | int]


class FeedTick(NamedTuple):
    """One recorded quote."""

    symbol: str
    ts_ms: int
    bid: float
    ask: float


class NoRateError(Exception):
    """One currency cannot be turned into another with the quotes at hand."""


class Quote:
    """The last prices of one symbol at one broker, and the day's range so far."""

    __slots__ = ("ask", "ask_high", "ask_low", "bid", "bid_high", "bid_low", "flags", "time_msc")

    def __init__(self, bid: float, ask: float, time_msc: int) -> None:
        self.bid = self.bid_high = self.bid_low = bid
        self.ask = self.ask_high = self.ask_low = ask
        self.time_msc = time_msc
        self.flags = int(TickFlag.BID | TickFlag.ASK)

    def move(self, bid: float, ask: float, time_msc: int) -> None:
        """Take the next prices."""
        changed = (TickFlag.BID.value if bid != self.bid else 0) | (
            TickFlag.ASK.value if ask != self.ask else 0
        )
        self.flags = changed or int(TickFlag.BID | TickFlag.ASK)
        self.bid, self.ask, self.time_msc = bid, ask, time_msc
        self._widen()

    def _widen(self) -> None:
        if self.bid > self.bid_high:
            self.bid_high = self.bid
        elif self.bid < self.bid_low:
            self.bid_low = self.bid
        if self.ask > self.ask_high:
            self.ask_high = self.ask
        elif self.ask < self.ask_low:
            self.ask_low = self.ask

    def row(self) -> TickRow:
        """MetaTrader's Tick."""
        return [self.time_msc // 1000, self.bid, self.ask, 0.0, 0, self.time_msc, self.flags, 0.0]


class Market:
    """All symbols of one broker with their quotes."""

    def __init__(self, symbols: Iterable[SymbolProfile]) -> None:
        self.profiles = {profile.name: profile for profile in symbols}
        self.quotes: dict[str, Quote] = {}
        self.open = True
        self._by_feed: dict[str, list[SymbolProfile]] = {}
        for profile in self.profiles.values():
            self._by_feed.setdefault(profile.feed, []).append(profile)

    def tick(self, tick: FeedTick, time_msc: int) -> list[str]:
        """Move the quotes that hang on this feed; the names of the symbols that moved."""
        moved = []
        for profile in self._by_feed.get(tick.symbol, ()):
            bid, ask = _own_prices(profile, tick)
            quote = self.quotes.get(profile.name)
            if quote is None:
                self.quotes[profile.name] = Quote(bid, ask, time_msc)
            else:
                quote.move(bid, ask, time_msc)
            moved.append(profile.name)
        return moved

    def rate(self, held: str, wanted: str) -> float:
        """How much of the wanted currency one unit of the held one buys."""
        if held == wanted:
            return 1.0
        for profile in self.profiles.values():
            pair = (profile.base, profile.quote)
            if pair == (held, wanted):
                return self._quoted(profile).bid
            if pair == (wanted, held):
                return 1.0 / self._quoted(profile).ask
        raise NoRateError(f"no feed turns {held} into {wanted}")

    def missing_rates(self, currency: str) -> list[str]:
        """Symbols whose profit or margin cannot be counted in this currency."""
        known = {(p.base, p.quote) for p in self.profiles.values()}
        known |= {(quote, base) for base, quote in known}
        reachable = partial(_reachable, known, currency)
        return [
            p.name
            for p in self.profiles.values()
            if not (reachable(p.quote) and reachable(p.margin_currency))
        ]

    def _quoted(self, profile: SymbolProfile) -> Quote:
        quote = self.quotes.get(profile.name)
        if quote is None:
            raise NoRateError(f"no quote of {profile.name} yet")
        return quote


def _reachable(known: set[tuple[str, str]], wanted: str, held: str) -> bool:
    return held == wanted or (held, wanted) in known


def _own_prices(profile: SymbolProfile, tick: FeedTick) -> tuple[float, float]:
    bid = round(tick.bid, profile.digits)
    ask = round(tick.ask, profile.digits)
    if profile.extra_spread_points:
        ask = round(ask + profile.extra_spread_points * profile.point, profile.digits)
    return bid, max(bid, ask)
