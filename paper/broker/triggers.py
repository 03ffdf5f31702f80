"""Waiting orders that a quote sets off, and what becomes of them then."""

from typing import Final

import msgspec

from domain.mt5_words import OrderState, OrderType
from paper.broker.account import Account
from paper.broker.booking import done
from paper.broker.filling import Execution, filled
from paper.broker.market import Market, Quote
from paper.broker.moment import Moment
from paper.broker.money import figures, total_margin
from paper.broker.records import Changes, Order

PENDING: Final = frozenset(range(OrderType.BUY_LIMIT, OrderType.SELL_STOP_LIMIT + 1))
LIMITS: Final = frozenset((OrderType.BUY_LIMIT, OrderType.SELL_LIMIT))
AS_LIMIT: Final = {
    OrderType.BUY_STOP_LIMIT: OrderType.BUY_LIMIT,
    OrderType.SELL_STOP_LIMIT: OrderType.SELL_LIMIT,
}
WAITS_FOR_A_RISE: Final = frozenset(
    (OrderType.SELL_LIMIT, OrderType.BUY_STOP, OrderType.BUY_STOP_LIMIT)
)


def opening_price(order_type: int, quote: Quote) -> float:
    """What an order of this side is opened at: a buy at the ask, a sell at the bid."""
    return quote.bid if order_type & 1 else quote.ask


def at_market(order: Order, quote: Quote | None) -> Order:
    """The order with the price its side sees now; as it was while there is no quote."""
    if quote is None:
        return order
    return msgspec.structs.replace(order, price_current=opening_price(order.type, quote))


def is_reached(order: Order, quote: Quote) -> bool:
    """Whether the market is at an order's price or beyond it."""
    price = opening_price(order.type, quote)
    if order.type in WAITS_FOR_A_RISE:
        return price >= order.price_open
    return order.type in PENDING and price <= order.price_open


def set_off(moment: Moment, order: Order) -> Changes:
    """A stop-limit becomes its limit; any other is filled at the market, money permitting.

    The market's price is a limit's own price or a better one, a stop's own or a worse one.
    """
    if order.type in AS_LIMIT:
        return Changes(placed=(_as_limit(order),))
    changes = filled(moment.market, moment.account, _execution(moment, order))
    if _is_affordable(moment.market, moment.account, changes):
        return changes
    order = at_market(order, moment.market.quotes[order.symbol])
    return Changes(orders=(done(order, OrderState.REJECTED, moment.now_msc),))


def _as_limit(order: Order) -> Order:
    """It keeps its ticket."""
    return msgspec.structs.replace(
        order,
        type=AS_LIMIT[OrderType(order.type)],
        price_open=order.price_stoplimit,
        price_stoplimit=0.0,
    )


def _execution(moment: Moment, order: Order) -> Execution:
    return Execution(
        order=order,
        lots=order.volume_current,
        price=opening_price(order.type, moment.market.quotes[order.symbol]),
        now_msc=moment.now_msc,
        deal_ticket=moment.next_ticket,
    )


def _is_affordable(market: Market, account: Account, changes: Changes) -> bool:
    """Whether the account could carry what it would hold then; to need less is always allowed."""
    after = Account(account.terms)
    after.balance, after.credit = account.balance, account.credit
    after.positions = dict(account.positions)
    after.apply(changes)
    if total_margin(market, after) <= total_margin(market, account):
        return True
    return figures(market, after).margin_free >= 0
