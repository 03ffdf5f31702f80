"""Slaves at brokers with habits: tickets that change over night, first in first out."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from paper.admin import Admin
from paper.starting import ensure_running
from tests.machine import COPIED_WITHIN_S, SLAVE, Machine, People, Trader
from tests.paper_week import DAY_S, to_wednesday
from tests.unit.paper.desk import named
from tests.waiting import eventually
from utils.os_signals import kill

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

PATH = "elsewhere"
FIFO_REFUSED = "BROKER_REJECTED (10045"


@pytest.fixture
def admin(machine: Machine) -> Iterator[Admin]:
    """It is Wednesday at the paper brokers before anybody looks at them."""
    paper = int(machine.environ["PAPER_PORT"])
    address = ensure_running(machine.state / "paper", port=paper)
    try:
        with Admin(address.host, address.port) as line:
            to_wednesday(line)
            yield line
    finally:
        kill(address.pid)


@pytest.fixture
def trade_at(machine: Machine, admin: Admin, people: People) -> Callable[..., Trader]:
    """Opens the slave's account at this broker, starts the swarm; the master's trader."""

    def begun(broker: str, suffix: str) -> Trader:
        machine.set_up()
        machine.edit(SLAVE, **{"paper.broker": broker, "path": PATH, "suffix": suffix})
        machine.launch()
        machine.wait_ready()
        admin.ask("initialize", PATH, 0, "", "", 5_000)
        return people.trader()

    return begun


def held(admin: Admin) -> list[Any]:
    return [named("TradePosition", row) for row in admin.ask("positions_get", "all", None)]


def copied(machine: Machine, event: str) -> int:
    return sum(
        f"{SLAVE}: {event}" in line and line.endswith(" copied")
        for line in machine.said().splitlines()
    )


def test_a_copy_that_got_another_ticket_over_night_is_closed_with_its_master(
    machine: Machine, admin: Admin, trade_at: Callable[..., Trader]
) -> None:
    trader = trade_at("Meridian-Demo", "_m")
    trader.buy()
    eventually(lambda: copied(machine, "PositionOpened") == 1, COPIED_WITHIN_S)
    (before,) = held(admin)

    admin.advance_clock(DAY_S * 1000)
    (after,) = held(admin)
    assert after.identifier == before.identifier
    assert after.ticket != before.ticket
    assert after.swap == pytest.approx(3 * -7.5 * before.volume, abs=0.01)

    trader.close_all()
    eventually(lambda: copied(machine, "PositionClosed") == 1, COPIED_WITHIN_S)
    assert held(admin) == []


def test_a_copy_that_may_not_go_before_an_older_one_is_told_of_and_goes_after_it(
    machine: Machine, admin: Admin, trade_at: Callable[..., Trader], people: People
) -> None:
    """The slave's user had bought the same before."""
    trader = trade_at("Liberty-Demo", "")
    user = people.trader(PATH)
    user.buy()
    trader.buy()
    eventually(lambda: copied(machine, "PositionOpened") == 1, COPIED_WITHIN_S)
    trader.buy()
    machine.says("FIFO_BUSY", COPIED_WITHIN_S)

    trader.close_all()
    machine.says(FIFO_REFUSED, COPIED_WITHIN_S)
    assert len(held(admin)) == 2

    user.close(user.positions()[0].ticket)
    eventually(lambda: copied(machine, "PositionClosed") == 1, 20)
    assert held(admin) == []
