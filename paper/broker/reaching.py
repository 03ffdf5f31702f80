"""Which price a side looks at, and whether an order that waits has been reached by it."""

from typing import Final

import msgspec

from domain.mt5_words import OrderType
from paper.broker.quotes import Quote
from paper.broker.records import Order

PENDING: Final = frozenset(range(OrderType.BUY_LIMIT, OrderType.SELL_STOP_LIMIT + 1))
LIMITS: Final = frozenset((OrderType.BUY_LIMIT, OrderType.SELL_LIMIT))
AS_LIMIT: Final = {
    OrderType.BUY_STOP_LIMIT: OrderType.BUY_LIMIT,
    OrderType.SELL_STOP_LIMIT: OrderType.SELL_LIMIT,
}
"""What a stop-limit becomes."""
WAITS_FOR_A_RISE: Final = frozenset(
    (OrderType.SELL_LIMIT, OrderType.BUY_STOP, OrderType.BUY_STOP_LIMIT)
)


def opening_price(side: int, quote: Quote) -> float:
    """What an order of this side is opened at: a buy at the ask, a sell at the bid."""
    return quote.bid if side & 1 else quote.ask


def watched_price(side: int, quote: Quote) -> float:
    """What an order of this side waits for: the last trade where there are trades."""
    return quote.last if quote.has_trades else opening_price(side, quote)


def is_reached(order: Order, quote: Quote) -> bool:
    """Whether the market is at an order's price or beyond it."""
    price = watched_price(order.type, quote)
    if order.type in WAITS_FOR_A_RISE:
        return price >= order.price_open
    return order.type in PENDING and price <= order.price_open


def filling_price(order: Order, quote: Quote) -> float:
    """The market's price, but never worse for a limit than its own.

    A last trade may reach a limit while the other side's offer is still away: then somebody has
    traded with it, at its price.
    """
    price = opening_price(order.type, quote)
    if order.type not in LIMITS:
        return price
    return max(price, order.price_open) if order.type & 1 else min(price, order.price_open)


def at_market(order: Order, quote: Quote | None) -> Order:
    """The order with the price its side sees now; as it was while there is no quote."""
    if quote is None:
        return order
    return msgspec.structs.replace(order, price_current=opening_price(order.type, quote))
