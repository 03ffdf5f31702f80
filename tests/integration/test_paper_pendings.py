"""Orders that wait, through the client module and over sockets: placed, changed, set off, ended."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from paper.address import Address, published
from paper.admin import Admin
from tests.client_copies import fresh_client
from tests.waiting import eventually

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
BID, ASK = 1.38600, 1.38610
DAY_MS = 86_400_000
EVER = (0, 2_000_000_000)


@contextmanager
def serving(state_dir: Path) -> Iterator[tuple[Admin, Address]]:
    """A paper broker of its own process whose tape stands still: prices move by hand."""
    command = [sys.executable, "-m", "paper", "--state", str(state_dir)]
    with (state_dir / "paper.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        address = eventually(lambda: serves(state_dir, process.pid), within_s=30.0)
        with Admin(address.host, address.port) as admin:
            admin.pause()
            admin.ensure_account("ftmo", "FTMO-Demo", deposit=50_000.0)
            admin.tick("EURUSD", BID, ASK)
            yield admin, address
    finally:
        process.kill()
        process.wait(10)


def serves(state_dir: Path, pid: int) -> Address | None:
    address = published(state_dir)
    return address if address is not None and address.pid == pid else None


@contextmanager
def connected(address: Address) -> Iterator[ModuleType]:
    module = fresh_client()
    module._connect_to(address.host, address.port)
    assert module.initialize("ftmo"), module.last_error()
    yield module
    module.shutdown()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[tuple[Admin, Address]]:
    with serving(tmp_path) as served:
        yield served


@pytest.fixture
def admin(broker: tuple[Admin, Address]) -> Admin:
    return broker[0]


@pytest.fixture
def mt5(broker: tuple[Admin, Address]) -> Iterator[ModuleType]:
    with connected(broker[1]) as module:
        yield module


def send(mt5: ModuleType, **fields: Any) -> Any:
    result = mt5.order_send(fields)
    assert result is not None, mt5.last_error()
    return result


def place(mt5: ModuleType, kind: int, price: float, **fields: Any) -> Any:
    result = send(
        mt5, action=mt5.TRADE_ACTION_PENDING, symbol="EURUSD", volume=0.1, type=kind, price=price,
        type_filling=mt5.ORDER_FILLING_RETURN, magic=7, **fields,
    )  # fmt: skip
    assert result.retcode == mt5.TRADE_RETCODE_DONE, result
    return result


def woken(mt5: ModuleType) -> Callable[[], bool]:
    """Whether the next thing done wakes whoever hangs on the socket: the node does."""
    eventually(mt5._positions_changed)
    return lambda: bool(mt5._hint_socket().poll(5_000)) and eventually(mt5._positions_changed)


def test_an_order_is_placed_changed_and_withdrawn(mt5: ModuleType) -> None:
    wakes = woken(mt5)
    result = place(mt5, mt5.ORDER_TYPE_BUY_LIMIT, 1.38, sl=1.37, tp=1.39)
    assert wakes()
    assert (result.deal, result.price, result.bid, result.ask) == (0, 0.0, BID, ASK)
    (order,) = mt5.orders_get(symbol="EURUSD")
    assert type(order) is mt5.TradeOrder
    assert (order.ticket, order.state) == (result.order, mt5.ORDER_STATE_PLACED)
    assert (order.price_open, order.price_current, order.magic) == (1.38, ASK, 7)
    assert (mt5.orders_total(), mt5.positions_total()) == (1, 0)

    changed = send(mt5, action=mt5.TRADE_ACTION_MODIFY, order=order.ticket, price=1.381, sl=1.37)
    assert (changed.retcode, changed.order) == (mt5.TRADE_RETCODE_DONE, order.ticket)
    assert wakes()
    (order,) = mt5.orders_get(ticket=order.ticket)
    assert (order.price_open, order.sl, order.tp) == (1.381, 1.37, 0.0)

    gone = send(mt5, action=mt5.TRADE_ACTION_REMOVE, order=order.ticket)
    assert gone.retcode == mt5.TRADE_RETCODE_DONE
    assert wakes()
    assert mt5.orders_get() == ()
    (past,) = mt5.history_orders_get(ticket=order.ticket)
    assert past.state == mt5.ORDER_STATE_CANCELED
    again = send(mt5, action=mt5.TRADE_ACTION_REMOVE, order=order.ticket)
    assert again.retcode == mt5.TRADE_RETCODE_INVALID


def test_a_tick_turns_an_order_into_the_position_of_its_number(
    mt5: ModuleType, admin: Admin
) -> None:
    ticket = place(mt5, mt5.ORDER_TYPE_BUY_STOP, 1.387, sl=1.38).order
    wakes = woken(mt5)
    admin.tick("EURUSD", 1.3875, 1.3876)
    assert wakes()
    (position,) = mt5.positions_get()
    assert (position.ticket, position.price_open, position.sl) == (ticket, 1.3876, 1.38)
    assert mt5.orders_get() == ()
    (past,) = mt5.history_orders_get(position=ticket)
    assert (past.ticket, past.state) == (ticket, mt5.ORDER_STATE_FILLED)
    (entry,) = mt5.history_deals_get(position=ticket)
    assert (entry.order, entry.entry, entry.price) == (ticket, mt5.DEAL_ENTRY_IN, 1.3876)


def test_a_stop_limit_passes_through_its_limit(mt5: ModuleType, admin: Admin) -> None:
    kind = mt5.ORDER_TYPE_SELL_STOP_LIMIT
    ticket = place(mt5, kind, 1.385, stoplimit=1.3855).order
    admin.tick("EURUSD", 1.385, 1.3851)
    eventually(lambda: mt5.orders_get()[0].type == mt5.ORDER_TYPE_SELL_LIMIT)
    assert mt5.orders_get()[0].price_open == 1.3855
    admin.tick("EURUSD", 1.3856, 1.3857)
    eventually(lambda: mt5.positions_total() == 1)
    assert mt5.positions_get()[0].ticket == ticket


def test_an_order_of_the_day_ends_with_it(mt5: ModuleType, admin: Admin) -> None:
    kind = mt5.ORDER_TYPE_SELL_LIMIT
    ticket = place(mt5, kind, 1.39, type_time=mt5.ORDER_TIME_DAY).order
    stays = place(mt5, kind, 1.39).order
    wakes = woken(mt5)
    admin.advance_clock(DAY_MS)
    assert wakes()
    assert [order.ticket for order in mt5.orders_get()] == [stays]
    (past,) = mt5.history_orders_get(ticket=ticket)
    assert past.state == mt5.ORDER_STATE_EXPIRED


def test_orders_outlive_a_killed_broker_and_are_set_off_by_the_next(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, address), connected(address) as mt5:
        tickets = [place(mt5, mt5.ORDER_TYPE_BUY_LIMIT, price).order for price in (1.38, 1.37)]
        before = mt5.orders_get()
    with serving(tmp_path) as (admin, address), connected(address) as mt5:
        assert mt5.orders_get() == before
        admin.tick("EURUSD", 1.375, 1.3751)
        eventually(lambda: mt5.positions_total() == 1)
        assert [position.ticket for position in mt5.positions_get()] == tickets[:1]
        assert [order.ticket for order in mt5.orders_get()] == tickets[1:]
        assert mt5.history_orders_total(*EVER) == 1
