"""The real paper broker process over real sockets: orders, pushes, death and restart."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
import zmq

from domain.mt5_words import Filling, OrderType, Retcode
from paper.address import Address, published
from paper.admin import Admin, AdminError
from paper.starting import PaperBrokerError, ensure_running
from paper.wire.protocol import FrameReader, account_topic, frame, tick_topic
from tests.client_copies import fresh_client
from tests.unit.paper.desk import named, request
from tests.waiting import eventually
from tests.wine import PATIENCE

pytestmark = pytest.mark.integration

Start = Callable[..., Address]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the server of this test's folder; whatever still runs at the end is ended."""
    started: list[Address] = []

    def starting(**options: Any) -> Address:
        started.append(ensure_running(tmp_path / "state", **options))
        return started[-1]

    yield starting
    for address in started:
        end(address)


def end(address: Address) -> None:
    """Kill it as the operating system would, and wait until it is gone."""
    try:
        process = psutil.Process(address.pid)
        process.kill()
    except psutil.NoSuchProcess:
        return
    eventually(lambda: not is_alive(address.pid))


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def connected(address: Address) -> Admin:
    return Admin(address.host, address.port)


def send(line: Admin, **fields: Any) -> Any:
    return named("OrderSendResult", line.ask("order_send", request(**fields)))


def positions(line: Admin) -> list[Any]:
    return [named("TradePosition", row) for row in line.ask("positions_get", "all", None)]


def take_up(line: Admin, key: str) -> dict[str, Any]:
    return line.ask("initialize", key, 0, "", "", 5_000)


def test_an_order_goes_the_whole_way(start: Start) -> None:
    with connected(start()) as line:
        line.ensure_account("ftmo", "FTMO-Demo")
        take_up(line, "ftmo")
        opened = send(line, sl=1.30)
        (position,) = positions(line)
        assert (opened.retcode, position.ticket) == (Retcode.DONE, opened.order)
        closed = send(line, type=OrderType.SELL, position=opened.order)
        assert closed.retcode == Retcode.DONE
        assert positions(line) == []


def test_two_brokers_trade_at_once_with_their_own_names(start: Start) -> None:
    address = start()
    with connected(address) as ftmo, connected(address) as apex:
        ftmo.ensure_account("ftmo", "FTMO-Demo", login=11_111_111)
        apex.ensure_account("apex", "Apex-Demo", deposit=5_000.0)
        assert take_up(ftmo, "ftmo")["broker"] == "FTMO-Demo"
        take_up(apex, "apex")
        assert send(ftmo, symbol="XAUUSD").retcode == Retcode.DONE
        gold = send(apex, symbol="GOLD", type_filling=Filling.FOK)
        assert gold.retcode == Retcode.DONE
        assert send(apex, symbol="XAUUSD").retcode == Retcode.INVALID
        assert [position.symbol for position in positions(ftmo)] == ["XAUUSD"]
        assert [position.symbol for position in positions(apex)] == ["GOLD"]
        assert ftmo.ask("account_info")[0] == 11_111_111


def test_everything_is_the_same_after_kill_9(start: Start) -> None:
    first = start()
    with connected(first) as line:
        account = line.ensure_account("ftmo", "FTMO-Demo")
        take_up(line, "ftmo")
        kept = send(line, sl=1.30, magic=2**63 + 5)
        partly = send(line, volume=0.3)
        send(line, type=OrderType.SELL, position=partly.order, volume=0.1)
        deals = line.ask("history_deals_get", "window", [0, 2**40])
    end(first)
    second = start()
    assert second.pid != first.pid
    assert second.instance == first.instance
    with connected(second) as line:
        assert line.ensure_account("ftmo", "FTMO-Demo") == account
        take_up(line, "ftmo")
        assert line.ask("history_deals_get", "window", [0, 2**40]) == deals
        found = {p.ticket: (p.volume, p.sl, p.magic) for p in positions(line)}
        assert found == {kept.order: (0.1, 1.3, 2**63 + 5), partly.order: (0.2, 0.0, 234000)}
        assert send(line).order > partly.deal


@pytest.mark.parametrize("answers", [1, 7, 30])
def test_every_order_that_was_answered_survives_a_kill_in_mid_flow(
    start: Start, answers: int
) -> None:
    first = start()
    answered: list[int] = []
    enough = threading.Event()
    with connected(first) as line:
        line.ensure_account("ftmo", "FTMO-Demo")
        take_up(line, "ftmo")
        killer = threading.Thread(target=lambda: (enough.wait(), end(first)), daemon=True)
        killer.start()
        with contextlib.suppress(AdminError, OSError):
            while True:
                answered.append(send(line, volume=0.01).order)
                if len(answered) >= answers:
                    enough.set()
        killer.join()
    with connected(start()) as line:
        take_up(line, "ftmo")
        kept = [position.ticket for position in positions(line)]
        assert kept[: len(answered)] == answered
        assert len(kept) <= len(answered) + 1, "at most the one in flight"


def test_metatraders_own_calls_work_on_it(start: Start) -> None:
    address = start()
    with connected(address) as line:
        account = line.ensure_account("apex", "Apex-Demo")
    mt5 = fresh_client()
    mt5._connect_to(address.host, address.port)
    try:
        assert mt5.initialize("apex"), mt5.last_error()
        assert mt5.account_info().login == account["login"]
        gold = mt5.symbol_info("GOLD")
        order = {
            "action": mt5.TRADE_ACTION_DEAL,
            "symbol": "GOLD",
            "volume": gold.volume_min,
            "type": mt5.ORDER_TYPE_BUY,
            "type_filling": mt5.ORDER_FILLING_FOK,
            "sl": round(gold.bid - 100, gold.digits),
        }
        opened = mt5.order_send(order)
        assert opened.retcode == mt5.TRADE_RETCODE_DONE
        (position,) = mt5.positions_get(symbol="GOLD")
        assert (position.ticket, position.sl) == (opened.order, order["sl"])
        eventually(lambda: mt5.account_info().margin > 0)
        closing = {**order, "type": mt5.ORDER_TYPE_SELL, "position": position.ticket, "sl": 0.0}
        assert mt5.order_send(closing).retcode == mt5.TRADE_RETCODE_DONE
        assert mt5.positions_get() == ()
        assert len(mt5.history_deals_get(position=position.ticket)) == 2
        assert mt5.symbol_info("XAUUSD") is None
        assert mt5.last_error() == (-4, "Terminal: Not found")
    finally:
        mt5.shutdown()


def test_a_client_whose_server_dies_notices_at_once(start: Start) -> None:
    address = start()
    with connected(address) as line:
        line.ensure_account("ftmo", "FTMO-Demo")
        end(address)
        with pytest.raises((AdminError, OSError)):
            line.status()


def test_of_two_that_start_it_at_once_both_get_the_same_server(tmp_path: Path) -> None:
    found: list[Address] = []
    threads = [
        threading.Thread(target=lambda: found.append(ensure_running(tmp_path)), daemon=True)
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        assert len(found) == 4
        assert len(set(map(str, found))) == 1
    finally:
        end(found[0])


def test_it_outlives_the_process_that_started_it(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from paper.starting import ensure_running; "
        "print(ensure_running(Path(sys.argv[1])).pid)"
    )
    starter = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=30 * PATIENCE,
        check=True,
    )
    address = published(tmp_path)
    assert address is not None
    try:
        assert address.pid == int(starter.stdout)
        assert is_alive(address.pid)
        with connected(address) as line:
            assert line.status()["instance"] == address.instance
    finally:
        end(address)


def test_a_second_server_of_the_same_folder_is_refused(start: Start) -> None:
    address = start()
    second = subprocess.run(
        [sys.executable, "-m", "paper", "--state", address.state_dir],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=30 * PATIENCE,
        check=False,
    )
    assert second.returncode == 3
    assert "already serves" in second.stderr


def test_a_start_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(PaperBrokerError, match="no tick file at"):
        ensure_running(tmp_path, ticks=[tmp_path / "EURUSD.csv"])


def test_tick_files_that_cannot_price_what_is_held_are_refused(
    start: Start, tmp_path: Path
) -> None:
    first = start()
    with connected(first) as line:
        line.ensure_account("ftmo", "FTMO-Demo")
        take_up(line, "ftmo")
        send(line, symbol="XAUUSD")
        line.shutdown()
    eventually(lambda: not is_alive(first.pid))
    path = tmp_path / "EURUSD_only.csv"
    path.write_text("ts_ms,bid,ask\n1,1.1,1.2\n", encoding="utf-8")
    with pytest.raises(PaperBrokerError, match="holds XAUUSD"):
        start(ticks=[path])


def test_an_orderly_stop_takes_the_address_back(start: Start) -> None:
    address = start()
    with connected(address) as line:
        line.shutdown()
    eventually(lambda: not is_alive(address.pid))
    assert published(Path(address.state_dir)) is None


@pytest.mark.posix_only("Windows has no SIGTERM; there the process is just ended")
def test_an_address_left_by_a_killed_server_is_not_trusted(start: Start) -> None:
    first = start()
    os.kill(first.pid, signal.SIGTERM)
    eventually(lambda: not is_alive(first.pid))
    assert start().pid != first.pid


class Listener:
    """A SUB socket that keeps what it was told."""

    def __init__(self, address: Address, topic: bytes) -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.SUB)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.subscribe(topic)
        self._socket.connect(f"tcp://{address.host}:{address.pub_port}")
        self._topic = topic

    def next(self, within_ms: int = 5_000) -> Any:
        """The next message of exactly this topic."""
        assert self._socket.poll(within_ms), f"nothing on {self._topic!r}"
        topic, body = self._socket.recv_multipart()
        assert topic == self._topic
        return msgspec.msgpack.decode(body)

    def close(self) -> None:
        self._socket.close()
        self._context.term()


@pytest.fixture
def listen() -> Iterator[Callable[[Address, bytes], Listener]]:
    listeners: list[Listener] = []

    def listening(address: Address, topic: bytes) -> Listener:
        listeners.append(Listener(address, topic))
        return listeners[-1]

    yield listening
    for listener in listeners:
        listener.close()


Listen = Callable[[Address, bytes], Listener]


def test_a_newcomer_is_told_how_things_stand_even_on_a_paused_tape(
    start: Start, listen: Listen
) -> None:
    address = start()
    with connected(address) as line:
        line.pause()
        line.ensure_account("ftmo", "FTMO-Demo")
        ticks = listen(address, tick_topic("FTMO-Demo"))
        assert {ticks.next()[0], ticks.next()[0]} == {"EURUSD", "XAUUSD"}
        told = listen(address, account_topic("ftmo")).next()
        assert named("AccountInfo", told["account"]).balance == 100_000.0
        assert named("TerminalInfo", told["terminal"]).connected is True


def test_a_change_of_positions_is_pushed_to_that_terminal(start: Start, listen: Listen) -> None:
    address = start()
    with connected(address) as line:
        line.pause()
        line.ensure_account("ftmo", "FTMO-Demo")
        take_up(line, "ftmo")
        account = listen(address, account_topic("ftmo"))
        before = account.next()
        send(line)
        after = account.next()
        assert after["positions"] is True
        assert after["changed"] > before["changed"]
        assert named("AccountInfo", after["account"]).margin > 0


def test_ticks_carry_the_brokers_present_time(start: Start, listen: Listen) -> None:
    address = start(speed=5.0)
    with connected(address) as line:
        line.ensure_account("apex", "Apex-Demo")
        ticks = listen(address, tick_topic("Apex-Demo"))
        symbols = {ticks.next()[0] for _ in range(30)}
        assert symbols == {"EURUSD.c", "GOLD"}
        _, *row = ticks.next()
        tick = named("Tick", row)
        assert tick.time == tick.time_msc // 1000
        assert tick.bid <= tick.ask


def test_original_stamps_run_to_the_end_and_close_the_market(tmp_path: Path, start: Start) -> None:
    path = tmp_path / "EURUSD_short.csv"
    rows = [f"{1399033200000 + i * 100},1.38592,1.38604" for i in range(20)]
    path.write_text("ts_ms,bid,ask\n" + "\n".join(rows), encoding="utf-8")
    address = start(ticks=[path], stamps="original", speed=20.0)
    with connected(address) as line:
        line.ensure_account("ftmo", "FTMO-Demo")
        take_up(line, "ftmo")
        eventually(lambda: line.status()["ended"])
        assert send(line).retcode == Retcode.MARKET_CLOSED
        tick = named("Tick", line.ask("symbol_info_tick", "EURUSD"))
        assert tick.time_msc == 1399033200000 + 1_900 + 3 * 3_600_000


def test_a_tape_is_played_to_a_moment_and_everything_until_then_has_happened(
    tmp_path: Path, start: Start
) -> None:
    path, noon_ms = tmp_path / "EURUSD_short.csv", 1399032000000
    prices = [(0, 1.3860), (600_000, 1.3850), (1_200_000, 1.3870), (1_800_000, 1.3840)]
    rows = [f"{noon_ms + ms},{bid:.5f},{bid + 0.0001:.5f}" for ms, bid in prices]
    path.write_text("ts_ms,bid,ask\n" + "\n".join(rows), encoding="utf-8")
    address = start(ticks=[path], stamps="original", speed=0.001)
    with connected(address) as line:
        line.ensure_account("ftmo", "FTMO-Demo")
        take_up(line, "ftmo")
        assert line.play_until(noon_ms + 1_000) in {0, 1}
        opened = send(line, sl=1.3845)
        assert opened.retcode == Retcode.DONE
        expiration = (noon_ms + 3 * 3_600_000) // 1000 + 900
        waits = {"action": 5, "type": OrderType.BUY_LIMIT, "price": 1.38, "type_time": 2}
        assert send(line, **waits, expiration=expiration).retcode == Retcode.DONE
        assert line.play_until(noon_ms + 1_200_000) == 2
        assert len(positions(line)) == 1
        assert line.ask("orders_get", "all", None) == []
        assert line.play_until(noon_ms + 1_800_000) == 1
        assert positions(line) == []
        out = named("TradeDeal", line.ask("history_deals_get", "position", [opened.order])[-1])
        assert (out.time_msc, out.price) == (noon_ms + 1_800_000 + 3 * 3_600_000, 1.384)
        assert line.status()["tape_utc_ms"] == noon_ms + 1_800_000
        assert send(line).retcode == Retcode.DONE  # held, not ended
        with pytest.raises(AdminError, match="where it is, or later"):
            line.play_until(noon_ms)


def test_a_live_tape_cannot_be_played_to_a_moment(start: Start) -> None:
    with connected(start()) as line, pytest.raises(AdminError, match="live stamps"):
        line.play_until(1399032000000)


def test_a_switch_turned_by_an_operator_stops_trading(start: Start) -> None:
    with connected(start()) as line:
        line.ensure_account("ftmo", "FTMO-Demo")
        take_up(line, "ftmo")
        line.turn("ftmo", trade_allowed=False)
        assert send(line).retcode == Retcode.CLIENT_DISABLES_AT
        line.turn("ftmo", trade_allowed=True, connected=False)
        assert send(line).retcode == Retcode.CONNECTION
        with pytest.raises(AdminError, match="colour"):
            line.turn("ftmo", colour=True)


def test_a_peer_that_talks_nonsense_is_cut_off_and_the_others_are_served(start: Start) -> None:
    address = start()
    with connected(address) as line, socket.create_connection((address.host, address.port)) as bad:
        bad.sendall(b"GET / HTTP/1.1\r\n\r\n" * 10)
        bad.settimeout(5)
        assert bad.recv(100) == b""
        assert line.status()["pid"] == address.pid


@pytest.mark.parametrize(
    ("call", "code"),
    [((1, "admin.status", []), -2), ((1, "hello", [99]), -5)],
    ids=["before hello", "another protocol"],
)
def test_a_stranger_is_asked_who_it_is(start: Start, call: tuple[Any, ...], code: int) -> None:
    address = start()
    with socket.create_connection((address.host, address.port)) as line:
        line.settimeout(5)
        line.sendall(frame(call))
        ((_, answered, _),) = FrameReader().feed(line.recv(65_536))
        assert answered == code


def test_many_clients_are_served_at_once(start: Start) -> None:
    address = start()
    lines = [connected(address) for _ in range(110)]
    try:
        for i, line in enumerate(lines):
            line.ensure_account(f"t{i % 10}", "FTMO-Demo")
            take_up(line, f"t{i % 10}")
        assert all(send(line, volume=0.01).retcode == Retcode.DONE for line in lines)
        assert sum(t["positions"] for t in lines[0].status()["terminals"]) == 110
    finally:
        for line in lines:
            line.close()
