"""Every check in the order in which it is made, by action, and the codes each may give."""

from typing import Final

from domain.mt5_words import Retcode, TradeAction
from paper.broker.asking import Ask, Check, Refusal
from paper.broker.checks import (
    close_by,
    closing,
    freezing,
    hours,
    limits,
    money,
    orders,
    pending,
    permissions,
    quoting,
    stops,
)

ALWAYS: Final[tuple[Check, ...]] = (
    permissions.terminal_button,
    permissions.connection,
    permissions.account_allowed,
    permissions.action,
    permissions.numbers,
    limits.not_too_many,
)
FOR_A_DEAL: Final[tuple[Check, ...]] = (
    orders.symbol_exists,
    permissions.symbol_tradable,
    permissions.side_offered,
    orders.type_offered,
    orders.volume,
    orders.price,
    orders.filling,
    orders.quotes,
    stops.opening_stops,
    closing.closing,
    closing.nobody_else_closes,
    freezing.closing_free,
    hours.session_open,
    limits.positions_left,
    limits.volume_left,
    limits.oldest_first,
    limits.one_side_only,
    money.countable,
    money.money,
    quoting.requote,
    quoting.whole_volume,
)
FOR_STOPS: Final[tuple[Check, ...]] = (
    stops.position_exists,
    orders.symbol_exists,
    permissions.symbol_tradable,
    stops.same_symbol,
    stops.no_change,
    orders.quotes,
    stops.changed_stops,
    freezing.position_free,
    hours.session_open,
)
FOR_A_PENDING: Final[tuple[Check, ...]] = (
    orders.symbol_exists,
    permissions.symbol_tradable,
    permissions.side_offered,
    pending.type_offered,
    orders.volume,
    pending.prices,
    pending.filling,
    pending.lifetime,
    orders.quotes,
    pending.side,
    stops.waiting_stops,
    hours.session_open,
    limits.orders_left,
    limits.positions_left,
    limits.volume_left,
    limits.one_side_only,
)
FOR_A_MODIFICATION: Final[tuple[Check, ...]] = (
    pending.order_exists,
    permissions.symbol_tradable,
    pending.prices,
    pending.lifetime,
    orders.quotes,
    pending.no_change,
    pending.side,
    stops.waiting_stops,
    freezing.order_free,
    hours.session_open,
)
FOR_A_REMOVAL: Final[tuple[Check, ...]] = (
    pending.order_waits,
    permissions.symbol_tradable,
    freezing.order_free,
    hours.session_open,
)
FOR_A_CLOSE_BY: Final[tuple[Check, ...]] = (
    close_by.hedging_account,
    close_by.both_exist,
    close_by.opposite,
    permissions.symbol_tradable,
    close_by.offered,
    orders.quotes,
    close_by.nobody_else_closes,
    freezing.position_free,
    hours.session_open,
    limits.oldest_first,
    money.countable,
)
BY_ACTION: Final[dict[int, tuple[Check, ...]]] = {
    TradeAction.DEAL: FOR_A_DEAL,
    TradeAction.SLTP: FOR_STOPS,
    TradeAction.PENDING: FOR_A_PENDING,
    TradeAction.MODIFY: FOR_A_MODIFICATION,
    TradeAction.REMOVE: FOR_A_REMOVAL,
    TradeAction.CLOSE_BY: FOR_A_CLOSE_BY,
}

GIVES: Final[dict[Check, tuple[Retcode, ...]]] = {
    permissions.terminal_button: (Retcode.CLIENT_DISABLES_AT,),
    permissions.connection: (Retcode.CONNECTION,),
    permissions.account_allowed: (Retcode.TRADE_DISABLED,),
    permissions.action: (Retcode.INVALID,),
    permissions.numbers: (Retcode.INVALID,),
    limits.not_too_many: (Retcode.TOO_MANY_REQUESTS,),
    orders.symbol_exists: (Retcode.INVALID,),
    permissions.symbol_tradable: (Retcode.TRADE_DISABLED,),
    permissions.side_offered: (
        Retcode.LONG_ONLY,
        Retcode.SHORT_ONLY,
        Retcode.CLOSE_ONLY,
    ),
    orders.type_offered: (
        Retcode.INVALID,
        Retcode.INVALID_ORDER,
    ),
    orders.volume: (Retcode.INVALID_VOLUME,),
    orders.price: (Retcode.INVALID_PRICE,),
    orders.filling: (Retcode.INVALID_FILL,),
    orders.quotes: (Retcode.PRICE_OFF,),
    stops.opening_stops: (
        Retcode.INVALID_ORDER,
        Retcode.INVALID_PRICE,
        Retcode.INVALID_STOPS,
    ),
    closing.closing: (
        Retcode.POSITION_CLOSED,
        Retcode.INVALID,
        Retcode.INVALID_CLOSE_VOLUME,
    ),
    closing.nobody_else_closes: (Retcode.CLOSE_ORDER_EXIST,),
    freezing.closing_free: (Retcode.FROZEN,),
    hours.session_open: (Retcode.MARKET_CLOSED,),
    limits.positions_left: (Retcode.LIMIT_POSITIONS,),
    limits.volume_left: (Retcode.LIMIT_VOLUME,),
    limits.oldest_first: (Retcode.FIFO_CLOSE,),
    limits.one_side_only: (Retcode.HEDGE_PROHIBITED,),
    money.countable: (Retcode.PRICE_OFF,),
    money.money: (Retcode.NO_MONEY,),
    quoting.requote: (Retcode.REQUOTE,),
    quoting.whole_volume: (Retcode.REJECT,),
    stops.position_exists: (Retcode.POSITION_CLOSED,),
    stops.same_symbol: (Retcode.INVALID,),
    stops.no_change: (Retcode.NO_CHANGES,),
    stops.changed_stops: (
        Retcode.INVALID_ORDER,
        Retcode.INVALID_PRICE,
        Retcode.INVALID_STOPS,
    ),
    freezing.position_free: (Retcode.FROZEN,),
    pending.type_offered: (Retcode.INVALID_ORDER,),
    pending.prices: (Retcode.INVALID_PRICE,),
    pending.filling: (Retcode.INVALID_FILL,),
    pending.lifetime: (Retcode.INVALID_EXPIRATION,),
    pending.side: (Retcode.INVALID_PRICE,),
    stops.waiting_stops: (
        Retcode.INVALID_ORDER,
        Retcode.INVALID_PRICE,
        Retcode.INVALID_STOPS,
    ),
    limits.orders_left: (Retcode.LIMIT_ORDERS,),
    pending.order_exists: (Retcode.INVALID,),
    pending.order_waits: (Retcode.INVALID,),
    pending.no_change: (Retcode.NO_CHANGES,),
    freezing.order_free: (Retcode.FROZEN,),
    close_by.hedging_account: (Retcode.INVALID,),
    close_by.both_exist: (Retcode.POSITION_CLOSED,),
    close_by.opposite: (Retcode.INVALID,),
    close_by.offered: (Retcode.INVALID_ORDER,),
    close_by.nobody_else_closes: (Retcode.CLOSE_ORDER_EXIST,),
}
"""Which codes each check may answer."""
ONLY_BY_FAULT: Final = frozenset(
    {
        Retcode.CANCEL,
        Retcode.ERROR,
        Retcode.TIMEOUT,
        Retcode.PRICE_CHANGED,
        Retcode.ORDER_CHANGED,
        Retcode.SERVER_DISABLES_AT,
        Retcode.LOCKED,
        Retcode.ONLY_REAL,
        Retcode.REJECT_CANCEL,
    }
)
"""Codes no check gives and no execution answers: a script of faults can have each of them."""
LEFT_TO_SENDING: Final[frozenset[Check]] = frozenset(
    {
        limits.not_too_many,
        freezing.closing_free,
        freezing.position_free,
        freezing.order_free,
        hours.session_open,
        quoting.requote,
        quoting.whole_volume,
    }
)
"""What order_check does not look at: what may be otherwise by the time the order arrives."""


def refusal(ask: Ask) -> Refusal | None:
    """The first check that fails, or None when the order may be executed."""
    return _first(ALWAYS, ask) or _first(_checks_of(ask), ask)


def foreseen_refusal(ask: Ask) -> Refusal | None:
    """The same as far as order_check can tell."""
    checks = (*ALWAYS, *_checks_of(ask))
    return _first(tuple(check for check in checks if check not in LEFT_TO_SENDING), ask)


def _checks_of(ask: Ask) -> tuple[Check, ...]:
    return BY_ACTION.get(ask.request.action, ())


def _first(checks: tuple[Check, ...], ask: Ask) -> Refusal | None:
    for check in checks:
        refused = check(ask)
        if refused is not None:
            return refused
    return None
