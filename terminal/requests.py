"""Commands in the words of order_send(): exact floats, ints and a comment that fits."""

from decimal import Decimal
from typing import Final

from domain.market import Lifetime, Quote, Side
from domain.mt5_words import MAX_COMMENT_SENT, OrderType, TimeInForce, TradeAction
from domain.orders import ClosePosition, ModifyOrder, ModifyPosition, OpenPosition, PlaceOrder

Request = dict[str, int | float | str]

CLOSE_DEVIATION_POINTS: Final = 100_000
"""A close is wanted at whatever price there is; a requote would only delay it."""


def to_open(command: OpenPosition) -> Request:
    """A market order that opens a position."""
    return {
        **_deal(command, command.side),
        "price": float(command.price),
        "deviation": int(command.deviation_points),
        "sl": float(command.sl),
        "tp": float(command.tp),
    }


def to_close(command: ClosePosition, ticket: int, quote: Quote | None) -> Request:
    """A market order that takes volume off a position. Without a quote the broker decides."""
    price = quote.exit(command.side) if quote else Decimal(0)
    return {
        **_deal(command, command.side.opposite),
        "price": float(price),
        "deviation": CLOSE_DEVIATION_POINTS,
        "position": int(ticket),
    }


def to_modify(command: ModifyPosition, ticket: int) -> Request:
    """SL and TP, always both: one that is left out is removed."""
    return {
        "action": int(TradeAction.SLTP),
        "symbol": str(command.symbol),
        "position": int(ticket),
        "sl": float(command.sl),
        "tp": float(command.tp),
    }


def to_place(command: PlaceOrder, lifetime: Lifetime) -> Request:
    """An order that waits for its price."""
    return {
        "action": int(TradeAction.PENDING),
        "symbol": str(command.symbol),
        "volume": float(command.volume),
        "type": int(OrderType[command.kind.name]),
        **_waiting(command, lifetime),
        "type_filling": int(command.filling),
        "magic": int(command.magic),
        "comment": fitting_comment(command.comment),
    }


def to_change(command: ModifyOrder, lifetime: Lifetime) -> Request:
    """Prices, stops and lifetime of a waiting order, always all: what is left out is removed."""
    return {
        "action": int(TradeAction.MODIFY),
        "order": int(command.ticket),
        "symbol": str(command.symbol),
        **_waiting(command, lifetime),
    }


def to_cancel(ticket: int) -> Request:
    """The end of what still waits of an order."""
    return {"action": int(TradeAction.REMOVE), "order": int(ticket)}


def fitting_comment(text: str) -> str:
    """The start of a text, as long as MetaTrader's package lets a comment be."""
    cut = text.encode("utf-16-le", "replace")[: 2 * MAX_COMMENT_SENT]
    return cut.decode("utf-16-le", "ignore")  # half of a surrogate pair is dropped


def _waiting(command: PlaceOrder | ModifyOrder, lifetime: Lifetime) -> Request:
    return {
        "price": float(command.price),
        "stoplimit": float(command.stop_limit_price),
        "sl": float(command.sl),
        "tp": float(command.tp),
        "type_time": int(lifetime.kind),
        "expiration": lifetime.until_server_ms // 1000,
    }


def _deal(command: OpenPosition | ClosePosition, side: Side) -> Request:
    return {
        "action": int(TradeAction.DEAL),
        "symbol": str(command.symbol),
        "volume": float(command.volume),
        "type": int(OrderType.BUY if side is Side.BUY else OrderType.SELL),
        "type_filling": int(command.filling),
        "type_time": int(TimeInForce.GTC),
        "magic": int(command.magic),
        "comment": fitting_comment(command.comment),
    }
