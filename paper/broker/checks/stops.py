"""Whether stop loss and take profit may be where they are wanted."""

from domain.mt5_words import OrderMode, Retcode
from paper.broker.asking import TOLERANCE, Ask, Refusal, on_grid
from paper.broker.booking import on_point
from paper.broker.reaching import AS_LIMIT, opening_price
from paper.broker.records import TradeRequest
from paper.broker.waiting import wanted


def position_exists(ask: Ask) -> Refusal | None:
    """For a change of stops this comes first, the symbol may hang on it."""
    if ask.position is not None:
        return None
    return Refusal(Retcode.POSITION_CLOSED, "Position doesn't exist")


def same_symbol(ask: Ask) -> Refusal | None:
    """The symbol named is the position's."""
    if ask.symbol == ask.held.symbol:
        return None
    return Refusal(Retcode.INVALID, "Invalid request")


def no_change(ask: Ask) -> Refusal | None:
    """Something would change."""
    position, profile = ask.held, ask.profile
    asked = (on_point(ask.request.sl, profile), on_point(ask.request.tp, profile))
    if asked != (position.sl, position.tp):
        return None
    return Refusal(Retcode.NO_CHANGES, "No changes")


def opening_stops(ask: Ask) -> Refusal | None:
    """Stops of a new position, or of one that is increased or turned."""
    if not ask.opening_lots:
        return None
    return _against_the_market(ask, ask.request.type)


def changed_stops(ask: Ask) -> Refusal | None:
    """Stops an open position is to get."""
    return _against_the_market(ask, ask.held.type)


def waiting_stops(ask: Ask) -> Refusal | None:
    """Stops of an order that waits, counted from the price its position would have."""
    order = wanted(ask)
    price = order.price_stoplimit if order.type in AS_LIMIT else order.price_open
    return _stops(ask, order.type, price)


def _against_the_market(ask: Ask, side: int) -> Refusal | None:
    """Counted from the price a position of this side is closed at."""
    return _stops(ask, side, opening_price(1 - (side & 1), ask.market.quotes[ask.symbol]))


def _stops(ask: Ask, side: int, price: float) -> Refusal | None:
    if not _offered(ask):
        return Refusal(Retcode.INVALID_ORDER, "Invalid order")
    point, tick = ask.profile.point, ask.profile.tick_size
    if not (on_grid(ask.request.sl, tick) and on_grid(ask.request.tp, tick)):
        return Refusal(Retcode.INVALID_PRICE, "Invalid price")
    if stops_hold(ask.request, side, price, (ask.profile.stops_level_points or 1) * point):
        return None
    return Refusal(Retcode.INVALID_STOPS, "Invalid stops")


def _offered(ask: Ask) -> bool:
    """Whether the symbol takes such stops at all."""
    offered = ask.profile.order_mode
    loss_ok = not ask.request.sl or offered & OrderMode.SL
    gain_ok = not ask.request.tp or offered & OrderMode.TP
    return bool(loss_ok and gain_ok)


def stops_hold(request: TradeRequest, side: int, price: float, distance: float) -> bool:
    """Whether both stops are on their side of a price, far enough away."""
    up = -1 if side & 1 else 1
    slack = distance * (1 - TOLERANCE)
    loss_ok = (price - request.sl) * up >= slack
    gain_ok = (request.tp - price) * up >= slack
    return (not request.sl or loss_ok) and (not request.tp or gain_ok)
