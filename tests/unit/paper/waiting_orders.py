"""What a trader does with orders that wait, at the desk."""

from types import SimpleNamespace
from typing import Any

import msgspec

from domain.mt5_words import Filling, OrderType, TradeAction
from tests.unit.paper.desk import Desk, named

BID, ASK = 1.38600, 1.38610
PRICES: dict[int, dict[str, float]] = {
    OrderType.BUY_LIMIT: {"price": 1.38500},
    OrderType.SELL_LIMIT: {"price": 1.38700},
    OrderType.BUY_STOP: {"price": 1.38700},
    OrderType.SELL_STOP: {"price": 1.38500},
    OrderType.BUY_STOP_LIMIT: {"price": 1.38700, "stoplimit": 1.38650},
    OrderType.SELL_STOP_LIMIT: {"price": 1.38500, "stoplimit": 1.38550},
}
"""A hundred points or so from the desk's first quote, on the side each type belongs to."""
KINDS = sorted(PRICES)


def place(desk: Desk, kind: int = OrderType.BUY_LIMIT, **fields: Any) -> SimpleNamespace:
    """Place an order at its usual price, unless said otherwise."""
    usual = {"action": TradeAction.PENDING, "type": kind, "type_filling": Filling.RETURN}
    return desk.send(**{**usual, **PRICES.get(kind, {}), **fields})


def modify(desk: Desk, ticket: int, **fields: Any) -> SimpleNamespace:
    """Change an order; as with MetaTrader, what is not said is taken away."""
    bare = {"action": TradeAction.MODIFY, "order": ticket, "symbol": "", "volume": 0.0, "type": 0}
    return desk.send(**{**bare, **fields})


def remove(desk: Desk, ticket: int) -> SimpleNamespace:
    """Withdraw an order."""
    return desk.send(action=TradeAction.REMOVE, order=ticket, symbol="", volume=0.0)


def waiting(desk: Desk) -> list[SimpleNamespace]:
    """All orders that wait."""
    return [named("TradeOrder", row) for row in desk.ask("orders_get", "all")]


def past(desk: Desk, ticket: int) -> SimpleNamespace:
    """One order of the past."""
    (row,) = desk.ask("history_orders_get", "ticket", [ticket])
    return named("TradeOrder", row)


def offer(desk: Desk, symbol: str = "EURUSD", **fields: Any) -> None:
    """Let the broker sell a symbol on other terms from now on."""
    profiles = desk.session.house.market.profiles
    profiles[symbol] = msgspec.structs.replace(profiles[symbol], **fields)


def move_to(desk: Desk, bid: float) -> None:
    """The next tick of EURUSD, its ask one pip above."""
    desk.quote("EURUSD", bid, round(bid + 0.0001, 5))
