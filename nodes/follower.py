"""Follows open copies: modifies, reduces and closes them until they are as the master's are.

Closing is a level, not an edge: what a fact did not achieve, the timer tries again.
"""

import logging
from decimal import Decimal

import msgspec

from decisions.evidence import (
    Absence,
    deals_prove_closed,
    last_price,
    looks_prove_closed,
    seen_absent,
)
from decisions.planning import (
    FollowOrder,
    plan_leg,
    with_stops_confirmed,
    with_stops_in_force,
    with_stops_sent,
)
from decisions.settling import FoundDone
from domain.figures import Figures, Times
from domain.ids import LegKey, SlaveIdentifier
from domain.legs import Leg, LegState
from domain.market import Deal, Position, SymbolSpec, Unknowable
from domain.mt5_words import Retcode
from domain.orders import ClosePosition, ModifyPosition, Nothing
from domain.outcomes import Filled, Rejected, Unknown
from domain.reasons import Reason
from domain.verdicts import VerdictKind
from nodes.answering import Answer, known_price, opened_so_far, prices_at_closing
from nodes.doubts import Doubts
from nodes.executor import Executed, Executor
from nodes.fillings import RefusedFillings
from nodes.ledger import Ledger
from nodes.owed_answers import CLOSED_HERE, OwedAnswers, figures_of
from nodes.ports import TerminalDoor
from nodes.standing import Standing
from utils.clock import Clock, utc_us

logger = logging.getLogger(__name__)

ZERO = Decimal(0)
#: A leg that cannot be brought where it should be is tried again after so long, doubling.
FIRST_RETRY_S = 0.5
LAST_RETRY_S = 30.0
#: After so many failures in a row a person should know.
ALARM_AFTER = 3
#: One event can need two orders, a reduction and new stops, and each of them several tries.
ORDERS_AT_ONCE = 6
#: Deals that did not show up before a restart are looked for as long after a close.
RECKONED_FOR_MS = 2 * 86_400_000


class _Trouble(msgspec.Struct, kw_only=True):
    """A leg whose last order failed."""

    failures: int = 0
    next_try_s: float = 0.0
    why: str = ""
    is_ours: bool = False

    @property
    def is_alarming(self) -> bool:
        """Our own fault, or a failure that lasts."""
        return self.is_ours or self.failures >= ALARM_AFTER


class Follower:
    """What a slave does about legs that are open."""

    def __init__(
        self,
        door: TerminalDoor,
        executor: Executor,
        ledger: Ledger,
        standing: Standing,
        clock: Clock,
    ) -> None:
        """Look through `door`, act through `executor`, remember in `ledger`."""
        self._door = door
        self._executor = executor
        self._ledger = ledger
        self._standing = standing
        self._clock = clock
        self._troubles: dict[LegKey, _Trouble] = {}
        since_ms = self._now_ms() - RECKONED_FOR_MS
        self._unreckoned = {leg.key for leg in ledger.legs.closed_without_result(since_ms)}
        self._absences: dict[LegKey, Absence] = {}
        self._unproven: set[LegKey] = set()
        self._owed = OwedAnswers(ledger)
        self._fillings = RefusedFillings()
        self.doubts = Doubts(ledger.legs, clock)

    def alarms(self) -> tuple[str, ...]:
        """Legs that could not be brought where they should be, or went without a deal."""
        failing = [(k, t.why) for k, t in self._troubles.items() if t.is_alarming]
        gone = [(k, "taken for closed, though no deal shows it") for k in sorted(self._unproven)]
        return tuple(f"{key.text}: {why}" for key, why in failing + gone)

    def follow(self, key: LegKey) -> None:
        """Bring one leg where its master's position is; whoever waits for it is answered."""
        try:
            self._follow(key)
        except Exception as error:
            logger.exception("leg_crashed", extra={"leg": key.text})
            self._crashed(key, error)

    def follow_all(self, positions: tuple[Position, ...]) -> None:
        """The timer's round: legs that differ from their target, or are no longer listed."""
        now_s = self._clock.now().monotonic_s
        for leg in self._ledger.legs.live():
            trouble = self._troubles.get(leg.key)
            is_due = trouble is None or now_s >= trouble.next_try_s
            if is_due and leg.state is not LegState.OPENING:
                self._look_at(leg, positions)

    def _look_at(self, leg: Leg, positions: tuple[Position, ...]) -> None:
        """One leg's crash is its own: the others are looked at all the same (law 7)."""
        try:
            found = self._held(leg, positions)
            if leg.key in self._troubles or self._needs_a_step(*found):
                self._follow(leg.key)
        except Exception as error:
            logger.exception("leg_crashed", extra={"leg": leg.key.text})
            self._crashed(leg.key, error)

    def _crashed(self, key: LegKey, error: Exception) -> None:
        """A person should know at once; it is tried again like every other failure."""
        self._failed(key, _unknown(f"our own step failed: {error!r}"))
        self._troubles[key].is_ours = True

    def _follow(self, key: LegKey) -> None:
        for _ in range(ORDERS_AT_ONCE):
            leg = self._ledger.legs.find(key)
            if leg is None or not leg.live or not self._step(leg):
                return

    def reckon(self) -> None:
        """Book what our own closes realised, once the deals show it; never before an order."""
        for key in list(self._unreckoned):
            leg = self._ledger.legs.find(key)
            if leg is None or leg.live:
                self._reckoned(key)
                continue
            deals = self._deals_of(leg)
            if isinstance(deals, Unknowable) or not deals_prove_closed(deals):
                continue
            net = sum((d.net for d in deals), ZERO)
            price = last_price(deals)
            self._ledger.keep(msgspec.structs.replace(leg, net=net, price_close=price))
            self._reckoned(key)

    def _reckoned(self, key: LegKey) -> None:
        self._unreckoned.discard(key)
        self._unproven.discard(key)

    def _deals_of(self, leg: Leg) -> tuple[Deal, ...] | Unknowable:
        """Asked for position 0, a terminal shows the account's deposits."""
        return self._door.deals_of(leg.identifier) if leg.identifier else ()

    def _held(self, leg: Leg, positions: tuple[Position, ...]) -> tuple[Leg, Position | None]:
        """The leg's position by its number, or by its mark where the broker gave it another."""
        held = next((p for p in positions if p.identifier == leg.identifier), None)
        if held is None and leg.magic:
            held = next((p for p in positions if p.magic == leg.magic), None)
        if held is None:
            return leg, None
        self._absences.pop(leg.key, None)
        return self._shown(leg, held), held

    def _shown(self, leg: Leg, held: Position) -> Leg:
        """What a look at a position tells: its number, and first of all the stops it really has."""
        shown = msgspec.structs.replace(leg, identifier=SlaveIdentifier(held.identifier))
        if not leg.stops_confirmed and not leg.target.closed:
            shown = with_stops_confirmed(shown, held)
        if ZERO < leg.volume < held.volume:
            shown = self._grown(shown, held)
        if shown != leg:
            self._ledger.keep(shown)
        return shown

    def _grown(self, leg: Leg, held: Position) -> Leg:
        """The rest of an open that was filled in part has filled after all; its deals prove it.

        They sum to what is listed, so that a list from before our own reduction changes nothing.
        """
        deals = self._deals_of(leg)
        if isinstance(deals, Unknowable):
            return leg
        filled = sum((d.volume for d in deals if d.side is leg.side), ZERO)
        left = abs(sum((d.signed_volume for d in deals), ZERO))
        if filled <= leg.filled_volume or left != held.volume:
            return leg
        grown = msgspec.structs.replace(leg, filled_volume=filled, volume=held.volume)
        logger.warning("filled_late", extra={"leg": leg.key.text, "volume": f"{filled:f}"})
        self._ledger.supersede(grown, opened_so_far(grown), leg.opening or Figures())
        return grown

    def _needs_a_step(self, leg: Leg, held: Position | None) -> bool:
        if held is None:
            return True
        spec = self._door.spec(leg.symbol)
        if not isinstance(spec, SymbolSpec):
            return leg.target.closed
        return not isinstance(plan_leg(leg, held, spec, self._standing.state(), ""), Nothing)

    def _step(self, leg: Leg) -> bool:
        """One order, or none; True where another may be needed."""
        if leg.state is LegState.OPENING or self._waits_for_a_reduction(leg):
            return False
        positions = self._door.positions()
        if isinstance(positions, Unknowable):
            self._failed(leg.key, _unknown(positions.why))
            return False
        leg, held = self._held(leg, positions)
        if held is None:
            self._is_not_listed(leg)
            return False
        return self._plan(leg, held)

    def _waits_for_a_reduction(self, leg: Leg) -> bool:
        """A reduction with an unknown end: nothing is sent until it is found, or lapses.

        Only the close of everything by ticket may be sent again, as the ticket would be gone.
        """
        unresolved = self._ledger.intents_of(leg.key, ClosePosition.__name__)
        return any(i.volume < i.volume_before for i in unresolved) and not leg.target.closed

    def _plan(self, leg: Leg, held: Position) -> bool:
        spec = self._door.spec(leg.symbol)
        if not isinstance(spec, SymbolSpec):
            self._failed(leg.key, _unknown(f"no contract of {leg.symbol}"))
            return False
        name = self._executor.name_intent()
        held = _no_larger_than_known(leg, held)
        plan = plan_leg(leg, held, spec, self._standing.state(), name)
        if isinstance(plan, Nothing):
            self._ledger.legs.put(with_stops_in_force(leg, held, spec))
            self._owed.need_nothing(leg.key, _nothing(plan))
            self._troubles.pop(leg.key, None)
            return False
        if isinstance(plan, ClosePosition):
            plan = self._fillings.with_filling(plan, spec)
        return self._act(leg, plan, name, spec)

    def _act(self, leg: Leg, plan: FollowOrder, name: str, spec: SymbolSpec) -> bool:
        decided_us = utc_us()
        quote = self._door.quote(leg.symbol)
        because = (leg.target.stamp, leg.target.journey)
        executed = self._executor.execute(plan, leg, name, because)
        times = Times(
            decided_us=decided_us, sent_us=executed.sent_us, answered_us=executed.answered_us
        )
        prices = prices_at_closing(None, leg, quote, spec, _fill_price(executed))
        figures = Figures(times=times, prices=prices)
        outcome = executed.outcome
        if not isinstance(outcome, Filled):
            self._ledger.keep(leg, executed.intent)
            return self._is_curable(plan, outcome, spec) or self._refused(leg, plan, outcome)
        after = _after_fill(leg, plan, outcome, spec)
        self._ledger.keep(self._with_closing(after, figures), executed.intent)
        self._troubles.pop(leg.key, None)
        if not after.live:
            self._unreckoned.add(leg.key)
        self._answer_filled(after, plan, outcome, figures)
        return after.live

    def _answer_filled(
        self, leg: Leg, plan: FollowOrder, outcome: Filled, figures: Figures
    ) -> None:
        if isinstance(plan, ModifyPosition):
            self._owed.modified(leg, figures)
        else:
            is_whole = outcome.volume >= plan.volume
            self._owed.filled(leg, outcome.volume, figures, is_whole=is_whole)

    def _with_closing(self, leg: Leg, figures: Figures) -> Leg:
        """A closed leg keeps the figures of its close, beside those of the event that asked it."""
        if leg.live:
            return leg
        closing = figures_of(self._owed.cause(leg.key), figures)
        return msgspec.structs.replace(leg, closing=closing, closed_at_ms=self._now_ms())

    def _is_curable(self, plan: FollowOrder, outcome: Rejected | Unknown, spec: SymbolSpec) -> bool:
        """The broker does not take this filling, and there is another."""
        if not isinstance(plan, ClosePosition) or not isinstance(outcome, Rejected):
            return False
        return outcome.retcode == Retcode.INVALID_FILL and self._fillings.refused(plan, spec)

    def _refused(self, leg: Leg, plan: FollowOrder, outcome: Rejected | Unknown) -> bool:
        """Never another order at once. 10036 proves nothing: the terminal may be another one."""
        gone = isinstance(outcome, Rejected) and outcome.gone
        if not (gone and self._ended_by_its_deals(leg)):
            self._failed(leg.key, _no_fill(outcome), plan)
        return False

    def _is_not_listed(self, leg: Leg) -> None:
        """Closed only if its own deals say so, or five looks where no deal is shown (law 1)."""
        if self._ended_by_its_deals(leg):
            return
        now_s = self._clock.now().monotonic_s
        absence = seen_absent(self._absences.get(leg.key), now_s)
        self._absences[leg.key] = absence
        if not looks_prove_closed(self._deals_of(leg), absence, now_s):
            self._failed(leg.key, _unknown("not listed, and no deal closed it"))
            return
        logger.error("gone_without_a_deal", extra={"leg": leg.key.text, "looks": absence.looks})
        self._unreckoned.add(leg.key)
        self._unproven.add(leg.key)
        self.ended(leg, ())

    def _ended_by_its_deals(self, leg: Leg) -> bool:
        deals = self._deals_of(leg)
        if isinstance(deals, Unknowable) or not deals_prove_closed(deals):
            return False
        self.ended(leg, deals)
        return True

    def ended(self, leg: Leg, deals: tuple[Deal, ...]) -> None:
        """It is proven closed, by whomever, and mostly by these deals."""
        closed = msgspec.structs.replace(
            leg,
            state=LegState.CLOSED,
            volume=ZERO,
            price_close=last_price(deals),
            net=sum((d.net for d in deals), ZERO),
            closed_at_ms=leg.closed_at_ms or self._now_ms(),
        )
        self._ledger.keep(closed)
        self._troubles.pop(leg.key, None)
        self._absences.pop(leg.key, None)
        self._owed.need_nothing(leg.key, CLOSED_HERE)

    def was_done(self, leg: Leg, found: FoundDone, asked: Decimal) -> None:
        """An order of ours whose end was not known had been executed: whoever waited has a copy."""
        self._owed.filled(leg, found.volume, None, is_whole=found.volume >= asked)

    def never_was(self, leg: Leg) -> None:
        """Its open was not found: whoever waits for the copy need wait no longer."""
        answer = Answer(kind=VerdictKind.NOTHING_TO_DO, reason=Reason.NEVER_COPIED)
        self._owed.need_nothing(leg.key, answer)

    def _failed(self, key: LegKey, answer: Answer, order: FollowOrder | None = None) -> None:
        """Tried again later, ever more slowly, and never given up."""
        trouble = self._troubles.setdefault(key, _Trouble())
        rest_s = min(FIRST_RETRY_S * 2.0**trouble.failures, LAST_RETRY_S)
        trouble.failures = min(trouble.failures + 1, 60)
        trouble.next_try_s = self._clock.now().monotonic_s + rest_s
        trouble.why = f"{answer.reason.value} {answer.detail}".strip()
        self._owed.failed(key, answer, order)

    def _now_ms(self) -> int:
        return self._clock.now().utc_ms


def _no_larger_than_known(leg: Leg, held: Position) -> Position:
    """A list may be older than the fill we were told of: what is gone is not sold again (law 4).

    A close of everything takes what the list shows: by ticket it cannot take too much.
    """
    if leg.target.closed or not ZERO < leg.volume < held.volume:
        return held
    return msgspec.structs.replace(held, volume=leg.volume)


def _unknown(why: str) -> Answer:
    return Answer(kind=VerdictKind.UNKNOWN, reason=Reason.OUTCOME_UNKNOWN, detail=why)


def _nothing(plan: Nothing) -> Answer:
    return Answer(kind=VerdictKind.NOTHING_TO_DO, reason=plan.reason, detail=plan.detail)


def _fill_price(executed: Executed) -> Decimal | None:
    outcome = executed.outcome
    return known_price(outcome.price) if isinstance(outcome, Filled) else None


def _no_fill(outcome: Rejected | Unknown) -> Answer:
    if isinstance(outcome, Unknown):
        return _unknown(f"{outcome.code} {outcome.comment}")
    return Answer(
        kind=VerdictKind.REJECTED,
        reason=Reason.BROKER_REJECTED if outcome.sent else Reason.NOT_SENT,
        detail=f"{outcome.retcode} {outcome.comment}",
        retcode=outcome.retcode,
    )


def _after_fill(leg: Leg, plan: FollowOrder, outcome: Filled, spec: SymbolSpec) -> Leg:
    """The leg after the broker did what was asked, or a part of it."""
    if isinstance(plan, ModifyPosition):
        return with_stops_sent(leg, plan, spec)
    volume = max(leg.volume - outcome.volume, ZERO)
    left = msgspec.structs.replace(leg, volume=volume, price_close=outcome.price)
    if plan.whole and outcome.volume >= plan.volume:
        return msgspec.structs.replace(left, state=LegState.CLOSED, volume=ZERO)
    return left
