"""Opens copies: decide, write down, send, write down. An open happens at most once per leg."""

import logging
from collections.abc import Callable
from decimal import Decimal

import msgspec

from decisions.copying import decide_open, decide_place
from decisions.drafting import Asking, side_here
from decisions.filling import next_filling
from decisions.heeding import target_after, target_of
from decisions.rules import settings_for
from decisions.situation import Situation
from decisions.symbol_mapping import slave_symbol
from domain.figures import Figures
from domain.ids import LegKey, SlaveIdentifier, SlaveSymbol, SlaveTicket
from domain.legs import Leg, LegState
from domain.market import SymbolSpec, Unknowable
from domain.mt5_words import Retcode
from domain.orders import Denied, OpenPosition, PlaceOrder
from domain.outcomes import Cancelled, Filled, Outcome, PendingOutcome, Placed, Rejected
from domain.policies import AccountSettings
from domain.reasons import Reason
from domain.signals import OrderPlaced, PositionOpened
from domain.terms import CopyTerms
from domain.verdicts import VerdictKind
from nodes.bookkeeping.answering import (
    Answer,
    known_price,
    opened_so_far,
    prices_at_opening,
    times_of,
)
from nodes.bookkeeping.ledger import Ledger, Owed
from nodes.copying.situation_room import SituationRoom
from nodes.executor import STALE_DECISION_S, AnyExecuted, Executor
from nodes.inbox import Arrival
from utils.clock import Clock, utc_us

logger = logging.getLogger(__name__)

#: For so long a report tells of a signal from the future.
FUTURE_SHOWN_S = 60.0
ZERO = Decimal(0)
AskedFor = OpenPosition | PlaceOrder


class _Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One way through the decision, and what came of it."""

    situation: Situation
    decided_us: int
    order: AskedFor | None = None
    denied: Denied | None = None
    executed: AnyExecuted | None = None

    @property
    def stale(self) -> bool:
        """It took so long that the market has moved on."""
        return self.denied is not None and self.denied.reason is Reason.LOOP_STALLED


class _Tries:
    """How often one open was tried, and with which fillings."""

    def __init__(self, most: int) -> None:
        """Proven refusals that a new price or another filling may cure are tried `most` times."""
        self._left = most - 1
        self._fillings: set[int] = set()

    def with_filling(self, order: AskedFor, situation: Situation) -> AskedFor:
        """The order with a filling that the broker has not refused yet."""
        if not self._fillings or not isinstance(situation.spec, SymbolSpec):
            return order
        filling = next_filling(self._fillings, situation.spec)
        return order if filling is None else msgspec.structs.replace(order, filling=filling)

    def may_cure(self, attempt: _Attempt) -> bool:
        """Only a stale decision or a proven refusal of a curable kind is worth another try."""
        if self._left == 0 or not (attempt.stale or self._is_curable(attempt)):
            return False
        self._left -= 1
        return True

    def _is_curable(self, attempt: _Attempt) -> bool:
        if attempt.executed is None or attempt.order is None:
            return False
        outcome = attempt.executed.outcome
        if not isinstance(outcome, Rejected):
            return False
        if outcome.retcode == Retcode.INVALID_FILL:
            self._fillings.add(attempt.order.filling)
            return True
        return outcome.may_retry


class Opener:
    """What a slave does about PositionOpened and OrderPlaced."""

    def __init__(
        self,
        room: SituationRoom,
        executor: Executor,
        ledger: Ledger,
        clock: Clock,
        listen: Callable[[], None],
        follow: Callable[[LegKey], None],
    ) -> None:
        """Decide from what `room` gathers; act through `executor`; remember in `ledger`.

        `listen` takes in what was said meanwhile: a HALT or a close denies the next try. `follow`
        brings a leg where its master's position is.
        """
        self._room = room
        self._executor = executor
        self._ledger = ledger
        self._clock = clock
        self._listen = listen
        self._follow = follow
        self._future, self._future_until_s = "", 0.0

    def open(self, arrival: Arrival, fact: PositionOpened, settings: AccountSettings) -> None:
        """Answer one PositionOpened, with a verdict in any case."""
        settings = _settings_for(fact, settings)
        known = self._ledger.legs.find(fact.leg_key)
        if known is not None and known.live and known.terms_sent is not None:
            known = self._end_the_waiting(arrival, fact, known)
            if known is None:
                return
        self._ask_for_a_copy(arrival, fact, settings, known)

    def place(self, arrival: Arrival, fact: OrderPlaced, settings: AccountSettings) -> None:
        """Answer one OrderPlaced, with a verdict in any case."""
        settings = _settings_for(fact, settings)
        known = self._ledger.legs.find(fact.leg_key)
        self._ask_for_a_copy(arrival, fact, settings, known)

    def alarms(self) -> tuple[str, ...]:
        """A signal from the future means that a clock is wrong; told for a while."""
        is_told = self._clock.now().monotonic_s < self._future_until_s
        return (
            f"clock: a signal was refused as it came from the future: {self._future}",
        ) * is_told

    def _note_the_future(self, answer: Answer) -> None:
        if answer.reason is Reason.SIGNAL_FROM_FUTURE:
            self._future = answer.detail
            self._future_until_s = self._clock.now().monotonic_s + FUTURE_SHOWN_S

    def _end_the_waiting(self, arrival: Arrival, fact: PositionOpened, known: Leg) -> Leg | None:
        """The master's order has filled: ours is withdrawn first, or has filled as well (law 15).

        The leg, where a copy may be opened now; None where the fact has been answered.
        """
        # A position that was told of before says more: this fact may come out of a snapshot.
        if fact.stamp > known.target.stamp or not known.target.there:
            # What has filled since was told in the same breath: the newest book has the whole.
            target = target_after(known.target, self._room.as_booked(fact))
            self._ledger.legs.put(msgspec.structs.replace(known, target=target))
        self._follow(known.key)
        leg = self._ledger.legs.find(known.key) or known
        if leg.never_filled:
            return leg
        figures = Figures(times=times_of(fact, arrival.received_us, utc_us()))
        if leg.state is LegState.PENDING:
            answer = _unknown("our own waiting order is being withdrawn")
            self._ledger.answer(fact, leg, answer, figures)
            self._ledger.owe(leg.key, Owed(fact=fact, received_us=arrival.received_us))
            return None
        answer = opened_so_far(leg) if leg.filled_volume else _never_filled(leg)
        self._ledger.answer(fact, leg, answer, figures)
        return None

    def _ask_for_a_copy(
        self, arrival: Arrival, fact: Asking, settings: AccountSettings, known: Leg | None
    ) -> None:
        if known is not None and known.journey == fact.journey:
            # Told again after a restart; its verdict was written with the leg, or is being settled.
            self._ledger.heard(fact)
            return
        tries = _Tries(settings.open_tries)
        attempt = self._attempt(fact, settings, tries)
        while tries.may_cure(attempt):
            self._note_refusal(attempt)
            self._listen()
            attempt = self._attempt(fact, settings, tries)
        is_new = known is None or known.never_filled
        self._record(arrival, fact, settings, attempt, is_new=is_new)

    def end_interrupted(self) -> None:
        """At the start: a node that ended between a refused try and the next has no order out."""
        for leg in list(self._ledger.legs.live()):
            if leg.state is not LegState.OPENING or self._is_out(leg):
                continue
            missed = msgspec.structs.replace(
                leg, state=LegState.MISSED, reason=Reason.SLAVE_WAS_DOWN
            )
            self._ledger.keep(missed)
            detail = "refused once, and the node ended before the next try"
            answer = Answer(kind=VerdictKind.MISSED, reason=Reason.SLAVE_WAS_DOWN, detail=detail)
            self._ledger.supersede(missed, answer, missed.opening or Figures())

    def _is_out(self, leg: Leg) -> bool:
        """An order of its may be at the broker; settling looks for it."""
        return any(i.kind == OpenPosition.__name__ for i in self._ledger.intents_of(leg.key))

    def _note_refusal(self, attempt: _Attempt) -> None:
        """The order of this try is over; were its intent left open, it would be looked up."""
        if attempt.executed is not None:
            self._ledger.write(attempt.executed.intent)

    def _attempt(self, fact: Asking, settings: AccountSettings, tries: "_Tries") -> _Attempt:
        began_s = self._clock.now().monotonic_s
        situation = self._room.gather(fact, settings, self._clock.now())
        decision = _decide_or_deny(fact, situation)
        done = _Attempt(situation=situation, decided_us=utc_us())
        if isinstance(decision, Denied):
            return msgspec.structs.replace(done, denied=decision)
        order = tries.with_filling(decision, situation)
        done = msgspec.structs.replace(done, order=order)
        good_until_s = began_s + STALE_DECISION_S
        if self._clock.now().monotonic_s > good_until_s:
            return msgspec.structs.replace(done, denied=Denied(Reason.LOOP_STALLED))
        leg = _leg(fact, settings, situation, _waiting_state(order), order)
        name = self._executor.name_intent()
        because = (fact.stamp, fact.journey)
        executed = self._executor.execute(order, leg, name, because, good_until_s)
        return msgspec.structs.replace(done, executed=executed, denied=_denied_by(executed))

    def _record(
        self,
        arrival: Arrival,
        fact: Asking,
        settings: AccountSettings,
        done: _Attempt,
        *,
        is_new: bool,
    ) -> None:
        leg, answer = _result(fact, settings, done)
        answer = _missed(answer, arrival, fact, settings)
        self._note_the_future(answer)
        times = times_of(fact, arrival.received_us, done.decided_us, done.executed)
        requested = None if done.order is None else done.order.price
        prices = prices_at_opening(fact, done.situation, requested, known_price(leg.price_open))
        figures = Figures(times=times, prices=prices)
        opened_at_ms = self._clock.now().utc_ms
        leg = msgspec.structs.replace(leg, opening=figures, opened_at_ms=opened_at_ms)
        intent = None if done.executed is None else done.executed.intent
        # A leg that was answered for before keeps its story; only the verdict is new.
        self._ledger.answer(fact, leg if is_new else None, answer, figures, intent)


def _settings_for(fact: Asking, settings: AccountSettings) -> AccountSettings:
    """Those that hold for such a signal; from here on they are the account's."""
    theirs = fact.subject.symbol
    ours = slave_symbol(theirs, settings).symbol
    return settings_for(settings, fact.master, fact.subject.magic, theirs, ours)


def _never_filled(leg: Leg) -> Answer:
    """Ours is gone without a fill, and there is nothing to copy any more, or nobody may."""
    reason = Reason.CLOSED_MEANWHILE if leg.reason is Reason.NONE else leg.reason
    return Answer(kind=VerdictKind.MISSED, reason=reason)


def _decide_or_deny(fact: Asking, situation: Situation) -> AskedFor | Denied:
    """The one place where a crash while deciding becomes a refusal."""
    try:
        if isinstance(fact, OrderPlaced):
            return decide_place(fact, situation)
        return decide_open(fact, situation)
    except Exception as error:
        logger.exception("decision_crashed", extra={"journey": fact.journey})
        return Denied(Reason.DECISION_CRASHED, repr(error))


def _denied_by(executed: AnyExecuted) -> Denied | None:
    """Nobody refused it: we kept it back."""
    if executed.kept_back is Reason.NONE or not isinstance(executed.outcome, Rejected):
        return None
    return Denied(executed.kept_back, executed.outcome.comment)


def _result(fact: Asking, settings: AccountSettings, done: _Attempt) -> tuple[Leg, Answer]:
    if done.executed is not None and done.order is not None and done.denied is None:
        leg = _leg(fact, settings, done.situation, _waiting_state(done.order), done.order)
        leg, answer = _after(leg, done.order, done.executed.outcome)
        return _unnumbered_in_net(leg, done.situation), answer
    denied = done.denied or Denied(Reason.DECISION_CRASHED)
    leg = _leg(fact, settings, done.situation, LegState.DENIED, done.order)
    answer = Answer(kind=VerdictKind.DENIED, reason=denied.reason, detail=denied.detail)
    return msgspec.structs.replace(leg, reason=denied.reason), answer


def _waiting_state(order: AskedFor) -> LegState:
    """The leg's state while the broker has not answered."""
    return LegState.PENDING if isinstance(order, PlaceOrder) else LegState.OPENING


def _after(leg: Leg, order: AskedFor, outcome: Outcome | PendingOutcome) -> tuple[Leg, Answer]:
    """The leg and the answer after the broker has spoken."""
    if isinstance(outcome, Placed | Cancelled):
        placed = msgspec.structs.replace(leg, ticket=SlaveTicket(outcome.order))
        return placed, _copied(order, order.volume)
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
    return leg, _unknown(f"{outcome.code} {outcome.comment}")


def _copied(order: AskedFor, volume: Decimal) -> Answer:
    reason = Reason.SIZE_LIMITED if order.note else Reason.NONE
    return Answer(kind=VerdictKind.COPIED, reason=reason, detail=order.note, volume=volume)


def _unknown(detail: str) -> Answer:
    return Answer(kind=VerdictKind.UNKNOWN, reason=Reason.OUTCOME_UNKNOWN, detail=detail)


def _unnumbered_in_net(leg: Leg, now: Situation) -> Leg:
    """On a netting account the order may have gone into a position that was there before."""
    if isinstance(now.account, Unknowable) or now.account.hedging:
        return leg
    return msgspec.structs.replace(leg, identifier=SlaveIdentifier(0))


def _missed(answer: Answer, arrival: Arrival, fact: Asking, settings: AccountSettings) -> Answer:
    """What nobody here could have opened in time was missed, not denied."""
    if answer.reason is Reason.FLASH:
        return Answer(kind=VerdictKind.MISSED, reason=Reason.FLASH)
    if arrival.from_snapshot and answer.reason is Reason.CLOSED_MEANWHILE:
        return Answer(kind=VerdictKind.MISSED, reason=Reason.CLOSED_MEANWHILE)
    if arrival.from_snapshot and answer.reason is Reason.SIGNAL_TOO_OLD:
        return Answer(kind=VerdictKind.MISSED, reason=Reason.SLAVE_WAS_DOWN, detail=answer.detail)
    if answer.reason is Reason.SIGNAL_TOO_OLD and fact.age_ms > settings.max_signal_age_ms:
        # It was too old already when its master saw it.
        return msgspec.structs.replace(answer, kind=VerdictKind.MISSED)
    return answer


def _leg(
    fact: Asking,
    settings: AccountSettings,
    now: Situation,
    state: LegState,
    order: AskedFor | None,
) -> Leg:
    """The leg with everything the settings decide once, frozen in."""
    return Leg(
        key=fact.leg_key,
        opened_by=fact.stamp,
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
    )
