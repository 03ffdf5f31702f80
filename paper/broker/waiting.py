"""TRADE_ACTION_PENDING, MODIFY and REMOVE: orders that wait for their price."""

import msgspec

from domain.mt5_words import OrderState, TradeAction
from paper.broker.answers import executed, placed, routed
from paper.broker.asking import Ask
from paper.broker.booking import done, on_point, order_of
from paper.broker.expiry import lifetime_s
from paper.broker.reaching import AS_LIMIT, at_market
from paper.broker.records import Answer, Changes, Order


def wanted(ask: Ask) -> Order:
    """The waiting order as it would be once the request was executed."""
    order = ask.waiting
    if order is None or ask.request.action == TradeAction.PENDING:
        order = order_of(ask)
    request, profile = ask.request, ask.profile
    stoplimit = request.stoplimit if order.type in AS_LIMIT else 0.0
    return msgspec.structs.replace(
        order,
        price_open=on_point(request.price, profile),
        price_stoplimit=on_point(stoplimit, profile),
        sl=on_point(request.sl, profile),
        tp=on_point(request.tp, profile),
        type_time=request.type_time,
        time_expiration=lifetime_s(request.type_time, request.expiration, ask.now_msc),
    )


def place(ask: Ask) -> tuple[Answer, Changes]:
    """The order gets a ticket and waits; no money is tied up.

    A broker that only passes orders on says so here too.
    """
    order = wanted(ask)
    says = placed if ask.routing.first_part > 0 else routed
    answer = says(ask, order=order.ticket, lots=order.volume_initial)
    return answer, Changes(placed=(order,), last_ticket=order.ticket)


def modify(ask: Ask) -> tuple[Answer, Changes]:
    """Price, stops and lifetime all at once, what is left out is taken away; the rest stays."""
    order = wanted(ask)
    return executed(ask, order=order.ticket), Changes(placed=(order,))


def remove(ask: Ask) -> tuple[Answer, Changes]:
    """What was not filled yet never will be."""
    order = at_market(ask.account.waiting[ask.request.order], ask.quote)
    changes = Changes(orders=(done(order, OrderState.CANCELED, ask.now_msc),))
    return executed(ask, order=order.ticket), changes
