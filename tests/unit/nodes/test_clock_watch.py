"""The broker's clock, read off its ticks."""

from decisions.ages import age_on_server_ms
from nodes.guarding.clock_watch import ClockWatch
from tests.builders import MASTER_AT
from tests.fakes import FakeClock, FakeDoor


def test_law_10_a_process_that_was_stopped_before_it_read_a_tick_finds_no_deal_old() -> None:
    """Eleven seconds between the beginning of a look and its tick are not the broker's lead."""
    clock = FakeClock()
    door = FakeDoor(MASTER_AT, clock)
    watch = ClockWatch(door, clock)
    for _ in range(3):
        clock.pass_s(1)
        watch.look(clock.now())
    began = clock.now()
    clock.pass_s(11)
    watch.look(began)
    clock.pass_s(1)
    watch.look(clock.now())
    age_ms = age_on_server_ms(watch.clock, door.server_ms(), clock.now().utc_ms)
    assert 0 <= age_ms < 100
