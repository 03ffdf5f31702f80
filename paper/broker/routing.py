"""What becomes of an accepted market order that is not filled at once and whole."""

import msgspec

from domain.mt5_words import OrderState
from paper.broker.account import Account
from paper.broker.asking import Ask
from paper.broker.booking import done, on_step, part_on_step
from paper.broker.filling import Execution, filled
from paper.broker.moment import Moment
from paper.broker.records import Changes, Due, Order


def first_lots(ask: Ask) -> float:
    """So much is filled before the answer; nothing of an order that is only passed on."""
    lots, share = on_step(ask.request.volume, ask.profile), ask.routing.first_part
    if share >= 1:
        return lots
    return part_on_step(lots, share, ask.profile) if share > 0 else 0.0


def accepted(ask: Ask, order: Order) -> Changes:
    """The order waits for whoever fills it."""
    return Changes(placed=(order,), due=(_resolved(ask, order),), last_ticket=order.ticket)


def with_rest(ask: Ask, changes: Changes) -> Changes:
    """What a first part leaves: it waits for a second one, or is withdrawn.

    A rest withdrawn at once makes the order CANCELED, as one that waits in vain: PARTIAL is for
    orders still at work. How much was filled is told by its volumes and its deals.
    """
    if not changes.placed:
        return changes
    (rest,) = changes.placed
    if ask.routing.rest_after_ms is None:
        past = done(rest, OrderState.CANCELED, ask.now_msc)
        return msgspec.structs.replace(changes, placed=(), orders=(past,))
    return msgspec.structs.replace(changes, due=(_resolved(ask, rest),))


def _resolved(ask: Ask, order: Order) -> Due:
    after_ms = ask.routing.rest_after_ms
    return Due(
        ticket=order.ticket, at_msc=ask.now_msc + (after_ms or 0), fills=after_ms is not None
    )


def late_execution(moment: Moment) -> Changes | None:
    """The next waiting market order whose time has come."""
    for due in moment.account.due.values():
        if due.at_msc <= moment.now_msc:
            changes = _brought_about(moment, due)
            if changes is not None:
                return changes
    return None


def _brought_about(moment: Moment, due: Due) -> Changes | None:
    """Withdrawn, if its position is gone too; filled only while there is a market to fill it at."""
    order = moment.account.waiting[due.ticket]
    lots = _lots_to_fill(moment.account, order)
    if not due.fills or not lots:
        return Changes(orders=(done(order, OrderState.CANCELED, moment.now_msc),))
    quote = moment.market.quotes.get(order.symbol)
    if quote is None or not moment.market.open:
        return None
    execution = Execution(
        order=order,
        lots=lots,
        price=quote.bid if order.type & 1 else quote.ask,
        now_msc=moment.now_msc,
        deal_ticket=moment.next_ticket,
    )
    return filled(moment.market, moment.account, execution)


def _lots_to_fill(account: Account, order: Order) -> float:
    """Where positions stand alone, an order to close one never opens another."""
    if account.nets or order.position_id in {0, order.ticket}:
        return order.volume_current
    position = account.position_of(order.position_id)
    return 0.0 if position is None else min(order.volume_current, position.volume)
