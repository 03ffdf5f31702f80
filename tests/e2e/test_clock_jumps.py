"""Our clock jumps while the swarm runs, and a broker's; the machine's is never touched (law 10)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from paper.address import published
from paper.admin import Admin
from tests.e2e.test_swarm import READY_WITHIN_S, SLAVE, Machine, Trader, swarm_of
from tests.waiting import eventually
from utils.clock import set_offset

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

HOUR_MS = 3_600_000
MASTERS_TERMINAL = "ftmo"
COPIED = f"{SLAVE}: PositionOpened EURUSD.c copied"
TOO_OLD = f"{SLAVE}: PositionOpened EURUSD.c denied SIGNAL_TOO_OLD"
CLOSED = f"{SLAVE}: PositionClosed EURUSD.c copied"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    made.environ["MURMURATION_CLOCK"] = str(tmp_path / "clock")
    yield made
    made.end()


@pytest.fixture
def admin(machine: Machine) -> Iterator[Admin]:
    """The swarm is ready, and no price comes but by hand."""
    swarm_of(machine)
    eventually(machine.both_ready, READY_WITHIN_S)
    address = published(machine.state / "paper")
    assert address is not None
    with Admin(address.host, address.port) as admin:
        admin.pause()
        yield admin


@pytest.fixture
def trader(machine: Machine, admin: Admin) -> Iterator[Trader]:
    made = Trader(machine)
    yield made
    made.leave()


def give_price(admin: Admin, trader: Trader, bid: float) -> None:
    admin.tick("EURUSD", bid, bid + 0.0001)
    eventually(lambda: trader.desk.symbol_info_tick("EURUSD").bid == bid)


def test_law_10_opens_wait_for_a_price_after_a_clock_jumped_and_closes_for_nothing(
    machine: Machine, admin: Admin, trader: Trader
) -> None:
    before = machine.pids()
    give_price(admin, trader, 1.300)
    trader.buy()
    eventually(lambda: machine.said().count(COPIED) == 1, 15)

    set_offset(machine.folder / "clock", HOUR_MS)
    trader.buy()
    eventually(lambda: machine.said().count(TOO_OLD) == 1, 15)
    give_price(admin, trader, 1.301)
    trader.buy()
    eventually(lambda: machine.said().count(COPIED) == 2, 15)

    set_offset(machine.folder / "clock", -HOUR_MS)
    trader.buy()
    eventually(lambda: machine.said().count(COPIED) == 3, 15)

    admin.fault("server_clock", MASTERS_TERMINAL, ms=HOUR_MS)
    give_price(admin, trader, 1.302)
    trader.buy()
    eventually(lambda: machine.said().count(COPIED) == 4, 15)

    set_offset(machine.folder / "clock", 0)
    trader.close_all()
    eventually(lambda: machine.said().count(CLOSED) == 4, 15)
    assert machine.pids() == before
