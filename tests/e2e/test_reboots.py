"""The machine starts again, and the swarm's database is not what it was."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.stores.conftest import Server
from tests.machine import (
    COPIED_WITHIN_S,
    MASTER,
    READY_WITHIN_S,
    SLAVE,
    Machine,
    People,
    until_flat,
)
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

AT = "apex-01"
OPENED = f"{SLAVE}: PositionOpened EURUSD.c copied"
CLOSED = f"{SLAVE}: PositionClosed EURUSD.c copied"
DENIED = f"{SLAVE}: PositionOpened EURUSD.c denied"


def power_cut(machine: Machine) -> None:
    """Everything of ours on this machine ends at once, and nobody says a word."""
    for part in (machine.launcher, machine.node(SLAVE), machine.node(MASTER), machine.paper):
        part.kill()
    if machine.database.pid:
        machine.database.kill()


def launched_again(machine: Machine) -> None:
    before = machine.said().count(f"{SLAVE}: ready")
    machine.launch()
    eventually(lambda: machine.said().count(f"{SLAVE}: ready") > before, READY_WITHIN_S)


@pytest.fixture
def mongodb(machine: Machine, tmp_path: Path) -> Iterator[Server]:
    """A database that somebody named, and that no launcher starts."""
    server = Server(tmp_path / "mongodb")
    machine.stop_database()
    for file in (machine.state / "database.json", *machine.state.glob("embedded.db*")):
        file.unlink()
    machine.environ["MONGO_URI"] = server.uri
    server.start()
    yield server
    server.kill()


@pytest.mark.history(9)
def test_law_12_a_launcher_that_is_up_before_the_database_closes_only_and_stays_halted(
    machine: Machine, mongodb: Server, people: People
) -> None:
    """History 9: the account was halted; its copies are watched from the journal."""
    machine.begin()
    people.trader().buy()
    machine.says(OPENED, COPIED_WITHIN_S)
    assert machine.command("halt", SLAVE, "--why", "payrolls").returncode == 0
    power_cut(machine)
    mongodb.kill()
    launched_again(machine)
    machine.says("ALARM the database is silent", READY_WITHIN_S)
    trader, slave = people.trader(), people.account(AT)
    held = slave.positions()
    trader.buy()
    machine.says(DENIED, COPIED_WITHIN_S)
    trader.close_all()
    until_flat(slave)
    assert len(held) == 1
    assert not (machine.state / "embedded.db").exists()

    mongodb.start()
    machine.says("over: the database is silent", READY_WITHIN_S)
    machine.wait_ready()
    halted = machine.status()[SLAVE]
    assert (halted["state"], halted["latch"]["reason"]) == ("HALTED", "payrolls")


@pytest.mark.history(45)
def test_law_12_a_swarm_whose_database_was_lost_watches_its_copies(
    swarm: Machine, people: People
) -> None:
    """History 45: what is left is this machine's memory; nobody takes an empty database for it."""
    people.trader().buy()
    swarm.says(OPENED, COPIED_WITHIN_S)
    power_cut(swarm)
    for file in swarm.state.glob("embedded.db*"):
        file.unlink()
    launched_again(swarm)
    trader, slave = people.trader(), people.account(AT)
    assert len(slave.positions()) == 1
    trader.buy()
    swarm.says(DENIED, COPIED_WITHIN_S)
    trader.close_all()
    until_flat(slave)
    assert [volume for *_, volume, _ in slave.deals() if volume] == [0.1, 0.1]
    assert "the database is silent" in swarm.said()
