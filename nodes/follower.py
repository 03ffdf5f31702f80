"""Follows open copies: modifies, reduces and closes them until they are as the master's are.

Closing is a level, not an edge: what a fact did not achieve, the timer tries again.
"""

import logging
from decimal import Decimal

import msgspec

from decisions.evidence import deals_prove_closed, last_price
from decisions.planning import plan_leg, with_stops_confirmed, with_stops_sent
from decisions.settling import FoundDone
from domain.figures import Figures, Times
from domain.ids import LegKey
from domain.legs import Leg, LegState
from domain.market import Deal, Position, SymbolSpec, Unknowable
from domain.orders import ClosePosition, Command, ModifyPosition, Nothing
from domain.outcomes import Filled, Outcome, Rejected
from domain.reasons import Reason
from domain.verdicts import VerdictKind
from nodes.answering import Answer, known_price, prices_at_closing
from nodes.doubts import Doubts
from nodes.executor import Executed, Executor
from nodes.ledger import Ledger, Owed
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
#: One event can need two orders: a reduction and new stops.
ORDERS_AT_ONCE = 3


class _Trouble(msgspec.Struct, kw_only=True):
    """A leg whose last order failed."""

    failures: int = 0
    next_try_s: float = 0.0
    why: str = ""


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
        self._unreckoned: set[LegKey] = set()
        self.doubts = Doubts(ledger.legs, clock)

    def alarms(self) -> tuple[str, ...]:
        """Legs that could not be brought where they should be, several times in a row."""
        return tuple(
            f"{key.text}: {t.why}" for key, t in self._troubles.items() if t.failures >= ALARM_AFTER
        )

    def follow(self, key: LegKey) -> None:
        """Bring one leg where its master's position is; whoever waits for it is answered."""
        for _ in range(ORDERS_AT_ONCE):
            leg = self._ledger.legs.find(key)
            if leg is None or not leg.live or not self._step(leg):
                return

    def follow_all(self, positions: tuple[Position, ...]) -> None:
        """The timer's round: legs that differ from their target, or are no longer listed."""
        now_s = self._clock.now().monotonic_s
        listed = {p.identifier: p for p in positions}
        for live in self._ledger.legs.live():
            leg = self._confirmed(live, listed.get(live.identifier))
            trouble = self._troubles.get(leg.key)
            if trouble is not None and now_s < trouble.next_try_s:
                continue
            if leg.state is LegState.OPENING:
                continue
            if trouble is not None or self._needs_a_step(leg, listed):
                self.follow(leg.key)

    def reckon(self) -> None:
        """Book what our own closes realised, once the deals show it; never before an order."""
        for key in list(self._unreckoned):
            leg = self._ledger.legs.find(key)
            deals = () if leg is None else self._door.deals_of(leg.identifier)
            if leg is None or isinstance(deals, Unknowable) or not deals_prove_closed(deals):
                continue
            net = sum((d.net for d in deals), ZERO)
            price = last_price(deals)
            self._ledger.keep(msgspec.structs.replace(leg, net=net, price_close=price))
            self._unreckoned.discard(key)

    def _confirmed(self, leg: Leg, held: Position | None) -> Leg:
        """The first look at a new position shows which stops its broker took."""
        if leg.stops_confirmed or held is None or leg.target.closed:
            return leg
        confirmed = with_stops_confirmed(leg, held)
        self._ledger.keep(confirmed)
        return confirmed

    def _needs_a_step(self, leg: Leg, listed: dict[int, Position]) -> bool:
        held = listed.get(leg.identifier)
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
            self._failed(leg, _unknown(positions.why))
            return False
        held = next((p for p in positions if p.identifier == leg.identifier), None)
        if held is None:
            self._look_for_its_end(leg)
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
            self._failed(leg, _unknown(f"no contract of {leg.symbol}"))
            return False
        name = self._executor.name_intent()
        held = _no_larger_than_known(leg, held)
        leg = self._confirmed(leg, held)
        plan = plan_leg(leg, held, spec, self._standing.state(), name)
        if isinstance(plan, Nothing):
            self._answer_owed(leg, _nothing(plan), Times(), None)
            self._troubles.pop(leg.key, None)
            return False
        return self._act(leg, plan, name, spec)

    def _act(self, leg: Leg, plan: Command, name: str, spec: SymbolSpec) -> bool:
        decided_us = utc_us()
        quote = self._door.quote(leg.symbol)
        because = (leg.target.stamp, leg.target.journey)
        executed = self._executor.execute(plan, leg, name, because)
        times = Times(
            decided_us=decided_us, sent_us=executed.sent_us, answered_us=executed.answered_us
        )
        after, answer = _after(leg, plan, executed.outcome, spec)
        prices = prices_at_closing(ZERO, leg, quote, spec, _fill_price(executed))
        after = _with_closing(after, Figures(times=times, prices=prices), self._now_ms())
        self._ledger.keep(after, executed.intent)
        if not isinstance(executed.outcome, Filled):
            self._refused(after, executed.outcome, answer)
            return False
        self._troubles.pop(leg.key, None)
        if not after.live:
            self._unreckoned.add(leg.key)
        self._answer_owed(after, answer, times, Figures(times=times, prices=prices))
        return after.live

    def _refused(self, leg: Leg, outcome: Outcome, answer: Answer) -> None:
        if isinstance(outcome, Rejected) and outcome.gone:
            # 10036 alone proves nothing: the terminal may have been another one. Its deals tell.
            self._look_for_its_end(leg)
            return
        self._failed(leg, answer)

    def _look_for_its_end(self, leg: Leg) -> None:
        """Not listed: closed only if its own deals say so (law 1)."""
        deals = self._door.deals_of(leg.identifier)
        if isinstance(deals, Unknowable) or not deals_prove_closed(deals):
            self._failed(leg, _unknown("not listed, and no deal closed it"))
            return
        self.ended(leg, deals)

    def ended(self, leg: Leg, deals: tuple[Deal, ...]) -> None:
        """The deals prove it closed, by whomever."""
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
        answer = Answer(kind=VerdictKind.NOTHING_TO_DO, reason=Reason.ALREADY_CLOSED_HERE)
        self._answer_owed(closed, answer, Times(), None)

    def was_done(self, leg: Leg, found: FoundDone) -> None:
        """An order of ours whose end was not known had been executed: whoever waited has a copy."""
        answer = Answer(kind=VerdictKind.COPIED, volume=found.volume)
        self._answer_owed(leg, answer, Times(), None)

    def never_was(self, leg: Leg) -> None:
        """Its open was not found: whoever waits for the copy need wait no longer."""
        answer = Answer(kind=VerdictKind.NOTHING_TO_DO, reason=Reason.NEVER_COPIED)
        self._answer_owed(leg, answer, Times(), None)

    def _failed(self, leg: Leg, answer: Answer) -> None:
        """Tried again later, ever more slowly, and never given up."""
        trouble = self._troubles.setdefault(leg.key, _Trouble())
        rest_s = min(FIRST_RETRY_S * 2.0**trouble.failures, LAST_RETRY_S)
        trouble.failures = min(trouble.failures + 1, 60)
        trouble.next_try_s = self._clock.now().monotonic_s + rest_s
        trouble.why = f"{answer.reason.value} {answer.detail}".strip()
        waiting = self._ledger.owed(leg.key)
        for owed in waiting:
            self._ledger.answer(owed.fact, None, answer, Figures(times=_times(owed, Times())))
            self._ledger.owe(leg.key, owed)

    def _answer_owed(self, leg: Leg, answer: Answer, times: Times, figures: Figures | None) -> None:
        for owed in self._ledger.owed(leg.key):
            shown = Figures(times=_times(owed, times))
            if figures is not None:
                prices = msgspec.structs.replace(figures.prices, master=owed.fact.price)
                shown = msgspec.structs.replace(shown, prices=prices)
            self._ledger.answer(owed.fact, None, answer, shown)

    def _now_ms(self) -> int:
        return self._clock.now().utc_ms


def _no_larger_than_known(leg: Leg, held: Position) -> Position:
    """A list may be older than the fill we were told of: what is gone is not sold again (law 4).

    A close of everything takes what the list shows: by ticket it cannot take too much.
    """
    if leg.target.closed or not ZERO < leg.volume < held.volume:
        return held
    return msgspec.structs.replace(held, volume=leg.volume)


def _times(owed: Owed, times: Times) -> Times:
    """The order's times with the event's own in front."""
    return msgspec.structs.replace(
        times,
        seen_us=owed.fact.seen_at_us,
        published_us=owed.fact.published_at_us,
        received_us=owed.received_us,
    )


def _unknown(why: str) -> Answer:
    return Answer(kind=VerdictKind.UNKNOWN, reason=Reason.OUTCOME_UNKNOWN, detail=why)


def _nothing(plan: Nothing) -> Answer:
    return Answer(kind=VerdictKind.NOTHING_TO_DO, reason=plan.reason, detail=plan.detail)


def _fill_price(executed: Executed) -> Decimal | None:
    outcome = executed.outcome
    return known_price(outcome.price) if isinstance(outcome, Filled) else None


def _with_closing(leg: Leg, figures: Figures, now_ms: int) -> Leg:
    if leg.state is not LegState.CLOSED:
        return leg
    return msgspec.structs.replace(leg, closing=figures, closed_at_ms=now_ms)


def _after(leg: Leg, plan: Command, outcome: Outcome, spec: SymbolSpec) -> tuple[Leg, Answer]:
    """The leg and the answer after the broker has spoken."""
    if isinstance(outcome, Filled):
        return _after_fill(leg, plan, outcome, spec)
    if isinstance(outcome, Rejected):
        reason = Reason.BROKER_REJECTED if outcome.sent else Reason.NOT_SENT
        detail = f"{outcome.retcode} {outcome.comment}"
        return leg, Answer(
            kind=VerdictKind.REJECTED, reason=reason, detail=detail, retcode=outcome.retcode
        )
    detail = f"{outcome.code} {outcome.comment}"
    return leg, Answer(kind=VerdictKind.UNKNOWN, reason=Reason.OUTCOME_UNKNOWN, detail=detail)


def _after_fill(leg: Leg, plan: Command, outcome: Filled, spec: SymbolSpec) -> tuple[Leg, Answer]:
    if isinstance(plan, ModifyPosition):
        return with_stops_sent(leg, plan, spec), Answer(kind=VerdictKind.COPIED)
    volume = leg.volume - outcome.volume
    left = msgspec.structs.replace(leg, volume=max(volume, ZERO), price_close=outcome.price)
    if isinstance(plan, ClosePosition) and plan.whole and outcome.volume >= plan.volume:
        closed = msgspec.structs.replace(left, state=LegState.CLOSED, volume=ZERO)
        return closed, Answer(kind=VerdictKind.COPIED, volume=outcome.volume)
    kind = VerdictKind.PARTIAL if outcome.in_part else VerdictKind.COPIED
    reason = Reason.FILLED_IN_PART if outcome.in_part else Reason.NONE
    return left, Answer(kind=kind, reason=reason, volume=outcome.volume)
