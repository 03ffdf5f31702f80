"""The kill switch: design.md section 2, row by row, and who may move it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.trading_state import (
    LOGIN_WATCH,
    PERMITS,
    Permits,
    in_force,
    ordered,
    stricter_of,
    tightened,
    why_not_open,
)
from domain.policies import STRICTNESS, Hold, Latch, TradingState
from domain.reasons import Reason

ACTIVE, REDUCING, HALTED = TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED
states = st.sampled_from(TradingState)
latches = st.builds(Latch, state=states, counter=st.integers(0, 4))
holds = st.sets(st.sampled_from(Hold))


@pytest.mark.parametrize(
    ("state", "opens", "target_changes", "looser_stops"),
    [
        pytest.param(ACTIVE, True, True, True, id="ACTIVE"),
        pytest.param(REDUCING, False, True, False, id="REDUCING"),
        pytest.param(HALTED, False, False, False, id="HALTED"),
    ],
)
def test_what_each_state_permits(
    state: TradingState, opens: bool, target_changes: bool, looser_stops: bool
) -> None:
    assert PERMITS[state] == Permits(opens, target_changes, looser_stops)


def test_every_state_has_its_row() -> None:
    assert set(PERMITS) == set(TradingState)


@given(latches, holds)
def test_the_strictest_of_the_latch_and_the_holds_is_in_force(latch: Latch, now: set[Hold]) -> None:
    from_holds = REDUCING if now else ACTIVE
    strictest = max((latch.state, from_holds), key=STRICTNESS.__getitem__)
    assert in_force(latch, now) is strictest


@given(latches, holds)
def test_opens_are_denied_with_a_reason_exactly_while_the_state_forbids_them(
    latch: Latch, now: set[Hold]
) -> None:
    permitted = PERMITS[in_force(latch, now)].opens
    assert (why_not_open(latch, now) is None) is permitted


def test_the_latch_is_told_before_a_hold() -> None:
    assert why_not_open(Latch(state=HALTED), {Hold.DRAINING}) is Reason.TRADING_HALTED
    assert why_not_open(Latch(state=REDUCING), {Hold.DRAINING}) is Reason.TRADING_REDUCING
    assert why_not_open(Latch(), {Hold.BOOK_UNCONFIRMED}) is Reason.BOOK_UNCONFIRMED


def test_a_wrong_login_that_was_seen_is_told_as_such_after_a_restart() -> None:
    latch = tightened(Latch(), REDUCING, "logged in to 666", LOGIN_WATCH, 99)
    assert why_not_open(latch, set()) is Reason.WRONG_LOGIN


@pytest.mark.parametrize("state", [HALTED, REDUCING])
def test_law_6_what_tightened_after_a_resume_stays_and_outranks_it(state: TradingState) -> None:
    resumed = Latch(counter=7, by="operator", at_ms=100)
    later = Latch(state=state, counter=1, by="machine", at_ms=200)
    kept = stricter_of(later, resumed)
    assert (kept.state, kept.counter) == (state, 7)
    assert stricter_of(resumed, later) == stricter_of(kept, resumed) == kept
    again = ordered(kept, ACTIVE, "seen to", "operator", 300)
    assert stricter_of(again, kept) is again


def test_law_6_a_resume_outranks_what_it_answers_though_the_clock_was_set_back() -> None:
    halted = Latch(state=HALTED, counter=3, at_ms=5_000)
    resumed = ordered(halted, ACTIVE, "seen to", "operator", 99)
    assert stricter_of(halted, resumed) is resumed


def test_a_machine_tightens_and_leaves_its_name() -> None:
    latch = tightened(Latch(counter=3), HALTED, "daily loss", "daily_loss", 99)
    assert latch == Latch(state=HALTED, counter=3, reason="daily loss", by="daily_loss", at_ms=99)


@pytest.mark.parametrize("word", [ACTIVE, REDUCING, HALTED])
def test_law_6_a_machine_never_loosens_nor_renames_what_is_as_strict(word: TradingState) -> None:
    latch = Latch(state=HALTED, reason="news", by="operator")
    assert tightened(latch, word, "daily loss", "daily_loss", 99) is latch


def test_law_6_a_person_loosens_and_outranks_what_was_said_before() -> None:
    halted = Latch(state=HALTED, counter=3)
    resumed = ordered(halted, ACTIVE, "seen to", "operator", 99)
    assert (resumed.state, resumed.counter) == (ACTIVE, 4)
    assert stricter_of(halted, resumed) is resumed
    assert stricter_of(resumed, halted) is resumed


@given(latches, st.lists(st.one_of(states, latches)))
def test_law_6_without_the_operator_strictness_never_falls(
    start: Latch, words: list[TradingState | Latch]
) -> None:
    """Machines speak and restarts happen; no operator does, so no counter is above ours."""
    latch = start
    for word in words:
        before = STRICTNESS[latch.state]
        if isinstance(word, Latch):
            stored = Latch(state=word.state, counter=min(word.counter, latch.counter))
            latch = stricter_of(latch, stored)
        else:
            latch = tightened(latch, word, "", "machine", 0)
        assert STRICTNESS[latch.state] >= before


@pytest.mark.parametrize(
    ("journal", "database", "wins"),
    [
        pytest.param(None, None, Latch(), id="nothing known"),
        pytest.param(Latch(state=HALTED), None, Latch(state=HALTED), id="only the journal"),
        pytest.param(None, Latch(state=HALTED), Latch(state=HALTED), id="only the database"),
        pytest.param(
            Latch(state=HALTED, counter=1),
            Latch(counter=1),
            Latch(state=HALTED, counter=1),
            id="a machine halted, the database did not hear",
        ),
        pytest.param(
            Latch(counter=1),
            Latch(state=HALTED, counter=1),
            Latch(state=HALTED, counter=1),
            id="the journal was lost and restored",
        ),
        pytest.param(
            Latch(state=HALTED, counter=1),
            Latch(counter=2),
            Latch(counter=2),
            id="an operator resumed in the database",
        ),
        pytest.param(
            Latch(counter=1),
            Latch(state=HALTED, counter=2),
            Latch(state=HALTED, counter=2),
            id="an operator halted in the database",
        ),
    ],
)
def test_law_6_what_holds_after_a_restart(
    journal: Latch | None, database: Latch | None, wins: Latch
) -> None:
    assert stricter_of(journal, database) == wins
