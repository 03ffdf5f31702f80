"""When a child is started, left alone, ended or started again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.restarting import (
    Action,
    ChildView,
    Policy,
    awake_since_s,
    failures_now,
    hang_alarm,
    hangs_now,
    is_hung,
    next_step,
    pause_s,
    shall_relaunch,
)

POLICY = Policy()
NOW_S = 1000.0


def child(**changes: Any) -> ChildView:
    return ChildView(**({"wanted": True, "alive": False} | changes))


def living(**changes: Any) -> ChildView:
    known = {"alive": True, "started_at_s": 900.0, "heard_at_s": NOW_S, "ready_since_s": 901.0}
    return child(**(known | changes))


@pytest.mark.parametrize(
    ("view", "action"),
    [
        pytest.param(child(), Action.START, id="wanted and never run: start"),
        pytest.param(child(wanted=False), Action.WAIT, id="unwanted and not running: wait"),
        pytest.param(
            child(ended_at_s=NOW_S), Action.START, id="ended because it was asked: start at once"
        ),
        pytest.param(
            child(failures=1, ended_at_s=NOW_S - 0.1), Action.WAIT, id="just crashed: pause"
        ),
        pytest.param(
            child(failures=1, ended_at_s=NOW_S - 1), Action.START, id="the pause is over: start"
        ),
        pytest.param(living(), Action.WAIT, id="alive and heard: leave alone"),
        pytest.param(living(wanted=False), Action.STOP, id="alive and unwanted: stop"),
        pytest.param(living(heard_at_s=989.0), Action.KILL, id="silent for 11 s: kill"),
        pytest.param(living(heard_at_s=990.0), Action.WAIT, id="silent for 10 s: not yet"),
        pytest.param(
            living(heard_at_s=989.0, wanted=False), Action.KILL, id="unwanted and hung: kill"
        ),
        pytest.param(
            living(heard_at_s=0.0, connecting=True, started_at_s=821.0),
            Action.WAIT,
            id="a terminal may take its time to start",
        ),
        pytest.param(
            living(heard_at_s=0.0, connecting=True, started_at_s=819.0),
            Action.KILL,
            id="but not for ever",
        ),
        pytest.param(
            living(heard_at_s=989.0, ready_since_s=0.0),
            Action.KILL,
            id="not ready for another reason: kill as soon",
        ),
    ],
)
def test_the_next_step_about_a_child(view: ChildView, action: Action) -> None:
    assert next_step(view, POLICY, NOW_S, 0.0).action is action


def test_a_hung_child_is_named_with_the_time_it_was_silent() -> None:
    step = next_step(living(heard_at_s=988.0), POLICY, NOW_S, 0.0)
    assert step.alarm == "hung: nothing heard for 12 s"


def test_a_crash_loop_goes_on_close_only_and_says_so() -> None:
    step = next_step(child(failures=5, ended_at_s=0.0), POLICY, NOW_S, 0.0)
    assert (step.action, step.close_only) == (Action.START, True)
    assert "ended 5 times in a row" in step.alarm


def test_the_alarm_of_a_crash_loop_stays_while_the_child_runs_again() -> None:
    assert "close only" in next_step(living(failures=5), POLICY, NOW_S, 0.0).alarm


def test_four_crashes_are_no_loop_yet() -> None:
    step = next_step(child(failures=4, ended_at_s=0.0), POLICY, NOW_S, 0.0)
    assert (step.close_only, step.alarm) == (False, "")


@pytest.mark.parametrize(
    ("failures", "pause"),
    [(0, 0.0), (1, 0.5), (2, 1.0), (3, 2.0), (6, 16.0), (7, 30.0), (10**6, 30.0)],
    ids=str,
)
def test_pauses_double_up_to_the_longest(failures: int, pause: float) -> None:
    assert pause_s(failures, POLICY, 0.0) == pause


def test_jitter_makes_a_pause_up_to_a_quarter_longer() -> None:
    assert pause_s(1, POLICY, 1.0) == pytest.approx(0.625)


@pytest.mark.parametrize(
    ("ready_since_s", "left"),
    [(0.0, 3), (NOW_S - 9.9, 3), (NOW_S - 10, 0)],
    ids=["never ready", "ready for 9.9 s", "ready for 10 s"],
)
def test_failures_are_forgotten_after_ten_seconds_of_readiness(
    ready_since_s: float, left: int
) -> None:
    assert failures_now(living(failures=3, ready_since_s=ready_since_s), POLICY, NOW_S) == left


def test_what_does_not_run_does_not_hang() -> None:
    assert not is_hung(child(heard_at_s=1.0), POLICY, NOW_S)


@given(failures=st.integers(0, 10**9), jitter=st.floats(0, 1))
def test_law_5_nothing_automatic_gives_up_on_an_account(failures: int, jitter: float) -> None:
    longest_s = POLICY.longest_pause_s * (1 + POLICY.jitter_share)
    view = child(failures=failures, ended_at_s=NOW_S)
    later_s = NOW_S + longest_s
    assert next_step(view, POLICY, later_s, jitter).action is Action.START


def test_a_crash_loop_of_a_master_is_told_and_takes_nothing_from_it() -> None:
    step = next_step(child(failures=5, opens=False, ended_at_s=0.0), POLICY, NOW_S, 0.0)
    assert (step.close_only, "ended 5 times in a row" in step.alarm) == (False, True)
    assert "close only" not in step.alarm


@pytest.mark.parametrize(
    ("awake_since_s", "hung"),
    [
        pytest.param(0.0, True, id="listened all the time"),
        pytest.param(NOW_S - 9, False, id="woke up 9 s ago"),
        pytest.param(NOW_S - 11, True, id="silent since it woke up 11 s ago"),
    ],
)
def test_who_was_stopped_itself_takes_nobody_for_hung(awake_since_s: float, hung: bool) -> None:
    assert is_hung(living(heard_at_s=900.0, awake_since_s=awake_since_s), POLICY, NOW_S) is hung


@pytest.mark.parametrize(
    ("gap_s", "since_s"),
    [(0.2, 1.0), (5.0, 1.0), (5.1, NOW_S)],
    ids=["a usual turn", "a slow one", "it was stopped"],
)
def test_a_long_gap_between_two_looks_is_ones_own_sleep(gap_s: float, since_s: float) -> None:
    assert awake_since_s(1.0, NOW_S - gap_s, POLICY, NOW_S) == since_s


def test_hangs_count_for_an_hour_however_ready_it_was_between() -> None:
    old, recent = NOW_S - POLICY.hang_counts_for_s, NOW_S - 100
    assert hangs_now((old, recent, NOW_S), POLICY, NOW_S) == (recent, NOW_S)


@pytest.mark.parametrize(
    ("hangs", "may_relaunch", "alarm", "relaunch"),
    [
        pytest.param(2, True, "", False, id="two are none yet"),
        pytest.param(3, False, "end it in the task manager", False, id="three: a person's turn"),
        pytest.param(3, True, "it was ended, to be started anew", True, id="three: relaunched"),
        pytest.param(4, True, "hung 4 times", False, id="the fourth: not yet again"),
        pytest.param(6, True, "hung 6 times", True, id="the sixth: again"),
    ],
)
def test_a_terminal_that_hangs_three_times_is_an_alarm(
    hangs: int,
    may_relaunch: bool,
    alarm: str,
    relaunch: bool,
) -> None:
    told = hang_alarm(hangs, POLICY, may_relaunch=may_relaunch)
    assert bool(told) is bool(alarm)
    assert alarm in told
    assert shall_relaunch(hangs, POLICY, may_relaunch=may_relaunch) is relaunch
