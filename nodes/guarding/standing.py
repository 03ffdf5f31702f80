"""What an account may do right now: the stored latch and the holds, with every move journaled."""

import logging

from decisions.trading_state import in_force, ordered, tightened
from domain.ids import NodeName
from domain.policies import Hold, Latch, TradingState
from domain.records import JournalUnwritable, LatchChange
from nodes.ports import Journal

logger = logging.getLogger(__name__)


class Standing:
    """The kill switch of one account."""

    def __init__(self, account: NodeName, latch: Latch, journal: Journal) -> None:
        """Start from the latch that survived."""
        self._account = account
        self._journal = journal
        self.latch = latch
        self._holds: set[Hold] = set()
        self._unwritten: list[LatchChange] = []

    def hold(self, hold: Hold, *, on: bool) -> None:
        """A cause has come, or gone."""
        if on == (hold in self._holds):
            return
        logger.warning("hold", extra={"hold": hold.value, "on": on})
        (self._holds.add if on else self._holds.discard)(hold)

    def holds(self) -> frozenset[Hold]:
        """The holds towards every master."""
        return frozenset(self._holds)

    def holds_towards(self, *, confirmed: bool) -> frozenset[Hold]:
        """The holds towards one master, whose book is confirmed or is not."""
        return self.holds() if confirmed else self.holds() | {Hold.BOOK_UNCONFIRMED}

    def state(self) -> TradingState:
        """What is in force."""
        return in_force(self.latch, self._holds)

    def tighten(self, state: TradingState, reason: str, by: str, at_ms: int) -> None:
        """A machine's word."""
        self._move(tightened(self.latch, state, reason, by, at_ms))

    def order(self, state: TradingState, reason: str, by: str, at_ms: int) -> None:
        """An operator's word."""
        self._move(ordered(self.latch, state, reason, by, at_ms))

    def take_over(self, latch: Latch) -> None:
        """What the database knows, where it outranks ours."""
        self._move(latch)

    def _move(self, after: Latch) -> None:
        before = self.latch
        if after == before:
            return
        self.latch = after
        logger.warning(
            "latch_moved",
            extra={"from": before.state.value, "to": after.state.value, "why": after.reason},
        )
        self._unwritten.append(LatchChange(account=self._account, before=before, after=after))
        self.is_stored()

    def is_stored(self) -> bool:
        """Every move stands in the journal; what it did not take is tried again by asking."""
        if not self._unwritten:
            return True
        try:
            self._journal.write(*self._unwritten)
        except JournalUnwritable:
            # In force all the same: a guard does not wait for a disk.
            logger.exception("latch_not_journaled")
            return False
        self._unwritten = []
        return True
