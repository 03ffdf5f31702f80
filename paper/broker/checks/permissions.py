"""Whether this terminal and this account may send this at all."""

from math import isfinite
from typing import Final

from domain.mt5_words import Retcode, TradeAction
from paper.broker.asking import Ask, Refusal

OFFERED: Final = tuple(TradeAction)


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
