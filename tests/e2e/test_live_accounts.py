"""Account documents are live: what is edited in the database is in force while the swarm runs."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from db.account_changes import AccountChanges
from db.clients import opened
from db.embedded.address import read_address
from db.journal import Glance, glance, journal_path
from db.moments import moment
from db.remembered import recall
from paper.address import published
from tests.client_copies import fresh_client
from tests.e2e.test_swarm import (
    MASTER,
    READY_WITHIN_S,
    ROOT,
    SLAVE,
    Machine,
    Trader,
    swarm_of,
)
from tests.integration.stores.conftest import Server
from tests.waiting import eventually
from utils.clock import utc_ms
from utils.os_signals import kill

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

# Two, as the bench shows, on a machine that does nothing else beside.
IN_FORCE_WITHIN_S = 5
COPIED_WITHIN_S = 15
OTHER = "Other_Slave"

Document = dict[str, Any]


class Desk:
    """A person before mongosh, who also sees what the brokers and the nodes show."""

    def __init__(self, machine: Machine, database: Database[Document]) -> None:
        self.machine = machine
        self.database = database
        self.accounts = database["accounts"]

    def set(self, name: str, *, force: bool = False, **fields: Any) -> None:
        self.accounts.update_one({"name": name}, {"$set": fields}, bypass_document_validation=force)

    def document(self, name: str) -> Document:
        found = self.accounts.find_one({"name": name})
        assert found is not None
        return found

    def pid(self, name: str) -> int:
        return self.machine.pids().get(name, 0)

    def report(self, name: str) -> Document:
        return self.database["nodes"].find_one({"name": name}) or {}

    def is_ready(self, name: str) -> bool:
        report = self.report(name)
        return bool(report.get("ready")) and report["pid"] == self.pid(name) != 0

    def journal(self, name: str) -> Glance:
        return glance(journal_path(self.machine.state, name))

    def in_force(self, name: str, field: str) -> Any:
        """What the node itself has written down as its settings."""
        return (self.journal(name).settings or {}).get(field)

    def soon(self, condition: Callable[[], Any], within_s: float = IN_FORCE_WITHIN_S) -> Any:
        return eventually(condition, within_s)

    def copied(self, event: str, name: str = SLAVE) -> int:
        said = self.database["account_trade_decisions"].find({"account_id": name, "event": event})
        return sum(1 for one in said if one["kind"] == "copied")

    def denied(self, reason: str, name: str = SLAVE) -> Document | None:
        wanted = {"account_id": name, "kind": "denied", "reason": reason}
        return self.database["account_trade_decisions"].find_one(wanted)

    def changes(self, name: str) -> list[Document]:
        return AccountChanges(self.database).of(name)


class Broker:
    """Looks at an account from the broker's side."""

    def __init__(self, machine: Machine, path: str) -> None:
        self.terminal = fresh_client()
        address = published(machine.state / "paper")
        assert address is not None
        self.terminal._connect_to(address.host, address.port)
        assert self.terminal.initialize(path), self.terminal.last_error()

    def deals(self) -> list[tuple[Any, ...]]:
        found = self.terminal.history_deals_get(0, 2_000_000_000)
        return [(d.ticket, d.order, d.entry, d.volume, d.magic) for d in found]

    def positions(self) -> list[Any]:
        return list(self.terminal.positions_get())

    def leave(self) -> None:
        self.terminal.shutdown()


class People:
    """Everybody who sits at a terminal; they leave when the test is over."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._there: list[Trader | Broker] = []

    def trader(self) -> Trader:
        trader = Trader(self._machine)
        self._there.append(trader)
        return trader

    def broker(self, path: str) -> Broker:
        broker = Broker(self._machine, path)
        self._there.append(broker)
        return broker

    def leave(self) -> None:
        for one in self._there:
            one.leave()


@pytest.fixture
def people(machine: Machine) -> Iterator[People]:
    made = People(machine)
    yield made
    made.leave()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.end()


@pytest.fixture
def desk(machine: Machine) -> Iterator[Desk]:
    """A master and a slave, ready."""
    swarm_of(machine)
    address = read_address(machine.state)
    assert address is not None
    with opened(address.uri, "prop_copy_trader") as database:
        eventually(lambda: Desk(machine, database).is_ready(SLAVE), READY_WITHIN_S)
        yield Desk(machine, database)


def other_slave(desk: Desk) -> Document:
    """A second slave, which nobody has seen yet."""
    known = desk.document(SLAVE)
    kept = {name: value for name, value in known.items() if name not in {"_id", "login"}}
    return kept | {"name": OTHER, "path": "other_slave", "magic_number": 7}


def test_every_kind_of_edit_is_in_force_at_once_and_touches_its_account_alone(
    desk: Desk,
) -> None:
    before = desk.machine.pids()

    desk.accounts.insert_one(other_slave(desk))
    first = desk.soon(lambda: desk.pid(OTHER))
    desk.soon(lambda: desk.is_ready(OTHER), READY_WITHIN_S)

    desk.set(OTHER, magic_number=8, max_lot=0.5)
    desk.soon(lambda: (desk.in_force(OTHER, "magic_number"), desk.pid(OTHER)) == (8, first))

    desk.set(OTHER, enabled=False)
    desk.soon(lambda: desk.pid(OTHER) == 0)
    desk.set(OTHER, enabled=True)
    second = desk.soon(lambda: desk.pid(OTHER))
    assert second != first
    desk.soon(lambda: desk.is_ready(OTHER), READY_WITHIN_S)

    desk.accounts.delete_one({"name": OTHER})
    desk.soon(lambda: desk.pid(OTHER) == 0)
    desk.soon(lambda: f"{OTHER}: no longer an account" in desk.machine.said(), 10)

    assert desk.machine.pids() == before
    assert desk.machine.said().count(f"{SLAVE}: ready") == 1
    desk.soon(lambda: len(desk.changes(OTHER)) == 5)
    kinds = [(one["kind"], [c["field"] for c in one["changes"]]) for one in desk.changes(OTHER)]
    assert kinds[0][0] == "added"
    assert kinds[1:4] == [
        ("changed", ["magic_number", "max_lot"]),
        ("changed", ["enabled"]),
        ("changed", ["enabled"]),
    ]
    assert kinds[4][0] == "removed"
    assert [one["kind"] for one in desk.changes(SLAVE)] == ["first seen"]


def test_law_2_no_edit_orders_anything_for_an_open_copy(desk: Desk, people: People) -> None:
    trader = people.trader()
    trader.buy()
    desk.soon(lambda: desk.copied("PositionOpened"), COPIED_WITHIN_S)
    broker = people.broker(desk.document(SLAVE)["path"])
    deals, master_pid = broker.deals(), desk.pid(MASTER)

    edit_in_every_way(desk)
    desk.accounts.delete_one({"name": SLAVE})
    desk.soon(lambda: any("is gone" in alarm for alarm in desk.report(SLAVE)["alarms"]), 5)
    trader.buy()
    desk.soon(lambda: desk.denied("DRAINING") or desk.denied("ACCOUNT_DISABLED"), COPIED_WITHIN_S)
    assert broker.deals() == deals
    assert len(broker.positions()) == 1

    trader.close_all()
    desk.soon(lambda: desk.copied("PositionClosed"), COPIED_WITHIN_S)
    desk.soon(lambda: desk.pid(SLAVE) == 0, COPIED_WITHIN_S)
    assert len(broker.deals()) == len(deals) + 1
    assert broker.positions() == []
    assert desk.pid(MASTER) == master_pid


def edit_in_every_way(desk: Desk) -> None:
    """What acts at the next open, what needs a restart, and what must wait for the last close."""
    pid = desk.pid(SLAVE)
    desk.set(SLAVE, magic_number=77, symbol_map={"EURUSD": "GBPUSD.c"}, max_lot=0.01)
    desk.soon(lambda: desk.in_force(SLAVE, "magic_number") == 77)
    assert desk.pid(SLAVE) == pid

    desk.set(SLAVE, server="Written-Later")
    desk.soon(lambda: desk.pid(SLAVE) not in {0, pid}, READY_WITHIN_S)
    desk.soon(lambda: desk.is_ready(SLAVE), READY_WITHIN_S)
    restarted = desk.pid(SLAVE)

    desk.set(SLAVE, path="somewhere_else")
    wanted = "as long as its copies are open"
    desk.soon(lambda: any(wanted in alarm for alarm in desk.report(SLAVE).get("alarms", ())), 5)
    assert desk.pid(SLAVE) == restarted


def test_a_deleted_master_is_heard_until_its_last_copy_has_closed(
    desk: Desk, people: People
) -> None:
    trader = people.trader()
    trader.buy()
    eventually(lambda: desk.journal(SLAVE).open_legs == 1, COPIED_WITHIN_S)
    document = desk.document(MASTER)
    desk.accounts.delete_one({"name": MASTER})
    desk.soon(lambda: any("is gone" in a for a in desk.report(MASTER).get("alarms", ())), 10)
    trader.close_all()
    desk.soon(lambda: desk.copied("PositionClosed"), COPIED_WITHIN_S)
    desk.soon(lambda: desk.pid(MASTER) == 0, COPIED_WITHIN_S)

    desk.accounts.insert_one(document)
    desk.soon(lambda: desk.is_ready(MASTER), READY_WITHIN_S)
    desk.soon(lambda: desk.is_ready(SLAVE), READY_WITHIN_S)
    trader.buy()
    desk.soon(lambda: desk.copied("PositionOpened") == 2, COPIED_WITHIN_S)


def test_a_bad_document_that_got_in_leaves_the_last_good_settings_and_an_alarm(
    desk: Desk, people: People
) -> None:
    pid = desk.pid(SLAVE)
    desk.set(SLAVE, magic_number=99)
    desk.soon(lambda: desk.in_force(SLAVE, "magic_number") == 99)
    desk.set(SLAVE, force=True, magic_number="many")
    desk.soon(lambda: any("magic_number" in a for a in desk.report(SLAVE)["alarms"]), 5)
    assert "magic_number" in str(desk.machine.status()[SLAVE]["alarms"])
    assert f"{SLAVE}: ALARM {SLAVE}: magic_number: wanted" in desk.machine.said()
    logged = (desk.machine.state / "logs" / "launcher.log").read_text("utf-8")
    assert "document_refused" in logged

    trader = people.trader()
    trader.buy()
    desk.soon(lambda: desk.copied("PositionOpened"), COPIED_WITHIN_S)
    broker = people.broker(desk.document(SLAVE)["path"])
    assert [held.magic // 10**12 for held in broker.positions()] == [99]

    desk.set(
        SLAVE, magic_number=100, updated_at=moment(utc_ms()), updated_by="alice, accounts edit"
    )
    desk.soon(lambda: desk.in_force(SLAVE, "magic_number") == 100)
    desk.soon(lambda: not desk.report(SLAVE)["alarms"], 5)
    assert desk.pid(SLAVE) == pid
    last = desk.soon(lambda: [c for c in desk.changes(SLAVE) if c["by"]])[-1]
    assert (last["by"], last["via"]) == ("alice", "accounts edit")
    assert last["changes"] == [{"field": "magic_number", "before": "many", "after": 100}]


def test_a_bad_document_from_before_the_start_starts_nobody_until_it_is_put_right(
    machine: Machine,
) -> None:
    machine.type_(str(ROOT / "setup_db.py"), "--no-setup")
    address = read_address(machine.state)
    assert address is not None
    with opened(address.uri, "prop_copy_trader") as database:
        desk = Desk(machine, database)
        desk.accounts.insert_one(other_slave(desk))
        desk.set(SLAVE, force=True, max_lot="much")
        machine.launch()
        desk.soon(lambda: desk.is_ready(OTHER), READY_WITHIN_S)
        assert desk.pid(SLAVE) == 0
        assert "max_lot" in str(desk.report(SLAVE)["alarms"])
        desk.set(SLAVE, max_lot=1)
        desk.soon(lambda: desk.is_ready(SLAVE), READY_WITHIN_S)
        desk.soon(lambda: not desk.report(SLAVE)["alarms"], 5)


def test_law_12_while_the_embedded_database_cannot_be_opened_the_swarm_closes_only(
    desk: Desk, people: People
) -> None:
    trader = people.trader()
    trader.buy()
    eventually(lambda: desk.journal(SLAVE).open_legs == 1, COPIED_WITHIN_S)
    hidden = hide_the_database(desk.machine.state)
    closes_but_opens_nothing(desk.machine, trader)
    asked = desk.machine.command("status")
    assert asked.returncode == 2
    assert "embedded database" in asked.stderr

    (desk.machine.state / "embedded.db").rmdir()
    for file in hidden.iterdir():
        file.replace(desk.machine.state / file.name)
    opens_again(desk.machine, trader)


def hide_the_database(state: Path) -> Path:
    """Its server is gone, and another one cannot open its file."""
    address = read_address(state)
    assert address is not None
    kill(address.pid)
    hidden = state / "hidden"
    hidden.mkdir()
    for file in state.glob("embedded.db*"):
        file.replace(hidden / file.name)
    (state / "embedded.db").mkdir()
    return hidden


def closes_but_opens_nothing(machine: Machine, trader: Trader) -> None:
    """One copy is open; the database has just gone."""
    said, pids = machine.said, machine.pids()
    eventually(lambda: "ALARM the database is silent" in said(), 30)
    eventually(lambda: f"{SLAVE}: REDUCING (DATABASE_SILENT" in said(), 15)
    trader.buy()
    eventually(lambda: "denied DATABASE_SILENT" in said(), COPIED_WITHIN_S)
    trader.close_all()
    eventually(lambda: f"{SLAVE}: PositionClosed EURUSD.c copied" in said(), COPIED_WITHIN_S)
    assert machine.pids() == pids


def opens_again(machine: Machine, trader: Trader) -> None:
    """By itself, once the right database answers."""
    said = machine.said
    eventually(lambda: "over: the database is silent" in said(), 30)
    eventually(lambda: f"{SLAVE}: ACTIVE" in said().partition("DATABASE_SILENT")[2], 15)
    trader.buy()
    eventually(lambda: said().count("PositionOpened EURUSD.c copied") == 2, COPIED_WITHIN_S)
    trader.close_all()


@pytest.fixture
def two_servers(machine: Machine, tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    """A database that somebody named, and another that may take its place at its address."""
    ours, strange = Server(tmp_path / "ours"), Server(tmp_path / "strange")
    strange.port = ours.port
    (machine.state / "database.json").unlink()
    machine.environ["MONGO_URI"] = ours.uri
    ours.start()
    yield ours, strange
    ours.kill()
    strange.kill()


def test_law_12_another_database_in_the_place_of_ours_is_not_used(
    machine: Machine, two_servers: tuple[Server, Server], people: People
) -> None:
    ours, strange = two_servers
    swarm_of(machine)
    trader = people.trader()
    trader.buy()
    opened_here = f"{SLAVE}: PositionOpened EURUSD.c copied"
    eventually(lambda: opened_here in machine.said(), COPIED_WITHIN_S)
    ours.kill()
    strange.start()
    closes_but_opens_nothing(machine, trader)
    eventually(lambda: "found another at" in machine.said(), 15)
    with opened(strange.uri, "prop_copy_trader") as database:
        assert database.list_collection_names() == []

    strange.kill()
    ours.start()
    opens_again(machine, trader)


def test_law_12_another_database_is_taken_on_the_operators_word(
    machine: Machine, two_servers: tuple[Server, Server]
) -> None:
    ours, strange = two_servers
    assert machine.type_(str(ROOT / "setup_db.py"), "--no-setup").returncode == 0
    first = recall(machine.state)
    ours.kill()
    strange.start()
    refused = machine.type_(str(ROOT / "setup_db.py"), "--no-setup")
    assert refused.returncode != 0
    assert "--adopt" in refused.stderr
    adopted = machine.command("--adopt")
    assert "python setup_db.py" in adopted.stderr
    second = recall(machine.state)
    assert first is not None
    assert second is not None
    assert second.swarm_ids[1:] == first.swarm_ids
    swarm_of(machine)


def test_many_edits_and_every_account_does_what_its_last_document_says() -> None:
    """The short version of `python -m bench edits`, which goes on for ten minutes."""
    words = ["edits", "--accounts", "3", "--minutes", "0.2", "--every-s", "0.5", "--seed", "7"]
    done = subprocess.run(
        [sys.executable, "-m", "bench", *words, "--no-setup"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 differences" in done.stdout
