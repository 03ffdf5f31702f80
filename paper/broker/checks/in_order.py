"""Every check in the order in which it is made, by action."""

from typing import Final

from domain.mt5_words import TradeAction
from paper.broker.asking import Ask, Check, Refusal
from paper.broker.checks import (
    close_by,
    closing,
    freezing,
    hours,
    money,
    orders,
    pending,
    permissions,
    quoting,
    stops,
)

ALWAYS: Final[tuple[Check, ...]] = (
    permissions.terminal_button,  # 10027
    permissions.connection,  # 10031
    permissions.account_allowed,  # 10017
    permissions.action,  # 10013
    permissions.numbers,  # 10013
)
FOR_A_DEAL: Final[tuple[Check, ...]] = (
    orders.symbol_exists,  # 10013
    orders.type_offered,  # 10013, 10035
    orders.volume,  # 10014
    orders.price,  # 10015
    orders.filling,  # 10030
    orders.quotes,  # 10021
    stops.opening_stops,  # 10015, 10016
    closing.closing,  # 10036, 10013, 10038
    closing.nobody_else_closes,  # 10039
    freezing.closing_free,  # 10029
    hours.session_open,  # 10018
    money.countable,  # 10021
    money.money,  # 10019
    quoting.requote,  # 10004
    quoting.whole_volume,  # 10006
)
FOR_STOPS: Final[tuple[Check, ...]] = (
    stops.position_exists,  # 10036
    orders.symbol_exists,  # 10013
    stops.same_symbol,  # 10013
    stops.no_change,  # 10025
    orders.quotes,  # 10021
    stops.changed_stops,  # 10015, 10016
    freezing.position_free,  # 10029
    hours.session_open,  # 10018
)
FOR_A_PENDING: Final[tuple[Check, ...]] = (
    orders.symbol_exists,  # 10013
    pending.type_offered,  # 10035
    orders.volume,  # 10014
    pending.prices,  # 10015
    pending.filling,  # 10030
    pending.lifetime,  # 10022
    orders.quotes,  # 10021
    pending.side,  # 10015
    stops.waiting_stops,  # 10015, 10016
    hours.session_open,  # 10018
)
FOR_A_MODIFICATION: Final[tuple[Check, ...]] = (
    pending.order_exists,  # 10013
    pending.prices,  # 10015
    pending.lifetime,  # 10022
    orders.quotes,  # 10021
    pending.no_change,  # 10025
    pending.side,  # 10015
    stops.waiting_stops,  # 10015, 10016
    freezing.order_free,  # 10029
    hours.session_open,  # 10018
)
FOR_A_REMOVAL: Final[tuple[Check, ...]] = (
    pending.order_exists,  # 10013
    freezing.order_free,  # 10029
    hours.session_open,  # 10018
)
FOR_A_CLOSE_BY: Final[tuple[Check, ...]] = (
    close_by.hedging_account,  # 10013
    close_by.both_exist,  # 10036
    close_by.opposite,  # 10013
    close_by.offered,  # 10035
    orders.quotes,  # 10021
    close_by.nobody_else_closes,  # 10039
    freezing.position_free,  # 10029
    hours.session_open,  # 10018
    money.countable,  # 10021
)
BY_ACTION: Final[dict[int, tuple[Check, ...]]] = {
    TradeAction.DEAL: FOR_A_DEAL,
    TradeAction.SLTP: FOR_STOPS,
    TradeAction.PENDING: FOR_A_PENDING,
    TradeAction.MODIFY: FOR_A_MODIFICATION,
    TradeAction.REMOVE: FOR_A_REMOVAL,
    TradeAction.CLOSE_BY: FOR_A_CLOSE_BY,
}


def refusal(ask: Ask) -> Refusal | None:
    """The first check that fails, or None when the order may be executed."""
    return _first(ALWAYS, ask) or _first(_checks_of(ask), ask)


def _checks_of(ask: Ask) -> tuple[Check, ...]:
    return BY_ACTION.get(ask.request.action, ())


def _first(checks: tuple[Check, ...], ask: Ask) -> Refusal | None:
    for check in checks:
        refused = check(ask)
        if refused is not None:
            return refused
    return None
