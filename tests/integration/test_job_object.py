"""Real processes in real Job Objects, which Windows alone has."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import eventually
from utils.job_object import ENDED_WITH_ITS_JOB, JobObjects
from utils.os_signals import born, kill

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(60),
    pytest.mark.skipif(sys.platform != "win32", reason="Job Objects exist on Windows only"),
]

ROOT = Path(__file__).parents[2]
Started = subprocess.Popen[str]


class Family:
    """Starts processes, remembers all of their descendants, and sees them to their end."""

    def __init__(self) -> None:
        self.started: list[Started] = []
        self.known: list[tuple[int, float]] = []

    def start(self, program: str) -> Started:
        process = subprocess.Popen(
            [sys.executable, "-m", f"tests.children.{program}"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def told(self, process: Started) -> int:
        """An id that a process says, of one that lives."""
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        self.known.append((pid, birth(pid)))
        return pid

    def end(self) -> None:
        for pid, birth_s in self.known:
            kill(pid, birth_s)
        for process in self.started:
            process.kill()
            process.communicate(timeout=10)


@pytest.fixture
def family() -> Iterator[Family]:
    made = Family()
    yield made
    made.end()


@pytest.fixture
def jobs(caplog: pytest.LogCaptureFixture) -> Iterator[JobObjects]:
    """Every test here wants Windows to grant what it asks for."""
    made = JobObjects()
    with caplog.at_level(logging.WARNING):
        yield made
    made.close()
    assert not caplog.records


def birth(pid: int) -> float:
    found = born(pid)
    assert found is not None
    return found


def alive(pid: int) -> bool:
    return born(pid) is not None


def is_waiting(process: Started) -> Started:
    assert process.stdout is not None
    assert process.stdout.readline() == "hanging\n"
    return process


def test_an_orderly_end_ends_everyone_who_was_taken_in(family: Family, jobs: JobObjects) -> None:
    nodes = [is_waiting(family.start("hangs")) for _ in range(3)]
    for node in nodes:
        jobs.take_in(node.pid, birth(node.pid))
    jobs.end_all()
    assert [node.wait(10) for node in nodes] == [ENDED_WITH_ITS_JOB] * 3


def test_letting_go_of_the_jobs_ends_nobody(family: Family, jobs: JobObjects) -> None:
    node = is_waiting(family.start("hangs"))
    jobs.take_in(node.pid, birth(node.pid))
    jobs.close()
    with pytest.raises(subprocess.TimeoutExpired):
        node.wait(0.5)


def test_what_a_node_starts_outlives_it_whether_or_not_it_asked(
    family: Family, jobs: JobObjects
) -> None:
    node = family.start("starts_others")
    jobs.take_in(node.pid, birth(node.pid))
    assert node.stdin is not None
    node.stdin.write("start\n")
    node.stdin.flush()
    terminal, server = family.told(node), family.told(node)
    jobs.end_all()
    assert node.wait(10) == ENDED_WITH_ITS_JOB
    assert alive(terminal)
    assert alive(server)


def test_a_crash_of_the_launcher_ends_no_node_and_its_successor_takes_all_of_them(
    family: Family, jobs: JobObjects
) -> None:
    crashed = [family.start("holds_and_crashes") for _ in range(2)]
    left_behind = [family.told(launcher) for launcher in crashed]
    for launcher in crashed:
        launcher.kill()
        launcher.wait(10)
    assert [alive(pid) for pid in left_behind] == [True, True]
    fresh = is_waiting(family.start("hangs"))
    # Those of two earlier jobs and one of none: no single job can hold them all.
    for pid in (left_behind[0], fresh.pid, left_behind[1]):
        jobs.take_in(pid, birth(pid))
    jobs.end_all()
    eventually(lambda: not any(alive(pid) for pid in (*left_behind, fresh.pid)), 10)


def test_a_node_that_has_ended_before_it_could_be_taken_in_is_no_news(
    family: Family, jobs: JobObjects
) -> None:
    node = is_waiting(family.start("hangs"))
    born_at = birth(node.pid)
    node.kill()
    node.wait(10)
    jobs.take_in(node.pid, born_at)
