"""Orders that are to be filled later are, though the broker is killed in between."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from domain.mt5_words import OrderState, Retcode
from paper.address import Address
from paper.admin import Admin
from paper.starting import ensure_running
from tests.client_copies import fresh_client
from tests.waiting import eventually

pytestmark = pytest.mark.integration

EVER = (1, 2_000_000_000)
REST_AFTER_MS = 1_500
Start = Callable[[], Address]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the broker of one state folder, again and again; kills the last one."""
    started: list[Address] = []

    def begin() -> Address:
        started.append(ensure_running(tmp_path, seed=7))
        return started[-1]

    yield begin
    _kill(started[-1])


def _kill(address: Address) -> None:
    process = psutil.Process(address.pid)
    process.kill()
    process.wait(10)


def _client(address: Address) -> Any:
    with Admin(address.host, address.port) as admin:
        admin.ensure_account("terminal-1", "FTMO-Demo")
    mt5 = fresh_client()
    mt5._connect_to(address.host, address.port)
    assert mt5.initialize("terminal-1", timeout=5_000), mt5.last_error()
    return mt5


def _buy(mt5: Any) -> Any:
    return mt5.order_send(
        action=mt5.TRADE_ACTION_DEAL,
        symbol="EURUSD",
        volume=0.2,
        type=mt5.ORDER_TYPE_BUY,
        type_filling=mt5.ORDER_FILLING_IOC,
    )


@pytest.mark.parametrize(
    ("first_part", "retcode", "state"),
    [
        pytest.param(0.0, Retcode.PLACED, OrderState.PLACED, id="nothing filled yet"),
        pytest.param(0.5, Retcode.DONE_PARTIAL, OrderState.PARTIAL, id="a part filled"),
    ],
)
def test_a_killed_broker_still_fills_what_it_owes(
    start: Start, first_part: float, retcode: int, state: int
) -> None:
    address = start()
    mt5 = _client(address)
    with Admin(address.host, address.port) as admin:
        admin.fault(
            "fill", "terminal-1", first_part=first_part, rest_after_ms=REST_AFTER_MS, times=1
        )
    answer = _buy(mt5)
    (waiting,) = mt5.orders_get()
    assert (answer.retcode, waiting.ticket, waiting.state) == (retcode, answer.order, state)

    _kill(address)
    mt5.shutdown()
    mt5 = _client(start())

    eventually(lambda: [p.volume for p in mt5.positions_get()] == [0.2], within_s=20)
    (position,) = mt5.positions_get()
    (order,) = mt5.history_orders_get(ticket=answer.order)
    deals = mt5.history_deals_get(position=answer.order)
    assert (position.ticket, order.state) == (answer.order, OrderState.FILLED)
    assert order.time_done_msc >= order.time_setup_msc + REST_AFTER_MS
    assert sum(deal.volume for deal in deals) == pytest.approx(0.2)
    assert mt5.orders_get() == ()
    mt5.shutdown()
