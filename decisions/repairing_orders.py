"""The next repair of a leg whose order waits for its price (law 15).

An order and the position it becomes are one leg. Ours waits while the master's does. Where ours
fills first the copy is held until the master's order leaves the book; where the master's fills
first ours is withdrawn, that is proven, and only then may a copy be opened. A late entry waits
beside its master's position, for a bounded time, and once only.
"""

import msgspec

from decisions.heeding import heed_the_book, is_absent_without_a_word
from decisions.levels import kept_off, order_may_wait
from decisions.order_terms import lifetime_here, order_prices
from decisions.repairs import (
    Adopted,
    Ask,
    AskMaster,
    Found,
    GivenUp,
    Noted,
    Repair,
    SendPending,
    Settled,
    Shown,
    Sight,
    Wait,
    Wanted,
    Withdrawn,
)
from decisions.settling import SETTLE_WINDOW_S, Unanswered
from decisions.stops import on_ticks, stops_of
from decisions.taking_up import adoption, noted
from decisions.touching import may_thaw
from domain.book import BookOrder
from domain.ids import SlaveIdentifier, SlaveTicket
from domain.legs import Leg, LegState
from domain.market import Fate, Lifetime, OrderFate, PendingOrder, SymbolSpec
from domain.orders import CancelOrder, ModifyOrder, Nothing, PendingCommand, PlaceOrder
from domain.policies import TradingState
from domain.reasons import Reason

UNFILLED_ENDS = frozenset({Fate.CANCELLED, Fate.EXPIRED, Fate.REJECTED})


def next_order_repair(leg: Leg, sight: Sight) -> Repair:
    """What comes first; once it is done, the leg is looked at again."""
    told = heed_the_book(leg, sight)
    if told is not None:
        return told
    if sight.unanswered:
        return _settle(leg, sight.unanswered[0], sight)
    if sight.waiting is not None:
        return _while_it_waits(leg, sight.waiting, sight)
    if sight.held is not None:
        return adoption(leg, sight.held, sight.deals)
    return _after_its_end(leg, sight)


def waits_after_all(leg: Leg, waiting: PendingOrder) -> Found:
    """Given up for want of an answer, and there it is: followed from here, as if told."""
    found = msgspec.structs.replace(
        leg, state=LegState.PENDING, reason=Reason.NONE, ticket=SlaveTicket(waiting.ticket)
    )
    return Found(leg=found)


def as_changed(leg: Leg, order: PendingCommand) -> Leg:
    """The leg after its broker took what was changed of an order that waits."""
    if not isinstance(order, ModifyOrder):
        return leg
    terms = leg.terms_sent if leg.late_until_ms else leg.target.order
    return msgspec.structs.replace(leg, terms_sent=terms, sl_sent=order.sl, tp_sent=order.tp)


def _settle(leg: Leg, order: Unanswered, sight: Sight) -> Repair:
    """Whether it was placed the lists tell; what a change or a withdrawal did, the next look."""
    if order.intent.kind != PlaceOrder.__name__:
        return Noted(intent=noted(order.intent, "unknown"))
    if sight.waiting is not None:
        found = msgspec.structs.replace(leg, ticket=SlaveTicket(sight.waiting.ticket))
        return Found(leg=found, intent=noted(order.intent, "placed"))
    if sight.held is not None:
        return adoption(leg, sight.held, sight.deals, noted(order.intent, "filled"))
    if leg.ticket or order.intent.order:
        return _by_its_number(leg, order)
    if order.waited_s <= SETTLE_WINDOW_S:
        return Wait()
    missed = msgspec.structs.replace(leg, state=LegState.MISSED, reason=Reason.NEVER_ANSWERED)
    return GivenUp(leg=missed, intent=noted(order.intent, "lapsed"))


def _by_its_number(leg: Leg, order: Unanswered) -> Repair:
    """The broker gave it a number, so its records know what became of it."""
    ticket = leg.ticket or SlaveTicket(order.intent.order)
    numbered = msgspec.structs.replace(leg, ticket=ticket)
    return Found(leg=numbered, intent=noted(order.intent, "placed"))


def _while_it_waits(leg: Leg, waiting: PendingOrder, sight: Sight) -> Repair:
    if waiting.ticket != leg.ticket:
        return Shown(leg=msgspec.structs.replace(leg, ticket=SlaveTicket(waiting.ticket)))
    wanted = None if _has_become_a_position(leg) else leg.target.order
    is_wanted = wanted is not None or leg.late_until_ms > 0
    if not is_wanted or _may_not_wait(leg, sight):
        if may_thaw(sight):
            return Wait()
        order = CancelOrder(leg=leg.key, ticket=leg.ticket, symbol=leg.symbol)
        return SendPending(order=order, name=sight.name)
    if is_absent_without_a_word(leg, sight.word):
        return AskMaster()
    if wanted is None:
        return _wait_for_the_price(leg, waiting, sight)
    if leg.terms_sent is not None and wanted.terms == leg.terms_sent.terms:
        return Settled(leg=leg, why=Nothing(Reason.ALREADY_AS_WANTED))
    return _change(leg, wanted, waiting, sight)


def _has_become_a_position(leg: Leg) -> bool:
    """The master's has filled, all or a part of it: a copy is asked for by another fact."""
    return leg.target.there or leg.target.order is None


def _may_not_wait(leg: Leg, sight: Sight) -> bool:
    """Nothing of ours may, or nothing of this one: the rest of a fill in part goes as well."""
    is_late = _has_waited_long_enough(leg, sight)
    return leg.is_to_end or sight.withdraws or is_late or sight.held is not None


def _has_waited_long_enough(leg: Leg, sight: Sight) -> bool:
    return leg.late_until_ms > 0 and sight.now_ms >= leg.late_until_ms


def _wait_for_the_price(leg: Leg, waiting: PendingOrder, sight: Sight) -> Repair:
    """Its stops follow the master's meanwhile; its volume does once it is filled (law 2)."""
    if not isinstance(sight.spec, SymbolSpec):
        return Wait(why=f"no contract of {leg.symbol}")
    wanted = on_ticks(stops_of(leg), sight.spec)
    stops = kept_off(leg.side, wanted, waiting.price, sight.spec)
    if stops == (leg.sl_sent, leg.tp_sent):
        return Settled(leg=leg, why=Nothing(Reason.ENTRY_WAITS))
    if sight.state is not TradingState.ACTIVE:
        return Settled(leg=leg, why=Nothing(Reason.LOOSER_STOP_HELD))
    if sight.frozen_s is not None:
        return Settled(leg=leg, why=Nothing(Reason.FROZEN))
    order = ModifyOrder(
        leg=leg.key,
        ticket=leg.ticket,
        symbol=leg.symbol,
        price=waiting.price,
        stop_limit_price=waiting.stop_limit_price,
        sl=stops.sl,
        tp=stops.tp,
        lifetime=waiting.lifetime,
    )
    return SendPending(order=order, name=sight.name)


def _change(leg: Leg, wanted: BookOrder, waiting: PendingOrder, sight: Sight) -> Repair:
    """What the master changed of it; a hold keeps it as it is until the hold is over."""
    if not isinstance(sight.spec, SymbolSpec):
        return Wait(why=f"no contract of {leg.symbol}")
    if sight.state is not TradingState.ACTIVE:
        return Settled(leg=leg, why=Nothing(Reason.LOOSER_STOP_HELD))
    prices = order_prices(wanted, sight.spec, leg.terms, leg.side)
    if sight.frozen_s is not None:
        return Settled(leg=leg, why=Nothing(Reason.FROZEN))
    if sight.quote is not None and not order_may_wait(
        waiting.kind, prices.price, sight.spec, sight.quote
    ):
        return Settled(leg=leg, why=Nothing(Reason.ORDER_TOO_NEAR, f"{prices.price:f}"))
    order = ModifyOrder(
        leg=leg.key,
        ticket=leg.ticket,
        symbol=leg.symbol,
        price=prices.price,
        stop_limit_price=prices.stop_limit_price,
        sl=prices.sl,
        tp=prices.tp,
        lifetime=_lifetime(leg, wanted, waiting, sight),
    )
    return SendPending(order=order, name=sight.name)


def _lifetime(leg: Leg, wanted: BookOrder, waiting: PendingOrder, sight: Sight) -> Lifetime:
    """As it is, unless the master has changed his; that counts from the placing, not from now."""
    if leg.terms_sent is not None and leg.terms_sent.lifetime == wanted.lifetime:
        return waiting.lifetime
    age_ms = max(sight.newest_server_ms - waiting.placed_server_ms, 0)
    return lifetime_here(wanted, age_ms, sight.newest_server_ms)


def _after_its_end(leg: Leg, sight: Sight) -> Repair:
    """It waits no more and no position bears its mark: its broker's records have to say why."""
    fate = sight.fate
    if fate is None:
        return Ask(wanted=Wanted.FATE_OF_ORDER, why="its order is not listed")
    if fate.filled:
        filled = _filled(leg, fate)
        return Adopted(leg=filled) if leg.late_until_ms else Shown(leg=filled)
    if fate.fate in UNFILLED_ENDS:
        return Withdrawn(leg=_unfilled(leg, sight, fate))
    return Wait(why="its order is not listed, and nobody says what became of it")


def _filled(leg: Leg, fate: OrderFate) -> Leg:
    """It became a position, which is gone from the list again: its deals will tell the rest."""
    return msgspec.structs.replace(
        leg,
        state=LegState.OPEN,
        identifier=SlaveIdentifier(fate.position or leg.ticket),
        filled_volume=fate.filled,
        volume=fate.filled,
    )


def _unfilled(leg: Leg, sight: Sight, fate: OrderFate) -> Leg:
    """Ended with the master's it is closed; ended by somebody here it is closed for good, too.

    Withdrawn by ourselves it never was, and its master's fill is a signal of its own.
    """
    if leg.is_to_end:
        return msgspec.structs.replace(leg, state=LegState.CLOSED)
    is_over = fate.fate is Fate.EXPIRED or _has_waited_long_enough(leg, sight)
    if leg.late_until_ms and is_over:
        return msgspec.structs.replace(leg, state=LegState.MISSED, reason=Reason.ENTRY_EXPIRED)
    if sight.withdraws or (_has_become_a_position(leg) and not leg.late_until_ms):
        return msgspec.structs.replace(leg, state=LegState.MISSED, reason=Reason.ORDER_WITHDRAWN)
    return msgspec.structs.replace(leg, state=LegState.CLOSED, reason=Reason.ORDER_GONE_HERE)
