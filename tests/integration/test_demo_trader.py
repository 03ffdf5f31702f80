"""The scripted trader on a real paper broker, with a clock that the test moves."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.demonstration.trader import FEWEST, MOST, Trader, TraderError
from domain.mt5_words import DealEntry
from paper import client
from paper.address import Address
from paper.admin import Admin
from paper.starting import ensure_running
from tests.waiting import eventually
from utils.os_signals import born

pytestmark = pytest.mark.integration

TURN_S = 0.7
EVER = (0, 2_000_000_000)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Address]:
    address = ensure_running(tmp_path)
    with Admin(address.host, address.port) as admin:
        admin.ensure_account("lead", "FTMO-Demo")
        yield address
        client.shutdown()
        admin.shutdown()
    assert eventually(lambda: born(address.pid) is None, 10)


def test_twenty_seconds_bring_twenty_signals_of_every_kind(broker: Address) -> None:
    trader = Trader(seed=1)
    trader.connect(broker.host, broker.port, "lead")
    for turn in range(29):  # 20 s, a deed at most every 0.7 s
        trader.step(turn * TURN_S)
    deals = [deal for deal in client.history_deals_get(*EVER) if deal.symbol]
    entries = Counter(deal.entry for deal in deals)
    open_now = client.positions_get()
    assert len(deals) + len(trader.moved) >= 20
    assert {deal.symbol for deal in deals} == {"EURUSD", "XAUUSD"}
    assert FEWEST <= len(open_now) <= MOST
    closed_whole = entries[DealEntry.IN] - len(open_now)
    assert entries[DealEntry.OUT] > closed_whole > 0, "no close in part, or no close"
    assert len(trader.moved) > 0
    assert len(trader.said()) == len(deals) + len(trader.moved)
    assert trader.said() == []


def test_between_two_deeds_the_trader_thinks(broker: Address) -> None:
    trader = Trader(seed=1)
    trader.connect(broker.host, broker.port, "lead")
    trader.step(100.0)
    assert 0 < trader.rest_s(100.0) < 1
    trader.step(100.0)
    assert len(client.positions_get()) == 1


def test_a_refusal_is_told_and_the_trader_goes_on(broker: Address) -> None:
    trader = Trader(seed=1)
    trader.connect(broker.host, broker.port, "lead")
    with Admin(broker.host, broker.port) as admin:
        admin.turn("lead", account_trade_allowed=False)
        trader.step(1.0)
        admin.turn("lead", account_trade_allowed=True)
    assert trader.said() == ["the broker refused: 10017 Trade disabled"]
    trader.step(2.0)
    assert len(client.positions_get()) == 1


def test_a_terminal_that_is_not_there_is_named(broker: Address) -> None:
    with pytest.raises(TraderError, match="nowhere"):
        Trader(seed=1).connect(broker.host, broker.port, "nowhere")
