"""Whether stop loss and take profit may be where they are wanted."""

from domain.mt5_words import Retcode
from paper.broker.asking import TOLERANCE, Ask, Refusal, on_grid
from paper.broker.market import Quote
from paper.broker.records import TradeRequest


def position_exists(ask: Ask) -> Refusal | None:
    """For a change of stops this comes first, the symbol may hang on it."""
    if ask.position is not None:
        return None
    return Refusal(Retcode.POSITION_CLOSED, "Position doesn't exist")


def same_symbol(ask: Ask) -> Refusal | None:
    """The symbol named is the position's."""
    position = ask.held
    if ask.symbol == position.symbol:
        return None
    return Refusal(Retcode.INVALID, "Invalid request")


def no_change(ask: Ask) -> Refusal | None:
    """Something would change."""
    position = ask.held
    if (ask.request.sl, ask.request.tp) != (position.sl, position.tp):
        return None
    return Refusal(Retcode.NO_CHANGES, "No changes")


def opening_stops(ask: Ask) -> Refusal | None:
    """Stops of a new position, or of one that is increased or turned."""
    if not ask.opening_lots:
        return None
    return stops_of(ask, ask.request.type)


def changed_stops(ask: Ask) -> Refusal | None:
    """Stops an open position is to get."""
    position = ask.held
    return stops_of(ask, position.type)


def stops_of(ask: Ask, kind: int) -> Refusal | None:
    quote = ask.market.quotes[ask.symbol]
    point = ask.profile.point
    for wanted in (ask.request.sl, ask.request.tp):
        if not on_grid(wanted, point):
            return Refusal(Retcode.INVALID_PRICE, "Invalid price")
    if stops_hold(ask.request, kind, quote, (ask.profile.stops_level_points or 1) * point):
        return None
    return Refusal(Retcode.INVALID_STOPS, "Invalid stops")


def stops_hold(request: TradeRequest, kind: int, quote: Quote, distance: float) -> bool:
    """Whether both stops are on their side of the market, far enough away."""
    slack = distance * (1 - TOLERANCE)
    if kind & 1:
        loss_ok = request.sl >= quote.ask + slack
        gain_ok = request.tp <= quote.ask - slack
    else:
        loss_ok = request.sl <= quote.bid - slack
        gain_ok = request.tp >= quote.bid + slack
    return (not request.sl or loss_ok) and (not request.tp or gain_ok)
