"""Real processes that misbehave, run through the supervisor's own way of running them."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from decisions.restarting import Policy
from decisions.roster import Duty
from domain.control import Stop
from domain.policies import Role
from nodes.supervisor.children import Child, Order, adopt, spawn, stop_all
from nodes.supervisor.crew import Crew, Wanted, Ways
from nodes.supervisor.member import Member
from tests.waiting import eventually
from tests.wine import PATIENCE
from utils.clock import Now, SystemClock, monotonic_s
from utils.os_signals import born

pytestmark = pytest.mark.integration

PROGRAMS = Path(__file__).parents[1] / "children"
# Longer than a Python takes to start, so that a crash comes before its process seems to hang.
PATIENT_S = 0.3 if PATIENCE == 1 else 4.0
EAGER = Policy(
    first_pause_s=0.01, longest_pause_s=0.02, hung_after_s=PATIENT_S, connected_within_s=PATIENT_S
)


class Nursery:
    """Starts the programs of tests/children and sees all of them to their end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.children: list[Child] = []

    def start(self, program: str) -> Child:
        child = spawn(
            Order(
                command=(sys.executable, str(PROGRAMS / f"{program}.py")),
                environment=dict(os.environ),
                folder=self.folder,
                output=self.output(program),
            )
        )
        self.children.append(child)
        return child

    def output(self, program: str) -> Path:
        return self.folder / f"{program}.out"

    def until_it_says(self, program: str, word: str) -> None:
        eventually(lambda: word in self.output(program).read_text("utf-8"), 20)


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    made = Nursery(tmp_path)
    yield made
    for child in made.children:
        child.kill()
        eventually(lambda child=child: not child.alive(), 10)


def pass_time(seconds: float) -> None:
    """Somebody else's turn: the children's."""
    began_s = monotonic_s()
    eventually(lambda: monotonic_s() - began_s >= seconds, 5)


def crew_for(nursery: Nursery, program: str, tmp_path: Path, role: Role = Role.MASTER) -> Crew:
    ways = Ways(
        start=lambda _: nursery.start(program),
        say_stop=lambda _name, _stop: isinstance(_stop, Stop),
        jitter=lambda: 0.0,
        end_terminal=lambda _: None,
        state=tmp_path,
        logs=tmp_path,
    )
    crew = Crew(ways, EAGER)
    crew.want({program: Wanted(role=role, enabled=True, sound=True)}, lambda _: False)
    return crew


def now() -> Now:
    return SystemClock().now()


def member(crew: Crew) -> Member:
    return next(iter(crew.members.values()))


def test_a_crash_is_noticed_told_with_its_last_words_and_started_again(
    nursery: Nursery, tmp_path: Path
) -> None:
    crew = crew_for(nursery, "crashes", tmp_path)

    def failed_twice() -> bool:
        crew.step(now())
        return member(crew).failures >= 2

    eventually(failed_twice, 20)
    assert "ended with code 3: cannot_run: no such terminal" in member(crew).ending
    assert len(nursery.children) >= 2


def test_a_crash_loop_goes_on_close_only(nursery: Nursery, tmp_path: Path) -> None:
    crew = crew_for(nursery, "crashes", tmp_path, Role.SLAVE)

    def looping() -> bool:
        crew.step(now())
        return member(crew).close_only

    eventually(looping, 30)
    assert "to close only" in member(crew).alarm
    assert member(crew).duty is Duty.RUN


def test_a_hung_child_is_killed_before_its_successor_starts(
    nursery: Nursery, tmp_path: Path
) -> None:
    crew = crew_for(nursery, "hangs", tmp_path)

    def second_life() -> bool:
        crew.step(now())
        return len(nursery.children) == 2

    eventually(second_life, 20)
    first, second = nursery.children
    assert not first.alive()
    assert second.alive()


def test_all_children_end_within_the_time_even_the_deaf(nursery: Nursery) -> None:
    deaf, hanging = nursery.start("ignores_stop"), nursery.start("hangs")
    nursery.until_it_says("ignores_stop", "deaf")
    nursery.until_it_says("hangs", "hanging")
    began_s = monotonic_s()
    stop_all([deaf, hanging], 2.0, pass_time)
    assert monotonic_s() - began_s < 3.0
    assert not deaf.alive()
    assert not hanging.alive()


def test_a_child_of_a_crashed_launcher_is_found_by_id_and_birth(nursery: Nursery) -> None:
    child = nursery.start("hangs")
    found = adopt(child.pid, child.birth)
    assert found is not None
    assert found.alive()
    assert adopt(child.pid, child.birth - 1) is None
    found.kill()
    eventually(lambda: not child.alive(), 10)
    assert not found.alive()
    assert born(child.pid) != child.birth


def test_a_child_that_nobody_wants_any_more_is_asked_and_ends(
    nursery: Nursery, tmp_path: Path
) -> None:
    crew = crew_for(nursery, "hangs", tmp_path)
    crew.step(now())
    nursery.until_it_says("hangs", "hanging")
    crew.want({}, lambda _: False)
    member(crew).heard_at_s = monotonic_s() + 100
    crew.step(now())
    # As if the message had gone unheard for four seconds: the signal follows.
    member(crew).stop_asked_s -= 4

    def gone() -> bool:
        crew.step(now())
        return not member(crew).alive

    eventually(gone, 20)
    assert member(crew).failures == 0
    assert len(nursery.children) == 1
