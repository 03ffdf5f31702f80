"""One broker's prices: its own quotes made from the feed's, and the rates they imply."""

from collections.abc import Iterable

from domain.mt5_words import ChartMode
from paper.broker.brokers import SymbolProfile
from paper.broker.hours import is_open
from paper.broker.making import FeedTick, own_prices
from paper.broker.quotes import Quote
from paper.broker.rates import Rates, Routes


class Market:
    """All symbols of one broker with their quotes."""

    def __init__(self, symbols: Iterable[SymbolProfile]) -> None:
        self.profiles = {profile.name: profile for profile in symbols}
        self.quotes: dict[str, Quote] = {}
        self.open = True
        self.moves = 0
        """How often prices have moved."""
        self._routes = Routes(self.profiles.values())
        self._fed: dict[str, FeedTick] = {}
        self._by_feed: dict[str, list[SymbolProfile]] = {}
        for profile in self.profiles.values():
            for feed in profile.feeds:
                self._by_feed.setdefault(feed, []).append(profile)

    def tick(self, tick: FeedTick, time_msc: int) -> list[str]:
        """Move the quotes that hang on this feed; the names of the symbols that moved."""
        self._fed[tick.symbol] = tick
        self.moves += 1
        return [
            profile.name
            for profile in self._by_feed.get(tick.symbol, ())
            if self._moved(profile, time_msc)
        ]

    def _moved(self, profile: SymbolProfile, time_msc: int) -> bool:
        prices = own_prices(profile, self._fed)
        if prices is None:
            return False
        quote = self.quotes.get(profile.name)
        if quote is None:
            has_trades = profile.chart_mode == ChartMode.LAST
            self.quotes[profile.name] = Quote(*prices, time_msc, has_trades=has_trades)
        else:
            quote.move(*prices, time_msc)
        return True

    def is_open(self, symbol: str, server_ms: int) -> bool:
        """Whether the symbol may be traded now; quotes go on when it may not."""
        return self.open and is_open(self.profiles[symbol].sessions, server_ms)

    @property
    def rates(self) -> Rates:
        """What currencies fetch and cost at the present quotes."""
        return Rates(self._routes, self.quotes)

    def rate(self, held: str, wanted: str) -> float:
        """How much of the wanted currency one unit of the held one buys."""
        return self.rates.fetched(held, wanted)

    def missing_rates(self, currency: str) -> list[str]:
        """Symbols whose profit or margin cannot be counted in this currency."""
        return [
            profile.name
            for profile in self.profiles.values()
            if not self._countable(profile, currency)
        ]

    def _countable(self, profile: SymbolProfile, currency: str) -> bool:
        return self._routes.connects(profile.quote, currency) and self._routes.connects(
            profile.margin_currency, currency
        )
