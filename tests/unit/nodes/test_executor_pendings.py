"""Orders that wait, through the last hand before the broker."""

from typing import Any

import pytest

from domain.book import Stamp
from domain.ids import JourneyId, SlaveTicket
from domain.legs import Intent
from domain.market import Fate, Identity, Lifetime, OrderFate
from domain.orders import PendingCommand
from domain.outcomes import Cancelled, Placed, Rejected, Unknown
from domain.reasons import Reason
from nodes.executor import Carried, Executor
from nodes.guarding.login_watch import LoginWatch
from tests.builders import SLAVE_AT, a_leg
from tests.fakes import FakeClock, FakeDoor, FakeJournal
from tests.unit.terminal.doors import a_cancel, a_change, a_placing

BECAUSE = (Stamp(1, 1), JourneyId("j"))


class Hand:
    def __init__(self) -> None:
        self.door = FakeDoor(SLAVE_AT, FakeClock())
        self.journal = FakeJournal()
        login = LoginWatch(self.door, SLAVE_AT)
        self.executor = Executor(self.door, self.journal, self.door.clock, login)
        self.ticket = SlaveTicket(self.door.pend("1275.00", "0.50"))

    def execute(self, command: PendingCommand) -> Carried[Any]:
        return self.executor.execute(command, a_leg(), "i1", BECAUSE)

    def about_it(self, kind: str) -> PendingCommand:
        changes = {"ticket": self.ticket}
        return a_change(**changes) if kind == "modify" else a_cancel(**changes)


def test_law_4_a_placing_is_written_down_before_it_goes_out() -> None:
    hand = Hand()
    executed = hand.execute(a_placing(lifetime=Lifetime()))
    (written,) = hand.journal.of(Intent)
    assert (written.kind, written.volume, written.outcome) == ("PlaceOrder", a_placing().volume, "")
    assert written.magic == a_placing().magic
    assert isinstance(executed.outcome, Placed)
    assert (executed.intent.outcome, executed.intent.order) == ("placed", executed.outcome.order)


@pytest.mark.parametrize(("kind", "said"), [("modify", "placed"), ("cancel", "cancelled")])
def test_what_is_done_to_an_order_stands_in_the_intent_with_its_number(
    kind: str, said: str
) -> None:
    hand = Hand()
    executed = hand.execute(hand.about_it(kind))
    assert (executed.intent.outcome, executed.intent.order) == (said, hand.ticket)
    assert (executed.intent.volume, executed.intent.magic) == (a_leg().volume, a_leg().magic)


def test_law_4_without_a_journal_nothing_is_placed_and_a_cancel_goes_out() -> None:
    hand = Hand()
    hand.journal.full = True
    placing = hand.execute(a_placing())
    assert isinstance(placing.outcome, Rejected)
    assert (placing.kept_back, placing.outcome.sent) == (Reason.JOURNAL_UNWRITABLE, False)
    assert hand.door.placings == []
    assert hand.execute(hand.about_it("cancel")).outcome == Cancelled(order=hand.ticket)
    assert hand.door.order_of(hand.ticket) == OrderFate(
        ticket=hand.ticket,
        fate=Fate.CANCELLED,
        left=a_placing().volume,
        done_server_ms=hand.door.server_ms(),
    )


@pytest.mark.parametrize("kind", ["place", "modify", "cancel"])
def test_law_8_what_another_account_answered_is_not_believed(kind: str) -> None:
    hand = Hand()
    command = a_placing() if kind == "place" else hand.about_it(kind)

    def then_elsewhere(door: FakeDoor, command: Any) -> Any:
        outcome = door.execute(command)
        door.at = Identity(666, "Other")
        return outcome

    hand.door.answers = [then_elsewhere]
    executed = hand.execute(command)
    assert isinstance(executed.outcome, Unknown)
    assert "666 at Other" in executed.outcome.comment
    assert (executed.outcome.order, executed.intent.outcome) == (0, "")
