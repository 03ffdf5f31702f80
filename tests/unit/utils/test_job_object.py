"""Holding processes together: how many Job Objects it takes, and that nothing depends on one."""

import logging
import os

import pytest

from utils.job_object import Job, JobObjects
from utils.os_signals import born

ME, MY_BIRTH = os.getpid(), born(os.getpid()) or 0.0


class FakeJob:
    """Takes in what it is told it can."""

    def __init__(self, takes: set[int] | None = None, *, deaf: bool = False) -> None:
        self.takes = takes
        self.deaf = deaf
        self.inside: list[int] = []
        self.ended = 0
        self.open = True

    def take_in(self, pid: int) -> None:
        if self.takes is not None and pid not in self.takes:
            raise PermissionError(5, "Access denied")
        self.inside.append(pid)

    def end_all(self) -> None:
        if self.deaf:
            raise PermissionError(5, "Access denied")
        self.ended += 1

    def close(self) -> None:
        self.open = False


class Opener:
    """Gives out the jobs prepared, and an error after the last."""

    def __init__(self, *jobs: FakeJob) -> None:
        self.coming = list(jobs)

    def __call__(self) -> Job:
        if not self.coming:
            raise OSError(8, "Not enough memory")
        return self.coming.pop(0)


def test_all_processes_share_one_job() -> None:
    job = FakeJob()
    jobs = JobObjects(Opener(job))
    for pid in (11, 12, 13):
        jobs.take_in(pid, 1.0)
    assert job.inside == [11, 12, 13]


def test_a_process_that_the_job_cannot_hold_gets_another_and_all_of_them_end() -> None:
    earlier, later = FakeJob(takes={11}), FakeJob()
    jobs = JobObjects(Opener(earlier, later))
    for pid in (11, 12, 13):
        jobs.take_in(pid, 1.0)
    assert (earlier.inside, later.inside) == ([11], [12, 13])
    jobs.end_all()
    assert (earlier.ended, later.ended) == (1, 1)
    assert (earlier.open, later.open) == (False, False)


def test_letting_go_ends_nobody() -> None:
    job = FakeJob()
    jobs = JobObjects(Opener(job))
    jobs.take_in(11, 1.0)
    jobs.close()
    assert (job.ended, job.open) == (0, False)


def test_nothing_is_opened_before_there_is_a_process_to_hold() -> None:
    JobObjects(Opener()).end_all()


def test_without_any_job_the_swarm_works_on_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    jobs = JobObjects(Opener())
    with caplog.at_level(logging.WARNING):
        jobs.take_in(ME, MY_BIRTH)
        jobs.take_in(ME, MY_BIRTH)
        jobs.end_all()
    (said,) = caplog.records
    assert said.message == "nodes_not_held_together"
    assert "Not enough memory" in vars(said)["why"]


def test_a_process_that_has_ended_meanwhile_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        JobObjects(Opener()).take_in(ME, MY_BIRTH - 100)
    assert not caplog.records


def test_a_job_that_cannot_be_ended_keeps_no_other_from_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    deaf, other = FakeJob(takes={11}, deaf=True), FakeJob()
    jobs = JobObjects(Opener(deaf, other))
    jobs.take_in(11, 1.0)
    jobs.take_in(12, 1.0)
    with caplog.at_level(logging.WARNING):
        jobs.end_all()
    assert other.ended == 1
    assert [record.message for record in caplog.records] == ["job_object_not_ended"]
    assert not deaf.open
