"""What a master's waiting order becomes at another broker: its prices, and how long it lives."""

from decimal import Decimal
from typing import NamedTuple

from decisions.rounding import to_tick
from domain.book import BookOrder
from domain.market import Lifetime, SymbolSpec
from domain.mt5_words import TimeInForce


class OrderPrices(NamedTuple):
    """A waiting order's four prices; zero for none."""

    price: Decimal
    stop_limit_price: Decimal
    sl: Decimal
    tp: Decimal


def order_prices(order: BookOrder, spec: SymbolSpec) -> OrderPrices:
    """The master's prices on this symbol's ticks."""
    prices = (order.price, order.stop_limit_price, order.sl, order.tp)
    return OrderPrices(*(to_tick(price, spec.tick_size) for price in prices))


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
