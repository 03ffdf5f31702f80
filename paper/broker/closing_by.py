"""TRADE_ACTION_CLOSE_BY: two opposite positions close each other, and no spread is paid."""

import msgspec

from domain.mt5_words import DealEntry, OrderState, OrderType
from paper.broker.answers import dealt
from paper.broker.asking import Ask
from paper.broker.booking import Booked, deal_of, done, on_step, order_of, part_of_swap
from paper.broker.commissions import with_commission
from paper.broker.formulas import Trade
from paper.broker.money import profit
from paper.broker.netting import reduced
from paper.broker.records import Answer, Changes, Order, Position


def close_by(ask: Ask) -> tuple[Answer, Changes]:
    """One order, two deals at the opening price of the opposite position.

    So all profit is the first position's; the second closes at its own price. The deal of each
    realises that position's swap.
    """
    closed, against = ask.held, ask.account.positions[ask.request.position_by]
    lots = min(closed.volume, against.volume)
    order = _order(ask, closed, against, lots)
    legs = (_leg(ask, closed, lots, against, 1), _leg(ask, against, lots, against, 2))
    changes = Changes(
        orders=(done(order, OrderState.FILLED, ask.now_msc),),
        deals=tuple(deal_of(order, leg) for leg in legs),
        gone=tuple(position.ticket for position in (closed, against) if position.volume <= lots),
        kept=tuple(
            _rest(ask, position, lots, leg)
            for position, leg in zip((closed, against), legs, strict=True)
            if position.volume > lots
        ),
        last_ticket=legs[-1].ticket,
    )
    answer = dealt(
        ask,
        deal=legs[0].ticket,
        order=order.ticket,
        lots=lots,
        price=against.price_open,
        whole=True,
    )
    return answer, with_commission(ask.market, ask.account, changes)


def _order(ask: Ask, closed: Position, against: Position, lots: float) -> Order:
    return msgspec.structs.replace(
        order_of(ask, position_id=closed.identifier),
        type=OrderType.CLOSE_BY,
        position_by_id=against.identifier,
        volume_initial=lots,
        volume_current=0.0,
        price_open=against.price_open,
        sl=0.0,
        tp=0.0,
    )


def _leg(ask: Ask, position: Position, lots: float, against: Position, nth: int) -> Booked:
    trade = Trade(position.type, lots, position.price_open)
    currency, price = ask.account.terms.currency, against.price_open
    return Booked(
        ticket=ask.next_ticket + nth,
        type=1 - position.type,
        entry=DealEntry.OUT_BY,
        position_id=position.identifier,
        lots=lots,
        price=price,
        profit=profit(ask.market, ask.profile, currency, trade, price),
        swap=part_of_swap(position, lots, currency),
        now_msc=ask.now_msc,
    )


def _rest(ask: Ask, position: Position, lots: float, leg: Booked) -> Position:
    left = on_step(position.volume - lots, ask.profile)
    return reduced(position, left, ask.now_msc, swap_realised=leg.swap)
