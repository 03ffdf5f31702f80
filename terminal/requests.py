"""Commands in the words of order_send(): exact floats, ints and a comment that fits."""

from decimal import Decimal
from typing import Final

from domain.market import Quote, Side
from domain.mt5_words import MAX_COMMENT_SENT, OrderType, TimeInForce, TradeAction
from domain.orders import ClosePosition, ModifyPosition, OpenPosition

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


def fitting_comment(text: str) -> str:
    """The start of a text, as long as MetaTrader's package lets a comment be."""
    cut = text.encode("utf-16-le", "replace")[: 2 * MAX_COMMENT_SENT]
    return cut.decode("utf-16-le", "ignore")  # half of a surrogate pair is dropped


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
