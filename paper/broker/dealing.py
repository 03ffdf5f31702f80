"""TRADE_ACTION_DEAL: an order that is filled at the market."""

from paper.broker.answers import dealt
from paper.broker.asking import Ask
from paper.broker.booking import order_of
from paper.broker.filling import Execution, filled
from paper.broker.records import Answer, Changes


def deal(ask: Ask) -> tuple[Answer, Changes]:
    """Fill it at once and whole."""
    closing = ask.closing
    order = order_of(ask, position_id=closing.identifier if closing else 0)
    execution = Execution(
        order=order,
        lots=order.volume_initial,
        price=ask.price,
        now_msc=ask.now_msc,
        deal_ticket=ask.next_ticket + 1,
    )
    changes = filled(ask.market, ask.account, execution)
    answer = dealt(
        ask,
        deal=execution.deal_ticket,
        order=order.ticket,
        lots=execution.lots,
        price=execution.price,
    )
    return answer, changes
