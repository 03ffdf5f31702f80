"""A slave's broker numbers its positions anew at midnight; the copy is followed all the same."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paper.admin import Admin
from paper.starting import ensure_running
from tests.e2e.test_swarm import READY_WITHIN_S, ROOT, SLAVE, Machine, Trader
from tests.integration.test_paper_brokers import DAY_S, to_wednesday
from tests.unit.paper.desk import named
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

SYMBOL = "EURUSD_m"
RENUMBERING = {"paper.broker": "Meridian-Demo", "path": "meridian", "suffix": "_m"}
COPIED = f"{SLAVE}: PositionOpened {SYMBOL} copied"
CLOSED = f"{SLAVE}: PositionClosed {SYMBOL} copied"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.end()


@pytest.fixture
def admin(machine: Machine) -> Iterator[Admin]:
    """It is Wednesday at the paper brokers before anybody looks at them."""
    paper = int(machine.environ["PAPER_PORT"])
    address = ensure_running(machine.state / "paper", port=paper)
    with Admin(address.host, address.port) as line:
        to_wednesday(line)
        yield line


@pytest.fixture
def trader(machine: Machine, admin: Admin) -> Iterator[Trader]:
    """The slave's account is at a broker that renumbers, and the swarm runs."""
    machine.type_(str(ROOT / "setup_db.py"), "--no-setup")
    machine.accounts(SLAVE, **RENUMBERING)
    machine.launch()
    eventually(machine.both_ready, READY_WITHIN_S)
    made = Trader(machine)
    yield made
    made.leave()


def held(admin: Admin) -> list[Any]:
    return [named("TradePosition", row) for row in admin.ask("positions_get", "all", None)]


def test_a_copy_that_got_another_ticket_over_night_is_closed_with_its_master(
    machine: Machine, admin: Admin, trader: Trader
) -> None:
    admin.ask("initialize", RENUMBERING["path"], 0, "", "", 5_000)
    trader.buy()
    eventually(lambda: COPIED in machine.said(), 15)
    (before,) = held(admin)

    admin.advance_clock(DAY_S * 1000)
    (after,) = held(admin)
    assert (after.identifier, after.swap) == (before.identifier, 3 * -7.5 * before.volume)
    assert after.ticket != before.ticket

    trader.close_all()
    eventually(lambda: CLOSED in machine.said(), 15)
    assert held(admin) == []
