"""The tape: speed, order, pauses, its end, and what time it is meanwhile."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper.broker.market import Market
from paper.service.replay import FeedTick, Replay, Stamps
from paper.service.tape import Tape
from paper.service.tick_files import Feed
from tests.unit.paper.desk import NOON_UTC_MS
from utils.clock import Now


def feed(symbol: str, *times_ms: int) -> Feed:
    prices = array("d", (1.0 + i / 100 for i in range(len(times_ms))))
    times = array("q", (NOON_UTC_MS + ms for ms in times_ms))
    return Feed(symbol=symbol, digits=5, times_ms=times, bids=prices, asks=prices)


def replay(*feeds: Feed, speed: float = 1.0, stamps: Stamps = "original") -> Replay:
    return Replay(feeds, speed=speed, stamps=stamps, at_s=0.0)


def times(ticks: list[FeedTick]) -> list[tuple[str, int]]:
    return [(tick.symbol, tick.ts_ms - NOON_UTC_MS) for tick in ticks]


def test_ticks_of_all_symbols_come_in_order_of_time() -> None:
    tape = replay(feed("A", 0, 200, 400), feed("B", 100, 300))
    expected = [("A", 0), ("B", 100), ("A", 200), ("B", 300), ("A", 400)]
    assert times(tape.take(1.0, 99)) == expected


def test_nothing_comes_before_its_time() -> None:
    tape = replay(feed("A", 0, 200, 400))
    assert times(tape.take(0.2, 99)) == [("A", 0), ("A", 200)]
    assert tape.seconds_to_next(0.2) == pytest.approx(0.2)


@pytest.mark.parametrize(("speed", "ticks"), [(0.5, 2), (1.0, 3), (10.0, 5)])
def test_speed_decides_how_far_a_second_reaches(speed: float, ticks: int) -> None:
    tape = replay(feed("A", 0, 500, 1000, 1500, 2000), speed=speed)
    assert len(tape.take(1.0, 99)) == ticks


def test_a_change_of_speed_goes_on_from_where_the_tape_is() -> None:
    tape = replay(feed("A", 0, 500, 1000, 1500, 2000))
    tape.take(0.5, 99)
    tape.set_speed(2.0, 0.5)
    assert times(tape.take(1.0, 99)) == [("A", 1000), ("A", 1500)]


def test_a_paused_tape_stands_still_until_it_is_resumed() -> None:
    tape = replay(feed("A", 0, 500, 1000))
    tape.take(0.0, 99)
    tape.pause(0.1)
    assert tape.take(9.0, 99) == []
    assert tape.seconds_to_next(9.0) is None
    assert tape.clock_ms(9.0) == NOON_UTC_MS + 100
    tape.resume(10.0)
    assert times(tape.take(10.4, 99)) == [("A", 500)]


def test_a_tape_is_played_to_a_moment_at_once_and_held_there() -> None:
    tape = replay(feed("A", 0, 500, 60_000), feed("B", 400))
    ticks = tape.run_to(NOON_UTC_MS + 500)
    assert times([next(ticks)]) == [("A", 0)]
    assert tape.clock_ms(0.0) == NOON_UTC_MS
    assert times(list(ticks)) == [("B", 400), ("A", 500)]
    assert list(tape.run_to(NOON_UTC_MS + 7_000)) == []
    assert tape.clock_ms(99.0) == NOON_UTC_MS + 7_000
    assert tape.take(99.0, 99) == []
    assert tape.seconds_to_next(99.0) is None


def test_a_tape_held_at_its_last_tick_ends_only_once_it_is_resumed() -> None:
    tape = replay(feed("A", 0, 500))
    assert len(list(tape.run_to(NOON_UTC_MS + 500))) == 2
    assert not tape.ended
    tape.resume(1.0)
    assert tape.seconds_to_next(1.0) == 0.0
    assert tape.take(1.0, 99) == []
    assert tape.ended


def test_original_stamps_end_with_the_tape() -> None:
    tape = replay(feed("A", 0, 500), feed("B", 700))
    tape.take(5.0, 99)
    assert tape.ended
    assert tape.take(9.0, 99) == []
    assert tape.clock_ms(9.0) == NOON_UTC_MS + 700


def test_live_stamps_start_over() -> None:
    tape = replay(feed("A", 0, 1500), stamps="live")
    tape.take(5.0, 99)
    assert not tape.ended
    assert times(tape.take(5.0, 99)) == [("A", 0)]
    assert times(tape.take(6.5, 99)) == [("A", 1500)]


def test_live_stamps_skip_a_long_silence() -> None:
    weekend_ms = 48 * 3_600_000
    tape = replay(feed("A", 0, weekend_ms), stamps="live")
    tape.take(0.0, 99)
    assert tape.seconds_to_next(0.1) == 0.0
    assert times(tape.take(0.1, 99)) == [("A", weekend_ms)]


def test_live_stamps_do_not_rush_through_what_a_sleeping_machine_missed() -> None:
    tape = replay(feed("A", 0, 1_000, 2_000, 3_000), stamps="live")
    tape.take(0.0, 99)
    assert times(tape.take(3_600.0, 99)) == [("A", 1_000)]
    assert times(tape.take(3_601.0, 99)) == [("A", 2_000)]


def test_the_clock_never_passes_a_tick_that_was_not_delivered() -> None:
    tape = replay(feed("A", 0, 100, 200, 300))
    tape.take(0.3, 2)
    assert tape.clock_ms(0.3) == NOON_UTC_MS + 200


def test_every_symbol_has_a_first_tick_before_the_tape_moves() -> None:
    tape = replay(feed("A", 0, 100), feed("B", 900), stamps="live")
    assert times(tape.first_ticks()) == [("A", 0), ("B", 900)]


@given(
    st.lists(st.lists(st.integers(0, 5_000), min_size=1, max_size=20), min_size=1, max_size=4),
    st.integers(1, 7),
)
def test_every_tick_comes_once_and_in_order(recorded: list[list[int]], at_most: int) -> None:
    feeds = [feed(str(i), *sorted(times_ms)) for i, times_ms in enumerate(recorded)]
    tape = replay(*feeds, speed=3.0)
    seen: list[FeedTick] = []
    at_s = 0.0
    while not tape.ended:
        seen += tape.take(at_s, at_most)
        at_s += 0.05
    assert [tick.ts_ms for tick in seen] == sorted(tick.ts_ms for tick in seen)
    for one in feeds:
        bids = [tick.bid for tick in seen if tick.symbol == one.symbol]
        assert bids == list(one.bids)


class HandClock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.at = Now(0.0, 1_700_000_000_000)

    def now(self) -> Now:
        return self.at


def test_live_stamps_are_the_present_and_original_ones_the_past() -> None:
    clock = HandClock()
    live = Tape(replay(feed("A", 0, 100), stamps="live"), clock)
    original = Tape(replay(feed("A", 0, 100)), clock)
    (tick,) = live.due()
    assert live.utc_ms() == clock.at.utc_ms == live.stamp_ms(tick, live.utc_ms())
    assert original.utc_ms() == NOON_UTC_MS == original.stamp_ms(tick, 0)


def test_waiting_is_bounded_even_when_nothing_is_due() -> None:
    tape = Tape(replay(feed("A", 0, 60_000)), HandClock())
    tape.due()
    assert tape.wait_s(0.05) == 0.05


def test_a_feed_without_symbols_at_a_broker_moves_nothing() -> None:
    assert Market(()).tick(FeedTick("A", 0, 1.0, 1.0), 0) == []


@pytest.mark.parametrize("speed", [1.0, 20.0])
def test_a_live_tape_of_one_tick_plays_it_once_a_second(speed: float) -> None:
    tape = replay(feed("A", 0), stamps="live", speed=speed)
    played = [len(tape.take(at_s / 10, 256)) for at_s in range(31)]
    assert sum(played) in {3, 4}
    assert max(played) == 1
    assert tape.seconds_to_next(3.05) > 0.0
