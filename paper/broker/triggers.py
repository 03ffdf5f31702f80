"""What becomes of an order that waited, once the market has reached it."""

import msgspec

from domain.mt5_words import Filling, OrderState, OrderType
from paper.broker.affording import is_affordable
from paper.broker.booking import done
from paper.broker.filling import Execution, filled
from paper.broker.moment import Moment
from paper.broker.reaching import AS_LIMIT, at_market, filling_price
from paper.broker.records import Changes, Order
from paper.broker.routing import part_at_once, passed_on, rest_resolved


def set_off(moment: Moment, order: Order) -> Changes:
    """A stop-limit becomes its limit; any other is filled as the broker routes it.

    The market's price is a limit's own price or a better one, a stop's own or a worse one.
    """
    if order.type in AS_LIMIT:
        return Changes(placed=(_as_limit(order),))
    changes = _executed(moment, order)
    if _is_allowed(moment, order) and is_affordable(moment.market, moment.account, changes):
        return changes
    order = at_market(order, moment.market.quotes[order.symbol])
    return Changes(orders=(done(order, OrderState.REJECTED, moment.now_msc),))


def _as_limit(order: Order) -> Order:
    """It keeps its ticket."""
    return msgspec.structs.replace(
        order,
        type=AS_LIMIT[OrderType(order.type)],
        price_open=order.price_stoplimit,
        price_stoplimit=0.0,
    )


def _executed(moment: Moment, order: Order) -> Changes:
    """What a first part leaves behind is filled by a later tick, unless the filling forbids it."""
    routing, lots = moment.broker.routing, order.volume_current
    if order.state != OrderState.PARTIAL:
        lots = part_at_once(lots, routing, moment.market.profiles[order.symbol])
    if not lots:
        return passed_on(order, routing, moment.now_msc)
    changes = filled(moment.market, moment.account, _execution(moment, order, lots))
    if order.type_filling != Filling.IOC and routing.rest_after_ms is None:
        return changes
    return rest_resolved(changes, routing, moment.now_msc)


def _execution(moment: Moment, order: Order, lots: float) -> Execution:
    return Execution(
        order=order,
        lots=lots,
        price=filling_price(order, moment.market.quotes[order.symbol]),
        now_msc=moment.now_msc,
        deal_ticket=moment.next_ticket,
    )


def _is_allowed(moment: Moment, order: Order) -> bool:
    """Where hedging is forbidden, no position faces the other way by now."""
    if moment.broker.hedging_allowed or moment.account.nets:
        return True
    sides = (p.type for p in moment.account.positions.values() if p.symbol == order.symbol)
    return all(side == order.type & 1 for side in sides)
