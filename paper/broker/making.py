"""A broker's own prices, made from the feed's: scaled, turned, crossed, rounded, widened."""

from collections.abc import Mapping
from typing import NamedTuple

from paper.broker.brokers import AS_FED, SymbolProfile


class FeedTick(NamedTuple):
    """One recorded quote."""

    symbol: str
    ts_ms: int
    bid: float
    ask: float


Prices = tuple[float, float]
"""Bid and ask."""


def own_prices(profile: SymbolProfile, fed: Mapping[str, FeedTick]) -> Prices | None:
    """Bid and ask of one symbol; None while a feed it needs has not spoken."""
    raw = _raw(profile, fed)
    if raw is None:
        return None
    bid, ask = _on_tick(raw[0], profile), _on_tick(raw[1], profile)
    if profile.extra_spread_points:
        ask = round(ask + profile.extra_spread_points * profile.point, profile.digits)
    return bid, max(bid, ask)


def _raw(profile: SymbolProfile, fed: Mapping[str, FeedTick]) -> Prices | None:
    tick = fed.get(profile.feed)
    if tick is None:
        return None
    if profile.made is AS_FED:
        return tick.bid, tick.ask
    if profile.made.divided_by:
        return _crossed(profile, tick, fed.get(profile.made.divided_by))
    factor = profile.made.factor
    if profile.made.upside_down:
        return factor / tick.ask, factor / tick.bid
    return tick.bid * factor, tick.ask * factor


def _crossed(profile: SymbolProfile, tick: FeedTick, by: FeedTick | None) -> Prices | None:
    """Sold here and bought there, so that the spread is that of both."""
    if by is None:
        return None
    return tick.bid * profile.made.factor / by.ask, tick.ask * profile.made.factor / by.bid


def _on_tick(price: float, profile: SymbolProfile) -> float:
    """On the symbol's grid; a price that would round to nothing is the smallest there is."""
    if profile.tick_points != 1:
        price = round(price / profile.tick_size) * profile.tick_size
    return round(max(price, profile.tick_size), profile.digits)
