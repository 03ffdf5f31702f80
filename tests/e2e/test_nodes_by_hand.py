"""Single nodes started by hand, from any directory, as a person who debugs does."""

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo.database import Database

from tests.machine import MASTER, SLAVE, Document, Machine, People, until_flat
from tests.typist import ROOT
from tests.waiting import eventually
from tests.wine import PATIENCE
from utils.os_signals import ask_to_stop, born, kill

pytestmark = pytest.mark.e2e

PAPER_MASTER = {"type": "MASTER", "terminal": "paper", "path": "x"}


class Hands:
    """Whoever starts nodes one by one; each has a console of its own."""

    def __init__(self, machine: Machine, database: Database[Document]) -> None:
        self.machine = machine
        self.database = database

    def start(self, kind: str, name: str) -> subprocess.Popen[str]:
        return self.machine.start(_entry(kind), "--name", name, console=name)

    def try_to_start(self, kind: str, name: str) -> subprocess.CompletedProcess[str]:
        return self.machine.type_(_entry(kind), "--name", name)

    def reads(self, words: str, name: str) -> None:
        self.machine.says(words, 20, console=name)

    def reported(self, name: str, **wanted: Any) -> None:
        nodes = self.database["nodes"]
        eventually(lambda: nodes.find_one({"name": name, **wanted}), 20)


def _entry(kind: str) -> str:
    return str(ROOT / "nodes" / f"{kind}.py")


@pytest.fixture
def hands(machine: Machine) -> Iterator[Hands]:
    """At a machine that is set up."""
    machine.set_up()
    with machine.records() as database:
        yield Hands(machine, database)


def test_a_master_and_a_slave_started_by_hand_copy_a_trade(hands: Hands, people: People) -> None:
    hands.start("master", MASTER)
    hands.reads("master_begins", MASTER)
    hands.reported(MASTER, ready=True)
    slave = hands.start("slave", SLAVE)
    hands.reported(SLAVE, ready=True)

    ticket = people.trader().buy(0.3, "XAUUSD")

    trades = hands.database["trades"]
    trade = eventually(lambda: trades.find_one({"master_ticket": ticket}), 10)
    assert trade is not None
    assert (trade["symbol"], trade["direction"], trade["status"]) == ("GOLD", "BUY", "OPEN")
    copies = people.account("apex-01").positions()
    assert [(p.symbol, p.volume, p.comment) for p in copies] == [("GOLD", 0.3, str(ticket))]
    assert "started_by_hand" in hands.machine.said(SLAVE)
    assert ask_to_stop(slave.pid, born(slave.pid))
    assert slave.wait(5 * PATIENCE) == 0


def test_a_second_slave_on_the_same_account_is_refused(hands: Hands) -> None:
    hands.start("slave", SLAVE)
    hands.reported(SLAVE)

    second = hands.try_to_start("slave", SLAVE)

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
    hands: Hands, kind: str, document: dict[str, Any] | None, words: list[str]
) -> None:
    if document is not None:
        # As a database without validators would hold it.
        accounts = hands.database["accounts"]
        accounts.insert_one({"name": "Nobody", **document}, bypass_document_validation=True)

    done = hands.try_to_start(kind, "Nobody")

    assert done.returncode == 2
    for word in words:
        assert word in done.stderr
    assert "hunter2" not in done.stderr


def test_law_12_a_slave_started_by_hand_closes_while_no_database_can_be_told(
    hands: Hands, people: People
) -> None:
    hands.start("master", MASTER)
    slave = hands.start("slave", SLAVE)
    hands.reported(SLAVE, ready=True)
    master, copies = people.trader(), people.account("apex-01")
    master.buy(0.3, "XAUUSD")
    eventually(copies.positions, 10)
    kill(slave.pid, born(slave.pid))
    slave.wait(10 * PATIENCE)

    memory = hands.machine.state / "database.json"
    kept = memory.read_bytes()
    memory.write_text("{", "utf-8")
    hands.start("slave", SLAVE)
    hands.reads("started_by_hand_to_close_only", SLAVE)
    master.close_all()
    until_flat(copies, within_s=20)
    memory.write_bytes(kept)
    hands.reported(SLAVE, ready=True, pid={"$ne": slave.pid})
