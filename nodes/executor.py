"""Write the intent, check the terminal, send, check again (laws 4 and 8)."""

import logging
from decimal import Decimal

import msgspec

from domain.book import Stamp
from domain.ids import JourneyId, Magic
from domain.legs import Intent, Leg
from domain.market import Identity, Unknowable
from domain.orders import Command, ModifyPosition, OpenPosition
from domain.outcomes import Filled, Outcome, Rejected, Unknown
from domain.records import JournalUnwritable
from nodes.ports import Journal, TerminalDoor
from utils.clock import Clock, utc_us
from utils.randomness import token

logger = logging.getLogger(__name__)


class Executed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an order. Times are UTC microseconds; 0 where it was not sent."""

    intent: Intent
    outcome: Outcome
    sent_us: int = 0
    answered_us: int = 0


class Executor:
    """The last hand before the broker."""

    def __init__(
        self, door: TerminalDoor, journal: Journal, clock: Clock, expected: Identity
    ) -> None:
        """Orders go through `door`, and only while it is logged in as `expected`."""
        self._door = door
        self._journal = journal
        self._clock = clock
        self._expected = expected
        #: Set while a wrong login was seen not long ago: nothing is sent.
        self.suspended = False

    @staticmethod
    def name_intent() -> str:
        """A name for the next order, which its mark is made from."""
        return token()

    def execute(
        self, command: Command, leg: Leg, name: str, because: tuple[Stamp, JourneyId]
    ) -> Executed:
        """Journal the intent with the leg, then send; what the broker says comes back."""
        intent = self._intent(command, leg, name, because)
        try:
            self._journal.write(leg, intent)
        except JournalUnwritable as error:
            if isinstance(command, OpenPosition):
                refused = Rejected(retcode=0, comment=str(error), sent=False)
                return Executed(intent=_with_outcome(intent, refused), outcome=refused)
            logger.exception("sent_without_journal", extra={"leg": leg.key.text})
        return self._send(command, intent)

    def is_right_terminal(self) -> bool:
        """The terminal is logged in to the account of this node's document."""
        return self._door.identity() == self._expected

    def _send(self, command: Command, intent: Intent) -> Executed:
        stranger = self._stranger()
        if stranger:
            refused = Rejected(retcode=0, comment=stranger, sent=False)
            return Executed(intent=_with_outcome(intent, refused), outcome=refused)
        sent_us = utc_us()
        outcome = self._door.send(command)
        answered_us = utc_us()
        stranger = self._stranger()
        if stranger:
            outcome = Unknown(code=0, comment=f"after the order: {stranger}")
        return Executed(
            intent=_with_outcome(intent, outcome),
            outcome=outcome,
            sent_us=sent_us,
            answered_us=answered_us,
        )

    def _stranger(self) -> str:
        """Why the terminal is not the right one; empty when it is."""
        if self.suspended:
            return "a wrong login was seen; waiting for good looks"
        identity = self._door.identity()
        if isinstance(identity, Unknowable):
            return identity.why
        if identity != self._expected:
            return f"the terminal is logged in to {identity.login} at {identity.server}"
        return ""

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
    if isinstance(command, ModifyPosition):
        return leg.volume, leg.magic
    return command.volume, command.magic


def _with_outcome(intent: Intent, outcome: Outcome) -> Intent:
    """An unknown outcome leaves the intent open, to be looked up."""
    if isinstance(outcome, Unknown):
        return msgspec.structs.replace(intent, detail=outcome.comment, order=outcome.order)
    if isinstance(outcome, Filled):
        return msgspec.structs.replace(intent, outcome="filled", order=outcome.order)
    return msgspec.structs.replace(
        intent, outcome="rejected", detail=f"{outcome.retcode} {outcome.comment}"
    )
