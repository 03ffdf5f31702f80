"""Two swarms, each with a database of its own, on one account that neither knows to be shared."""

import pytest

from tests.fakes import FakeJournal
from tests.unit.nodes.teller import Teller


def the_other_swarm(first: Teller) -> Teller:
    """Its slave trades on the same account, for a master whose positions have the same numbers."""
    second = Teller()
    second.slave.swarm = "another swarm"
    second.slave.door = first.slave.door
    second.slave.start()
    second.turn(8)
    return second


@pytest.mark.history(2)
def test_law_4_of_two_swarms_neither_touches_the_others_copies() -> None:
    """History 2: where no lease could tell them apart, the marks of their orders do."""
    first = Teller()
    second = the_other_swarm(first)
    mine, theirs = first.copies(), second.copies()
    held = first.slave.door.held
    assert set(held) == {mine, theirs}

    second.slave.journal = FakeJournal()
    second.slave.start()
    second.turn(20, seconds=1)
    first.say(first.closes())
    first.turn(20, seconds=1)
    assert set(held) == {theirs}
    second.say(second.closes())
    second.turn(20, seconds=1)
    assert set(held) == set()
    assert len(first.slave.door.closes) == 2
