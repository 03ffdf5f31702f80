"""What becomes of an accepted market order that is not filled at once and whole."""

import msgspec

from domain.mt5_words import OrderState
from paper.broker.account import Account
from paper.broker.affording import is_affordable
from paper.broker.asking import Ask
from paper.broker.booking import done, on_step, part_on_step
from paper.broker.brokers import Routing, SymbolProfile
from paper.broker.counting import is_countable
from paper.broker.filling import Execution, filled
from paper.broker.moment import Moment
from paper.broker.quotes import Quote
from paper.broker.reaching import LIMITS, filling_price, is_reached
from paper.broker.records import Changes, Due, Order


def first_lots(ask: Ask) -> float:
    """So much is filled before the answer; nothing of an order that is only passed on."""
    return part_at_once(on_step(ask.request.volume, ask.profile), ask.routing, ask.profile)


def part_at_once(lots: float, routing: Routing, profile: SymbolProfile) -> float:
    """So much of a volume the broker fills at once."""
    share = routing.first_part
    if share >= 1:
        return lots
    return part_on_step(lots, share, profile) if share > 0 else 0.0


def accepted(ask: Ask, order: Order) -> Changes:
    """The order waits for whoever fills it."""
    changes = passed_on(order, ask.routing, ask.now_msc)
    return msgspec.structs.replace(changes, last_ticket=order.ticket)


def passed_on(order: Order, routing: Routing, now_msc: int) -> Changes:
    """The order waits, and it is resolved what for."""
    due = _resolved(order, routing, now_msc)
    return Changes(placed=(order,), due=(due,))


def with_rest(ask: Ask, changes: Changes) -> Changes:
    """The same changes with a decision about what a first part leaves."""
    return rest_resolved(changes, ask.routing, ask.now_msc)


def rest_resolved(changes: Changes, routing: Routing, now_msc: int) -> Changes:
    """What a first part leaves: it waits for a second one, or is withdrawn.

    A rest withdrawn at once makes the order CANCELED, as one that waits in vain: PARTIAL is for
    orders still at work. How much was filled is told by its volumes and its deals.
    """
    if not changes.placed:
        return changes
    (rest,) = changes.placed
    if routing.rest_after_ms is None:
        past = done(rest, OrderState.CANCELED, now_msc)
        return msgspec.structs.replace(changes, placed=(), orders=(past,))
    return msgspec.structs.replace(changes, due=(_resolved(rest, routing, now_msc),))


def _resolved(order: Order, routing: Routing, now_msc: int) -> Due:
    after_ms = routing.rest_after_ms
    return Due(ticket=order.ticket, at_msc=now_msc + (after_ms or 0), fills=after_ms is not None)


def late_execution(moment: Moment) -> Changes | None:
    """The next waiting market order whose time has come."""
    for due in moment.account.due.values():
        if due.at_msc <= moment.now_msc:
            changes = _brought_about(moment, due)
            if changes is not None:
                return changes
    return None


def _brought_about(moment: Moment, due: Due) -> Changes | None:
    """Filled at the market, as soon as there is one; withdrawn if its position is gone by then.

    Money is asked for when the order is filled, as for one that waited for its price: what an
    account no longer carries is rejected.
    """
    order = moment.account.waiting[due.ticket]
    lots = _lots_to_fill(moment.account, order)
    if not due.fills or not lots:
        return Changes(orders=(done(order, OrderState.CANCELED, moment.now_msc),))
    quote = moment.market.quotes.get(order.symbol)
    if quote is None or not _has_market(moment, order, quote):
        return None
    execution = Execution(
        order=order,
        lots=lots,
        price=filling_price(order, quote),
        now_msc=moment.now_msc,
        deal_ticket=moment.next_ticket,
    )
    changes = filled(moment.market, moment.account, execution)
    if is_affordable(moment.market, moment.account, changes):
        return changes
    return Changes(orders=(done(order, OrderState.REJECTED, moment.now_msc),))


def _has_market(moment: Moment, order: Order, quote: Quote) -> bool:
    """The symbol is traded now, at a price money can be counted with; for a limit at its own."""
    if not moment.market.is_open(order.symbol, moment.now_msc):
        return False
    if not is_countable(moment.market, moment.account, order.symbol):
        return False
    return order.type not in LIMITS or is_reached(order, quote)


def _lots_to_fill(account: Account, order: Order) -> float:
    """Where positions stand alone, an order to close one never opens another."""
    if account.nets or order.position_id in {0, order.ticket}:
        return order.volume_current
    position = account.position_of(order.position_id)
    return 0.0 if position is None else min(order.volume_current, position.volume)
