"""The sums of `paper/broker/making.py` and `paper/broker/quotes.py`, for many ticks at once."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from domain.mt5_words import ChartMode, TickFlag
from paper.broker.brokers import AS_FED, SymbolProfile
from paper.broker.quotes import LARGEST_TRADE_LOTS, MILLIONTHS
from paper.service.past.columns import PRICES, Minutes, Real, Ticks, Whole

HALF_WITHIN: Final = 1e-6
Fed = tuple[Whole, Real, Real]
"""A feed's times, bids and asks."""


def raw_prices(profile: SymbolProfile, feeds: Mapping[str, Fed]) -> Fed:
    """What a symbol's prices are made from, before rounding."""
    time_ms, bid, ask = feeds[profile.feed]
    made = profile.made
    if made is AS_FED:
        return time_ms, bid, ask
    if made.divided_by:
        return _crossed(profile, feeds)
    if made.upside_down:
        return time_ms, made.factor / ask, made.factor / bid
    return time_ms, bid * made.factor, ask * made.factor


def _crossed(profile: SymbolProfile, feeds: Mapping[str, Fed]) -> Fed:
    """A tick of either feed moves the cross, once both have spoken; at one moment, in turn."""
    first, second = sorted(profile.feeds)
    times = np.concatenate((feeds[first][0], feeds[second][0]))
    order = np.argsort(times, kind="stable")
    of_first = order < len(feeds[first][0])
    heard = {first: np.cumsum(of_first) - 1, second: np.cumsum(~of_first) - 1}
    both = (heard[first] >= 0) & (heard[second] >= 0)
    (_, bid, ask), (_, by_bid, by_ask) = (
        tuple(column[heard[name][both]] for column in feeds[name])
        for name in (profile.feed, profile.made.divided_by)
    )
    factor = profile.made.factor
    return times[order][both], bid * factor / by_ask, ask * factor / by_bid


def rounded(profile: SymbolProfile, price: Real) -> Real:
    """On the symbol's own steps."""
    if profile.tick_points != 1:
        price = np.rint(price / profile.tick_size) * profile.tick_size
    return _rounded(price, profile.digits)


def _rounded(price: Real, digits: int) -> Real:
    """As `round` does it: numpy takes what merely looks like a half for one."""
    scaled = price * 10.0**digits
    close = np.flatnonzero(np.abs(scaled - np.floor(scaled) - 0.5) < HALF_WITHIN)
    result = np.round(price, digits)
    result[close] = [round(one, digits) for one in price[close].tolist()]
    return result


def own_ask(profile: SymbolProfile, bid: Real, ask: Real) -> Real:
    """The ask on the symbol's steps, with what the broker adds to it; never below its bid."""
    ask = rounded(profile, ask)
    if profile.extra_spread_points:
        ask = _rounded(ask + profile.extra_spread_points * profile.point, profile.digits)
    return np.maximum(bid, ask)


def with_trades(profile: SymbolProfile, fed: Fed) -> Ticks:
    """The ticks, and for a symbol charted by trades the trades between them."""
    time_ms, bid, ask = fed
    silent = np.zeros(len(time_ms), np.int64)
    if profile.chart_mode != ChartMode.LAST or not len(time_ms):
        return Ticks(time_ms, bid, ask, np.zeros(len(time_ms)), silent, silent)
    own_bid = rounded(profile, bid)
    own = own_bid, own_ask(profile, own_bid, ask)
    side = _sides(own[0] + own[1])
    price = np.where(side == TickFlag.SELL, *own)
    newest = np.maximum.accumulate(np.where(side != 0, np.arange(len(side)), 0))
    lots = 1 + np.rint((own[0] + own[1]) * MILLIONTHS).astype(np.int64) % LARGEST_TRADE_LOTS
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
