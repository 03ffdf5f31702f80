"""The drill's people at a real paper broker: what they do, and that they wait for nobody."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from commands.drilling.hands import Hand, Place
from commands.drilling.trading import MOST, Bystander, Trader
from paper.address import Address
from paper.admin import Admin
from paper.starting import ensure_running
from tests.waiting import eventually
from utils.clock import monotonic_s
from utils.os_signals import born, resume, suspend

pytestmark = pytest.mark.integration

KEY, BROKER = "lead", "FTMO-Demo"
TURN_S = 0.3
HOUR_MS = 3_600_000


class Desk(NamedTuple):
    """An account, and somebody at it."""

    admin: Admin
    address: Address
    hand: Hand


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    address = ensure_running(tmp_path)
    with Admin(address.host, address.port) as admin:
        admin.ensure_account(KEY, BROKER)
        login = int(admin.status()["terminals"][0]["login"])
        hand = Hand(Place(KEY, BROKER, login, "USD"), lambda: address)
        yield Desk(admin, address, hand)
        hand.leave()
        admin.shutdown()
    assert eventually(lambda: born(address.pid) is None, 10)


def held(desk: Desk) -> int:
    """What the account itself holds, whoever looks."""
    return next(int(r["positions"]) for r in desk.admin.status()["terminals"] if r["key"] == KEY)


def test_he_trades_the_account_from_a_terminal_of_his_own(desk: Desk) -> None:
    answer = desk.hand.open("EURUSD", 0, 0.5, magic=77)
    assert answer is not None
    positions = desk.hand.positions()
    assert positions is not None
    (position,) = positions
    assert (position.symbol, position.volume, position.magic) == ("EURUSD", 0.5, 77)
    assert held(desk) == 1
    assert desk.hand.close(position, 0.2) is not None
    rest = (desk.hand.positions() or [])[0]
    assert rest.volume == pytest.approx(0.3)
    assert desk.hand.close(rest) is not None
    assert held(desk) == 0


def test_he_sees_how_far_the_brokers_clock_is_ahead(desk: Desk) -> None:
    before_ms = desk.hand.clock_ahead_ms()
    desk.admin.fault("server_clock", KEY, call="now", ms=HOUR_MS)
    assert eventually(lambda: desk.hand.clock_ahead_ms() == before_ms + HOUR_MS, 10)


def test_what_goes_wrong_at_the_nodes_terminal_does_not_go_wrong_for_him(desk: Desk) -> None:
    desk.admin.fault("missing_rows", KEY)
    desk.admin.fault("switches", KEY, call="now", trade_allowed=False)
    assert desk.hand.open("XAUUSD", 1, 0.2) is not None
    assert len(desk.hand.positions() or ()) == 1


def test_a_broker_that_does_not_answer_keeps_him_a_second_at_most(desk: Desk) -> None:
    assert desk.hand.positions() == []
    suspend(desk.address.pid)
    try:
        began_s = monotonic_s()
        assert desk.hand.positions() is None
        assert monotonic_s() - began_s < 5
    finally:
        resume(desk.address.pid)
    assert eventually(lambda: desk.hand.positions() is not None, 10)


def test_a_trader_does_everything_a_trader_does_and_can_end_it(desk: Desk) -> None:
    trader = Trader(desk.hand, seed=1)
    for turn in range(60):
        trader.step(turn * TURN_S, pace=1.0)
    assert trader.deeds >= 40
    assert 0 < held(desk) <= MOST + 5
    assert eventually(trader.close_all, 10)
    assert held(desk) == 0


def test_a_bystander_leaves_the_rest_to_us_and_closes_his_own(desk: Desk) -> None:
    bystander = Bystander({"Slave": desk.hand}, seed=3)
    copy = desk.hand.open("EURUSD", 0, 0.5, magic=234000 * 10**12 + 5)
    assert copy is not None
    for turn in range(4):
        bystander.step(turn * 3.0, pace=1.0)
    assert bystander.deeds >= 3
    assert eventually(bystander.close_all, 10)
    left = desk.hand.positions() or []
    assert all(one.magic >= 10**12 for one in left)
