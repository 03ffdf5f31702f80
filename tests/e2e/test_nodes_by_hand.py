"""Single nodes started by hand, from any directory, as a person who debugs does."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

import config
from db.clients import connect
from db.connecting import adopt
from db.embedded.address import read_address
from db.embedded.asking import ask
from db.embedded.starting import ensure_running
from db.remembered import EMBEDDED, Remembered, remember
from paper.address import published
from paper.admin import Admin
from tests.client_copies import fresh_client
from tests.typist import Typist
from tests.waiting import eventually
from utils.os_signals import ask_to_stop, born, kill, new_process_group_kwargs

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
BUY, SELL, DEAL, IOC = 0, 1, 1, 1
PAPER_MASTER = {"type": "MASTER", "terminal": "paper", "path": "x"}


class Machine(Typist):
    """A state folder of its own, and the processes started in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.children: dict[str, subprocess.Popen[str]] = {}
        self.client: MongoClient[dict[str, Any]] | None = None
        self.environ = os.environ | {
            "MURMURATION_STATE": str(self.state),
            "MURMURATION_LEASES": str(folder / "leases"),
            "MONGO_URI": "",
            "EMBEDDED_DB_PORT": "0",
            "PAPER_PORT": "0",
            "PYTHONUTF8": "1",
        }
        del self.environ["MONGO_URI"]
        # Whatever MongoDB runs on this machine is somebody's, and stays untouched.
        remember(self.state, Remembered(kind=EMBEDDED, swarm_ids=()))
        adopt(config.load(self.environ))

    def start(self, kind: str, name: str) -> subprocess.Popen[str]:
        out = (self.folder / f"{name}.out").open("w", encoding="utf-8")
        with out:
            child = subprocess.Popen(
                [sys.executable, str(ROOT / "nodes" / f"{kind}.py"), "--name", name],
                cwd=self.folder,
                env=self.environ,
                stdout=out,
                stderr=out,
                text=True,
                **new_process_group_kwargs(),
            )
        self.children[name] = child
        return child

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.out").read_text("utf-8")

    def database(self) -> Database[dict[str, Any]]:
        """Its client is closed when the test ends, however it ends."""
        if self.client is None:
            self.client = connect(ensure_running(self.state, port=0, python=sys.executable))
        return self.client["prop_copy_trader"]

    def end(self) -> None:
        if self.client is not None:
            self.client.close()
        for child in self.children.values():
            if child.poll() is None:
                kill(child.pid, born(child.pid))
            child.wait(10)
        paper = published(self.state / "paper")
        if paper is not None:
            with Admin(paper.host, paper.port) as admin:
                admin.shutdown()
        embedded = read_address(self.state)
        if embedded is not None:
            ask(embedded.port, {"shutdown": 1})


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.end()


@pytest.fixture
def set_up(machine: Machine) -> Machine:
    done = machine.type_(str(ROOT / "setup_db.py"))
    assert done.returncode == 0, done.stderr
    return machine


@pytest.fixture
def trader(set_up: Machine) -> Iterator[Callable[[str], ModuleType]]:
    """A person at a terminal: MetaTrader's module, attached to one terminal by its key."""
    desks: list[ModuleType] = []

    def attach(key: str) -> ModuleType:
        desk = fresh_client()
        desks.append(desk)
        address = published(set_up.state / "paper")
        assert address is not None
        desk._connect_to(address.host, address.port)
        assert desk.initialize(key), desk.last_error()
        return desk

    yield attach
    for desk in desks:
        desk.shutdown()


def buy(desk: ModuleType, symbol: str, lots: float) -> int:
    return deal(desk, symbol, lots, BUY)


def deal(desk: ModuleType, symbol: str, lots: float, kind: int, **more: int) -> int:
    tick = desk.symbol_info_tick(symbol)
    price = tick.ask if kind == BUY else tick.bid
    wish = {"action": DEAL, "symbol": symbol, "volume": lots, "type": kind, "price": price, **more}
    told = desk.order_send(wish | {"deviation": 50, "type_filling": IOC})
    assert told.retcode == 10009, told
    return int(told.order)


def test_a_master_and_a_slave_started_by_hand_copy_a_trade(
    set_up: Machine, trader: Callable[[str], ModuleType]
) -> None:
    set_up.start("master", "FTMO_Master")
    eventually(lambda: "master_begins" in set_up.said("FTMO_Master"), 20)
    nodes = set_up.database()["nodes"]
    eventually(lambda: nodes.find_one({"name": "FTMO_Master", "ready": True}), 20)
    slave = set_up.start("slave", "Apex_Slave_01")
    eventually(lambda: nodes.find_one({"name": "Apex_Slave_01", "ready": True}), 20)

    order = buy(trader("ftmo"), "XAUUSD", 0.3)

    trades = set_up.database()["trades"]
    trade = eventually(lambda: trades.find_one({"master_ticket": order}), 10)
    assert trade is not None
    assert (trade["symbol"], trade["direction"], trade["status"]) == ("GOLD", "BUY", "OPEN")
    copies = trader("apex-01").positions_get()
    assert [(p.symbol, p.volume, p.comment) for p in copies] == [("GOLD", 0.3, str(order))]
    assert "started_by_hand" in set_up.said("Apex_Slave_01")
    assert ask_to_stop(slave.pid, born(slave.pid))
    assert slave.wait(5) == 0


def test_a_second_slave_on_the_same_account_is_refused(set_up: Machine) -> None:
    set_up.start("slave", "Apex_Slave_01")
    nodes = set_up.database()["nodes"]
    eventually(lambda: nodes.find_one({"name": "Apex_Slave_01"}), 20)

    second = set_up.type_(str(ROOT / "nodes" / "slave.py"), "--name", "Apex_Slave_01")

    assert second.returncode == 2
    assert "cannot_run" in second.stderr
    assert "Apex" in second.stderr


@pytest.mark.parametrize(
    ("kind", "document", "words"),
    [
        pytest.param("slave", None, ["Nobody", "found none"], id="no-such-account"),
        pytest.param("slave", PAPER_MASTER, ["wanted a SLAVE", "MASTER"], id="wrong-kind"),
        pytest.param(
            "slave",
            {"type": "SLAVE", "terminal": "mt5", "path": "C:/nowhere/terminal64.exe"},
            ["terminal", "Windows"],
            id="mt5-without-windows",
            marks=pytest.mark.posix_only("on Windows the package may be there"),
        ),
        pytest.param(
            "slave",
            {"type": "SLAVE", "terminal": "paper", "path": "x", "password": "hunter2"},
            ["password", "${"],
            id="literal-password",
        ),
    ],
)
def test_bad_input_by_hand_is_said_and_ends_with_2(
    set_up: Machine, kind: str, document: dict[str, Any] | None, words: list[str]
) -> None:
    if document is not None:
        # As a database without validators would hold it.
        accounts = set_up.database()["accounts"]
        accounts.insert_one({"name": "Nobody", **document}, bypass_document_validation=True)

    done = set_up.type_(str(ROOT / "nodes" / f"{kind}.py"), "--name", "Nobody")

    assert done.returncode == 2
    for word in words:
        assert word in done.stderr
    assert "hunter2" not in done.stderr


def test_law_12_a_slave_started_by_hand_closes_while_no_database_can_be_told(
    set_up: Machine, trader: Callable[[str], ModuleType]
) -> None:
    set_up.start("master", "FTMO_Master")
    slave = set_up.start("slave", "Apex_Slave_01")
    nodes = set_up.database()["nodes"]
    eventually(lambda: nodes.find_one({"name": "Apex_Slave_01", "ready": True}), 20)
    master, copies = trader("ftmo"), trader("apex-01")
    buy(master, "XAUUSD", 0.3)
    eventually(copies.positions_get, 10)
    kill(slave.pid, born(slave.pid))
    slave.wait(10)

    memory = set_up.state / "database.json"
    kept = memory.read_bytes()
    memory.write_text("{", "utf-8")
    set_up.start("slave", "Apex_Slave_01")
    eventually(lambda: "started_by_hand_to_close_only" in set_up.said("Apex_Slave_01"), 20)
    for held in master.positions_get():
        deal(master, held.symbol, held.volume, SELL, position=held.ticket)
    eventually(lambda: not copies.positions_get(), 20)
    memory.write_bytes(kept)
    ended = {"name": "Apex_Slave_01", "ready": True, "pid": {"$ne": slave.pid}}
    eventually(lambda: nodes.find_one(ended), 20)
