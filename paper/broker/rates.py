"""From one currency to another with a broker's own quotes, through a third where it must be."""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import NamedTuple, Protocol

from paper.broker.brokers import FOREX_MODES, SymbolProfile


class NoRateError(Exception):
    """One currency cannot be turned into another with the quotes at hand."""


class TwoPrices(Protocol):
    """What money needs of a quote."""

    @property
    def bid(self) -> float:
        """What one gets for selling."""

    @property
    def ask(self) -> float:
        """What one pays for buying."""


class Hop(NamedTuple):
    """From one currency of a pair to its other one."""

    symbol: str
    wanted: str
    sells_base: bool


Route = tuple[Hop, ...]


class Routes:
    """Which pairs lead from one currency to another; found once, for pairs do not change."""

    def __init__(self, symbols: Iterable[SymbolProfile]) -> None:
        self._hops: dict[str, list[Hop]] = {}
        self._found: dict[tuple[str, str], Route | None] = {}
        for profile in symbols:
            if profile.calc_mode in FOREX_MODES:
                self._learn(profile)

    def _learn(self, pair: SymbolProfile) -> None:
        out = Hop(pair.name, pair.quote, sells_base=True)
        back = Hop(pair.name, pair.base, sells_base=False)
        self._hops.setdefault(pair.base, []).append(out)
        self._hops.setdefault(pair.quote, []).append(back)

    def connects(self, held: str, wanted: str) -> bool:
        """Whether there is a way at all, quoted by now or not."""
        return self._route(held, wanted) is not None

    def between(self, held: str, wanted: str) -> Route:
        """The way from one to the other."""
        route = self._route(held, wanted)
        if route is None:
            raise NoRateError(f"no feed turns {held} into {wanted}")
        return route

    def _route(self, held: str, wanted: str) -> Route | None:
        key = (held, wanted)
        if key not in self._found:
            self._found[key] = self._search(held, wanted)
        return self._found[key]

    def _search(self, held: str, wanted: str) -> Route | None:
        """The pair itself before any cross of two."""
        if held == wanted:
            return ()
        first = self._hops.get(held, [])
        direct = ((hop,) for hop in first if hop.wanted == wanted)
        crossed = (
            (hop, then)
            for hop in first
            for then in self._hops.get(hop.wanted, [])
            if then.wanted == wanted
        )
        return next(chain[Route](direct, crossed), None)


class Rates:
    """Who sells money gets the worse price, who needs it pays the better one to others."""

    __slots__ = ("_quotes", "_routes")

    def __init__(self, routes: Routes, quotes: Mapping[str, TwoPrices]) -> None:
        self._routes = routes
        self._quotes = quotes

    def fetched(self, held: str, wanted: str) -> float:
        """What one unit of the held currency brings in the wanted one."""
        rate = 1.0
        for hop in self._routes.between(held, wanted):
            quote = self._quoted(hop)
            rate *= quote.bid if hop.sells_base else 1.0 / quote.ask
        return rate

    def paid(self, owed: str, paying: str) -> float:
        """What one unit of the owed currency costs in the paying one."""
        rate = 1.0
        for hop in self._routes.between(owed, paying):
            quote = self._quoted(hop)
            rate *= quote.ask if hop.sells_base else 1.0 / quote.bid
        return rate

    def _quoted(self, hop: Hop) -> TwoPrices:
        quote = self._quotes.get(hop.symbol)
        if quote is None:
            raise NoRateError(f"no quote of {hop.symbol} yet")
        return quote
