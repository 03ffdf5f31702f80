"""The kill switch of one account: moved, journaled, and in force whatever the disk says."""

import pytest

from domain.policies import Hold, Latch, TradingState
from domain.records import LatchChange
from nodes.guarding.standing import Standing
from tests.builders import SLAVE
from tests.fakes import FakeJournal

ACTIVE, REDUCING, HALTED = TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED


@pytest.fixture
def journal() -> FakeJournal:
    return FakeJournal()


@pytest.fixture
def standing(journal: FakeJournal) -> Standing:
    return Standing(SLAVE, Latch(), journal)


def test_every_move_is_journaled_with_where_it_came_from(
    standing: Standing, journal: FakeJournal
) -> None:
    standing.tighten(HALTED, "daily loss", "daily_loss", 5)
    standing.order(ACTIVE, "seen to", "operator", 6)
    moves = [(c.before.state, c.after.state, c.after.by) for c in journal.of(LatchChange)]
    assert moves == [(ACTIVE, HALTED, "daily_loss"), (HALTED, ACTIVE, "operator")]
    assert journal.latch() == standing.latch


def test_what_changes_nothing_is_not_journaled(standing: Standing, journal: FakeJournal) -> None:
    standing.tighten(ACTIVE, "x", "y", 5)
    standing.take_over(Latch())
    assert journal.written == []


def test_law_6_a_latch_is_in_force_though_it_cannot_be_journaled(
    standing: Standing, journal: FakeJournal
) -> None:
    journal.full = True
    standing.tighten(HALTED, "daily loss", "daily_loss", 5)
    assert standing.state() is HALTED
    assert not standing.is_stored()
    journal.full = False
    assert standing.is_stored()
    assert journal.latch() == standing.latch


def test_a_hold_acts_as_reducing_and_ends_with_its_cause(standing: Standing) -> None:
    standing.hold(Hold.SUPERVISOR_LOST, on=True)
    standing.hold(Hold.SUPERVISOR_LOST, on=True)
    assert standing.state() is REDUCING
    standing.hold(Hold.SUPERVISOR_LOST, on=False)
    standing.hold(Hold.SUPERVISOR_LOST, on=False)
    assert standing.state() is ACTIVE


def test_one_hold_gone_does_not_end_another(standing: Standing) -> None:
    standing.hold(Hold.SUPERVISOR_LOST, on=True)
    standing.hold(Hold.DRAINING, on=True)
    standing.hold(Hold.DRAINING, on=False)
    assert standing.state() is REDUCING


def test_a_book_that_is_not_confirmed_holds_towards_its_master_only(standing: Standing) -> None:
    assert standing.holds_towards(confirmed=False) == {Hold.BOOK_UNCONFIRMED}
    assert standing.holds_towards(confirmed=True) == frozenset()
    assert standing.state() is ACTIVE


def test_what_the_database_knows_better_is_taken_over(standing: Standing) -> None:
    standing.take_over(Latch(state=HALTED, counter=4))
    assert standing.state() is HALTED
