"""Write the intent, check the terminal, send, check again (laws 4 and 8)."""

import logging
from decimal import Decimal
from typing import Generic, TypeVar, overload

import msgspec

from domain.book import Stamp
from domain.ids import JourneyId, Magic
from domain.legs import Intent, Leg
from domain.mt5_words import Retcode
from domain.orders import (
    CancelOrder,
    Command,
    ModifyOrder,
    ModifyPosition,
    OpenPosition,
    PendingCommand,
    PlaceOrder,
    PositionCommand,
)
from domain.outcomes import Cancelled, Filled, Outcome, PendingOutcome, Placed, Rejected, Unknown
from domain.reasons import Reason
from domain.records import JournalUnwritable
from nodes.guarding.login_watch import LoginWatch
from nodes.ports import Journal, TerminalDoor
from utils.clock import Clock, utc_us
from utils.randomness import token

logger = logging.getLogger(__name__)

NEVER_STALE_S = float("inf")
#: What was decided longer ago than this is thrown away, and decided again (law 10).
STALE_DECISION_S = 1.0


Said_co = TypeVar("Said_co", bound=Outcome | PendingOutcome, covariant=True)


class Carried(msgspec.Struct, Generic[Said_co], frozen=True, kw_only=True):
    """What became of an order. Times are UTC microseconds; 0 where it was not sent.

    `kept_back`: why we ourselves did not let it out.
    """

    intent: Intent
    outcome: Said_co
    kept_back: Reason = Reason.NONE
    sent_us: int = 0
    answered_us: int = 0


Executed = Carried[Outcome]
ExecutedPending = Carried[PendingOutcome]
AnyExecuted = Carried[Outcome | PendingOutcome]


class Executor:
    """The last hand before the broker."""

    def __init__(
        self, door: TerminalDoor, journal: Journal, clock: Clock, login: LoginWatch
    ) -> None:
        """Orders go through `door`, and only while `login` knows of no trouble."""
        self._door = door
        self._journal = journal
        self._clock = clock
        self._login = login

    @staticmethod
    def name_intent() -> str:
        """A name for the next order, which its mark is made from."""
        return token()

    @overload
    def execute(
        self,
        command: PositionCommand,
        leg: Leg,
        name: str,
        because: tuple[Stamp, JourneyId],
        good_until_s: float = NEVER_STALE_S,
    ) -> Executed: ...
    @overload
    def execute(
        self,
        command: PendingCommand,
        leg: Leg,
        name: str,
        because: tuple[Stamp, JourneyId],
        good_until_s: float = NEVER_STALE_S,
    ) -> ExecutedPending: ...
    def execute(
        self,
        command: Command,
        leg: Leg,
        name: str,
        because: tuple[Stamp, JourneyId],
        good_until_s: float = NEVER_STALE_S,
    ) -> AnyExecuted:
        """Journal the intent with the leg, then send; what the broker says comes back.

        A decision lasts until `good_until_s` on the monotonic clock (law 10).
        """
        intent = self._intent(command, leg, name, because)
        try:
            self._journal.write(leg, intent)
        except JournalUnwritable as error:
            if isinstance(command, OpenPosition | PlaceOrder):
                return _kept_back(intent, Reason.JOURNAL_UNWRITABLE, str(error))
            logger.exception("sent_without_journal", extra={"leg": leg.key.text})
        return self._send(command, intent, good_until_s)

    def _send(self, command: Command, intent: Intent, good_until_s: float) -> AnyExecuted:
        stranger = self._login.trouble()
        if stranger:
            return _kept_back(intent, Reason.NONE, stranger)
        # The last thing before the broker: the disk or the terminal may have taken its time.
        if self._clock.now().monotonic_s > good_until_s:
            return _kept_back(intent, Reason.LOOP_STALLED, "the decision had grown old")
        sent_us = utc_us()
        outcome = self._door.send(command)
        answered_us = utc_us()
        stranger = self._login.trouble()
        if stranger:
            outcome = _not_believed(outcome, stranger, is_ours=not self._login.suspended)
        return Carried(
            intent=_with_outcome(intent, outcome),
            outcome=outcome,
            sent_us=sent_us,
            answered_us=answered_us,
        )

    def _intent(
        self, command: Command, leg: Leg, name: str, because: tuple[Stamp, JourneyId]
    ) -> Intent:
        volume, magic = _volume_and_magic(command, leg)
        return Intent(
            intent=name,
            leg=command.leg,
            kind=type(command).__name__,
            volume=volume,
            volume_before=leg.volume,
            magic=magic,
            stamp=because[0],
            journey=because[1],
            written_at_ms=self._clock.now().utc_ms,
        )


def _volume_and_magic(command: Command, leg: Leg) -> tuple[Decimal, Magic]:
    if isinstance(command, ModifyPosition | ModifyOrder | CancelOrder):
        return leg.volume, leg.magic
    return command.volume, command.magic


def _not_believed(
    outcome: Outcome | PendingOutcome, stranger: str, *, is_ours: bool
) -> Rejected | Unknown:
    """What was said by nobody knows whose broker. What never left the terminal has no broker.

    Another account's order number would find a deal of ours that merely has the same.
    """
    if isinstance(outcome, Rejected) and not outcome.sent:
        return outcome
    code, said = _answer_of(outcome)
    order = 0 if isinstance(outcome, Rejected) else outcome.order
    numbered = f"order {order}; " if order else ""
    why = f"{said}; {numbered}after the order: {stranger}"
    return Unknown(code=code, comment=why, order=order if is_ours else 0)


def _answer_of(outcome: Outcome | PendingOutcome) -> tuple[int, str]:
    """The code and the words of an answer, whatever it was."""
    if isinstance(outcome, Filled):
        return Retcode.DONE_PARTIAL if outcome.in_part else Retcode.DONE, "executed"
    if isinstance(outcome, Placed | Cancelled):
        return Retcode.DONE, type(outcome).__name__.lower()
    return outcome.code if isinstance(outcome, Unknown) else outcome.retcode, outcome.comment


def _kept_back(intent: Intent, reason: Reason, why: str) -> Executed:
    refused = Rejected(retcode=0, comment=why, sent=False)
    return Executed(intent=_with_outcome(intent, refused), outcome=refused, kept_back=reason)


def _with_outcome(intent: Intent, outcome: Outcome | PendingOutcome) -> Intent:
    """An unknown outcome leaves the intent open, to be looked up."""
    if isinstance(outcome, Unknown):
        return msgspec.structs.replace(intent, detail=outcome.comment, order=outcome.order)
    if isinstance(outcome, Filled):
        return msgspec.structs.replace(intent, outcome="filled", order=outcome.order)
    if isinstance(outcome, Placed | Cancelled):
        said = type(outcome).__name__.lower()
        return msgspec.structs.replace(intent, outcome=said, order=outcome.order)
    return msgspec.structs.replace(
        intent, outcome="rejected", detail=f"{outcome.retcode} {outcome.comment}"
    )
