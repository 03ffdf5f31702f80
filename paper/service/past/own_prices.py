"""The sums of `paper/broker/making.py` and `paper/broker/quotes.py`, for many ticks at once."""

from collections.abc import Mapping

import numpy as np

from domain.mt5_words import ChartMode, TickFlag
from paper.broker.brokers import AS_FED, SymbolProfile
from paper.broker.quotes import LARGEST_TRADE_LOTS, MILLIONTHS
from paper.service.past.columns import PRICES, Minutes, Real, Ticks, Whole

Fed = tuple[Whole, Real, Real]
"""A feed's times, bids and asks."""


def raw_prices(profile: SymbolProfile, feeds: Mapping[str, Fed]) -> Fed:
    """What a symbol's prices are made from, before rounding."""
    time_ms, bid, ask = feeds[profile.feed]
    made = profile.made
    if made is AS_FED:
        return time_ms, bid, ask
    if made.divided_by:
        return _crossed(feeds[profile.feed], feeds[made.divided_by], made.factor)
    if made.upside_down:
        return time_ms, made.factor / ask, made.factor / bid
    return time_ms, bid * made.factor, ask * made.factor


def _crossed(upper: Fed, lower: Fed, factor: float) -> Fed:
    """A tick of either feed moves the cross, once both have spoken."""
    time_ms = np.sort(np.concatenate((upper[0], lower[0])), kind="stable")
    above = np.searchsorted(upper[0], time_ms, side="right") - 1
    below = np.searchsorted(lower[0], time_ms, side="right") - 1
    both = (above >= 0) & (below >= 0)
    above, below = above[both], below[both]
    bid = upper[1][above] * factor / lower[2][below]
    ask = upper[2][above] * factor / lower[1][below]
    return time_ms[both], bid, ask


def rounded(profile: SymbolProfile, price: Real) -> Real:
    """On the symbol's own steps."""
    if profile.tick_points != 1:
        price = np.rint(price / profile.tick_size) * profile.tick_size
    return np.round(price, profile.digits)


def own_ask(profile: SymbolProfile, bid: Real, ask: Real) -> Real:
    """The ask on the symbol's steps, with what the broker adds to it; never below its bid."""
    ask = rounded(profile, ask)
    if profile.extra_spread_points:
        ask = np.round(ask + profile.extra_spread_points * profile.point, profile.digits)
    return np.maximum(bid, ask)


def with_trades(profile: SymbolProfile, fed: Fed) -> Ticks:
    """The ticks, and for a symbol charted by trades the trades between them."""
    time_ms, bid, ask = fed
    silent = np.zeros(len(time_ms), np.int64)
    if profile.chart_mode != ChartMode.LAST or not len(time_ms):
        return Ticks(time_ms, bid, ask, np.zeros(len(time_ms)), silent, silent)
    side = _sides(bid + ask)
    price = np.where(side == TickFlag.SELL, bid, ask)
    newest = np.maximum.accumulate(np.where(side != 0, np.arange(len(side)), 0))
    lots = 1 + np.rint((bid + ask) * MILLIONTHS).astype(np.int64) % LARGEST_TRADE_LOTS
    return Ticks(time_ms, bid, ask, price[newest], lots[newest], side)


def _sides(middle: Real) -> Whole:
    """Who traded: buyers when the market rises, and first of all; sellers when it falls."""
    change = np.diff(middle, prepend=middle[0])
    change[0] = 1.0
    sides = np.where(change > 0, int(TickFlag.BUY), np.where(change < 0, int(TickFlag.SELL), 0))
    return sides.astype(np.int64)


def own_ticks(profile: SymbolProfile, ticks: Ticks) -> Ticks:
    """As the broker quotes them."""
    bid = rounded(profile, ticks.bid)
    ask = own_ask(profile, bid, ticks.ask)
    return ticks._replace(bid=bid, ask=ask, last=rounded(profile, ticks.last))


def own_minutes(profile: SymbolProfile, minutes: Minutes) -> Minutes:
    """The same for minutes, or longer bars."""
    prices = {name: rounded(profile, getattr(minutes, name)) for name in PRICES}
    prices["last_ask"] = own_ask(profile, prices["last_bid"], minutes.last_ask)
    return minutes._replace(**prices)


def charted(profile: SymbolProfile, ticks: Ticks) -> Real:
    """The price that bars show."""
    return ticks.last if profile.chart_mode == ChartMode.LAST else ticks.bid
