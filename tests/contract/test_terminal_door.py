"""The terminal door on a real paper broker: what nodes rely on, end to end."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zmq

from decisions.filling import filling_for, next_filling
from domain.ids import LegKey, Magic, OpeningOrder, SlaveIdentifier, SlaveSymbol
from domain.market import Identity, Position, Quote, Side, SymbolSpec, Unknowable, known
from domain.mt5_words import DealEntry, Filling, Retcode
from domain.orders import ClosePosition, ModifyPosition, OpenPosition
from domain.outcomes import Filled, Rejected, Unknown
from paper.address import Address, published
from paper.admin import Admin
from terminal.mt5 import Mt5Terminal
from tests.client_copies import fresh_client
from tests.waiting import eventually

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
LEG = LegKey(1001, "FTMO-Demo", OpeningOrder(557416654))
EVER = (0, 2_000_000_000)
Process = subprocess.Popen[bytes]


@contextlib.contextmanager
def serving(state_dir: Path, *options: str) -> Iterator[Process]:
    command = [sys.executable, "-m", "paper", "--state", str(state_dir), *options]
    with (state_dir / "paper.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Process]:
    with serving(tmp_path) as process:
        yield process


@pytest.fixture
def address(server: Process, tmp_path: Path) -> Address:
    return eventually(lambda: published(tmp_path), within_s=30.0)


@pytest.fixture
def admin(address: Address) -> Iterator[Admin]:
    with Admin(address.host, address.port) as admin:
        admin.ensure_account("apex", "Apex-Demo", deposit=50_000.0)
        admin.ensure_account("ftmo", "FTMO-Demo", deposit=50_000.0)
        yield admin


@contextlib.contextmanager
def opened(address: Address, key: str, symbol: str) -> Iterator[Mt5Terminal]:
    """A connected door that sees prices."""
    module: Any = fresh_client()
    module._connect_to(address.host, address.port)
    door = Mt5Terminal(module, path=key, timeout_ms=10_000)
    assert isinstance(door.connect(), Identity)
    eventually(lambda: door.quote(symbol))
    yield door
    door.close()


@pytest.fixture
def ftmo(admin: Admin, address: Address) -> Iterator[Mt5Terminal]:
    with opened(address, "ftmo", "XAUUSD") as door:
        yield door


def quote_of(door: Mt5Terminal, symbol: str) -> Quote:
    quote = door.quote(symbol)
    assert quote is not None
    return quote


def buy(door: Mt5Terminal, symbol: str = "XAUUSD", **changes: Any) -> OpenPosition:
    usual: dict[str, Any] = {
        "leg": LEG,
        "symbol": SlaveSymbol(symbol),
        "side": Side.BUY,
        "volume": Decimal("0.3"),
        "price": quote_of(door, symbol).ask,
        "sl": Decimal(0),
        "tp": Decimal(0),
        "deviation_points": 500,
        "filling": int(Filling.IOC),
        "magic": Magic(234000123456789012),
        "comment": "557416654 and much more than fits",
    }
    return OpenPosition(**(usual | changes))


def close(position: Position, volume: str, filling: int = Filling.IOC) -> ClosePosition:
    return ClosePosition(
        leg=LEG,
        identifier=SlaveIdentifier(position.identifier),
        symbol=SlaveSymbol(position.symbol),
        side=position.side,
        volume=Decimal(volume),
        whole=Decimal(volume) == position.volume,
        filling=int(filling),
        magic=Magic(7),
        comment="c",
    )


def modify(position: Position, sl: Decimal, tp: Decimal = Decimal(0)) -> ModifyPosition:
    return ModifyPosition(
        leg=LEG,
        identifier=SlaveIdentifier(position.identifier),
        symbol=SlaveSymbol(position.symbol),
        sl=sl,
        tp=tp,
    )


def the_position(door: Mt5Terminal) -> Position:
    seen = door.positions()
    assert not isinstance(seen, Unknowable), seen
    (position,) = seen
    return position


def believed_empty(door: Mt5Terminal) -> bool:
    return door.positions() == ()


def test_a_copy_is_opened_reduced_closed_and_its_deals_sum_to_zero(
    ftmo: Mt5Terminal,
) -> None:
    filled = ftmo.send(buy(ftmo))
    assert isinstance(filled, Filled), filled
    assert filled.volume == Decimal("0.3")
    assert filled.price > 0
    position = the_position(ftmo)
    assert (position.identifier, position.volume) == (filled.order, Decimal("0.3"))
    assert position.magic == 234000123456789012
    assert position.comment == "557416654 and much more than "

    reduced = ftmo.send(close(position, "0.1"))
    assert isinstance(reduced, Filled), reduced
    rest = the_position(ftmo)
    assert (rest.identifier, rest.volume) == (position.identifier, Decimal("0.2"))

    assert isinstance(ftmo.send(close(rest, "0.2")), Filled)
    deals = ftmo.deals_of(position.identifier)
    assert not isinstance(deals, Unknowable)
    assert [deal.entry for deal in deals] == [DealEntry.IN, DealEntry.OUT, DealEntry.OUT]
    assert sum(deal.signed_volume for deal in deals) == 0
    assert deals[0].price == filled.price
    assert deals[0].ticket == filled.deal
    eventually(lambda: believed_empty(ftmo))
    everything = ftmo.deals_between(*EVER)
    assert not isinstance(everything, Unknowable)
    assert set(deals) <= set(everything)


def test_a_stop_is_set_set_again_and_removed(ftmo: Mt5Terminal) -> None:
    ftmo.send(buy(ftmo))
    position = the_position(ftmo)
    stop = quote_of(ftmo, "XAUUSD").bid - 20
    assert isinstance(ftmo.send(modify(position, stop)), Filled)
    assert the_position(ftmo).sl == stop
    assert isinstance(ftmo.send(modify(position, stop)), Filled), "it is so already"
    assert isinstance(ftmo.send(modify(position, Decimal(0))), Filled)
    assert the_position(ftmo).sl == 0


def test_money_and_its_balance_follow_the_deals_exactly(ftmo: Mt5Terminal) -> None:
    ftmo.send(buy(ftmo))
    position = the_position(ftmo)
    ftmo.send(close(position, "0.3"))
    deals = ftmo.deals_of(position.identifier)
    assert not isinstance(deals, Unknowable)
    wanted = Decimal(50_000) + sum(deal.net for deal in deals)
    eventually(lambda: getattr(ftmo.account(), "balance", None) == wanted)


def test_a_filling_the_symbol_forbids_is_refused_and_the_next_one_fills(
    admin: Admin, address: Address
) -> None:
    with opened(address, "apex", "GOLD") as apex:
        spec = apex.spec("GOLD")
        assert isinstance(spec, SymbolSpec)
        refused = apex.send(buy(apex, "GOLD", filling=int(Filling.IOC)))
        assert isinstance(refused, Rejected), refused
        assert (refused.retcode, refused.sent, refused.may_retry) == (10030, True, False)
        other = next_filling([Filling.IOC], spec)
        assert other == filling_for(spec) == Filling.FOK
        assert isinstance(apex.send(buy(apex, "GOLD", filling=other)), Filled)


def test_a_position_closed_by_hand_is_gone(
    ftmo: Mt5Terminal, admin: Admin, address: Address
) -> None:
    ftmo.send(buy(ftmo))
    position = the_position(ftmo)
    with opened(address, "ftmo", "XAUUSD") as hand:
        assert isinstance(hand.send(close(position, "0.3")), Filled)
    refused = ftmo.send(close(position, "0.3"))
    assert isinstance(refused, Rejected), refused
    assert refused.retcode == Retcode.POSITION_CLOSED
    eventually(lambda: believed_empty(ftmo))
    refused = ftmo.send(modify(position, Decimal(1)))
    assert isinstance(refused, Rejected)
    assert refused.gone


def test_a_symbol_the_broker_does_not_know_is_none_and_cannot_be_traded(
    ftmo: Mt5Terminal,
) -> None:
    assert ftmo.spec("NOSUCH") is None
    assert ftmo.quote("NOSUCH") is None
    refused = ftmo.send(msgspec.structs.replace(buy(ftmo), symbol=SlaveSymbol("NOSUCH")))
    assert isinstance(refused, Rejected), refused


def test_a_terminal_cut_off_from_its_server_knows_nothing(ftmo: Mt5Terminal, admin: Admin) -> None:
    admin.turn("ftmo", connected=False)
    eventually(lambda: isinstance(ftmo.positions(), Unknowable))
    assert isinstance(ftmo.send(buy(ftmo)), Unknown)
    admin.turn("ftmo", connected=True)
    eventually(lambda: not isinstance(ftmo.positions(), Unknowable))


def test_a_terminal_that_forbids_programs_sends_nothing(ftmo: Mt5Terminal, admin: Admin) -> None:
    admin.turn("ftmo", tradeapi_disabled=True)
    refused = ftmo.send(buy(ftmo))
    assert isinstance(refused, Rejected), refused
    assert (refused.retcode, refused.sent) == (-8, False)


def test_a_dead_terminal_knows_nothing_and_a_reconnect_finds_everything_again(
    ftmo: Mt5Terminal, server: Process, address: Address, tmp_path: Path
) -> None:
    ftmo.send(buy(ftmo))
    before = the_position(ftmo)
    command = buy(ftmo)
    server.kill()
    server.wait(10)
    answer = ftmo.send(command)
    assert isinstance(answer, Unknown) or (isinstance(answer, Rejected) and not answer.sent)
    assert isinstance(ftmo.positions(), Unknowable)
    assert isinstance(ftmo.identity(), Unknowable)
    assert isinstance(ftmo.account(), Unknowable)
    assert isinstance(ftmo.connect(), Unknowable)
    assert isinstance(ftmo.send(close(before, "0.3")), Rejected)

    ports = ("--port", str(address.port), "--pub-port", str(address.pub_port))
    with serving(tmp_path, *ports):
        eventually(lambda: isinstance(ftmo.connect(), Identity), within_s=30.0, every_s=0.1)
        after = the_position(ftmo)
        assert (after.identifier, after.volume) == (before.identifier, before.volume)
        eventually(lambda: ftmo.quote("XAUUSD"))
        assert isinstance(ftmo.send(close(after, "0.3")), Filled)


def test_a_change_of_positions_is_hinted_and_wakes_who_waits(
    ftmo: Mt5Terminal, admin: Admin, address: Address
) -> None:
    eventually(lambda: not ftmo.hinted())
    poller = zmq.Poller()
    poller.register(ftmo.waitable(), zmq.POLLIN)
    with opened(address, "ftmo", "XAUUSD") as hand:
        hand.send(buy(hand))
    assert eventually(lambda: poller.poll(100) and ftmo.hinted())


def test_the_newest_tick_is_the_brokers_time(ftmo: Mt5Terminal) -> None:
    ftmo.spec("EURUSD")
    newest = ftmo.newest_server_ms()
    assert newest >= quote_of(ftmo, "XAUUSD").server_ms - 1
    filled = ftmo.send(buy(ftmo))
    assert isinstance(filled, Filled)
    (deal,) = [deal for deal in _all_deals(ftmo) if deal.ticket == filled.deal]
    assert abs(ftmo.newest_server_ms() - deal.server_ms) < 60_000


def _all_deals(door: Mt5Terminal) -> Any:
    deals = door.deals_between(*EVER)
    assert not isinstance(deals, Unknowable)
    return deals


def test_what_things_are_worth(ftmo: Mt5Terminal) -> None:
    """A lot of gold is a hundred ounces, in a market that stands at about 1,285 dollars."""
    assert ftmo.loss_per_lot(Side.BUY, "XAUUSD", Decimal(1285), Decimal(1280)) == 500
    assert ftmo.loss_per_lot(Side.SELL, "XAUUSD", Decimal(1285), Decimal(1280)) == -500
    assert ftmo.tick_value("XAUUSD") == 1
    rate = eventually(lambda: known(ftmo.rate("EUR", "USD")))
    assert abs(rate * (known(ftmo.rate("USD", "EUR")) or 0) - 1) < Decimal("0.001")
    assert isinstance(ftmo.rate("EUR", "XYZ"), Unknowable)
