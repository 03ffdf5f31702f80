"""Brokers of several kinds in one real process: hours, money by hand, midnight, death."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from domain.mt5_words import Retcode
from paper.address import Address
from paper.admin import Admin, AdminError
from paper.starting import ensure_running
from tests.paper_week import DAY_S, to_wednesday
from tests.unit.paper.desk import named, request
from tests.waiting import eventually

pytestmark = pytest.mark.integration

Start = Callable[[], Address]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the broker of this test's folder; what still runs at the end is ended."""
    started: list[Address] = []

    def starting() -> Address:
        started.append(ensure_running(tmp_path / "state"))
        return started[-1]

    yield starting
    for address in started:
        kill(address)


def kill(address: Address) -> None:
    """As the operating system would; and wait until it is gone."""
    try:
        process = psutil.Process(address.pid)
        process.kill()
    except psutil.NoSuchProcess:
        return
    eventually(lambda: has_ended(process))


def has_ended(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def taken_up(line: Admin, broker: str, **terms: Any) -> None:
    line.ensure_account(broker, broker, **terms)
    line.ask("initialize", broker, 0, "", "", 5_000)


def send(line: Admin, **fields: Any) -> Any:
    return named("OrderSendResult", line.ask("order_send", request(**fields)))


def position(line: Admin) -> Any:
    (row,) = line.ask("positions_get", "all", None)
    return named("TradePosition", row)


def account(line: Admin) -> Any:
    return named("AccountInfo", line.ask("account_info"))


def test_midnight_charges_once_though_the_broker_is_killed_after_it(start: Start) -> None:
    address = start()
    with Admin(address.host, address.port) as line:
        to_wednesday(line)
        taken_up(line, "Liberty-Demo")
        assert send(line, volume=1.0, type_filling=0).retcode == Retcode.DONE
        line.advance_clock(DAY_S * 1000)
        charged = position(line).swap
    kill(address)
    address = start()
    with Admin(address.host, address.port) as line:
        to_wednesday(line, DAY_S)
        line.ask("initialize", "Liberty-Demo", 0, "", "", 5_000)
        assert position(line).swap == charged == -18.6, "Wednesday's night counts three"


def _traded(line: Admin, symbol: str) -> Any:
    """What is shown of it, once somebody has traded it in this session."""
    shown = named("SymbolInfo", line.ask("symbol_info", symbol))
    return shown if shown.session_deals > 0 else None


def test_an_exchange_knows_hours_lots_and_last_prices(start: Start) -> None:
    address = start()
    with Admin(address.host, address.port) as line:
        to_wednesday(line)
        taken_up(line, "Bourse-Demo", margin_mode="exchange")
        bought = send(line, symbol="AURX", volume=5.0)
        shown = eventually(lambda: _traded(line, "AURX"))
        to_wednesday(line, 12 * 3_600)
        closed = send(line, symbol="AURX", volume=5.0, type=1)
    assert bought.retcode == Retcode.DONE
    assert shown.last > 0
    assert closed.retcode == Retcode.MARKET_CLOSED


def test_an_operator_books_money_and_is_told_what_cannot_be_booked(start: Start) -> None:
    address = start()
    with Admin(address.host, address.port) as line:
        taken_up(line, "Kontor-Demo", margin_mode="netting", currency="JPY", deposit=1_000_000.0)
        assert line.book("Kontor-Demo", "balance", 500.4, "more") == 1_000_500.0
        line.book("Kontor-Demo", "credit", 250.0, "welcome")
        told = account(line)
        with pytest.raises(AdminError, match="wanted a number, and one of balance, credit"):
            line.book("Kontor-Demo", "gift", 1.0)
        with pytest.raises(AdminError, match="use 'netting'"):
            line.ensure_account("other", "Kontor-Demo")
    assert (told.balance, told.credit, told.equity) == (1_000_500.0, 250.0, 1_000_750.0)
