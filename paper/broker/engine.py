"""The matching engine: a request and an account in, an answer and its changes out."""

from typing import Final

import msgspec

from domain.mt5_words import DealEntry, DealType, OrderState, Reason, Retcode, TradeAction
from paper.broker.account import Account
from paper.broker.brokers import SymbolProfile
from paper.broker.checks import Ask, Refusal, added_margin, refusal
from paper.broker.market import Market
from paper.broker.money import Trade, figures, floating_profit, profit, trade_of
from paper.broker.records import (
    Answer,
    Changes,
    CheckAnswer,
    Deal,
    Order,
    Position,
    TradeRequest,
)

NOTHING: Final = Changes()
EXECUTED: Final = "Request executed"


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """An execution the server has decided on, by request or by itself."""

    order_ticket: int
    deal_ticket: int
    position_id: int
    type: int
    entry: DealEntry
    reason: Reason
    lots: float
    price: float
    profit: float
    now_msc: int
    magic: int
    comment: str


def execute(ask: Ask) -> tuple[Answer, Changes]:
    """What the broker answers to a request, and what it changes."""
    refused = refusal(ask)
    if refused is not None:
        return _refused(ask, refused), NOTHING
    if ask.request.action == TradeAction.SLTP:
        return _move_stops(ask)
    if ask.request.position:
        return _close(ask)
    return _open(ask)


def check(ask: Ask) -> CheckAnswer:
    """What order_check answers: the account after the trade, or the refusal."""
    refused = refusal(ask)
    if refused is not None:
        return CheckAnswer(refused.retcode, 0, 0, 0, 0, 0, 0, refused.comment, ask.request)
    now = figures(ask.market, ask.account)
    after = msgspec.structs.replace(now, margin=round(now.margin + added_margin(ask), 2))
    return CheckAnswer(
        0,
        after.balance,
        after.equity,
        after.profit,
        after.margin,
        after.margin_free,
        after.margin_level,
        "Done",
        ask.request,
    )


def _refused(ask: Ask, refused: Refusal) -> Answer:
    quote = ask.quote if refused.with_quote else None
    return Answer(
        refused.retcode,
        0,
        0,
        0.0,
        0.0,
        quote.bid if quote else 0.0,
        quote.ask if quote else 0.0,
        refused.comment,
        ask.request_id if refused.by_server else 0,
        0,
        ask.request,
    )


def _done(ask: Ask, fill: Fill) -> Answer:
    quote = ask.market.quotes[ask.symbol]
    return Answer(
        Retcode.DONE,
        fill.deal_ticket,
        fill.order_ticket,
        fill.lots,
        fill.price,
        quote.bid,
        quote.ask,
        EXECUTED,
        ask.request_id,
        0,
        ask.request,
    )


def _open(ask: Ask) -> tuple[Answer, Changes]:
    """On a hedging account every opening order makes a position of its own."""
    request, ticket = ask.request, ask.next_ticket
    fill = Fill(
        order_ticket=ticket,
        deal_ticket=ticket + 1,
        position_id=ticket,
        type=request.type,
        entry=DealEntry.IN,
        reason=Reason.EXPERT,
        lots=_on_step(request.volume, ask.profile),
        price=ask.price,
        profit=0.0,
        now_msc=ask.now_msc,
        magic=request.magic,
        comment=request.comment,
    )
    changes = msgspec.structs.replace(_booked(fill, ask.profile, request), kept=(_born(ask, fill),))
    return _done(ask, fill), changes


def _born(ask: Ask, fill: Fill) -> Position:
    return Position(
        ticket=fill.order_ticket,
        identifier=fill.position_id,
        time_msc=fill.now_msc,
        time_update_msc=fill.now_msc,
        type=fill.type,
        magic=fill.magic,
        reason=Reason.EXPERT,
        volume=fill.lots,
        price_open=fill.price,
        sl=_on_point(ask.request.sl, ask.profile),
        tp=_on_point(ask.request.tp, ask.profile),
        swap=0.0,
        symbol=ask.profile.name,
        comment=fill.comment,
    )


def _close(ask: Ask) -> tuple[Answer, Changes]:
    """In full or in part; what stays keeps ticket, price, stops and comment."""
    request = ask.request
    position = ask.account.positions[request.position]
    lots = _on_step(request.volume, ask.profile)
    trade = Trade(position.type, lots, position.price_open)
    fill = Fill(
        order_ticket=ask.next_ticket,
        deal_ticket=ask.next_ticket + 1,
        position_id=position.identifier,
        type=request.type,
        entry=DealEntry.OUT,
        reason=Reason.EXPERT,
        lots=lots,
        price=ask.price,
        profit=profit(ask.market, ask.profile, ask.account.terms.currency, trade, ask.price),
        now_msc=ask.now_msc,
        magic=request.magic,
        comment=request.comment,
    )
    booked = _booked(fill, ask.profile, request)
    return _done(ask, fill), _without(booked, position, fill, ask.profile)


def _without(booked: Changes, position: Position, fill: Fill, profile: SymbolProfile) -> Changes:
    left = _on_step(position.volume - fill.lots, profile)
    if left <= 0:
        return msgspec.structs.replace(booked, gone=(position.ticket,))
    rest = msgspec.structs.replace(position, volume=left, time_update_msc=fill.now_msc)
    return msgspec.structs.replace(booked, kept=(rest,))


def _move_stops(ask: Ask) -> tuple[Answer, Changes]:
    """Both stops at once, zero takes one away; time_update stays, it tells of volume only."""
    position = ask.account.positions[ask.request.position]
    moved = msgspec.structs.replace(
        position,
        sl=_on_point(ask.request.sl, ask.profile),
        tp=_on_point(ask.request.tp, ask.profile),
    )
    answer = Answer(
        Retcode.DONE, 0, 0, 0.0, 0.0, 0.0, 0.0, EXECUTED, ask.request_id, 0, ask.request
    )
    return answer, Changes(kept=(moved,))


class Why(msgspec.Struct, frozen=True):
    """Why the server closes a position by itself."""

    reason: Reason
    comment: str


def close_by_server(
    market: Market, account: Account, position: Position, why: Why, *, now_msc: int, ticket: int
) -> Changes:
    """Stop loss, take profit or stop-out: the server's own order and deal, at the market."""
    profile, quote = market.profiles[position.symbol], market.quotes[position.symbol]
    price = quote.ask if position.type & 1 else quote.bid
    fill = Fill(
        order_ticket=ticket,
        deal_ticket=ticket + 1,
        position_id=position.identifier,
        type=1 - position.type,
        entry=DealEntry.OUT,
        reason=why.reason,
        lots=position.volume,
        price=price,
        profit=profit(market, profile, account.terms.currency, trade_of(position), price),
        now_msc=now_msc,
        magic=position.magic,
        comment=why.comment,
    )
    booked = _booked(fill, profile, TradeRequest())
    return msgspec.structs.replace(booked, gone=(position.ticket,))


def worst_position(market: Market, account: Account) -> Position | None:
    """The position that loses most: the first to go in a stop-out."""
    quoted = [p for p in account.positions.values() if p.symbol in market.quotes]
    return min(quoted, key=lambda p: floating_profit(market, account, p), default=None)


def deposit(amount: float, ticket: int, now_msc: int) -> Changes:
    """The deal that puts money into an account."""
    deal = Deal(
        ticket=ticket,
        order=0,
        time=now_msc // 1000,
        time_msc=now_msc,
        type=DealType.BALANCE,
        entry=DealEntry.IN,
        magic=0,
        position_id=0,
        reason=Reason.CLIENT,
        volume=0.0,
        price=0.0,
        commission=0.0,
        swap=0.0,
        profit=round(amount, 2),
        fee=0.0,
        symbol="",
        comment="Deposit",
        external_id="",
    )
    return Changes(deals=(deal,), last_ticket=ticket)


def _booked(fill: Fill, profile: SymbolProfile, request: TradeRequest) -> Changes:
    return Changes(
        orders=(_order(fill, profile, request),),
        deals=(_deal(fill, profile),),
        last_ticket=fill.deal_ticket,
    )


def _order(fill: Fill, profile: SymbolProfile, request: TradeRequest) -> Order:
    return Order(
        ticket=fill.order_ticket,
        time_setup=fill.now_msc // 1000,
        time_setup_msc=fill.now_msc,
        time_done=fill.now_msc // 1000,
        time_done_msc=fill.now_msc,
        time_expiration=0,
        type=fill.type,
        type_time=0,
        type_filling=request.type_filling,
        state=OrderState.FILLED,
        magic=fill.magic,
        position_id=fill.position_id,
        position_by_id=0,
        reason=fill.reason,
        volume_initial=fill.lots,
        volume_current=0.0,
        price_open=fill.price,
        sl=_on_point(request.sl, profile),
        tp=_on_point(request.tp, profile),
        price_current=fill.price,
        price_stoplimit=0.0,
        symbol=profile.name,
        comment=fill.comment,
        external_id="",
    )


def _deal(fill: Fill, profile: SymbolProfile) -> Deal:
    return Deal(
        ticket=fill.deal_ticket,
        order=fill.order_ticket,
        time=fill.now_msc // 1000,
        time_msc=fill.now_msc,
        type=fill.type,
        entry=fill.entry,
        magic=fill.magic,
        position_id=fill.position_id,
        reason=fill.reason,
        volume=fill.lots,
        price=fill.price,
        commission=-round(profile.commission_per_lot * fill.lots, 2) or 0.0,
        swap=0.0,
        profit=fill.profit,
        fee=0.0,
        symbol=profile.name,
        comment=fill.comment,
        external_id="",
    )


def _on_step(lots: float, profile: SymbolProfile) -> float:
    return round(round(lots / profile.volume_step) * profile.volume_step, 8)


def _on_point(price: float, profile: SymbolProfile) -> float:
    return round(price, profile.digits)
