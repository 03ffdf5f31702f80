"""The words of each return code, and whether the terminal or the server says it."""

from typing import Final

from domain.mt5_words import Retcode

BY_SERVER: Final = frozenset(
    {
        Retcode.REQUOTE,
        Retcode.REJECT,
        Retcode.CANCEL,
        Retcode.PLACED,
        Retcode.DONE,
        Retcode.DONE_PARTIAL,
        Retcode.ERROR,
        Retcode.TIMEOUT,
        Retcode.PRICE_CHANGED,
        Retcode.ORDER_CHANGED,
        Retcode.MARKET_CLOSED,
        Retcode.NO_MONEY,
        Retcode.TOO_MANY_REQUESTS,
        Retcode.LOCKED,
        Retcode.FROZEN,
        Retcode.LIMIT_ORDERS,
        Retcode.LIMIT_VOLUME,
        Retcode.POSITION_CLOSED,
        Retcode.INVALID_CLOSE_VOLUME,
        Retcode.CLOSE_ORDER_EXIST,
        Retcode.LIMIT_POSITIONS,
        Retcode.REJECT_CANCEL,
        Retcode.LONG_ONLY,
        Retcode.SHORT_ONLY,
        Retcode.CLOSE_ONLY,
        Retcode.FIFO_CLOSE,
        Retcode.HEDGE_PROHIBITED,
    }
)
"""As the broker's own checks have it: these answers carry the number of the request."""
WITH_QUOTE: Final = frozenset({Retcode.REQUOTE, Retcode.PRICE_CHANGED})
WORDS: Final[dict[int, str]] = {
    Retcode.REQUOTE: "Requote",
    Retcode.REJECT: "Request rejected",
    Retcode.CANCEL: "Request canceled",
    Retcode.PLACED: "Order placed",
    Retcode.DONE: "Request executed",
    Retcode.DONE_PARTIAL: "Request executed partially",
    Retcode.ERROR: "Request processing error",
    Retcode.TIMEOUT: "Request timeout",
    Retcode.INVALID: "Invalid request",
    Retcode.INVALID_VOLUME: "Invalid volume",
    Retcode.INVALID_PRICE: "Invalid price",
    Retcode.INVALID_STOPS: "Invalid stops",
    Retcode.TRADE_DISABLED: "Trade disabled",
    Retcode.MARKET_CLOSED: "Market closed",
    Retcode.NO_MONEY: "No money",
    Retcode.PRICE_CHANGED: "Price changed",
    Retcode.PRICE_OFF: "No prices",
    Retcode.INVALID_EXPIRATION: "Invalid expiration",
    Retcode.ORDER_CHANGED: "Order changed",
    Retcode.TOO_MANY_REQUESTS: "Too many requests",
    Retcode.NO_CHANGES: "No changes",
    Retcode.SERVER_DISABLES_AT: "AutoTrading disabled by server",
    Retcode.CLIENT_DISABLES_AT: "AutoTrading disabled by client",
    Retcode.LOCKED: "Request locked",
    Retcode.FROZEN: "Order or position frozen",
    Retcode.INVALID_FILL: "Unsupported filling mode",
    Retcode.CONNECTION: "No connection",
    Retcode.ONLY_REAL: "Only real accounts allowed",
    Retcode.LIMIT_ORDERS: "Orders limit reached",
    Retcode.LIMIT_VOLUME: "Volume limit reached",
    Retcode.INVALID_ORDER: "Invalid order",
    Retcode.POSITION_CLOSED: "Position doesn't exist",
    Retcode.INVALID_CLOSE_VOLUME: "Invalid close volume",
    Retcode.CLOSE_ORDER_EXIST: "Close order already exists",
    Retcode.LIMIT_POSITIONS: "Positions limit reached",
    Retcode.REJECT_CANCEL: "Request rejected, order canceled",
    Retcode.LONG_ONLY: "Only long positions allowed",
    Retcode.SHORT_ONLY: "Only short positions allowed",
    Retcode.CLOSE_ONLY: "Only position closing allowed",
    Retcode.FIFO_CLOSE: "Only FIFO closing allowed",
    Retcode.HEDGE_PROHIBITED: "Hedging prohibited",
}


def words_of(code: int) -> str:
    """What the broker says beside the code."""
    return WORDS.get(code, f"Error {code}")
