"""What a trade server's return codes, and an order_send() without an answer, mean to us."""

from enum import Enum, auto
from typing import Final, NamedTuple

from domain.mt5_words import LastError, Retcode
from domain.outcomes import Rejected, Unknown


class Reaction(Enum):
    """What an answer asks of us."""

    DONE = auto()
    DONE_IN_PART = auto()
    AS_WANTED = auto()  # already so: nothing had to change
    UNKNOWN = auto()  # may have been executed: look before doing anything
    NEW_PRICE = auto()  # refused, but may go again at a new price
    LATER = auto()  # refused now, perhaps not in a while
    LOOK_AGAIN = auto()  # refused because the position is not as we thought
    GONE = auto()  # refused because there is no such position
    REFUSED = auto()  # refused, and the same again would be refused too


class Row(NamedTuple):
    """One return code."""

    reaction: Reaction
    meaning: str


TABLE: Final[dict[int, Row]] = {
    Retcode.REQUOTE: Row(Reaction.NEW_PRICE, "the price left the deviation"),
    Retcode.REJECT: Row(Reaction.REFUSED, "the server or its dealer refused"),
    Retcode.CANCEL: Row(Reaction.REFUSED, "cancelled by a trader or a dealer"),
    Retcode.PLACED: Row(Reaction.UNKNOWN, "accepted, not executed yet"),
    Retcode.DONE: Row(Reaction.DONE, "executed"),
    Retcode.DONE_PARTIAL: Row(Reaction.DONE_IN_PART, "executed in part"),
    Retcode.ERROR: Row(Reaction.UNKNOWN, "an error while processing; it may have been executed"),
    Retcode.TIMEOUT: Row(Reaction.UNKNOWN, "no answer in time; it may have been executed"),
    Retcode.INVALID: Row(Reaction.REFUSED, "the request makes no sense to the server"),
    Retcode.INVALID_VOLUME: Row(Reaction.REFUSED, "below the minimum, above the maximum, off step"),
    Retcode.INVALID_PRICE: Row(Reaction.REFUSED, "zero, off the tick grid, or on the wrong side"),
    Retcode.INVALID_STOPS: Row(Reaction.REFUSED, "SL or TP on the wrong side or too near"),
    Retcode.TRADE_DISABLED: Row(Reaction.REFUSED, "the account or the symbol may not trade"),
    Retcode.MARKET_CLOSED: Row(Reaction.LATER, "the session is closed"),
    Retcode.NO_MONEY: Row(Reaction.REFUSED, "not enough free margin"),
    Retcode.PRICE_CHANGED: Row(Reaction.NEW_PRICE, "the price changed"),
    Retcode.PRICE_OFF: Row(Reaction.NEW_PRICE, "there are no quotes"),
    Retcode.INVALID_EXPIRATION: Row(Reaction.REFUSED, "expiration past, or not allowed"),
    Retcode.ORDER_CHANGED: Row(Reaction.LOOK_AGAIN, "the order changed meanwhile"),
    Retcode.TOO_MANY_REQUESTS: Row(Reaction.LATER, "the server throttles us"),
    Retcode.NO_CHANGES: Row(Reaction.AS_WANTED, "it is so already"),
    Retcode.SERVER_DISABLES_AT: Row(Reaction.REFUSED, "the server forbids automatic trading"),
    Retcode.CLIENT_DISABLES_AT: Row(Reaction.REFUSED, "the terminal's Algo Trading button is off"),
    Retcode.LOCKED: Row(Reaction.LATER, "another request is being processed"),
    Retcode.FROZEN: Row(Reaction.LATER, "too near to activation to be touched"),
    Retcode.INVALID_FILL: Row(Reaction.REFUSED, "the symbol does not allow this filling"),
    Retcode.CONNECTION: Row(Reaction.UNKNOWN, "no connection to the server; it may have got there"),
    Retcode.ONLY_REAL: Row(Reaction.REFUSED, "allowed on real accounts only"),
    Retcode.LIMIT_ORDERS: Row(Reaction.REFUSED, "too many pending orders"),
    Retcode.LIMIT_VOLUME: Row(Reaction.REFUSED, "too much volume in this symbol"),
    Retcode.INVALID_ORDER: Row(Reaction.REFUSED, "this type of order is prohibited"),
    Retcode.POSITION_CLOSED: Row(Reaction.GONE, "the position is closed"),
    Retcode.INVALID_CLOSE_VOLUME: Row(Reaction.LOOK_AGAIN, "more than the position holds"),
    Retcode.CLOSE_ORDER_EXIST: Row(Reaction.LOOK_AGAIN, "orders to close it exist already"),
    Retcode.LIMIT_POSITIONS: Row(Reaction.REFUSED, "too many open positions"),
    Retcode.REJECT_CANCEL: Row(Reaction.REFUSED, "activation refused, the order is cancelled"),
    Retcode.LONG_ONLY: Row(Reaction.REFUSED, "the symbol may only be bought"),
    Retcode.SHORT_ONLY: Row(Reaction.REFUSED, "the symbol may only be sold"),
    Retcode.CLOSE_ONLY: Row(Reaction.REFUSED, "positions in this symbol may only be closed"),
    Retcode.FIFO_CLOSE: Row(Reaction.REFUSED, "the oldest position has to be closed first"),
    Retcode.HEDGE_PROHIBITED: Row(Reaction.REFUSED, "opposite positions are prohibited"),
}

_UNTOLD: Final = Row(Reaction.UNKNOWN, "a return code we do not know")

_NEVER_SENT: Final = frozenset(
    {
        LastError.INVALID_PARAMS,
        LastError.AUTO_TRADING_DISABLED,
        LastError.INTERNAL_FAIL_CONNECT,
    }
)
"""The only errors of order_send() which prove that nothing left the terminal."""


def row(retcode: int) -> Row:
    """What a return code means; one that is not in the table may mean anything."""
    return TABLE.get(retcode, _UNTOLD)


def refusal(retcode: int, comment: str) -> Rejected:
    """A proven refusal of the server."""
    reaction = row(retcode).reaction
    return Rejected(
        retcode=retcode,
        comment=comment,
        may_retry=reaction is Reaction.NEW_PRICE,
        gone=reaction is Reaction.GONE,
    )


def unanswered(code: int, text: str) -> Rejected | Unknown:
    """What an order_send() that returned None means, by last_error()."""
    if code in _NEVER_SENT:
        return Rejected(retcode=code, comment=text, sent=False)
    return Unknown(code=code, comment=text)
