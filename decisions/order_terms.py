"""What a master's waiting order becomes at another broker: its prices, and how long it lives."""

from decimal import Decimal
from typing import NamedTuple

from decisions.levels import kept_off
from decisions.rounding import to_tick
from decisions.stops import Levels, on_ticks, own_levels
from domain.book import BookOrder
from domain.market import Lifetime, Side, SymbolSpec
from domain.mt5_words import TimeInForce
from domain.terms import CopyTerms


class OrderPrices(NamedTuple):
    """A waiting order's four prices; zero for none."""

    price: Decimal
    stop_limit_price: Decimal
    sl: Decimal
    tp: Decimal


def entry_of(order: BookOrder) -> Decimal:
    """The price at which its position would open."""
    return order.stop_limit_price or order.price


def order_prices(order: BookOrder, spec: SymbolSpec, terms: CopyTerms, side: Side) -> OrderPrices:
    """On this symbol's ticks: the master's prices, and stops by the copy's own terms.

    `side` is the copy's. An order opens where it waits, so that its stops move with its price.
    """
    at = entry_of(order)
    wanted = on_ticks(own_levels(terms, side, at, at, Levels(order.sl, order.tp)), spec)
    stops = kept_off(side, wanted, to_tick(at, spec.tick_size), spec)
    return OrderPrices(
        price=to_tick(order.price, spec.tick_size),
        stop_limit_price=to_tick(order.stop_limit_price, spec.tick_size),
        sl=stops.sl,
        tp=stops.tp,
    )


def lifetime_here(order: BookOrder, age_ms: int, newest_server_ms: int) -> Lifetime:
    """As long as the master's has yet to live, on this broker's clock.

    Without that clock it waits until cancelled: the master's expiry is told, and ends it.
    """
    kind = TimeInForce(order.time_in_force)
    if not order.lasts_ms:
        return Lifetime(kind=kind if kind is TimeInForce.DAY else TimeInForce.GTC)
    if not newest_server_ms:
        return Lifetime()
    left_ms = max(order.lasts_ms - age_ms, 0)
    return Lifetime(kind=kind, until_server_ms=newest_server_ms + left_ms)
