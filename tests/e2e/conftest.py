"""A machine for a test, and who works with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machine import READY_WITHIN_S, SLAVE, Desk, Machine, People


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Nothing is set up on it yet."""
    made = Machine(tmp_path)
    yield made
    made.end()


@pytest.fixture
def swarm(machine: Machine) -> Machine:
    """The two samples, running."""
    machine.begin()
    return machine


@pytest.fixture
def people(machine: Machine) -> Iterator[People]:
    """At the terminals of this machine."""
    made = People(machine)
    yield made
    made.leave()


@pytest.fixture
def desk(swarm: Machine) -> Iterator[Desk]:
    """Before the database of a master and a slave that are ready."""
    with Desk.at(swarm) as desk:
        desk.soon(lambda: desk.is_ready(SLAVE), READY_WITHIN_S)
        yield desk
