"""Law 10: how old a signal is, though no two clocks agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.ages import (
    SPAN_MS,
    ServerClock,
    age_here_ms,
    age_on_server_ms,
    has_stepped,
    with_tick,
)

UTC = 1_399_026_600_000
AHEAD = 3 * 3_600_000  # the broker's wall clock shows UTC+3
HOUR = 3_600_000


def clock_from(*ticks: tuple[int, int]) -> ServerClock:
    """A clock that saw ticks: (time it arrived after UTC, how late it was), ms."""
    clock = ServerClock()
    for arrived_ms, late_ms in ticks:
        clock = with_tick(clock, UTC + AHEAD + arrived_ms - late_ms, UTC + arrived_ms)
    return clock


def test_nothing_is_known_of_a_brokers_clock_before_its_first_tick() -> None:
    assert ServerClock().server_ms(UTC) is None
    assert with_tick(ServerClock(), 0, UTC) == ServerClock()
    assert age_on_server_ms(ServerClock(), UTC + AHEAD, UTC) == 0


def test_the_offset_of_the_brokers_clock_cancels() -> None:
    clock = clock_from((0, 0))
    assert age_on_server_ms(clock, UTC + AHEAD + 1000, UTC + 1400) == 400


@pytest.mark.history(14)
def test_an_old_deal_is_old_however_late_it_is_noticed() -> None:
    """The terminal was away for twenty minutes."""
    clock = clock_from((0, 0), (20 * 60_000, 0))
    assert age_on_server_ms(clock, UTC + AHEAD + 5_000, UTC + 20 * 60_000) == 1_195_000


def test_the_tick_that_came_fastest_is_the_truest() -> None:
    clock = clock_from((0, 300), (1000, 20), (2000, 500))
    assert clock.offset_ms == AHEAD - 20


def test_the_same_tick_again_says_nothing_new() -> None:
    clock = clock_from((0, 0), (1000, 0))
    assert with_tick(clock, clock.newest_ms, UTC + 60_000) is clock


@pytest.mark.history(47)
def test_a_quiet_market_does_not_make_a_deal_come_from_the_future() -> None:
    """The newest tick is older than the deal."""
    clock = clock_from((0, 0), (1000, 0))
    minute_later = UTC + 61_000
    assert age_on_server_ms(clock, minute_later + AHEAD - 100, minute_later) == 100


@pytest.mark.history(47)
def test_a_first_tick_that_was_there_already_does_not_either() -> None:
    """Right after the start: nobody knows how long the newest tick has been there."""
    clock = with_tick(ServerClock(), UTC + AHEAD - 20_000, UTC)
    assert age_on_server_ms(clock, UTC + AHEAD - 200, UTC) == 0
    assert age_on_server_ms(clock, UTC + AHEAD - 30_000, UTC) == 10_000


@pytest.mark.parametrize("jump_ms", [HOUR, -HOUR], ids=["spring", "autumn"])
@pytest.mark.history(29)
def test_a_brokers_clock_that_jumps_an_hour_is_believed_at_its_next_tick(jump_ms: int) -> None:
    """Not every open of the day is refused."""
    clock = clock_from((0, 0), (1000, 0))
    clock = with_tick(clock, UTC + AHEAD + jump_ms + 2000, UTC + 2000)
    assert age_on_server_ms(clock, UTC + AHEAD + jump_ms + 1900, UTC + 2000) == 100


@pytest.mark.parametrize("step_ms", [30_000, -30_000], ids=["forward", "back"])
def test_a_clock_of_ours_that_was_set_is_measured_anew_at_the_next_tick_to_arrive(
    step_ms: int,
) -> None:
    """Else every open would be too old until the truest tick of before is forgotten."""
    clock = clock_from((0, 0), (1000, 0))
    here = UTC + step_ms
    clock = with_tick(clock, UTC + AHEAD + 1_100, here + 2_000, stepped=True)
    assert clock.offset_ms == AHEAD
    clock = with_tick(clock, UTC + AHEAD + 2_200, here + 2_250)
    assert age_on_server_ms(clock, UTC + AHEAD + 2_000, here + 2_250) == 200
    clock = with_tick(clock, UTC + AHEAD + 3_000, here + 3_000)
    assert clock.offset_ms == AHEAD - step_ms


def test_law_10_a_tick_from_before_the_machine_slept_is_no_clock_that_went_back() -> None:
    """Where sleep counts as no duration nobody can tell it from a clock that was set."""
    clock, slept_ms = clock_from((0, 0), (1000, 0)), 20 * 60_000
    clock = with_tick(clock, UTC + AHEAD + 1_100, UTC + 1_200 + slept_ms, stepped=True)
    age_ms = age_on_server_ms(clock, UTC + AHEAD + 1_150, UTC + 1_200 + slept_ms)
    assert age_ms == slept_ms + 50


def test_before_any_tick_a_clock_that_was_set_changes_nothing() -> None:
    assert with_tick(ServerClock(), 0, UTC, stepped=True) == ServerClock()


@pytest.mark.parametrize(
    ("utc_passed_ms", "stepped"), [(1_000, False), (1_400, False), (1_600, True), (-9_000, True)]
)
def test_utc_that_passes_otherwise_than_durations_was_set(
    utc_passed_ms: int, stepped: bool
) -> None:
    assert has_stepped(1.0, utc_passed_ms) is stepped


def test_a_tick_nobody_saw_arrive_is_no_clock_that_went_back() -> None:
    """The node stood still for twenty minutes, and the market soon after it."""
    clock = clock_from((0, 0), (1000, 0))
    awake = 20 * 60_000
    clock = with_tick(clock, UTC + AHEAD + 5_000, UTC + awake, since_look_s=1_199)
    assert age_on_server_ms(clock, UTC + AHEAD + 6_000, UTC + awake) == awake - 6_000


@pytest.mark.parametrize(
    ("jump_ms", "age_ms"), [(HOUR, 100), (-HOUR, HOUR)], ids=["spring", "autumn"]
)
def test_a_clock_that_jumped_unwatched_is_believed_when_it_makes_deals_older(
    jump_ms: int, age_ms: int
) -> None:
    clock, awake = clock_from((0, 0), (1000, 0)), 20 * 60_000
    clock = with_tick(clock, UTC + AHEAD + jump_ms + awake, UTC + awake, since_look_s=1_199)
    deal_ms = UTC + AHEAD + jump_ms + awake - (100 if jump_ms > 0 else 0)
    assert age_on_server_ms(clock, deal_ms, UTC + awake) == age_ms

    clock = with_tick(clock, UTC + AHEAD + jump_ms + awake + 250, UTC + awake + 250, 0.25)
    assert age_on_server_ms(clock, deal_ms, UTC + awake + 250) in {250, 350}


@pytest.mark.parametrize(
    ("ahead_ms", "age_ms"),
    [
        pytest.param(0, 0, id="just made"),
        pytest.param(1, 0, id="1 ms ahead"),
        pytest.param(2000, 0, id="-2 s counts as 0"),
        pytest.param(2001, -2001, id="further ahead is from the future"),
    ],
)
def test_how_far_ahead_of_its_server_a_deal_may_be(ahead_ms: int, age_ms: int) -> None:
    clock = clock_from((0, 0), (1000, 0))
    assert age_on_server_ms(clock, UTC + AHEAD + 1000 + ahead_ms, UTC + 1000) == age_ms


def an_hour_of_ticks(clock: ServerClock, from_ms: int, fast_ppm: int, ahead_ms: int) -> ServerClock:
    """One tick a second, seen at once by a machine whose clock runs fast, and is ahead."""
    for true_ms in range(from_ms, from_ms + HOUR, 1000):
        here_ms = true_ms + true_ms * fast_ppm // 1_000_000 + ahead_ms
        clock = with_tick(clock, UTC + AHEAD + true_ms, UTC + here_ms)
    return clock


def test_a_machine_whose_clock_runs_fast_is_measured_anew_all_the_time() -> None:
    """2000 ppm for an hour are 7.2 s: more than the age at which an open is refused."""
    clock = an_hour_of_ticks(ServerClock(), 0, 2000, 0)
    now_ms = HOUR - 1000
    here_ms = now_ms + now_ms * 2000 // 1_000_000
    assert age_on_server_ms(clock, UTC + AHEAD + now_ms - 50, UTC + here_ms) < 1_300


def test_a_machine_whose_clock_was_stepped_forward_is_measured_anew() -> None:
    """Thirty seconds: less than what is taken for a move of the broker's clock."""
    clock = an_hour_of_ticks(ServerClock(), 0, 0, 0)
    clock = an_hour_of_ticks(clock, HOUR, 0, 30_000)
    now_ms = 2 * HOUR - 1000
    assert age_on_server_ms(clock, UTC + AHEAD + now_ms - 50, UTC + now_ms + 30_000) == 50


def test_the_truest_tick_of_the_span_before_still_counts_in_a_new_one() -> None:
    clock = clock_from((0, 0), (SPAN_MS, 900))
    assert clock.offset_ms == AHEAD
    assert (
        with_tick(clock, UTC + AHEAD + 2 * SPAN_MS, UTC + 2 * SPAN_MS + 40).offset_ms == AHEAD - 40
    )


def test_a_machine_whose_clock_was_set_back_still_has_the_newest_tick() -> None:
    clock = clock_from((0, 0), (10_000, 0))
    assert age_on_server_ms(clock, UTC + AHEAD + 9_000, UTC + 5_000) == 1_000


def test_the_slave_adds_what_has_passed_since_the_master_saw_it() -> None:
    assert age_here_ms(400, 1_000_000, 1_250_999) == 650


@given(
    st.lists(st.tuples(st.integers(1, 5_000), st.integers(0, 2_000)), min_size=1),
    st.integers(0, 30_000),
)
def test_a_deal_is_never_taken_for_older_than_it_is(
    ticks: list[tuple[int, int]], true_age_ms: int
) -> None:
    """Ticks come late, never early; so the broker's clock is never thought to be further on."""
    arrived, clock = 0, ServerClock()
    for gap_ms, late_ms in ticks:
        arrived += gap_ms
        clock = with_tick(clock, UTC + AHEAD + arrived - late_ms, UTC + arrived)
    now = UTC + arrived
    assert age_on_server_ms(clock, now + AHEAD - true_age_ms, now) <= true_age_ms
