"""Law 15 at the paper broker: orders that wait on both sides, and the positions they become."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.legs import LegState
from tests.copying import DONE, Begin, Copying, beginnings

pytestmark = pytest.mark.integration

EURUSD = "EURUSD"
BUY_LIMIT, BUY_STOP, SELL_STOP = 2, 4, 5


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    with beginnings(tmp_path / "state") as begin:
        yield begin


def orders(seat: Any) -> dict[int, float]:
    """Tickets of the orders that wait, with their prices."""
    return {o.ticket: o.price_open for o in seat.module.orders_get()}


def placed(copying: Copying, kind: int, points: int, **more: Any) -> tuple[int, float]:
    """The master lets an order wait so far from the market; its ticket and price."""
    price = round(copying.master.module.symbol_info_tick(EURUSD).bid + points / 100_000, 5)
    request = {"action": 5, "symbol": EURUSD, "volume": 0.3, "type": kind, "price": price}
    done = copying.master.module.order_send(**(request | {"type_filling": 2} | more))
    assert done is not None, copying.master.module.last_error()
    assert done.retcode == DONE, done
    return int(done.order), price


def market(copying: Copying, points: float) -> None:
    copying.admin.fault("gap", symbol=EURUSD, points=points)


@pytest.mark.parametrize("points", [-300, 300], ids=["a limit below", "a stop above"])
def test_an_order_waits_moves_and_goes_with_the_masters(begin: Begin, points: int) -> None:
    copying = begin("FTMO-Demo", "FTMO-Demo")
    kind = BUY_LIMIT if points < 0 else BUY_STOP
    ticket, price = placed(copying, kind, points)
    copying.until(lambda: list(orders(copying.slave).values()) == [price])

    moved = round(price + 0.0005, 5)
    done = copying.master.module.order_send(action=7, order=ticket, price=moved)
    assert done.retcode == DONE
    copying.until(lambda: list(orders(copying.slave).values()) == [moved])
    copying.start()
    copying.looks(2)
    assert list(orders(copying.slave).values()) == [moved]

    assert copying.master.module.order_send(action=8, order=ticket).retcode == DONE
    copying.until(lambda: not orders(copying.slave))
    copying.looks(1)
    assert copying.verdicts() == [
        ("OrderPlaced", "copied"),
        ("OrderModified", "copied"),
        ("OrderGone", "copied"),
    ]


@pytest.mark.history(27)
def test_law_15_both_fill_and_there_is_one_copy_that_closes_with_its_master(
    begin: Begin,
) -> None:
    copying = begin("FTMO-Demo", "FTMO-Demo")
    ticket, _ = placed(copying, BUY_STOP, 100)
    copying.until(lambda: orders(copying.slave))
    market(copying, 200)
    copying.until(lambda: ("PositionOpened", "copied") in copying.verdicts())
    copying.looks(2)
    assert list(copying.slave.held().values()) == [0.3]
    assert orders(copying.slave) == {}
    assert list(copying.master.held()) == [ticket]
    copying.master.sell(EURUSD, 0.3, position=ticket)
    copying.until(lambda: not copying.slave.held())
    copying.looks(1)
    (leg,) = copying.slave.journal.legs()
    assert leg.state is LegState.CLOSED


@pytest.mark.history(27)
def test_law_15_the_masters_fills_and_ours_does_not(begin: Begin) -> None:
    """The slave's broker has another price: its order is withdrawn, and a copy is opened."""
    copying = begin("FTMO-Demo", "FTMO-Demo")
    placed(copying, BUY_STOP, 100)
    copying.until(lambda: orders(copying.slave))
    (ours,) = orders(copying.slave)
    far = round(copying.slave.module.symbol_info_tick(EURUSD).bid + 0.05, 5)
    assert copying.slave.module.order_send(action=7, order=ours, price=far).retcode == DONE
    market(copying, 200)
    copying.until(lambda: ("PositionOpened", "copied") in copying.verdicts())
    copying.looks(2)
    assert list(copying.slave.held().values()) == [0.3]
    assert ours not in copying.slave.held()
    assert orders(copying.slave) == {}


@pytest.mark.history(27)
def test_law_15_ours_fills_and_the_masters_does_not(begin: Begin) -> None:
    copying = begin("FTMO-Demo", "FTMO-Demo")
    ticket, _ = placed(copying, SELL_STOP, -1000)
    copying.until(lambda: orders(copying.slave))
    (ours,) = orders(copying.slave)
    near = round(copying.slave.module.symbol_info_tick(EURUSD).bid - 0.0005, 5)
    assert copying.slave.module.order_send(action=7, order=ours, price=near).retcode == DONE
    market(copying, -100)
    copying.until(lambda: list(copying.slave.held()) == [ours])
    copying.looks(3)
    assert list(copying.slave.held()) == [ours]
    assert copying.master.module.order_send(action=8, order=ticket).retcode == DONE
    copying.until(lambda: not copying.slave.held())


def test_an_order_that_expires_at_the_master_is_withdrawn_here(begin: Begin) -> None:
    copying = begin("FTMO-Demo", "FTMO-Demo")
    # By the broker's own clock, which was set to Wednesday: the tick at hand may be older.
    ahead_s = 4 * 3_600
    later = copying.admin.advance_clock(0) // 1000 + ahead_s
    placed(copying, BUY_LIMIT, -300, type_time=2, expiration=later)
    copying.until(lambda: orders(copying.slave))
    copying.admin.advance_clock(ahead_s * 1000)
    copying.until(lambda: not orders(copying.master))
    copying.until(lambda: not orders(copying.slave))
    copying.looks(1)
    assert copying.slave.held() == {}


def test_a_netting_masters_order_fills_into_a_leg_of_its_position(begin: Begin) -> None:
    copying = begin("FTMO-Demo", "FTMO-Demo", ("netting", "hedging"))
    copying.master.deal(EURUSD, 0.2)
    copying.until(lambda: ("PositionOpened", "copied") in copying.verdicts())
    placed(copying, BUY_STOP, 100)
    copying.until(lambda: orders(copying.slave))
    market(copying, 200)
    copying.until(lambda: copying.verdicts().count(("PositionOpened", "copied")) == 2)
    copying.looks(1)
    assert sorted(copying.slave.held().values()) == [0.2, 0.3]
    copying.master.sell(EURUSD, 0.5)
    copying.until(lambda: not copying.slave.held())
