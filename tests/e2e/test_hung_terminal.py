"""A terminal that hangs in a call stops its own node and nobody else's (laws 4, 7)."""

from collections.abc import Iterator
from typing import Any

import pytest

from db.clients import opened
from db.embedded.address import read_address
from paper.address import published
from paper.admin import Admin
from tests.e2e.test_live_accounts import COPIED_WITHIN_S, OTHER, Broker, Desk, other_slave
from tests.e2e.test_swarm import READY_WITHIN_S, SLAVE, Machine, Trader, swarm_of
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

# Nothing is taken for hung before ten seconds of silence.
NOTICED_WITHIN_S = 20


@pytest.fixture
def machine(tmp_path: Any) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.end()


@pytest.fixture
def desk(machine: Machine) -> Iterator[Desk]:
    """A master and two slaves, ready."""
    swarm_of(machine)
    address = read_address(machine.state)
    assert address is not None
    with opened(address.uri, "prop_copy_trader") as database:
        desk = Desk(machine, database)
        desk.accounts.insert_one(other_slave(desk))
        eventually(lambda: desk.is_ready(SLAVE) and desk.is_ready(OTHER), READY_WITHIN_S)
        yield desk


@pytest.fixture
def admin(desk: Desk) -> Iterator[Admin]:
    address = published(desk.machine.state / "paper")
    assert address is not None
    with Admin(address.host, address.port) as admin:
        yield admin


def test_law_7_a_slave_hung_in_order_send_is_replaced_and_the_others_copy(
    desk: Desk, admin: Admin
) -> None:
    terminal = desk.document(SLAVE)["path"]
    admin.fault("hang", terminal, call="order_send", when="after", times=1)
    before = desk.machine.pids()
    trader = Trader(desk.machine)
    trader.buy()
    eventually(lambda: desk.copied("PositionOpened", OTHER) == 1, COPIED_WITHIN_S)
    assert admin.faults()[-1]["struck"] == 1
    assert desk.copied("PositionOpened", SLAVE) == 0

    eventually(lambda: desk.pid(SLAVE) not in {0, before[SLAVE]}, NOTICED_WITHIN_S)
    assert "hung: nothing heard for" in desk.machine.said()
    eventually(lambda: desk.is_ready(SLAVE), READY_WITHIN_S)

    eventually(lambda: desk.copied("PositionOpened", SLAVE) == 1, COPIED_WITHIN_S)
    trader.buy()
    eventually(lambda: desk.copied("PositionOpened", SLAVE) == 2, COPIED_WITHIN_S)
    trader.close_all()
    eventually(lambda: desk.copied("PositionClosed", SLAVE) == 2, COPIED_WITHIN_S)
    broker = Broker(desk.machine, terminal)
    entries = [deal[2] for deal in broker.deals()][1:]
    assert (sorted(entries), broker.positions()) == ([0, 0, 1, 1], [])
    broker.leave()
    trader.leave()
    assert {name: pid for name, pid in desk.machine.pids().items() if name != SLAVE} == {
        name: pid for name, pid in before.items() if name != SLAVE
    }
