"""Whether an order may wait: its type, its price, its lifetime, and whether it is there at all."""

from typing import Final

from domain.mt5_words import (
    Execution,
    ExpirationFlag,
    Filling,
    FillingFlag,
    OrderMode,
    OrderType,
    Retcode,
    TimeInForce,
    TradeAction,
)
from paper.broker.asking import TOLERANCE, Ask, Refusal, on_grid
from paper.broker.expiry import is_past
from paper.broker.quotes import Quote
from paper.broker.reaching import AS_LIMIT, LIMITS, PENDING, WAITS_FOR_A_RISE, opening_price
from paper.broker.records import Order
from paper.broker.waiting import wanted

MODE_OF_TYPE: Final = {
    OrderType.BUY_LIMIT: OrderMode.LIMIT,
    OrderType.SELL_LIMIT: OrderMode.LIMIT,
    OrderType.BUY_STOP: OrderMode.STOP,
    OrderType.SELL_STOP: OrderMode.STOP,
    OrderType.BUY_STOP_LIMIT: OrderMode.STOP_LIMIT,
    OrderType.SELL_STOP_LIMIT: OrderMode.STOP_LIMIT,
}
FLAG_OF_LIFETIME: Final = {
    TimeInForce.GTC: ExpirationFlag.GTC,
    TimeInForce.DAY: ExpirationFlag.DAY,
    TimeInForce.SPECIFIED: ExpirationFlag.SPECIFIED,
    TimeInForce.SPECIFIED_DAY: ExpirationFlag.SPECIFIED_DAY,
}


def order_exists(ask: Ask) -> Refusal | None:
    """The order named still waits for its price; a position's number is no such order."""
    if ask.waiting is not None and ask.waiting.type in PENDING:
        return None
    return Refusal(Retcode.INVALID, "Invalid request")


def order_waits(ask: Ask) -> Refusal | None:
    """The order named still waits, be it for its price or for whoever fills the rest of it."""
    if ask.waiting is not None:
        return None
    return Refusal(Retcode.INVALID, "Invalid request")


def type_offered(ask: Ask) -> Refusal | None:
    """It is a type that waits, and the symbol takes such orders."""
    kind = ask.request.type
    if kind in PENDING and MODE_OF_TYPE[OrderType(kind)] & ask.profile.order_mode:
        return None
    return Refusal(Retcode.INVALID_ORDER, "Invalid order")


def prices(ask: Ask) -> Refusal | None:
    """There is a price, for a stop-limit two, and they are on the grid."""
    request = ask.request
    needed = [request.price, request.stoplimit] if _kind(ask) in AS_LIMIT else [request.price]
    if all(price > 0 and on_grid(price, ask.profile.tick_size) for price in needed):
        return None
    return Refusal(Retcode.INVALID_PRICE, "Invalid price")


def filling(ask: Ask) -> Refusal | None:
    """The portable RETURN always, and FOK, which is what a script sends that names none."""
    if _filling_allowed(ask, ask.request.type_filling):
        return None
    return Refusal(Retcode.INVALID_FILL, "Unsupported filling mode")


def _filling_allowed(ask: Ask, filling: int) -> bool:
    profile = ask.profile
    if filling == Filling.IOC and profile.execution not in (Execution.REQUEST, Execution.INSTANT):
        return bool(profile.filling_mask & FillingFlag.IOC)
    if filling == Filling.BOC:
        at_an_exchange = profile.execution == Execution.EXCHANGE
        with_a_limit = ask.request.type in LIMITS or ask.request.type in AS_LIMIT
        return at_an_exchange and with_a_limit and bool(profile.filling_mask & FillingFlag.BOC)
    return filling in (Filling.FOK, Filling.IOC, Filling.RETURN)


def lifetime(ask: Ask) -> Refusal | None:
    """The symbol takes orders that live so long, and the end is still to come."""
    kind, offered = ask.request.type_time, ask.profile.expiration_mode
    flag = FLAG_OF_LIFETIME[TimeInForce(kind)] if kind in FLAG_OF_LIFETIME else ExpirationFlag(0)
    if flag & offered and not is_past(kind, ask.request.expiration, ask.now_msc):
        return None
    return Refusal(Retcode.INVALID_EXPIRATION, "Invalid expiration")


def no_change(ask: Ask) -> Refusal | None:
    """Something would change."""
    if wanted(ask) != ask.waiting:
        return None
    return Refusal(Retcode.NO_CHANGES, "No changes")


def side(ask: Ask) -> Refusal | None:
    """The order's price is on its side of the market, a stop-limit's limit on its side of that."""
    distance = ask.profile.stops_level_points or 1
    if side_holds(wanted(ask), ask.market.quotes[ask.symbol], distance * ask.profile.point):
        return None
    return Refusal(Retcode.INVALID_PRICE, "Invalid price")


def side_holds(order: Order, quote: Quote, distance: float) -> bool:
    """A price that waits for a rise is above the market, any other below, so far at least."""
    slack = distance * (1 - TOLERANCE)
    up = 1 if order.type in WAITS_FOR_A_RISE else -1
    away = (order.price_open - opening_price(order.type, quote)) * up
    back = (order.price_open - order.price_stoplimit) * up
    return away >= slack and (order.type not in AS_LIMIT or back >= slack)


def _kind(ask: Ask) -> int:
    """What kind of order it is about: one that waits has its kind already."""
    if ask.waiting is None or ask.request.action == TradeAction.PENDING:
        return ask.request.type
    return ask.waiting.type
