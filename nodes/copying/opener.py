"""Opens copies: decide, write down, send, write down. An open happens at most once per leg."""

import logging
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

import msgspec

from decisions.copying import decide_open, decide_place
from decisions.drafting import Asking
from decisions.heeding import target_after
from decisions.late_entry import decide_late, may_come_late
from decisions.marking import magic_number_of
from decisions.parts import Begun
from decisions.rules import settings_for
from decisions.situation import Situation
from decisions.symbol_mapping import slave_symbol
from domain.figures import Figures
from domain.ids import LegKey, SlaveSymbol
from domain.legs import Leg, LegState
from domain.orders import Denied, OpenPosition, PlaceOrder
from domain.outcomes import Rejected
from domain.policies import AccountSettings
from domain.reasons import Reason
from domain.signals import OrderPlaced, PositionOpened
from domain.verdicts import VerdictKind
from nodes.bookkeeping.answering import (
    Answer,
    known_price,
    opened_in_parts,
    opened_so_far,
    prices_at_opening,
    times_of,
)
from nodes.bookkeeping.ledger import Ledger, Owed
from nodes.copying.attempt_results import leg_of, missed, result, unknown, waiting_state
from nodes.copying.attempts import AskedFor, Attempt, Tries
from nodes.copying.situation_room import SituationRoom
from nodes.executor import STALE_DECISION_S, AnyExecuted, Executor
from nodes.inbox import Arrival
from utils.clock import Clock, utc_us

logger = logging.getLogger(__name__)

#: For so long a report tells of a signal from the future.
FUTURE_SHOWN_S = 60.0
#: What is often so just after a start, and then no more.
PASSING = frozenset(
    {
        Reason.RECOVERING,
        Reason.BOOK_UNCONFIRMED,
        Reason.SUPERVISOR_LOST,
        Reason.DATABASE_SILENT,
        Reason.TERMINAL_UNKNOWN,
        Reason.TERMINAL_OFFLINE,
        Reason.DAILY_LOSS_UNKNOWN,
        Reason.NO_MARKET,
    }
)
ZERO = Decimal(0)


class Neighbours(NamedTuple):
    """To whom an opener turns.

    `listen` takes in what was said meanwhile: a HALT or a close denies the next try. `follow`
    brings a leg where its master's position is. `note_missing` is told of symbols that the broker
    does not know, as they are mapped, and when.
    """

    listen: Callable[[], None]
    follow: Callable[[LegKey], None]
    note_missing: Callable[[Asking, SlaveSymbol, int], None]


class Opener:
    """What a slave does about PositionOpened and OrderPlaced."""

    def __init__(
        self,
        room: SituationRoom,
        executor: Executor,
        ledger: Ledger,
        clock: Clock,
        neighbours: Neighbours,
    ) -> None:
        """Decide from what `room` gathers; act through `executor`; remember in `ledger`."""
        self._room = room
        self._executor = executor
        self._ledger = ledger
        self._clock = clock
        self._neighbours = neighbours
        self._future, self._future_until_s = "", 0.0

    def open(self, arrival: Arrival, fact: PositionOpened, settings: AccountSettings) -> None:
        """Answer one PositionOpened, with a verdict in any case."""
        settings = settings_of(fact, settings)
        known = self._ledger.legs.find(fact.leg_key)
        if known is not None and known.live and known.terms_sent is not None:
            known = self._end_the_waiting(arrival, fact, known)
            if known is None:
                return
        self._ask_for_a_copy(arrival, fact, settings, known)

    def open_existing(
        self, arrival: Arrival, fact: PositionOpened, settings: AccountSettings
    ) -> None:
        """The same of a position that was there before, as it is by now."""
        self.open(arrival, self._room.as_booked(fact), settings)

    def is_held_up(self, fact: PositionOpened, settings: AccountSettings) -> bool:
        """It would be refused just now, for what may be over in a moment."""
        settings = settings_of(fact, settings)
        situation = self._room.gather(fact, settings, self._clock.now())
        decision = _decide_or_deny(fact, situation)
        return isinstance(decision, Denied) and decision.reason in PASSING

    def place(self, arrival: Arrival, fact: OrderPlaced, settings: AccountSettings) -> None:
        """Answer one OrderPlaced, with a verdict in any case."""
        settings = settings_of(fact, settings)
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
        self._neighbours.follow(known.key)
        leg = self._ledger.legs.find(known.key) or known
        if leg.never_filled:
            return leg
        figures = Figures(times=times_of(fact, arrival.received_us, utc_us()))
        if leg.state is LegState.PENDING:
            answer = unknown("our own waiting order is being withdrawn")
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
            self._go_on(arrival, fact, settings, known)
            return
        attempt = self._tried(fact, settings)
        leg, answer = result(fact, settings, attempt)
        leg = self._with_figures(arrival, fact, attempt, leg)
        if leg.live and leg.copy_volume:
            self._keep(leg, attempt)
            self._open_the_rest(arrival, fact, settings)
            self._answer_for_all(arrival, fact, answer)
            return
        answer = missed(answer, arrival, fact, settings)
        self._note_the_future(answer)
        if answer.reason is Reason.UNKNOWN_SYMBOL:
            self._neighbours.note_missing(fact, attempt.situation.symbol, leg.opened_at_ms)
        is_new = known is None or known.never_filled
        self._record(fact, attempt, leg, answer, is_new=is_new)

    def _go_on(self, arrival: Arrival, fact: Asking, settings: AccountSettings, first: Leg) -> None:
        """Parts that a crash left out are opened while the signal is fresh, or accounted for."""
        if not first.copy_volume:
            self._ledger.heard(fact)
            return
        self._open_the_rest(arrival, fact, as_begun(settings, first))
        is_settled = opened_in_parts(self._ledger.legs.parts_of(first.key)) is not None
        if is_settled or fact.stamp == first.opened_by:
            self._answer_for_all(arrival, fact)
        else:
            self._ledger.heard(fact)

    def _open_the_rest(self, arrival: Arrival, fact: Asking, settings: AccountSettings) -> None:
        """One part after the other; the first that does not get out stands for all the rest."""
        while (begun := self._begun(fact)) is not None:
            self._neighbours.listen()
            attempt = self._tried(fact, settings, is_further=True)
            leg, _ = result(fact, settings, attempt)
            volume = leg.wanted_volume if leg.live else begun.rest
            leg = msgspec.structs.replace(
                leg, wanted_volume=volume, copy_volume=begun.first.copy_volume
            )
            self._keep(self._with_figures(arrival, fact, attempt, leg), attempt)

    def _begun(self, fact: Asking) -> Begun | None:
        return Begun.of(self._ledger.legs.parts_of(fact.leg_key))

    def _answer_for_all(
        self, arrival: Arrival, fact: Asking, to_first: Answer | None = None
    ) -> None:
        """One verdict for all parts; `to_first`: what would be said of the first alone."""
        parts = self._ledger.legs.parts_of(fact.leg_key)
        answer = opened_in_parts(parts) or unknown("a part of it has no answer yet")
        if to_first is not None and answer.kind is to_first.kind is VerdictKind.COPIED:
            answer = msgspec.structs.replace(to_first, volume=answer.volume)
        figures = parts[0].opening or Figures(times=times_of(fact, arrival.received_us, utc_us()))
        self._ledger.answer(fact, None, answer, figures)

    def _keep(self, leg: Leg, attempt: Attempt) -> None:
        self._ledger.keep(leg, None if attempt.executed is None else attempt.executed.intent)

    def _tried(
        self, fact: Asking, settings: AccountSettings, *, is_further: bool = False
    ) -> Attempt:
        """The last of as many attempts as may cure what was refused."""
        tries = Tries(settings.open_tries)
        attempt = self._attempt(fact, settings, tries, is_further=is_further)
        while tries.may_cure(attempt):
            self._note_refusal(attempt)
            self._neighbours.listen()
            attempt = self._attempt(fact, settings, tries, is_further=is_further)
        return attempt

    def end_interrupted(self) -> None:
        """At the start: a node that ended between a refused try and the next has no order out."""
        for leg in list(self._ledger.legs.live()):
            if not _is_on_its_way(leg) or self._is_out(leg):
                continue
            ended = msgspec.structs.replace(
                leg, state=LegState.MISSED, reason=Reason.SLAVE_WAS_DOWN
            )
            self._ledger.keep(ended)
            if ended.copy_volume:
                self._account_for(self._ledger.legs.parts_of(ended.key))
                continue
            detail = "refused once, and the node ended before the next try"
            answer = Answer(kind=VerdictKind.MISSED, reason=Reason.SLAVE_WAS_DOWN, detail=detail)
            self._ledger.supersede(ended, answer, ended.opening or Figures())
        for parts in self._ledger.legs.interrupted():
            self._account_for(parts)

    def _account_for(self, parts: list[Leg]) -> None:
        """Should its master tell it again while it is fresh, the rest of it is opened yet."""
        answer = opened_in_parts(parts)
        if answer is not None:
            self._ledger.supersede(parts[0], answer, parts[0].opening or Figures())

    def _is_out(self, leg: Leg) -> bool:
        """An order of its may be at the broker; settling looks for it."""
        kinds = {OpenPosition.__name__, PlaceOrder.__name__}
        return any(i.kind in kinds for i in self._ledger.intents_of(leg.key))

    def _note_refusal(self, attempt: Attempt) -> None:
        """The order of this try is over; were its intent left open, it would be looked up."""
        if attempt.executed is not None:
            self._ledger.write(attempt.executed.intent)

    def _attempt(
        self, fact: Asking, settings: AccountSettings, tries: Tries, *, is_further: bool
    ) -> Attempt:
        began_s = self._clock.now().monotonic_s
        begun = self._begun(fact) if is_further else None
        refused = tries.stops_refused
        situation = self._room.gather(fact, settings, self._clock.now(), begun, refused)
        decision = _decide_or_deny(fact, situation)
        if isinstance(fact, PositionOpened) and may_come_late(decision, situation):
            situation = self._room.for_a_late_entry(fact, situation, self._clock.now())
            decision = _decide_or_deny(fact, situation)
        done = Attempt(situation=situation, decided_us=utc_us())
        if isinstance(decision, Denied):
            return msgspec.structs.replace(done, denied=decision)
        order = tries.with_filling(decision, situation)
        done = msgspec.structs.replace(done, order=order)
        good_until_s = began_s + STALE_DECISION_S
        if self._clock.now().monotonic_s > good_until_s:
            return msgspec.structs.replace(done, denied=Denied(Reason.LOOP_STALLED))
        leg = leg_of(fact, settings, situation, waiting_state(order), order)
        # Should the answer be lost with this process, its time has begun all the same.
        leg = msgspec.structs.replace(leg, opened_at_ms=self._clock.now().utc_ms)
        name = self._executor.name_intent()
        because = (fact.stamp, fact.journey)
        executed = self._executor.execute(order, leg, name, because, good_until_s)
        return msgspec.structs.replace(done, executed=executed, denied=_denied_by(executed))

    def _record(
        self, fact: Asking, done: Attempt, leg: Leg, answer: Answer, *, is_new: bool
    ) -> None:
        # What had no first part has no others.
        leg = msgspec.structs.replace(leg, copy_volume=ZERO)
        intent = None if done.executed is None else done.executed.intent
        # A leg that was answered for before keeps its story; only the verdict is new.
        told = leg if is_new else None
        self._ledger.answer(fact, told, answer, leg.opening or Figures(), intent)

    def _with_figures(self, arrival: Arrival, fact: Asking, done: Attempt, leg: Leg) -> Leg:
        times = times_of(fact, arrival.received_us, done.decided_us, done.executed)
        requested = None if done.order is None else done.order.price
        prices = prices_at_opening(fact, done.situation, requested, known_price(leg.price_open))
        figures = Figures(times=times, prices=prices)
        opened_at_ms = self._clock.now().utc_ms
        return msgspec.structs.replace(leg, opening=figures, opened_at_ms=opened_at_ms)


def _is_on_its_way(leg: Leg) -> bool:
    """Its broker has not answered."""
    is_unplaced = leg.state is LegState.PENDING and not leg.ticket
    return leg.state is LegState.OPENING or is_unplaced


def settings_of(fact: Asking, settings: AccountSettings) -> AccountSettings:
    """Those that hold for such a signal; from here on they are the account's."""
    theirs = fact.subject.symbol
    ours = slave_symbol(theirs, settings).symbol
    return settings_for(settings, fact.master, fact.subject.magic, theirs, ours)


def as_begun(settings: AccountSettings, first: Leg) -> AccountSettings:
    """What the settings decided for the first part holds for the others, whatever they say now."""
    return msgspec.structs.replace(
        settings,
        reverse=first.terms.reversed,
        magic_number=magic_number_of(first.magic),
        partial_below_min="keep" if first.keep_minimum else "close",
    )


def _never_filled(leg: Leg) -> Answer:
    """Ours is gone without a fill, and there is nothing to copy any more, or nobody may."""
    reason = Reason.CLOSED_MEANWHILE if leg.reason is Reason.NONE else leg.reason
    return Answer(kind=VerdictKind.MISSED, reason=reason)


def _decide_or_deny(fact: Asking, situation: Situation) -> AskedFor | Denied:
    """The one place where a crash while deciding becomes a refusal."""
    try:
        if isinstance(fact, OrderPlaced):
            return decide_place(fact, situation)
        decide = decide_late if situation.late_until_ms else decide_open
        return decide(fact, situation)
    except Exception as error:
        logger.exception("decision_crashed", extra={"journey": fact.journey})
        return Denied(Reason.DECISION_CRASHED, repr(error))


def _denied_by(executed: AnyExecuted) -> Denied | None:
    """Nobody refused it: we kept it back."""
    if executed.kept_back is Reason.NONE or not isinstance(executed.outcome, Rejected):
        return None
    return Denied(executed.kept_back, executed.outcome.comment)
