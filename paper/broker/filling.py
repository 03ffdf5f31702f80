"""What an execution does to an account: every fill, whoever caused it, goes through here."""

import msgspec

from domain.mt5_words import DealEntry, OrderState
from paper.broker.account import Account
from paper.broker.booking import Booked, deal_of, done, on_step
from paper.broker.market import Market
from paper.broker.money import Trade, profit
from paper.broker.records import Changes, Order, Position


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """So much of an order, at this price, at this moment; the deal gets this ticket."""

    order: Order
    lots: float
    price: float
    now_msc: int
    deal_ticket: int


def filled(market: Market, account: Account, execution: Execution) -> Changes:
    """The changes: the deal, the position it opens or closes, the order as it stands then.

    An order whose `position_id` names an open position closes it; any other opens one.
    What is left of the order waits on, as PARTIAL; an order with nothing left is history.
    """
    target = account.position_of(execution.order.position_id)
    if target is None:
        return _opened(market, execution)
    return _reduced(market, account, execution, target)


def _opened(market: Market, execution: Execution) -> Changes:
    """On a hedging account every opening order makes a position of its own."""
    order = msgspec.structs.replace(execution.order, position_id=execution.order.ticket)
    booked = _booked(execution, order, DealEntry.IN, 0.0)
    changes = _written(market, execution, order, booked)
    return msgspec.structs.replace(changes, kept=(_born(order, execution),))


def _born(order: Order, execution: Execution) -> Position:
    return Position(
        ticket=order.ticket,
        identifier=order.ticket,
        time_msc=execution.now_msc,
        time_update_msc=execution.now_msc,
        type=order.type & 1,
        magic=order.magic,
        reason=order.reason,
        volume=execution.lots,
        price_open=execution.price,
        sl=order.sl,
        tp=order.tp,
        swap=0.0,
        symbol=order.symbol,
        comment=order.comment,
    )


def _reduced(market: Market, account: Account, execution: Execution, position: Position) -> Changes:
    """In full or in part; what stays keeps ticket, price, stops and comment."""
    profile = market.profiles[position.symbol]
    trade = Trade(position.type, execution.lots, position.price_open)
    earned = profit(market, profile, account.terms.currency, trade, execution.price)
    order = execution.order
    booked = _booked(execution, order, DealEntry.OUT, earned)
    changes = _written(market, execution, order, booked)
    left = on_step(position.volume - execution.lots, profile)
    if left <= 0:
        return msgspec.structs.replace(changes, gone=(position.ticket,))
    rest = msgspec.structs.replace(position, volume=left, time_update_msc=execution.now_msc)
    return msgspec.structs.replace(changes, kept=(rest,))


def _booked(execution: Execution, order: Order, entry: DealEntry, earned: float) -> Booked:
    return Booked(
        ticket=execution.deal_ticket,
        entry=entry,
        position_id=order.position_id,
        lots=execution.lots,
        price=execution.price,
        profit=earned,
        swap=0.0,
        now_msc=execution.now_msc,
    )


def _written(market: Market, execution: Execution, order: Order, booked: Booked) -> Changes:
    profile = market.profiles[order.symbol]
    left = on_step(order.volume_current - execution.lots, profile)
    after = msgspec.structs.replace(
        order,
        volume_current=max(left, 0.0),
        price_current=execution.price,
        price_open=order.price_open if order.type > 1 else execution.price,
    )
    deals = (deal_of(order, profile, booked),)
    if left > 0:
        waiting = msgspec.structs.replace(after, state=OrderState.PARTIAL)
        return Changes(placed=(waiting,), deals=deals, last_ticket=execution.deal_ticket)
    past = done(after, OrderState.FILLED, execution.now_msc)
    return Changes(orders=(past,), deals=deals, last_ticket=execution.deal_ticket)
