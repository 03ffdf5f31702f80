"""What came of one attempt to open: the leg as it is then, and the answer to its master's event."""

from decimal import Decimal

import msgspec

from decisions.drafting import Asking, side_here
from decisions.heeding import target_of
from decisions.situation import Situation
from domain.ids import SlaveIdentifier, SlaveSymbol, SlaveTicket
from domain.legs import Leg, LegState
from domain.market import Unknowable
from domain.orders import Denied, OpenPosition, PlaceOrder
from domain.outcomes import Cancelled, Filled, Outcome, PendingOutcome, Placed, Rejected
from domain.policies import AccountSettings
from domain.reasons import Reason
from domain.signals import OrderPlaced
from domain.terms import CopyTerms
from domain.verdicts import VerdictKind
from nodes.bookkeeping.answering import ENTRY_WAITS, Answer
from nodes.copying.attempts import AskedFor, Attempt
from nodes.inbox import Arrival

ZERO = Decimal(0)


def result(fact: Asking, settings: AccountSettings, done: Attempt) -> tuple[Leg, Answer]:
    """The leg and the answer, as far as this attempt alone tells."""
    if done.executed is not None and done.order is not None and done.denied is None:
        leg = leg_of(fact, settings, done.situation, waiting_state(done.order), done.order)
        leg, answer = _after(leg, done.order, done.executed.outcome)
        return _unnumbered_in_net(leg, done.situation), answer
    denied = done.denied or Denied(Reason.DECISION_CRASHED)
    leg = leg_of(fact, settings, done.situation, LegState.DENIED, done.order)
    answer = Answer(kind=VerdictKind.DENIED, reason=denied.reason, detail=denied.detail)
    return msgspec.structs.replace(leg, reason=denied.reason), answer


def waiting_state(order: AskedFor) -> LegState:
    """The leg's state while the broker has not answered."""
    return LegState.PENDING if isinstance(order, PlaceOrder) else LegState.OPENING


def _after(leg: Leg, order: AskedFor, outcome: Outcome | PendingOutcome) -> tuple[Leg, Answer]:
    """The leg and the answer after the broker has spoken."""
    if isinstance(outcome, Placed | Cancelled):
        stops = {"sl_sent": order.sl, "tp_sent": order.tp}
        placed = msgspec.structs.replace(leg, ticket=SlaveTicket(outcome.order), **stops)
        return placed, _waits(order) if leg.late_until_ms else _copied(order, order.volume)
    if isinstance(outcome, Filled):
        opened = msgspec.structs.replace(
            leg,
            state=LegState.OPEN,
            identifier=SlaveIdentifier(outcome.order),
            filled_volume=outcome.volume,
            volume=outcome.volume,
            price_open=outcome.price,
            sl_sent=order.sl,
            tp_sent=order.tp,
            stops_confirmed=False,
        )
        if not outcome.in_part:
            return opened, _copied(order, outcome.volume)
        kind, reason = VerdictKind.PARTIAL, Reason.FILLED_IN_PART
        return opened, Answer(kind=kind, reason=reason, volume=outcome.volume)
    if isinstance(outcome, Rejected):
        reason = Reason.BROKER_REJECTED if outcome.sent else Reason.NOT_SENT
        rejected = msgspec.structs.replace(leg, state=LegState.REJECTED, reason=reason)
        detail = f"{outcome.retcode} {outcome.comment}"
        answer = Answer(
            kind=VerdictKind.REJECTED, reason=reason, detail=detail, retcode=outcome.retcode
        )
        return rejected, answer
    return leg, unknown(f"{outcome.code} {outcome.comment}")


def _copied(order: AskedFor, volume: Decimal) -> Answer:
    reason = Reason.STOPS_MOVED if order.stops_note else Reason.NONE
    if order.note:
        reason = Reason.SIZE_LIMITED
    detail = "; ".join(filter(None, (order.note, order.stops_note)))
    return Answer(kind=VerdictKind.COPIED, reason=reason, detail=detail, volume=volume)


def _waits(order: AskedFor) -> Answer:
    kind = order.kind.value if isinstance(order, PlaceOrder) else ""
    return msgspec.structs.replace(ENTRY_WAITS, detail=f"{kind} at {order.price:f}")


def unknown(detail: str) -> Answer:
    return Answer(kind=VerdictKind.UNKNOWN, reason=Reason.OUTCOME_UNKNOWN, detail=detail)


def _unnumbered_in_net(leg: Leg, now: Situation) -> Leg:
    """On a netting account the order may have gone into a position that was there before."""
    if isinstance(now.account, Unknowable) or now.account.hedging:
        return leg
    return msgspec.structs.replace(leg, identifier=SlaveIdentifier(0))


def missed(answer: Answer, arrival: Arrival, fact: Asking, settings: AccountSettings) -> Answer:
    """What nobody here could have opened in time was missed, not denied."""
    if answer.reason in {Reason.FLASH, Reason.EXISTED_BEFORE}:
        return Answer(kind=VerdictKind.MISSED, reason=answer.reason)
    if arrival.from_snapshot and answer.reason is Reason.CLOSED_MEANWHILE:
        return Answer(kind=VerdictKind.MISSED, reason=Reason.CLOSED_MEANWHILE)
    if arrival.from_snapshot and answer.reason is Reason.SIGNAL_TOO_OLD:
        # Nobody has told the age of what was found in a book.
        detail = answer.detail if fact.seen_at_us else ""
        return Answer(kind=VerdictKind.MISSED, reason=Reason.SLAVE_WAS_DOWN, detail=detail)
    if answer.reason is Reason.SIGNAL_TOO_OLD and fact.age_ms > settings.max_signal_age_ms:
        # It was too old already when its master saw it.
        return msgspec.structs.replace(answer, kind=VerdictKind.MISSED)
    return answer


def leg_of(
    fact: Asking,
    settings: AccountSettings,
    now: Situation,
    state: LegState,
    order: AskedFor | None,
) -> Leg:
    """The leg with everything the settings decide once, frozen in."""
    return Leg(
        key=now.leg_of(fact),
        opened_by=fact.stamp if now.begun is None else now.begun.first.opened_by,
        journey=fact.journey,
        master=fact.master,
        master_symbol=fact.subject.symbol,
        symbol=SlaveSymbol(now.symbol),
        side=side_here(fact, settings),
        magic=now.magic,
        comment=now.comment,
        state=state,
        target=target_of(fact),
        wanted_volume=ZERO if order is None else order.volume,
        keep_minimum=settings.partial_below_min == "keep",
        master_price=fact.price,
        terms_sent=fact.order if isinstance(fact, OrderPlaced) else None,
        master_volume_copied=fact.subject.volume,
        terms=CopyTerms(reversed=settings.reverse) if order is None else order.terms,
        late_until_ms=order.late_until_ms if isinstance(order, PlaceOrder) else 0,
        copy_volume=order.copy_volume if isinstance(order, OpenPosition) else ZERO,
        parts_before=ZERO if now.begun is None else now.begun.asked,
    )
