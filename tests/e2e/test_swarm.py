"""`python setup_db.py` and then `python launcher.py`, as a person types them."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

import config
from db.clients import opened
from db.connecting import adopt
from db.embedded.address import read_address
from db.embedded.starting import running, stop
from db.remembered import EMBEDDED, Remembered, remember
from nodes.supervisor import pid_file
from paper.address import published
from tests.client_copies import fresh_client
from tests.ports import free_ports
from tests.typist import Typist
from tests.waiting import eventually
from utils.clock import monotonic_s
from utils.os_signals import ask_to_stop, born, kill, new_process_group_kwargs

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

ROOT = Path(__file__).resolve().parents[2]
MASTER, SLAVE = "FTMO_Master", "Apex_Slave_01"
READY_WITHIN_S = 30


class Machine(Typist):
    """A state folder and ports of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        control, database, paper, signals, *_further_masters = free_ports(8)
        self.signals_port = signals
        environ = {name: value for name, value in os.environ.items() if name != "MONGO_URI"}
        self.environ = environ | {
            "MURMURATION_STATE": str(self.state),
            "MURMURATION_LEASES": str(folder / "leases"),
            "CONTROL_PORT": str(control),
            "EMBEDDED_DB_PORT": str(database),
            "PAPER_PORT": str(paper),
            "ZMQ_PUB_PORT": str(signals),
            "PYTHONUTF8": "1",
        }
        self.launchers: list[subprocess.Popen[str]] = []
        self.choose_embedded()

    def choose_embedded(self) -> None:
        """Whatever MongoDB runs on this machine is somebody's, and stays untouched."""
        remember(self.state, Remembered(kind=EMBEDDED, swarm_ids=()))
        adopt(config.load(self.environ))

    def stop_embedded(self) -> None:
        pid = stop(self.state)
        eventually(lambda: born(pid) is None, 10)

    def accounts(self, name: str, **changes: Any) -> None:
        """What a user does in Compass."""
        address = read_address(self.state)
        assert address is not None
        with opened(address.uri, "prop_copy_trader") as database:
            database["accounts"].update_one({"name": name}, {"$set": changes})

    def launch(self) -> subprocess.Popen[str]:
        with self.console.open("a", encoding="utf-8") as out:
            launcher = subprocess.Popen(
                [sys.executable, str(ROOT / "launcher.py"), "--no-setup"],
                cwd=self.folder,
                env=self.environ,
                stdout=out,
                stderr=out,
                text=True,
                **new_process_group_kwargs(),
            )
        self.launchers.append(launcher)
        return launcher

    @property
    def console(self) -> Path:
        return self.folder / "console.txt"

    def said(self) -> str:
        return self.console.read_text("utf-8")

    def pids(self) -> dict[str, int]:
        found = pid_file.read(self.state)
        return {} if found is None else {name: node.pid for name, node in found.nodes.items()}

    def status(self) -> dict[str, dict[str, Any]]:
        told = self.command("status", "--json")
        assert told.returncode == 0, told.stderr
        return {row["name"]: row for row in json.loads(told.stdout)}

    def both_ready(self) -> bool:
        rows = self.status()
        return all(rows[name]["ready"] for name in (MASTER, SLAVE))

    def ours(self) -> list[psutil.Process]:
        """Every process that works on our state folder; the embedded database was there before."""
        address = read_address(self.state)
        spared = {0 if address is None else address.pid}
        return [p for p in psutil.process_iter() if p.pid not in spared and self._is_ours(p)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("MURMURATION_STATE") == str(self.state)
        except psutil.Error:
            return False

    def end(self) -> None:
        for process in [*self.launchers]:
            if process.poll() is None:
                process.kill()
            process.wait(10)
        address = read_address(self.state)
        for pid in [p.pid for p in self.ours()] + ([] if address is None else [address.pid]):
            kill(pid)


class Trader:
    """A person at the master's terminal."""

    def __init__(self, machine: Machine) -> None:
        self.desk = fresh_client()
        address = published(machine.state / "paper")
        assert address is not None
        self.desk._connect_to(address.host, address.port)
        assert self.desk.initialize("ftmo"), self.desk.last_error()
        self.desk.symbol_select("EURUSD", True)

    def buy(self) -> None:
        self._deal(type=0, price=self._tick().ask)

    def close_all(self) -> None:
        for held in self.desk.positions_get():
            self._deal(type=1, price=self._tick().bid, position=held.ticket)

    def leave(self) -> None:
        self.desk.shutdown()

    def _tick(self) -> Any:
        return eventually(lambda: self.desk.symbol_info_tick("EURUSD"))

    def _deal(self, **order: Any) -> None:
        wish = {"action": 1, "symbol": "EURUSD", "volume": 0.1, "deviation": 50, "type_filling": 1}
        told = self.desk.order_send(wish | order)
        assert told.retcode == 10009, told


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.end()


@pytest.fixture
def swarm(machine: Machine) -> Machine:
    swarm_of(machine)
    return machine


def swarm_of(machine: Machine) -> None:
    set_up = machine.type_(str(ROOT / "setup_db.py"), "--no-setup")
    assert set_up.returncode == 0, set_up.stderr
    machine.launch()
    eventually(lambda: f"{SLAVE}: ready" in machine.said(), READY_WITHIN_S)


def test_the_swarm_runs_obeys_heals_and_ends(swarm: Machine) -> None:
    eventually(swarm.both_ready, READY_WITHIN_S)

    halted = swarm.command("halt", SLAVE, "--why", "payrolls")
    assert halted.returncode == 0, halted.stderr + halted.stdout
    assert "HALTED" in halted.stdout
    assert swarm.status()[SLAVE]["state"] == "HALTED"
    mistyped = swarm.command("halt", "Apex_Slave_1")
    assert mistyped.returncode == 2
    assert f"Did you mean {SLAVE}" in mistyped.stderr

    first = swarm.pids()[SLAVE]
    kill(first)
    eventually(lambda: swarm.pids().get(SLAVE, first) != first, READY_WITHIN_S)
    eventually(swarm.both_ready, READY_WITHIN_S)
    # What `nodes` says is up to a second old: the life before may still stand there.
    eventually(lambda: swarm.status()[SLAVE]["state"] == "HALTED", READY_WITHIN_S)
    slave = swarm.status()[SLAVE]
    assert (slave["state"], slave["latch"]["reason"]) == ("HALTED", "payrolls")

    resumed = swarm.command("resume", "--all")
    assert resumed.returncode == 0, resumed.stderr + resumed.stdout
    assert swarm.status()[SLAVE]["state"] == "ACTIVE"

    launcher = swarm.launchers[0]
    began_s = monotonic_s()
    ask_to_stop(launcher.pid)
    assert launcher.wait(10) == 0, swarm.said()
    assert monotonic_s() - began_s < 7
    assert swarm.ours() == []
    assert swarm.status()[SLAVE]["state"] == "STOPPED"


def test_the_next_launcher_adopts_what_a_crashed_one_left(swarm: Machine) -> None:
    before = swarm.pids()
    swarm.launchers[0].kill()
    swarm.launchers[0].wait(10)
    second = swarm.launch()
    eventually(lambda: f"{SLAVE}: slave found running" in swarm.said(), READY_WITHIN_S)
    eventually(swarm.both_ready, READY_WITHIN_S)
    assert swarm.pids() == before
    ask_to_stop(second.pid)
    assert second.wait(10) == 0
    assert swarm.ours() == []


def test_an_order_that_nobody_hears_is_kept_and_said_so(machine: Machine) -> None:
    machine.type_(str(ROOT / "setup_db.py"), "--no-setup")
    mistyped = machine.command("halt", "apex_slave")
    assert (mistyped.returncode, mistyped.stdout) == (2, "")
    assert f"Did you mean {SLAVE}" in mistyped.stderr
    halted = machine.command("halt", SLAVE, "--within", "0.5")
    assert halted.returncode == 1
    assert "it is stored" in halted.stdout
    machine.launch()
    eventually(lambda: f"{SLAVE}: HALTED" in machine.said(), READY_WITHIN_S)
    assert f"{SLAVE}: ACTIVE" not in machine.said()


def test_a_port_in_use_is_a_fault_of_the_host_and_leaves_nothing_running(machine: Machine) -> None:
    machine.type_(str(ROOT / "setup_db.py"), "--no-setup")
    with socket.create_server(("127.0.0.1", machine.signals_port)):
        launcher = machine.launch()
        assert launcher.wait(30) == 2
    assert f"port {machine.signals_port}: wanted for the signals of {MASTER}" in machine.said()
    assert machine.ours() == []


def test_a_database_port_in_use_is_the_only_fault_that_is_told(machine: Machine) -> None:
    machine.type_(str(ROOT / "setup_db.py"), "--no-setup")
    machine.stop_embedded()
    with socket.create_server(("127.0.0.1", int(machine.environ["EMBEDDED_DB_PORT"]))):
        refused = machine.command()
    assert refused.returncode == 2
    assert "the embedded database cannot start: port" in refused.stderr
    assert "no such pair" not in refused.stderr
    assert machine.ours() == []


@pytest.mark.parametrize("setting", ["MURMURATION_STATE", "MURMURATION_LEASES"])
def test_a_folder_that_cannot_be_written_is_a_fault_of_the_host(
    machine: Machine, setting: str
) -> None:
    (machine.folder / "file").write_text("", "utf-8")
    machine.environ[setting] = str(machine.folder / "file" / "folder")
    refused = machine.command()
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"{setting}: wanted a folder that can be written")
    assert machine.ours() == []


def test_a_swarm_without_accounts_says_what_to_do(machine: Machine) -> None:
    machine.stop_embedded()
    launcher = machine.launch()
    assert launcher.wait(30) == 2
    assert "python setup_db.py" in machine.said()
    assert machine.ours() == []
    assert running(machine.state) is None


def test_documents_are_followed_while_the_swarm_runs(swarm: Machine) -> None:
    before = swarm.pids()

    swarm.accounts(SLAVE, enabled=False)
    eventually(lambda: SLAVE not in swarm.pids(), 15)
    swarm.accounts(SLAVE, enabled=True)
    eventually(lambda: swarm.said().count(f"{SLAVE}: ready") == 2, READY_WITHIN_S)

    second = swarm.pids()
    swarm.accounts(SLAVE, path="another_terminal")
    eventually(lambda: swarm.pids().get(SLAVE, second[SLAVE]) != second[SLAVE], READY_WITHIN_S)
    assert swarm.pids()[MASTER] == before[MASTER]

    swarm.accounts(SLAVE, follows=["Nobody"])
    eventually(lambda: "found Nobody, which no account is called" in swarm.said(), 15)
    eventually(lambda: SLAVE not in swarm.pids(), 15)


def test_law_7_an_account_with_an_open_leg_is_started_close_only_whatever_its_document_says(
    swarm: Machine,
) -> None:
    trader = Trader(swarm)
    trader.buy()
    trader.leave()
    eventually(lambda: f"{SLAVE}: PositionOpened EURUSD.c copied" in swarm.said(), 15)
    ask_to_stop(swarm.launchers[0].pid)
    assert swarm.launchers[0].wait(10) == 0

    swarm.accounts(SLAVE, follows=["Nobody"])
    swarm.accounts(MASTER, enabled=False)
    swarm.launch()
    eventually(lambda: swarm.said().count(f"{SLAVE}: ready") == 2, READY_WITHIN_S)
    trader = Trader(swarm)
    trader.buy()
    eventually(lambda: "denied BAD_DOCUMENT" in swarm.said(), 15)
    trader.close_all()
    eventually(lambda: f"{SLAVE}: PositionClosed EURUSD.c copied" in swarm.said(), 15)
    eventually(lambda: swarm.pids() == {}, 15)
    trader.leave()


@pytest.mark.parametrize("paper_port", ["fixed", "any"])
def test_copies_go_on_after_the_paper_broker_was_killed(machine: Machine, paper_port: str) -> None:
    if paper_port == "any":
        machine.environ["PAPER_PORT"] = "0"
    swarm_of(machine)
    first = published(machine.state / "paper")
    assert first is not None
    kill(first.pid)
    eventually(lambda: broker_pid(machine) not in {0, first.pid}, 15)
    second = published(machine.state / "paper")
    assert second is not None
    assert second.port == first.port

    # Nodes find it again by themselves; until then what the trader does is nobody's to copy.
    eventually(machine.both_ready, READY_WITHIN_S)
    trader = Trader(machine)
    trader.buy()
    eventually(lambda: f"{SLAVE}: PositionOpened EURUSD.c copied" in machine.said(), 15)
    trader.close_all()
    eventually(lambda: f"{SLAVE}: PositionClosed EURUSD.c copied" in machine.said(), 15)
    trader.leave()
    ask_to_stop(machine.launchers[0].pid)
    assert machine.launchers[0].wait(10) == 0
    assert machine.ours() == []


def broker_pid(machine: Machine) -> int:
    found = published(machine.state / "paper")
    return 0 if found is None else found.pid


def test_strict_starts_nothing_while_an_account_has_a_fault(machine: Machine) -> None:
    machine.type_(str(ROOT / "setup_db.py"), "--no-setup")
    machine.accounts(SLAVE, follows=["Nobody"])
    strict = machine.command("--strict")
    assert strict.returncode == 2
    assert "Apex_Slave_01: follows: wanted names of MASTER accounts" in strict.stderr
    assert machine.ours() == []
