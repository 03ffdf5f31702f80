"""Carries out one repair of one leg: the order or the bookkeeping, and the answers it brings."""

import logging
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from decisions.evidence import deals_prove_closed
from decisions.planning import (
    aimed_as,
    is_looser,
    with_stops_out,
    with_stops_sent,
)
from decisions.repairing_orders import as_changed
from decisions.repairs import (
    Adopted,
    Ask,
    AskMaster,
    Done,
    Ended,
    FollowOrder,
    Found,
    GivenUp,
    Grown,
    Noted,
    Repair,
    Retarget,
    Send,
    SendPending,
    Settled,
    Shown,
    Wait,
    Withdrawn,
)
from decisions.taking_up import ended_by
from domain.figures import Figures, Times
from domain.ids import LegKey
from domain.legs import Leg, LegState
from domain.market import Deal, SymbolSpec, Unknowable
from domain.mt5_words import Retcode
from domain.orders import ClosePosition, Command, ModifyPosition, Nothing
from domain.outcomes import Filled, Placed, Rejected, Unknown
from domain.reasons import Reason
from domain.verdicts import VerdictKind
from nodes.bookkeeping.answering import (
    ENTRY_WAITS,
    Answer,
    known_price,
    opened_in_parts,
    opened_so_far,
    prices_at_closing,
)
from nodes.bookkeeping.ledger import Ledger
from nodes.bookkeeping.owed_answers import CLOSED_HERE, OwedAnswers, figures_of
from nodes.executor import NEVER_STALE_S, STALE_DECISION_S, Executed, Executor
from nodes.ports import TerminalDoor
from nodes.repairing.doubts import Doubts
from nodes.repairing.fillings import RefusedFillings
from nodes.repairing.looking import Round
from nodes.repairing.modify_budget import ModifyBudget
from nodes.repairing.reckoning import Reckoner
from nodes.repairing.troubles import Troubles
from utils.clock import Clock, utc_us

logger = logging.getLogger(__name__)

ZERO = Decimal(0)


class RepairWork:
    """`do` says whether the leg is to be looked at once more."""

    def __init__(
        self, door: TerminalDoor, executor: Executor, ledger: Ledger, clock: Clock
    ) -> None:
        """Act through `executor`, remember in `ledger`."""
        self._door = door
        self._executor = executor
        self._ledger = ledger
        self._clock = clock
        self._owed = OwedAnswers(ledger)
        self._fillings = RefusedFillings()
        #: Legs whose last decision had grown old: the next goes out however long it takes.
        self._too_slow: set[LegKey] = set()
        self._how: Mapping[type[Repair], Callable[[Leg, Any, Round], bool]] = {
            Ask: self._ask,
            Retarget: self._keep,
            Shown: self._keep,
            Grown: self._grow,
            Adopted: self._adopt,
            Ended: self._end,
            GivenUp: self._give_up,
            Done: self._was_done,
            Noted: self._note,
            Send: self._send,
            SendPending: self._send_pending,
            Found: self._found,
            Withdrawn: self._withdraw,
            AskMaster: self._ask_master,
            Wait: self._wait,
            Settled: self._settle,
        }
        self.troubles = Troubles(clock)
        self.budget = ModifyBudget(clock)
        self.reckoner = Reckoner(door, ledger, clock)
        self.doubts = Doubts(ledger.legs, clock)

    def do(self, leg: Leg, repair: Repair, round_: Round) -> bool:
        """Carry it out."""
        return self._how[type(repair)](leg, repair, round_)

    def failed(
        self,
        key: LegKey,
        answer: Answer,
        order: Command | None = None,
        *,
        is_ours: bool = False,
    ) -> None:
        """Tried again later, ever more slowly, and never given up."""
        why = f"{answer.reason.value} {answer.detail}".strip()
        self.troubles.failed(key, why, is_ours=is_ours)
        self._owed.failed(key, answer, order)

    def ended_elsewhere(self, key: LegKey) -> None:
        """The leg is closed already, and nothing is left to be sent for it."""
        self.troubles.over(key)
        self._owed.need_nothing(key, CLOSED_HERE)

    def _ask(self, leg: Leg, ask: Ask, round_: Round) -> bool:
        silent = round_.ask(leg, ask.wanted)
        if silent is not None and ask.why:
            self.failed(leg.key, unknown(f"{ask.why}, and its deals cannot be read: {silent.why}"))
        return silent is None

    def _keep(self, leg: Leg, found: Retarget | Shown, _: Round) -> bool:
        self._ledger.keep(found.leg)
        if isinstance(found, Retarget):
            self.doubts.clear(leg.key)
        return True

    def _grow(self, leg: Leg, grown: Grown, _: Round) -> bool:
        volume = f"{grown.leg.filled_volume:f}"
        logger.warning("filled_late", extra={"leg": leg.key.text, "volume": volume})
        self._ledger.keep(grown.leg)
        self._supersede(grown.leg, opened_so_far(grown.leg))
        return True

    def _adopt(self, leg: Leg, adopted: Adopted, _: Round) -> bool:
        if not adopted.was_live:
            logger.warning("late_position", extra={"leg": leg.key.text, "was": leg.state.value})
        self._ledger.keep(adopted.leg, adopted.intent)
        if not adopted.was_live and not leg.target.closed:
            # Nobody told this slave of its master's position while it had no copy.
            self.doubts.doubt(adopted.leg)
        self._supersede(adopted.leg, opened_so_far(adopted.leg))
        return True

    def _end(self, leg: Leg, ended: Ended, _: Round) -> bool:
        if not ended.proven:
            logger.error("gone_without_a_deal", extra={"leg": leg.key.text})
        if not ended.leg.net:
            self.reckoner.await_result(leg.key, proven=ended.proven)
        self._ledger.keep(ended.leg, ended.intent)
        if ended.was_unknown:
            filled = ended.leg.filled_volume
            self._supersede(ended.leg, Answer(kind=VerdictKind.COPIED, volume=filled))
        self.ended_elsewhere(leg.key)
        return False

    def _give_up(self, leg: Leg, given_up: GivenUp, _: Round) -> bool:
        self._ledger.keep(given_up.leg, given_up.intent)
        missed = Answer(kind=VerdictKind.MISSED, reason=Reason.NEVER_ANSWERED)
        self._supersede(given_up.leg, missed)
        never = Answer(kind=VerdictKind.NOTHING_TO_DO, reason=Reason.NEVER_COPIED)
        self._owed.need_nothing(leg.key, never)
        return True

    def _was_done(self, _: Leg, done: Done, round_: Round) -> bool:
        """An order of ours whose end was not known had been executed: whoever waited has a copy."""
        self._ledger.keep(done.leg, done.intent)
        is_more_due = done.leg.is_to_end and done.leg.volume > ZERO
        is_whole = done.volume >= done.intent.volume and not is_more_due
        self._owed.filled(done.leg, done.volume, None, is_whole=is_whole)
        round_.forget()
        return True

    def _found(self, _: Leg, found: Found, __: Round) -> bool:
        """The order that nobody could answer for waits at the broker: it was copied."""
        self._ledger.keep(found.leg, found.intent)
        copied = Answer(kind=VerdictKind.COPIED, volume=found.leg.wanted_volume)
        self._supersede(found.leg, ENTRY_WAITS if found.leg.late_until_ms else copied)
        return True

    def _withdraw(self, leg: Leg, withdrawn: Withdrawn, _: Round) -> bool:
        self._ledger.keep(withdrawn.leg)
        self.troubles.over(leg.key)
        reason = withdrawn.leg.reason
        if leg.late_until_ms:
            why = Reason.CLOSED_MEANWHILE if reason is Reason.NONE else reason
            self._supersede(withdrawn.leg, Answer(kind=VerdictKind.MISSED, reason=why))
        if reason is Reason.NONE:
            self._owed.withdrawn(leg.key)
            return False
        logger.warning("order_withdrawn", extra={"leg": leg.key.text, "why": reason.value})
        self._owed.need_nothing(leg.key, Answer(kind=VerdictKind.NOTHING_TO_DO, reason=reason))
        return False

    def _note(self, leg: Leg, noted: Noted, _: Round) -> bool:
        self._ledger.keep(leg, noted.intent)
        return True

    def _ask_master(self, leg: Leg, _: AskMaster, __: Round) -> bool:
        self.doubts.doubt(leg)
        return False

    def _wait(self, leg: Leg, wait: Wait, _: Round) -> bool:
        if wait.why:
            self.failed(leg.key, unknown(wait.why))
        return False

    def _settle(self, leg: Leg, settled: Settled, _: Round) -> bool:
        self._ledger.legs.put(settled.leg)
        self._owed.need_nothing(leg.key, _nothing(settled.why))
        self.troubles.over(leg.key)
        return False

    def _send(self, leg: Leg, send: Send, round_: Round) -> bool:
        spec = self._door.spec(leg.symbol)
        if not isinstance(spec, SymbolSpec):
            self.failed(leg.key, unknown(f"no contract of {leg.symbol}"))
            return False
        order = send.order
        if isinstance(order, ModifyPosition) and not self._may_modify(leg, order):
            return False
        if isinstance(order, ClosePosition):
            order = self._fillings.with_filling(order, spec)
        send = msgspec.structs.replace(send, order=order)
        goes_on = self._act(leg, send, spec, round_)
        round_.forget()
        return goes_on

    def _send_pending(self, leg: Leg, send: SendPending, round_: Round) -> bool:
        """Change or withdraw an order that waits; what became of it the next look tells."""
        order, decided_us = send.order, utc_us()
        because = (leg.target.stamp, leg.target.journey)
        executed = self._executor.execute(order, leg, send.name, because)
        round_.forget()
        outcome = executed.outcome
        if isinstance(outcome, Placed):
            leg = as_changed(leg, order)
        self._ledger.keep(leg, executed.intent)
        if isinstance(outcome, Rejected | Unknown):
            # Gone says the broker: what became of it its records tell.
            self.failed(leg.key, _no_fill(outcome), order)
            return isinstance(outcome, Rejected) and outcome.gone
        self.troubles.over(leg.key)
        times = Times(
            decided_us=decided_us, sent_us=executed.sent_us, answered_us=executed.answered_us
        )
        if isinstance(outcome, Placed):
            self._owed.modified(leg, Figures(times=times))
        return True

    def _may_modify(self, leg: Leg, order: ModifyPosition) -> bool:
        """Not too often, whatever is wanted; and when the day's are spent, only tighter stops."""
        if self.budget.is_too_soon(leg.key):
            return False
        is_tighter = order.sl != leg.sl_sent and not is_looser(leg.side, leg.sl_sent, order.sl)
        if self.budget.is_spent() and not is_tighter:
            answer = Answer(kind=VerdictKind.NOTHING_TO_DO, reason=Reason.MODIFY_BUDGET)
            self._owed.need_nothing(leg.key, answer)
            return False
        self.budget.spend(leg.key)
        return True

    def _act(self, leg: Leg, send: Send, spec: SymbolSpec, round_: Round) -> bool:
        order, decided_us = send.order, utc_us()
        quote = self._door.quote(leg.symbol)
        because = (leg.target.stamp, leg.target.journey)
        good_until_s = self._good_until_s(leg.key, send, round_)
        asked = with_stops_out(leg, order) if isinstance(order, ModifyPosition) else leg
        executed = self._executor.execute(order, asked, send.name, because, good_until_s)
        if executed.kept_back is Reason.LOOP_STALLED:
            return self._decide_again(leg, order, executed)
        times = Times(
            decided_us=decided_us, sent_us=executed.sent_us, answered_us=executed.answered_us
        )
        prices = prices_at_closing(None, leg, quote, spec, _fill_price(executed))
        figures = Figures(times=times, prices=prices)
        outcome = executed.outcome
        if isinstance(outcome, Unknown):
            leg = asked
        if not isinstance(outcome, Filled):
            self._ledger.keep(leg, executed.intent)
            return self._is_curable(order, outcome, spec) or self._refused(
                leg, order, outcome, round_
            )
        after = _after_fill(leg, send, outcome, spec)
        self._ledger.keep(self._with_closing(after, figures), executed.intent)
        self.troubles.over(leg.key)
        if not after.live:
            self.budget.forget(leg.key)
            self.reckoner.await_result(leg.key, proven=True)
        self._answer_filled(after, order, outcome, figures)
        return after.live

    def _good_until_s(self, key: LegKey, send: Send, round_: Round) -> float:
        """A terminal that is always too slow may delay a close by one look, and never end it."""
        if send.keeps or key in self._too_slow:
            self._too_slow.discard(key)
            return NEVER_STALE_S
        return round_.looked_at_s + STALE_DECISION_S

    def _decide_again(self, leg: Leg, order: FollowOrder, executed: Executed) -> bool:
        """We were stopped, or the machine slept: nobody knows what was done to it meanwhile."""
        logger.warning("decision_had_grown_old", extra={"leg": leg.key.text})
        self._ledger.keep(leg, executed.intent)
        self._too_slow.add(leg.key)
        if isinstance(order, ModifyPosition):
            self.budget.take_back(leg.key)
        return True

    def _answer_filled(
        self, leg: Leg, order: FollowOrder, outcome: Filled, figures: Figures
    ) -> None:
        if isinstance(order, ModifyPosition):
            self._owed.modified(leg, figures, order.note)
        else:
            is_whole = outcome.volume >= order.volume and not order.more
            self._owed.filled(leg, outcome.volume, figures, is_whole=is_whole)

    def _with_closing(self, leg: Leg, figures: Figures) -> Leg:
        """A closed leg keeps the figures of its close, beside those of the event that asked it."""
        if leg.live:
            return leg
        closing = figures_of(self._owed.cause(leg.key), figures)
        closed_at_ms = self._clock.now().utc_ms
        return msgspec.structs.replace(leg, closing=closing, closed_at_ms=closed_at_ms)

    def _is_curable(
        self, order: FollowOrder, outcome: Rejected | Unknown, spec: SymbolSpec
    ) -> bool:
        """The broker does not take this filling, and there is another."""
        if not isinstance(order, ClosePosition) or not isinstance(outcome, Rejected):
            return False
        return outcome.retcode == Retcode.INVALID_FILL and self._fillings.refused(order, spec)

    def _refused(
        self, leg: Leg, order: FollowOrder, outcome: Rejected | Unknown, round_: Round
    ) -> bool:
        """Never another order at once. 10036 proves nothing: the terminal may be another one."""
        deals = self._deals_after_all(leg) if isinstance(outcome, Rejected) and outcome.gone else ()
        if not deals_prove_closed(deals):
            self.failed(leg.key, _no_fill(outcome), order)
            return False
        now_ms = self._clock.now().utc_ms
        return self._end(leg, Ended(leg=ended_by(leg, deals, now_ms)), round_)

    def _deals_after_all(self, leg: Leg) -> tuple[Deal, ...]:
        deals = self._door.deals_of(leg.identifier)
        return () if isinstance(deals, Unknowable) else deals

    def _supersede(self, leg: Leg, answer: Answer) -> None:
        """The open's verdict, in place of the one it had; of a copy in parts, for all of them."""
        if leg.copy_volume:
            of_all = opened_in_parts(self._ledger.legs.parts_of(leg.key))
            if of_all is None:
                return
            answer = of_all
        self._ledger.supersede(leg, answer, leg.opening or Figures())


def unknown(why: str) -> Answer:
    """Nobody can say yet, and this is known of it."""
    return Answer(kind=VerdictKind.UNKNOWN, reason=Reason.OUTCOME_UNKNOWN, detail=why)


def _nothing(why: Nothing) -> Answer:
    return Answer(kind=VerdictKind.NOTHING_TO_DO, reason=why.reason, detail=why.detail)


def _fill_price(executed: Executed) -> Decimal | None:
    outcome = executed.outcome
    return known_price(outcome.price) if isinstance(outcome, Filled) else None


def _no_fill(outcome: Rejected | Unknown) -> Answer:
    if isinstance(outcome, Unknown):
        return unknown(f"{outcome.code} {outcome.comment}")
    return Answer(
        kind=VerdictKind.REJECTED,
        reason=Reason.BROKER_REJECTED if outcome.sent else Reason.NOT_SENT,
        detail=f"{outcome.retcode} {outcome.comment}",
        retcode=outcome.retcode,
    )


def _after_fill(leg: Leg, send: Send, outcome: Filled, spec: SymbolSpec) -> Leg:
    """The leg after the broker did what was asked, or a part of it."""
    order = send.order
    if isinstance(order, ModifyPosition):
        after = with_stops_sent(send.aimed, order, spec)
        return aimed_as(leg, after)
    volume = max(leg.volume - outcome.volume, ZERO)
    left = msgspec.structs.replace(leg, volume=volume, price_close=outcome.price)
    if order.whole and outcome.volume >= order.volume and _is_all(leg, send, order):
        return msgspec.structs.replace(left, state=LegState.CLOSED, volume=ZERO)
    return left


def _is_all(leg: Leg, send: Send, order: ClosePosition) -> bool:
    """Of a shared position a close takes what was left of the leg, and more may be left by now.

    Where somebody has given back what he took off meanwhile; the next look tells.
    """
    return send.keeps or leg.volume <= order.volume
