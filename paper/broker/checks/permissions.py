"""Whether this terminal and this account may send this at all."""

from math import isfinite
from typing import Final

from domain.mt5_words import PositionType, Retcode, SymbolTradeMode, TradeAction
from paper.broker.asking import Ask, Refusal
from paper.broker.checks.limits import opens

OFFERED: Final = tuple(TradeAction)
ONE_SIDE: Final = {
    SymbolTradeMode.LONG_ONLY: (
        PositionType.BUY,
        Refusal(Retcode.LONG_ONLY, "Only long positions allowed", by_server=True),
    ),
    SymbolTradeMode.SHORT_ONLY: (
        PositionType.SELL,
        Refusal(Retcode.SHORT_ONLY, "Only short positions allowed", by_server=True),
    ),
}


def terminal_button(ask: Ask) -> Refusal | None:
    """The Algo Trading button is on."""
    if ask.switches.trade_allowed:
        return None
    return Refusal(Retcode.CLIENT_DISABLES_AT, "AutoTrading disabled by client")


def connection(ask: Ask) -> Refusal | None:
    """The terminal reaches the trade server."""
    return None if ask.switches.connected else Refusal(Retcode.CONNECTION, "No connection")


def account_allowed(ask: Ask) -> Refusal | None:
    """The account may trade; an investor's may not."""
    if ask.switches.account_trade_allowed:
        return None
    return Refusal(Retcode.TRADE_DISABLED, "Trade disabled")


def action(ask: Ask) -> Refusal | None:
    """The action is one that is offered."""
    if ask.request.action in OFFERED:
        return None
    return Refusal(Retcode.INVALID, "Invalid request")


def numbers(ask: Ask) -> Refusal | None:
    """No number is negative, infinite or none."""
    request = ask.request
    floats = (request.volume, request.price, request.stoplimit, request.sl, request.tp)
    if all(isfinite(value) and value >= 0 for value in floats):
        return None
    return Refusal(Retcode.INVALID, "Invalid request")


def symbol_tradable(ask: Ask) -> Refusal | None:
    """The symbol is there to be traded, not only to be looked at."""
    if ask.profile.trade_mode != SymbolTradeMode.DISABLED:
        return None
    return Refusal(Retcode.TRADE_DISABLED, "Trade disabled", by_server=True)


def side_offered(ask: Ask) -> Refusal | None:
    """The symbol takes new positions, and on this side; closing is always taken."""
    mode = ask.profile.trade_mode
    if not opens(ask):
        return None
    if mode == SymbolTradeMode.CLOSE_ONLY:
        return Refusal(Retcode.CLOSE_ONLY, "Only position closing allowed", by_server=True)
    if mode in ONE_SIDE:
        side, refusal = ONE_SIDE[SymbolTradeMode(mode)]
        return None if ask.request.type & 1 == side else refusal
    return None
