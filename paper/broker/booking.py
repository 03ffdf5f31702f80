"""What is written into the books: orders, deals, and the rounding of what stands in them."""

from math import floor

import msgspec

from domain.mt5_words import DealEntry, OrderState, Reason
from paper.broker.asking import TOLERANCE, Ask
from paper.broker.brokers import SymbolProfile
from paper.broker.currencies import rounded
from paper.broker.records import Deal, Order, Position


class Booked(msgspec.Struct, frozen=True, kw_only=True):
    """One execution as its deal shows it."""

    ticket: int
    type: int
    entry: DealEntry
    position_id: int
    lots: float
    price: float
    profit: float
    swap: float
    now_msc: int


def order_of(ask: Ask, *, position_id: int = 0) -> Order:
    """A request as the order it becomes, with nothing filled yet."""
    request, profile = ask.request, ask.profile
    return Order(
        ticket=ask.next_ticket,
        time_setup=ask.now_msc // 1000,
        time_setup_msc=ask.now_msc,
        time_expiration=request.expiration,
        type=request.type,
        type_time=request.type_time,
        type_filling=request.type_filling,
        magic=request.magic,
        position_id=position_id,
        reason=Reason.EXPERT,
        volume_initial=on_step(request.volume, profile),
        volume_current=on_step(request.volume, profile),
        price_open=on_point(request.price, profile),
        sl=on_point(request.sl, profile),
        tp=on_point(request.tp, profile),
        price_current=ask.price,
        price_stoplimit=on_point(request.stoplimit, profile),
        symbol=profile.name,
        comment=request.comment,
    )


def done(order: Order, state: OrderState, now_msc: int) -> Order:
    """The order as history keeps it."""
    return msgspec.structs.replace(
        order, state=state, time_done=now_msc // 1000, time_done_msc=now_msc
    )


def deal_of(order: Order, booked: Booked) -> Deal:
    """The deal of one execution of an order, before commission."""
    return Deal(
        ticket=booked.ticket,
        order=order.ticket,
        time=booked.now_msc // 1000,
        time_msc=booked.now_msc,
        type=booked.type,
        entry=booked.entry,
        magic=order.magic,
        position_id=booked.position_id,
        reason=order.reason,
        volume=booked.lots,
        price=booked.price,
        swap=booked.swap,
        profit=booked.profit,
        symbol=order.symbol,
        comment=order.comment,
    )


def part_of_swap(position: Position, lots: float, currency: str) -> float:
    """The swap that is realised with so much of a position: in proportion, whole with the last."""
    if lots >= position.volume:
        return position.swap
    return rounded(position.swap * lots / position.volume, currency)


def on_step(lots: float, profile: SymbolProfile) -> float:
    """A volume exactly on the symbol's grid."""
    return round(round(lots / profile.volume_step) * profile.volume_step, 8)


def part_on_step(lots: float, share: float, profile: SymbolProfile) -> float:
    """A share of a volume, cut to the symbol's grid; never nothing."""
    steps = max(1, floor(lots * share / profile.volume_step + TOLERANCE))
    return min(lots, on_step(steps * profile.volume_step, profile))


def on_point(price: float, profile: SymbolProfile) -> float:
    """A price with the symbol's digits."""
    return round(price, profile.digits)
