"""How many, how much and in which order: the limits of a broker and of its symbols."""

from collections.abc import Iterator

from domain.mt5_words import Retcode, TradeAction
from paper.broker.asking import TOLERANCE, Ask, Refusal
from paper.broker.records import Position


def opens(ask: Ask) -> bool:
    """Whether the request would open or increase a position, now or when its price comes."""
    if ask.request.action == TradeAction.PENDING:
        return True
    if ask.account.nets:
        return ask.opening_lots > 0
    return not ask.request.position


def not_too_many(ask: Ask) -> Refusal | None:
    """The account sends no more requests a second than its broker takes."""
    most = ask.broker.requests_per_second
    if not most or ask.requests_lately < most:
        return None
    return Refusal(Retcode.TOO_MANY_REQUESTS, "Too many requests", by_server=True)


def orders_left(ask: Ask) -> Refusal | None:
    """One more order may wait."""
    most = ask.broker.limit_orders
    if not most or len(ask.account.waiting) < most:
        return None
    return Refusal(Retcode.LIMIT_ORDERS, "Orders limit reached", by_server=True)


def positions_left(ask: Ask) -> Refusal | None:
    """One more position may be held: hedging counts waiting orders too, netting symbols only."""
    account, most = ask.account, ask.broker.limit_positions
    if not most or not opens(ask):
        return None
    if account.nets:
        is_full = len(account.positions) >= most and account.position_in(ask.symbol) is None
    else:
        is_full = len(account.positions) + len(account.waiting) >= most
    if not is_full:
        return None
    return Refusal(Retcode.LIMIT_POSITIONS, "Positions limit reached", by_server=True)


def volume_left(ask: Ask) -> Refusal | None:
    """Positions and waiting orders of one symbol and side stay below the symbol's limit."""
    most = ask.profile.volume_limit
    if not most or not opens(ask):
        return None
    is_pending = ask.request.action == TradeAction.PENDING
    added = ask.request.volume if is_pending else ask.opening_lots
    if sum(_lots_on_side(ask)) + added <= most + TOLERANCE * ask.profile.volume_step:
        return None
    return Refusal(Retcode.LIMIT_VOLUME, "Volume limit reached", by_server=True)


def _lots_on_side(ask: Ask) -> Iterator[float]:
    side = ask.request.type & 1
    for position in ask.account.positions.values():
        if position.symbol == ask.symbol and position.type == side:
            yield position.volume
    for order in ask.account.waiting.values():
        if order.symbol == ask.symbol and order.type & 1 == side:
            yield order.volume_current


def oldest_first(ask: Ask) -> Refusal | None:
    """Where positions close first in, first out, no older one of the symbol is passed over."""
    position = ask.position
    if not ask.broker.fifo_close or ask.account.nets or position is None:
        return None
    if all(_age(position) <= _age(other) for other in _in_symbol(ask, position.symbol)):
        return None
    return Refusal(Retcode.FIFO_CLOSE, "Only FIFO closing allowed", by_server=True)


def one_side_only(ask: Ask) -> Refusal | None:
    """Where hedging is forbidden, no order faces the other way than a position."""
    if ask.broker.hedging_allowed or ask.account.nets or not opens(ask):
        return None
    side = ask.request.type & 1
    if all(other.type == side for other in _in_symbol(ask, ask.symbol)):
        return None
    return Refusal(Retcode.HEDGE_PROHIBITED, "Hedging prohibited", by_server=True)


def _in_symbol(ask: Ask, symbol: str) -> Iterator[Position]:
    return (other for other in ask.account.positions.values() if other.symbol == symbol)


def _age(position: Position) -> tuple[int, int]:
    return position.time_msc, position.identifier
