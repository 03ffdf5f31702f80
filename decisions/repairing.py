"""Book against broker against journal -> the next repair of one leg.

The same function answers a fact, a snapshot, an order nobody could answer for, a timer and a
start. It takes what is known as it is, and where that is not enough it asks: so a close that was
missed, refused or late is found again however often messages are lost, and nothing is closed for
want of an answer.
"""

from collections.abc import Callable
from decimal import Decimal

import msgspec

from decisions.evidence import deals_prove_closed, looks_prove_closed
from decisions.heeding import heed_the_book, is_absent_without_a_word
from decisions.holding import has_been_held_long_enough, held_since, may_not_close_yet
from decisions.levels import stops_as_taken
from decisions.marking import is_named, magic_number_of
from decisions.netting import lots_brought, net_left, signed, without_rollovers
from decisions.planning import (
    aimed_as,
    plan_leg,
    plan_stops,
    with_stops_confirmed,
    with_stops_found,
    with_stops_in_force,
)
from decisions.repairing_orders import next_order_repair, waits_after_all
from decisions.repairs import (
    Adopted,
    Ask,
    AskMaster,
    Done,
    Ended,
    FollowOrder,
    GivenUp,
    Grown,
    Noted,
    Repair,
    Send,
    Settled,
    Share,
    Shown,
    Sight,
    Wait,
    Wanted,
)
from decisions.settling import (
    FoundClosed,
    FoundDone,
    FoundIn,
    Unanswered,
    Waiting,
    found_by,
    settle_close,
    settle_open,
)
from decisions.taking_up import adopted, adopted_in_net, adoption, ended_by, noted, opened_by
from decisions.touching import may_thaw
from decisions.trailing import trailed
from domain.ids import SlaveIdentifier
from domain.legs import Intent, Leg, LegState
from domain.market import Deal, Position, SymbolSpec
from domain.orders import ClosePosition, ModifyPosition, Nothing, OpenPosition
from domain.reasons import Reason
from domain.terms import CopyTerms

ZERO = Decimal(0)
Step = Callable[[Leg, Sight], Repair | None]


def next_repair(leg: Leg, sight: Sight) -> Repair:
    """What comes first; once it is done, the leg is looked at again."""
    repair = _next_repair(leg, sight)
    if isinstance(repair, Adopted | Shown):
        return msgspec.structs.replace(repair, leg=held_since(leg, repair.leg, sight))
    return repair


def _next_repair(leg: Leg, sight: Sight) -> Repair:
    if leg.state is LegState.RELEASED:
        # An operator has let go of it: whatever carries its mark is foreign from then on.
        return Wait()
    if leg.state is LegState.PENDING:
        return next_order_repair(leg, sight)
    for step in BEFORE_THE_LOOK:
        repair = step(leg, sight)
        if repair is not None:
            return repair
    if sight.held is None:
        return _account_for_absence(leg, sight)
    shown = _take_in_the_look(leg, sight.held, sight)
    return _bring_to_target(leg, sight.held, sight) if shown is None else shown


def _settle_intents(leg: Leg, sight: Sight) -> Repair | None:
    """Orders nobody could answer for, oldest first."""
    for order in sight.unanswered:
        repair = _settle(leg, order, sight)
        if repair is not None:
            return repair
    return None


def _settle(leg: Leg, order: Unanswered, sight: Sight) -> Repair | None:
    if order.intent.kind == OpenPosition.__name__:
        return _settle_open(leg, order, sight)
    if order.intent.kind == ModifyPosition.__name__:
        # No deal tells of stops; they are compared anew, and may in time be sent again.
        return Noted(intent=noted(order.intent, "unknown"))
    return _settle_close(leg, order, sight)


def _settle_open(leg: Leg, order: Unanswered, sight: Sight) -> Repair:
    if sight.held is not None:
        return adoption(leg, sight.held, sight.deals, noted(order.intent, "filled"))
    if sight.recent is None:
        return Ask(wanted=Wanted.RECENT_DEALS)
    found = settle_open(order, leg.side, sight.recent)
    if isinstance(found, FoundIn | FoundClosed):
        return _take_up(leg, found, sight, order.intent)
    if isinstance(found, Waiting):
        return Wait()
    missed = msgspec.structs.replace(leg, state=LegState.MISSED, reason=Reason.NEVER_ANSWERED)
    return GivenUp(leg=missed, intent=noted(order.intent, "lapsed"))


def _take_up(
    leg: Leg, found: FoundIn | FoundClosed, sight: Sight, intent: Intent | None = None
) -> Repair:
    """Deals show that the order was executed: adopted where it is open, ended where it is not."""
    settled = None if intent is None else noted(intent, "filled")
    is_shared = sight.share is not None
    if isinstance(found, FoundClosed):
        opened = opened_by(leg, found)
        ended = ended_by(opened, found.deals, sight.now_ms, is_shared=is_shared)
        return Ended(leg=ended, was_unknown=True, intent=settled)
    if is_shared:
        return Adopted(leg=adopted_in_net(leg, found), intent=settled, was_live=leg.live)
    if leg.identifier == found.identifier:
        # Its deal shows, and the position does not yet.
        return Wait()
    return Shown(leg=msgspec.structs.replace(leg, identifier=SlaveIdentifier(found.identifier)))


def _settle_close(leg: Leg, order: Unanswered, sight: Sight) -> Repair | None:
    intent = order.intent
    if sight.deals is None:
        return Ask(wanted=Wanted.DEALS_OF_POSITION)
    found = settle_close(order, sight.deals, is_shared=sight.share is not None)
    if isinstance(found, FoundDone):
        left = msgspec.structs.replace(leg, volume=max(leg.volume - found.volume, ZERO))
        return Done(leg=left, intent=noted(intent, "filled"), volume=found.volume)
    if isinstance(found, Waiting):
        return Wait() if sight.share is not None or _must_wait(leg, intent) else None
    return Noted(intent=noted(intent, "lapsed"))


def _must_wait(leg: Leg, intent: Intent) -> bool:
    """A reduction with an unknown end: nothing is sent until it is found, or lapses.

    Only the close of everything by ticket may be sent again, as the ticket would be gone; and on a
    netting account not even that, as the position may be there for another leg's sake.
    """
    return intent.volume < intent.volume_before and not leg.target.closed


def _claim_what_was_given_up(leg: Leg, sight: Sight) -> Repair | None:
    """A position that carries a leg's mark though the leg was given up, or taken as closed."""
    if leg.live:
        return Wait() if leg.state is LegState.OPENING else None
    if sight.waiting is not None:
        return waits_after_all(leg, sight.waiting)
    if sight.held is None:
        return _look_for_a_late_fill(leg, sight)
    if sight.deals is None:
        return Ask(wanted=Wanted.DEALS_OF_POSITION)
    # A list may be older than the close we were told of.
    if deals_prove_closed(sight.deals):
        return Wait()
    return Adopted(leg=adopted(leg, sight.held, sight.deals), was_live=False)


def _look_for_a_late_fill(leg: Leg, sight: Sight) -> Repair:
    """An open that was given up may have filled all the same, and its deals bear its mark."""
    if not leg.magic or sight.recent is None:
        return Wait()
    dealt = without_rollovers(sight.recent)
    own = [d for d in dealt if d.magic == leg.magic and d.side is leg.side]
    if leg.filled_volume:
        return _take_in_a_late_rest(leg, own, sight.share)
    return _take_up(leg, found_by(own, leg.side, sight.recent), sight) if own else Wait()


def _take_in_a_late_rest(leg: Leg, own: list[Deal], share: Share | None) -> Repair:
    """Its order filled further after it was closed: what of that is nobody's is the leg's.

    It may have gone into another position than before. On a hedging account a position lists it
    with the leg's mark, and is claimed by that.
    """
    if share is None or share.foreign is None or not own:
        return Wait()
    number = max(own, key=lambda deal: deal.ticket).position
    filled = lots_brought([d for d in own if d.position == number], leg.side)
    late = filled - (leg.filled_volume if leg.identifier == number else ZERO)
    left = min(late, signed(leg.side, share.foreign))
    if left <= ZERO:
        return Wait()
    grown = msgspec.structs.replace(
        leg,
        state=LegState.OPEN,
        identifier=SlaveIdentifier(number),
        filled_volume=filled,
        volume=left,
        net=ZERO,
    )
    return Adopted(leg=grown, was_live=False)


def _find_number_in_net(leg: Leg, sight: Sight) -> Repair | None:
    """The answer to an order names the order; which position it went into its deal tells."""
    if sight.share is None or leg.identifier or sight.held is not None:
        return None
    if sight.recent is None:
        return Ask(wanted=Wanted.RECENT_DEALS, why="its position is not known")
    number = next((d.position for d in sight.recent if d.magic == leg.magic), None)
    if number is None:
        return Wait(why="the deal that opened it does not show yet")
    return Shown(leg=msgspec.structs.replace(leg, identifier=SlaveIdentifier(number)))


def _account_for_absence(leg: Leg, sight: Sight) -> Repair:
    """Closed only if its own deals say so, or five looks where no deal is shown (law 1)."""
    if sight.deals is None:
        return Ask(wanted=Wanted.DEALS_OF_POSITION, why="not listed")
    is_shared = sight.share is not None
    proven = _prove_ended(leg, sight.deals, is_shared=is_shared)
    looked_for_long = sight.absence is not None and looks_prove_closed(
        sight.deals, sight.absence, sight.now_s
    )
    if proven or looked_for_long:
        deals = sight.deals if proven else ()
        ended = ended_by(leg, deals, sight.now_ms, is_shared=is_shared)
        return Ended(leg=ended, proven=proven)
    return Wait(why="not listed, and no deal closed it")


def _prove_ended(leg: Leg, deals: tuple[Deal, ...], *, is_shared: bool) -> bool:
    """A shared position has nothing of a leg left once it is flat, or turned to the other side."""
    if is_shared:
        return bool(deals) and net_left(deals, leg.side) == ZERO
    return deals_prove_closed(deals)


def _take_in_the_look(leg: Leg, held: Position, sight: Sight) -> Repair | None:
    """What a look at a position tells: its number, and first of all the stops it really has."""
    shown = msgspec.structs.replace(leg, identifier=SlaveIdentifier(held.identifier))
    if not leg.stops_confirmed and not leg.target.closed:
        shown = with_stops_confirmed(shown, held)
    shown = with_stops_found(shown, held)
    if not shown.price_open and sight.share is None:
        # The broker's answer had none.
        shown = msgspec.structs.replace(shown, price_open=held.price_open)
    if shown != leg:
        return Shown(leg=shown)
    if sight.share is not None:
        return _take_in_what_nobody_explains(leg, sight.share, sight)
    return _take_in_growth(leg, held, sight) if ZERO < leg.volume < held.volume else None


def _take_in_what_nobody_explains(leg: Leg, share: Share, sight: Sight) -> Repair | None:
    """It may be the late rest of this leg's own order, or a close that our journal has lost.

    Others' volume may lie over either, so both are looked for whatever is too much or too little.
    """
    if not share.foreign:
        return None
    if sight.deals is None:
        return Ask(wanted=Wanted.DEALS_OF_POSITION, why="its legs do not add up to the position")
    lost = _take_in_lost_closes(leg, sight.deals, sight.now_ms)
    return _take_in_growth_in_net(leg, sight.deals) if lost is None else lost


def _take_in_growth_in_net(leg: Leg, deals: tuple[Deal, ...]) -> Repair | None:
    own = [d for d in deals if d.magic == leg.magic]
    late = lots_brought(own, leg.side) - leg.filled_volume
    if late <= ZERO:
        return None
    grown = {"filled_volume": leg.filled_volume + late, "volume": leg.volume + late}
    return Grown(leg=msgspec.structs.replace(leg, **grown))


def _take_in_lost_closes(leg: Leg, deals: tuple[Deal, ...], now_ms: int) -> Repair | None:
    """Sent again they would take from other legs: what deals with our mark took off is gone."""
    own = [d for d in deals if _names(leg, d)]
    left = max(leg.filled_volume - lots_brought(own, leg.side.opposite), ZERO)
    if left >= leg.volume:
        return None
    if left == ZERO:
        return Ended(leg=ended_by(leg, deals, now_ms, is_shared=True))
    return Shown(leg=msgspec.structs.replace(leg, volume=left))


def _names(leg: Leg, deal: Deal) -> bool:
    is_ours = magic_number_of(deal.magic) == magic_number_of(leg.magic)
    return is_ours and is_named(leg.key, deal.comment)


def _take_in_growth(leg: Leg, held: Position, sight: Sight) -> Repair | None:
    """They sum to what is listed, so that a list from before our own reduction changes nothing."""
    if sight.deals is None:
        return Ask(wanted=Wanted.DEALS_OF_POSITION)
    filled = lots_brought(sight.deals, leg.side)
    left = abs(sum((d.signed_volume for d in sight.deals), ZERO))
    if filled <= leg.filled_volume or left != held.volume:
        return None
    return Grown(leg=msgspec.structs.replace(leg, filled_volume=filled, volume=held.volume))


def _bring_to_target(leg: Leg, listed: Position, sight: Sight) -> Repair:
    if not isinstance(sight.spec, SymbolSpec):
        return Wait(why=f"no contract of {leg.symbol}")
    if has_been_held_long_enough(leg, sight.now_ms) and leg.reason is not Reason.MAX_HOLD:
        return Shown(leg=msgspec.structs.replace(leg, reason=Reason.MAX_HOLD))
    moved = leg.trail_sl if sight.quote is None else trailed(leg, sight.quote)
    if moved != leg.trail_sl and not leg.target.closed:
        return Shown(leg=msgspec.structs.replace(leg, trail_sl=moved))
    held = _no_larger_than_known(leg, listed)
    aimed = leg if sight.share is None else _aimed_in_net(leg, sight.share)
    plan = _plan(aimed, held, sight.spec, sight)
    if isinstance(plan, ClosePosition) and _close_waits(leg, sight):
        return _stops_meanwhile(aimed, held, sight.spec, sight)
    if not isinstance(plan, Nothing):
        return Send(order=plan, name=sight.name, aimed=aimed, keeps=_keeps(plan, sight))
    if is_absent_without_a_word(leg, sight.word):
        return AskMaster()
    if aimed.target != leg.target and plan.reason is Reason.ALREADY_AS_WANTED:
        plan = Nothing(Reason.STOPS_SHARED)
    after = with_stops_in_force(aimed, held, sight.spec)
    return Settled(leg=aimed_as(leg, after), why=plan)


def _plan(aimed: Leg, held: Position, spec: SymbolSpec, sight: Sight) -> FollowOrder | Nothing:
    """The next order, with stops as near to the market as its broker takes them."""
    plan = plan_leg(_as_closed(aimed), held, spec, sight.state, sight.name)
    return plan if isinstance(plan, ClosePosition) else _as_taken(plan, held, spec, sight)


def _as_taken(
    plan: ModifyPosition | Nothing, held: Position, spec: SymbolSpec, sight: Sight
) -> ModifyPosition | Nothing:
    if isinstance(plan, Nothing) or sight.quote is None:
        return plan
    return stops_as_taken(plan, held, spec, sight.quote)


def _stops_meanwhile(aimed: Leg, held: Position, spec: SymbolSpec, sight: Sight) -> Repair:
    """A close or reduction that has to wait keeps no stop from being moved."""
    stops = _as_taken(plan_stops(_as_closed(aimed), held, spec, sight.state), held, spec, sight)
    if isinstance(stops, Nothing):
        return Wait()
    return Send(order=stops, name=sight.name, aimed=aimed)


def _close_waits(leg: Leg, sight: Sight) -> bool:
    return may_not_close_yet(leg, sight.now_ms) or may_thaw(sight)


def _as_closed(leg: Leg) -> Leg:
    """What an operator or the clock wants closed is planned like what its master has closed."""
    if leg.target.closed or not leg.is_to_end:
        return leg
    target = msgspec.structs.replace(leg.target, volume=ZERO, order=None)
    return msgspec.structs.replace(leg, target=target)


def _keeps(order: FollowOrder, sight: Sight) -> bool:
    """A close of everything by ticket; in a shared position it might turn the position round."""
    return isinstance(order, ClosePosition) and order.whole and sight.share is None


def _aimed_in_net(leg: Leg, share: Share) -> Leg:
    """The stops of a shared position are set by one leg; beside foreign volume by nobody."""
    sets = share.keeps_stops and share.foreign == ZERO
    sl, tp = (share.sl, share.tp) if sets else (leg.sl_sent, leg.tp_sent)
    target = msgspec.structs.replace(leg.target, sl=sl, tp=tp)
    # They are levels already, whatever they were made from.
    return msgspec.structs.replace(leg, target=target, terms=CopyTerms(), trail_sl=ZERO)


def _no_larger_than_known(leg: Leg, held: Position) -> Position:
    """A list may be older than the fill we were told of: what is gone is not sold again (law 4).

    A close of everything takes what the list shows: by ticket it cannot take too much.
    """
    if leg.is_to_end or not ZERO < leg.volume < held.volume:
        return held
    return msgspec.structs.replace(held, volume=leg.volume)


#: What the master holds, what our own orders became, what was given up; then what is there.
BEFORE_THE_LOOK: tuple[Step, ...] = (
    heed_the_book,
    _settle_intents,
    _claim_what_was_given_up,
    _find_number_in_net,
)
