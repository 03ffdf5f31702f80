"""TRADE_ACTION_DEAL: an order that is filled at the market."""

from paper.broker.answers import dealt, routed
from paper.broker.asking import Ask
from paper.broker.booking import order_of
from paper.broker.filling import Execution, filled
from paper.broker.records import Answer, Changes, Order
from paper.broker.routing import accepted, first_lots, with_rest


def deal(ask: Ask) -> tuple[Answer, Changes]:
    """Fill it as the broker routes it: at once and whole, in part, or later."""
    closing = ask.closing
    order = order_of(ask, position_id=closing.identifier if closing else 0)
    lots = first_lots(ask)
    if not lots:
        answer = routed(ask, order=order.ticket, lots=order.volume_initial)
        return answer, accepted(ask, order)
    return _dealt(ask, order, lots)


def _dealt(ask: Ask, order: Order, lots: float) -> tuple[Answer, Changes]:
    execution = Execution(
        order=order,
        lots=lots,
        price=ask.price,
        now_msc=ask.now_msc,
        deal_ticket=ask.next_ticket + 1,
    )
    answer = dealt(
        ask,
        deal=execution.deal_ticket,
        order=order.ticket,
        lots=execution.lots,
        price=execution.price,
        whole=lots == order.volume_initial,
    )
    return answer, with_rest(ask, filled(ask.market, ask.account, execution))
