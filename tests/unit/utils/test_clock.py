"""Our clock jumps where a file says so, and nowhere else."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from utils import clock

HOUR_MS = 3_600_000
SLACK_MS = 30_000


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "clock"
    clock.unfollow()


def test_every_reading_of_utc_jumps_and_jumps_back(file: Path) -> None:
    before = clock.utc_ms()
    clock.follow(file)
    assert abs(clock.utc_ms() - before) < SLACK_MS
    clock.set_offset(file, -HOUR_MS)
    for seen in (clock.utc_ms(), clock.utc_us() // 1000, clock.SystemClock().now().utc_ms):
        assert abs(seen + HOUR_MS - before) < SLACK_MS
    clock.set_offset(file, 0)
    assert abs(clock.utc_ms() - before) < SLACK_MS


def test_durations_never_jump(file: Path) -> None:
    clock.follow(file)
    before = clock.monotonic_s()
    clock.set_offset(file, -HOUR_MS)
    assert 0 <= clock.monotonic_s() - before < SLACK_MS / 1000


def test_another_process_moves_the_clock_of_one_that_runs(file: Path) -> None:
    clock.follow(file)
    before = clock.utc_ms()
    script = (
        "import sys; from pathlib import Path; from utils import clock; "
        "clock.set_offset(Path(sys.argv[1]), 7200000)"
    )
    subprocess.run(
        [sys.executable, "-c", script, str(file)], cwd=Path(__file__).parents[3], check=True
    )
    assert abs(clock.utc_ms() - 2 * HOUR_MS - before) < SLACK_MS


def test_who_follows_no_file_has_the_machines_clock(file: Path) -> None:
    before = clock.utc_ms()
    clock.set_offset(file, HOUR_MS)
    assert abs(clock.utc_ms() - before) < SLACK_MS


@pytest.mark.parametrize(
    "read", [clock.utc_us, lambda: clock.monotonic_s() * 1e6], ids=["utc", "monotonic"]
)
def test_a_clock_tells_moments_apart_that_are_two_milliseconds_apart(
    read: Callable[[], float],
) -> None:
    last, steps_us = read(), []
    while sum(steps_us) < 100_000:
        now = read()
        if now != last:
            steps_us.append(now - last)
        last = now
    assert min(steps_us) < 2_000


def test_a_simulation_gives_the_process_another_time_and_gives_it_back() -> None:
    with clock.taken_from(lambda: 12.5, lambda: 3_000_000_007):
        assert clock.SystemClock().now() == clock.Now(12.5, 3_000)
        assert (clock.utc_us(), clock.monotonic_s()) == (3_000_000, 12.5)
    assert clock.utc_ms() > 1_600_000_000_000
