"""Whether an order or a position is so near its price that nobody may touch it any more."""

from typing import Final

from domain.mt5_words import Retcode
from paper.broker.asking import TOLERANCE, Ask, Refusal
from paper.broker.reaching import PENDING, opening_price
from paper.broker.records import Position

FROZEN: Final = Refusal(Retcode.FROZEN, "Order or position frozen", by_server=True)


def order_free(ask: Ask) -> Refusal | None:
    """The waiting order is not about to be set off; one at the market waits for no price."""
    order, quote = ask.waiting, ask.quote
    if order is None or order.type not in PENDING or not ask.profile.freeze_level_points:
        return None
    if quote is None or _is_near(ask, opening_price(order.type, quote), order.price_open):
        return FROZEN
    return None


def position_free(ask: Ask) -> Refusal | None:
    """The position, and one that is to close it, are not about to be closed by their stops."""
    opposite = ask.account.positions.get(ask.request.position_by)
    return FROZEN if _is_frozen(ask, ask.position) or _is_frozen(ask, opposite) else None


def closing_free(ask: Ask) -> Refusal | None:
    """The position that a deal closes is not about to be closed by one of its stops."""
    return FROZEN if _is_frozen(ask, ask.closing) else None


def _is_frozen(ask: Ask, position: Position | None) -> bool:
    if position is None or not ask.profile.freeze_level_points:
        return False
    price = opening_price(1 - position.type, ask.market.quotes[ask.symbol])
    return any(_is_near(ask, price, stop) for stop in (position.sl, position.tp) if stop)


def _is_near(ask: Ask, market_price: float, price: float) -> bool:
    frozen = ask.profile.freeze_level_points * ask.profile.point
    return abs(market_price - price) < frozen * (1 - TOLERANCE)
