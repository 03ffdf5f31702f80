"""The whole swarm on simulated time: short runs of both modes, exact replay, and what failed once.

The long run is `python -m tests.simulation`; docs/SIMULATION.md explains.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.drawing import draw_plain
from tests.simulation.drawing_more import draw
from tests.simulation.regressions import SCHEDULES, SEEDS, FailedSeed
from tests.simulation.report import failure_lines
from tests.simulation.running import Result, run, run_seed
from tests.simulation.schedule import Mode

ROOT = Path(__file__).parents[2]
TENS = 5


def failures(*results: Result) -> str:
    return "\n".join(
        line for result in results if not result.is_good for line in failure_lines(result)
    )


@pytest.mark.parametrize("mode", ["safety", "liveness"])
@pytest.mark.parametrize("ten", range(TENS), ids=lambda ten: f"seeds {ten * 10} to {ten * 10 + 9}")
@pytest.mark.timeout(60)
def test_nothing_is_lost_doubled_or_touched_whatever_goes_wrong(mode: Mode, ten: int) -> None:
    assert not failures(*(run_seed(seed, mode) for seed in range(ten * 10, ten * 10 + 10)))


@pytest.mark.parametrize("mode", ["safety", "liveness"])
@pytest.mark.parametrize("first", [0, 10], ids=["seeds 0 to 9", "seeds 10 to 19"])
@pytest.mark.timeout(60)
def test_the_same_holds_where_most_copies_are_opened_in_parts(mode: Mode, first: int) -> None:
    seeds = range(first, first + 10)
    assert not failures(*(run_seed(seed, mode, largest_order=0.4) for seed in seeds))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("failed", SEEDS, ids=lambda one: f"{one.mode} {one.seed}")
def test_a_seed_that_failed_once_does_not_fail_again(failed: FailedSeed) -> None:
    assert not failures(run(draw_plain(failed.seed, failed.mode)))


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.timeout(60)
def test_a_schedule_that_failed_once_does_not_fail_again(name: str) -> None:
    assert not failures(run(SCHEDULES[name].schedule))


@pytest.mark.parametrize("mode", ["safety", "liveness"])
@pytest.mark.timeout(60)
def test_the_same_seed_is_the_same_run_to_the_byte(mode: Mode) -> None:
    first = [run_seed(seed, mode).digest for seed in range(4)]
    again = [run_seed(seed, mode).digest for seed in reversed(range(4))]
    assert first == again[::-1]
    assert len(set(first)) == len(first)


@pytest.mark.timeout(60)
def test_another_process_with_other_hashes_plays_the_same_run() -> None:
    command = [sys.executable, "-m", "tests.simulation", "--mode", "safety", "--seed", "5"]
    environ = {**os.environ, "PYTHONHASHSEED": "77", "PYTHONUTF8": "1"}
    told = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True, timeout=50
    )
    assert run_seed(5, "safety").digest in told.stdout


def test_a_schedule_can_be_stored_and_read_again() -> None:
    import msgspec

    from tests.simulation.schedule import Schedule

    drawn = draw(3, "safety")
    assert msgspec.json.decode(msgspec.json.encode(drawn), type=Schedule) == drawn
