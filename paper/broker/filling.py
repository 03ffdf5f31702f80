"""What an execution does to an account: every fill, whoever caused it, goes through here."""

import msgspec

from domain.mt5_words import DealEntry, OrderState
from paper.broker.account import Account
from paper.broker.booking import Booked, deal_of, done, on_step, part_of_swap
from paper.broker.commissions import with_commission
from paper.broker.formulas import Trade
from paper.broker.market import Market
from paper.broker.money import profit
from paper.broker.netting import increased, reduced, turned
from paper.broker.records import Changes, Order, Position


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """So much of an order, at this price, at this moment; the deal gets this ticket."""

    order: Order
    lots: float
    price: float
    now_msc: int
    deal_ticket: int


def filled(market: Market, account: Account, execution: Execution) -> Changes:
    """The changes: the deal, what it does to positions, the order as it stands then.

    On a netting account the deal meets the position of its symbol. On a hedging account it meets
    the position that the order's `position_id` names, if that is still open; any other order opens
    one, and the later parts of an opening order add to the position its first part made.
    What is left of the order waits on, as PARTIAL; an order with nothing left is history.
    """
    return with_commission(market, account, _filled(market, account, execution))


def _filled(market: Market, account: Account, execution: Execution) -> Changes:
    target = _target(account, execution.order)
    if target is None:
        return _opened(market, execution)
    if target.type == execution.order.type & 1:
        return _increased(market, execution, target)
    return _decreased(market, account, execution, target)


def _target(account: Account, order: Order) -> Position | None:
    if account.nets:
        return account.position_in(order.symbol)
    return account.position_of(order.position_id)


def _opened(market: Market, execution: Execution) -> Changes:
    """The position gets the number of the order that opened it."""
    booked = _booked(execution, DealEntry.IN, execution.order.ticket)
    changes = _written(market, execution, booked)
    return msgspec.structs.replace(changes, kept=(_born(execution),))


def _born(execution: Execution) -> Position:
    order = execution.order
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
        symbol=order.symbol,
        comment=order.comment,
    )


def _increased(market: Market, execution: Execution, position: Position) -> Changes:
    booked = _booked(execution, DealEntry.IN, position.identifier)
    changes = _written(market, execution, booked)
    order = execution.order
    after = increased(
        position,
        _born(execution),
        on_step(position.volume + execution.lots, market.profiles[position.symbol]),
        brings_stops=order.volume_current == order.volume_initial,
    )
    return msgspec.structs.replace(changes, kept=(after,))


def _decreased(
    market: Market, account: Account, execution: Execution, position: Position
) -> Changes:
    """Closed in full, in part, or turned: profit and swap are realised for what is closed."""
    profile, currency = market.profiles[position.symbol], account.terms.currency
    left = on_step(position.volume - execution.lots, profile)
    closed = min(execution.lots, position.volume)
    trade = Trade(position.type, closed, position.price_open)
    booked = _booked(
        execution,
        DealEntry.INOUT if left < 0 else DealEntry.OUT,
        position.identifier,
        profit=profit(market, profile, currency, trade, execution.price),
        swap=part_of_swap(position, closed, currency),
    )
    changes = _written(market, execution, booked)
    if left > 0:
        rest = reduced(position, left, execution.now_msc, swap_realised=booked.swap)
        return msgspec.structs.replace(changes, kept=(rest,))
    kept = (turned(position, _born(execution), -left),) if left < 0 else ()
    return msgspec.structs.replace(changes, gone=(position.ticket,), kept=kept)


def _booked(
    execution: Execution,
    entry: DealEntry,
    position_id: int,
    *,
    profit: float = 0.0,
    swap: float = 0.0,
) -> Booked:
    return Booked(
        ticket=execution.deal_ticket,
        type=execution.order.type & 1,
        entry=entry,
        position_id=position_id,
        lots=execution.lots,
        price=execution.price,
        profit=profit,
        swap=swap,
        now_msc=execution.now_msc,
    )


def _written(market: Market, execution: Execution, booked: Booked) -> Changes:
    order, profile = execution.order, market.profiles[execution.order.symbol]
    left = on_step(order.volume_current - execution.lots, profile)
    after = msgspec.structs.replace(
        order,
        position_id=booked.position_id,
        volume_current=max(left, 0.0),
        price_current=execution.price,
        price_open=order.price_open if order.type > 1 else execution.price,
    )
    deals = (deal_of(after, booked),)
    if left > 0:
        waiting = msgspec.structs.replace(after, state=OrderState.PARTIAL)
        return Changes(placed=(waiting,), deals=deals, last_ticket=execution.deal_ticket)
    past = done(after, OrderState.FILLED, execution.now_msc)
    return Changes(orders=(past,), deals=deals, last_ticket=execution.deal_ticket)
