"""The client against the paper broker's own process: a trade from initialize to history."""

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from paper.address import Address, published
from paper.admin import Admin
from tests.client_copies import fresh_client
from tests.waiting import eventually

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
OK = (1, "Success")
EVER = (0, 2_000_000_000)


@contextlib.contextmanager
def running(state_dir: Path) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "paper", "--state", str(state_dir)]
    with (state_dir / "paper.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


@contextlib.contextmanager
def started(state_dir: Path) -> Iterator[Address]:
    with running(state_dir):
        yield eventually(lambda: published(state_dir), within_s=30.0)


@pytest.fixture
def server(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with running(tmp_path) as process:
        yield process


@pytest.fixture
def address(server: "subprocess.Popen[bytes]", tmp_path: Path) -> Address:
    return eventually(lambda: published(tmp_path), within_s=30.0)


@pytest.fixture
def mt5(address: Address) -> Iterator[ModuleType]:
    with Admin(address.host, address.port) as admin:
        admin.ensure_account("ftmo", "FTMO-Demo", deposit=50_000.0)
    module = fresh_client()
    module._connect_to(address.host, address.port)
    assert module.initialize("ftmo"), module.last_error()
    yield module
    module.shutdown()


def deal(mt5: ModuleType, kind: int, volume: float, position: int = 0) -> Any:
    tick = eventually(lambda: priced(mt5))
    request = {
        "action": mt5.TRADE_ACTION_DEAL, "symbol": "EURUSD", "volume": volume, "type": kind,
        "price": tick.ask if kind == mt5.ORDER_TYPE_BUY else tick.bid, "deviation": 100,
        "magic": 234000, "comment": "a test", "type_filling": mt5.ORDER_FILLING_IOC,
        "position": position,
    }  # fmt: skip
    result = mt5.order_send(request)
    assert result is not None, mt5.last_error()
    assert result.retcode == mt5.TRADE_RETCODE_DONE, result
    return result


def priced(mt5: ModuleType, symbol: str = "EURUSD") -> Any:
    tick = mt5.symbol_info_tick(symbol)
    return tick if tick is not None and tick.bid else None


def test_a_trade_is_opened_closed_in_part_closed_and_found_in_history(mt5: ModuleType) -> None:
    assert mt5.positions_get() == ()
    opened = deal(mt5, mt5.ORDER_TYPE_BUY, 0.3)
    assert type(opened.request) is mt5.TradeRequest
    (position,) = mt5.positions_get(symbol="EURUSD")
    assert (position.volume, position.magic, position.comment) == (0.3, 234000, "a test")
    assert mt5.positions_get(ticket=position.ticket)[0].identifier == position.identifier

    deal(mt5, mt5.ORDER_TYPE_SELL, 0.1, position.ticket)
    (rest,) = mt5.positions_get(group="EUR*")
    assert rest.volume == pytest.approx(0.2)
    deal(mt5, mt5.ORDER_TYPE_SELL, 0.2, position.ticket)
    assert mt5.positions_get() == ()
    assert mt5.positions_get(ticket=position.ticket) == ()
    assert mt5.last_error() == OK

    deals = mt5.history_deals_get(position=position.identifier)
    assert [(each.entry, each.volume) for each in deals] == [
        (mt5.DEAL_ENTRY_IN, 0.3),
        (mt5.DEAL_ENTRY_OUT, 0.1),
        (mt5.DEAL_ENTRY_OUT, 0.2),
    ]
    assert mt5.history_deals_get(ticket=opened.deal)[0].position_id == position.identifier
    assert mt5.history_deals_total(*EVER) == len(mt5.history_deals_get(*EVER)) >= 3
    assert mt5.history_orders_total(*EVER) == len(mt5.history_orders_get(*EVER)) >= 3
    assert mt5.history_orders_get(ticket=opened.order)[0].position_id == position.identifier
    booked = sum(each.profit + each.commission + each.swap + each.fee for each in deals)
    eventually(lambda: mt5.account_info().balance == pytest.approx(50_000 + booked))


def test_every_reading_call_answers_in_metatraders_types(mt5: ModuleType) -> None:
    assert mt5.account_info().balance == 50_000
    assert type(mt5.account_info()) is mt5.AccountInfo
    assert mt5.terminal_info().connected is True
    assert mt5.version()[0] == 500
    assert mt5.symbols_total() == len(mt5.symbols_get()) > 0
    assert [each.name for each in mt5.symbols_get("EUR*")] == ["EURUSD"]
    assert mt5.symbol_info("EURUSD").digits == 5
    assert mt5.symbol_select("EURUSD") is True
    assert type(eventually(lambda: priced(mt5))) is mt5.Tick
    assert mt5.order_calc_margin(mt5.ORDER_TYPE_BUY, "EURUSD", 1, 1.1) > 0
    assert mt5.order_calc_profit(0, "EURUSD", 1, 1.1, 1.2) == pytest.approx(10_000)
    assert (mt5.orders_total(), mt5.orders_get()) == (0, ())
    assert mt5.last_error() == OK
    check = mt5.order_check({"action": 1, "symbol": "EURUSD", "volume": 0.1, "type_filling": 1})
    assert type(check) is mt5.OrderCheckResult


def test_an_unknown_symbol_or_account_is_refused_in_metatraders_words(mt5: ModuleType) -> None:
    assert mt5.symbol_info("NOSUCH") is None
    assert mt5.last_error() == (-4, "Terminal: Not found")
    assert mt5.symbol_info_tick("NOSUCH") is None
    assert mt5.last_error() == (-4, "Terminal: Not found")
    assert mt5.symbol_select("NOSUCH") is False
    assert mt5.last_error() == (-1, "Terminal: Call failed")
    assert mt5.initialize("no such terminal") is False
    assert mt5.last_error()[0] < 0
    assert mt5.account_info() is None
    assert mt5.last_error() == (-10004, "No IPC connection")


def test_bars_and_ticks_come_up_to_the_newest_price(mt5: ModuleType) -> None:
    now = eventually(lambda: priced(mt5)).time
    bars = mt5.copy_rates_from_pos("EURUSD", mt5.TIMEFRAME_M5, 0, 10)
    assert len(bars) == 10
    assert set(bars["time"] % 300) == {0}
    assert (np.diff(bars["time"]) > 0).all()
    assert (bars["low"] <= bars["open"]).all()
    assert (bars["close"] <= bars["high"]).all()
    earlier = mt5.copy_rates_range("EURUSD", mt5.TIMEFRAME_M5, int(bars["time"][2]), now - 600)
    assert earlier[0] == bars[2]
    assert mt5.copy_rates_from("EURUSD", mt5.TIMEFRAME_H1, now, 3)["time"][-1] <= now
    ticks = mt5.copy_ticks_range("EURUSD", now - 600, now, mt5.COPY_TICKS_ALL)
    assert (ticks["time_msc"] // 1000 == ticks["time"]).all()
    first = mt5.copy_ticks_from("EURUSD", now - 600, 3, mt5.COPY_TICKS_ALL)
    assert (first == ticks[:3]).all()
    assert mt5.last_error() == OK


def test_quick_trades_open_close_and_sum_up(mt5: ModuleType, address: Address) -> None:
    with Admin(address.host, address.port) as admin:
        admin.ensure_account("apex", "Apex-Demo", deposit=50_000.0)
    assert mt5.initialize("apex")
    eventually(lambda: priced(mt5, "EURUSD.c"))
    bought = mt5.Buy("EURUSD.c", 0.2, comment="quick")
    sold = mt5.Sell("EURUSD.c", 0.1)
    assert (bought.retcode, sold.retcode) == (mt5.TRADE_RETCODE_DONE,) * 2
    assert [each.comment for each in mt5.positions_get()] == ["quick", ""]
    assert mt5.Close("EURUSD.c", ticket=sold.order) is True
    assert [each.ticket for each in mt5.positions_get()] == [bought.order]
    assert mt5.Close("EURUSD.c") is True
    assert mt5.Close("EURUSD.c") is False
    assert mt5.positions_get() == ()


def test_the_account_is_never_older_than_ones_own_order(mt5: ModuleType) -> None:
    eventually(lambda: mt5.account_info() and mt5._session.pushed.state("account_info"))
    for _ in range(30):
        bought = deal(mt5, mt5.ORDER_TYPE_BUY, 0.01)
        assert mt5.account_info().margin > 0
        deal(mt5, mt5.ORDER_TYPE_SELL, 0.01, bought.order)
        assert mt5.account_info().margin == 0


def test_a_broker_without_market_depth_says_no(mt5: ModuleType) -> None:
    assert mt5.market_book_add("EURUSD") is False
    assert mt5.last_error() == OK
    assert mt5.market_book_get("EURUSD") is None
    assert mt5.last_error()[0] < 0


def test_a_change_of_positions_by_another_client_wakes_us(
    mt5: ModuleType, address: Address
) -> None:
    eventually(mt5._positions_changed)
    other = fresh_client()
    other._connect_to(address.host, address.port)
    assert other.initialize("ftmo")
    deal(other, other.ORDER_TYPE_BUY, 0.1)
    other.shutdown()
    assert mt5._hint_socket().poll(5000)
    eventually(mt5._positions_changed)
    assert mt5.positions_total() == 1


def test_a_server_that_is_gone_is_noticed_by_every_call_until_initialize(
    mt5: ModuleType, server: "subprocess.Popen[bytes]"
) -> None:
    eventually(lambda: priced(mt5))
    server.kill()
    server.wait(10)
    for call in (mt5.account_info, mt5.terminal_info, mt5.positions_get, mt5.positions_total):
        assert call() is None
        assert mt5.last_error() == (-10004, "No IPC connection")
    assert mt5.order_send({"action": 1}) is None
    assert mt5.last_error() == (-10004, "No IPC connection")
    assert mt5.initialize("ftmo") is False
    assert mt5.last_error()[0] == -10003


def test_a_server_killed_among_calls_fails_one_and_then_has_no_connection(
    mt5: ModuleType, server: "subprocess.Popen[bytes]"
) -> None:
    killing = threading.Thread(target=server.kill)
    killing.start()
    eventually(lambda: mt5.positions_total() is None, within_s=30.0, every_s=0.0)
    assert mt5.last_error()[0] in {-10001, -10002, -10004}
    assert mt5.positions_total() is None
    assert mt5.last_error() == (-10004, "No IPC connection")
    killing.join()


def test_accounts_and_positions_outlive_a_killed_server(
    mt5: ModuleType, server: "subprocess.Popen[bytes]", address: Address, tmp_path: Path
) -> None:
    deal(mt5, mt5.ORDER_TYPE_BUY, 0.1)
    before = [position.identifier for position in mt5.positions_get()]
    server.kill()
    server.wait(10)
    (tmp_path / "paper.json").unlink()
    with started(tmp_path) as again:
        mt5._connect_to(again.host, again.port)
        assert mt5.initialize("ftmo") is True
        assert [position.identifier for position in mt5.positions_get()] == before
