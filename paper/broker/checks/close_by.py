"""Whether two positions can close each other."""

from domain.mt5_words import OrderMode, Retcode
from paper.broker.asking import TOLERANCE, Ask, Refusal
from paper.broker.records import Position


def hedging_account(ask: Ask) -> Refusal | None:
    """Where accounts net there are no two positions in a symbol."""
    if ask.account.nets:
        return Refusal(Retcode.INVALID, "Invalid request")
    return None


def both_exist(ask: Ask) -> Refusal | None:
    """Both positions are still open."""
    if ask.position is not None and _against(ask) is not None:
        return None
    return Refusal(Retcode.POSITION_CLOSED, "Position doesn't exist", by_server=True)


def opposite(ask: Ask) -> Refusal | None:
    """They are in one symbol, on opposite sides; whoever names a symbol names theirs."""
    closed, against = ask.held, _against(ask)
    mirrored = (closed.symbol, 1 - closed.type)
    is_mirrored = against is not None and (against.symbol, against.type) == mirrored
    if is_mirrored and ask.symbol == closed.symbol:
        return None
    return Refusal(Retcode.INVALID, "Invalid request")


def offered(ask: Ask) -> Refusal | None:
    """The symbol takes such orders."""
    if ask.profile.order_mode & OrderMode.CLOSE_BY:
        return None
    return Refusal(Retcode.INVALID_ORDER, "Invalid order")


def nobody_else_closes(ask: Ask) -> Refusal | None:
    """Closing orders on their way leave enough of both."""
    closed, against = ask.held, _against(ask)
    if against is None:
        return None
    lots = min(closed.volume, against.volume)
    if all(_has_free(ask, position, lots) for position in (closed, against)):
        return None
    return Refusal(Retcode.CLOSE_ORDER_EXIST, "Close order already exists", by_server=True)


def _has_free(ask: Ask, position: Position, lots: float) -> bool:
    taken = lots + ask.account.lots_being_closed(position)
    return taken <= position.volume + TOLERANCE * ask.profile.volume_step


def _against(ask: Ask) -> Position | None:
    return ask.account.positions.get(ask.request.position_by)
