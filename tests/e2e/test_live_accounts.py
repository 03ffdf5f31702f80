"""Account documents are live: what is edited in the database is in force while the swarm runs."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.clients import opened
from db.moments import moment
from db.remembered import recall
from tests.integration.stores.conftest import Server
from tests.machine import (
    COPIED_WITHIN_S,
    MASTER,
    OTHER,
    READY_WITHIN_S,
    SLAVE,
    Desk,
    Machine,
    People,
    Trader,
)
from tests.typist import ROOT
from tests.waiting import eventually
from tests.wine import PATIENCE
from utils.clock import utc_ms

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_every_kind_of_edit_is_in_force_at_once_and_touches_its_account_alone(
    desk: Desk,
) -> None:
    before = desk.machine.pids()

    desk.add_slave()
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


@pytest.mark.history(4)
def test_law_2_no_edit_orders_anything_for_an_open_copy(desk: Desk, people: People) -> None:
    trader = people.trader()
    trader.buy()
    desk.soon(lambda: desk.copied("PositionOpened"), COPIED_WITHIN_S)
    account = people.account(desk.path(SLAVE))
    deals, master_pid = account.deals(), desk.pid(MASTER)

    edit_in_every_way(desk)
    desk.accounts.delete_one({"name": SLAVE})
    desk.soon(lambda: "is gone" in str(desk.alarms(SLAVE)), 5)
    trader.buy()
    desk.soon(lambda: desk.denied("DRAINING") or desk.denied("ACCOUNT_DISABLED"), COPIED_WITHIN_S)
    assert account.deals() == deals
    assert len(account.positions()) == 1

    trader.close_all()
    desk.soon(lambda: desk.copied("PositionClosed"), COPIED_WITHIN_S)
    desk.soon(lambda: desk.pid(SLAVE) == 0, COPIED_WITHIN_S)
    assert len(account.deals()) == len(deals) + 1
    assert account.positions() == []
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
    desk.soon(lambda: wanted in str(desk.alarms(SLAVE)), 5)
    assert desk.pid(SLAVE) == restarted


def test_a_deleted_master_is_heard_until_its_last_copy_has_closed(
    desk: Desk, people: People
) -> None:
    trader = people.trader()
    trader.buy()
    eventually(lambda: desk.journal(SLAVE).open_legs == 1, COPIED_WITHIN_S)
    document = desk.document(MASTER)
    desk.accounts.delete_one({"name": MASTER})
    desk.soon(lambda: "is gone" in str(desk.alarms(MASTER)), 10)
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
    desk.soon(lambda: "magic_number" in str(desk.alarms(SLAVE)), 5)
    assert "magic_number" in str(desk.machine.status()[SLAVE]["alarms"])
    assert f"{SLAVE}: ALARM {SLAVE}: magic_number: wanted" in desk.machine.said()
    logged = (desk.machine.state / "logs" / "launcher.log").read_text("utf-8")
    assert "document_refused" in logged

    trader = people.trader()
    trader.buy()
    desk.soon(lambda: desk.copied("PositionOpened"), COPIED_WITHIN_S)
    account = people.account(desk.path(SLAVE))
    assert [held.magic // 10**12 for held in account.positions()] == [99]

    desk.set(
        SLAVE, magic_number=100, updated_at=moment(utc_ms()), updated_by="alice, accounts edit"
    )
    desk.soon(lambda: desk.in_force(SLAVE, "magic_number") == 100)
    desk.soon(lambda: not desk.alarms(SLAVE), 5)
    assert desk.pid(SLAVE) == pid
    last = desk.soon(lambda: [c for c in desk.changes(SLAVE) if c["by"]])[-1]
    assert (last["by"], last["via"]) == ("alice", "accounts edit")
    assert last["changes"] == [{"field": "magic_number", "before": "many", "after": 100}]


def test_a_bad_document_from_before_the_start_starts_nobody_until_it_is_put_right(
    machine: Machine,
) -> None:
    machine.set_up()
    with Desk.at(machine) as desk:
        desk.add_slave()
        desk.set(SLAVE, force=True, max_lot="much")
        machine.launch()
        machine.wait_ready(OTHER)
        assert desk.pid(SLAVE) == 0
        assert "max_lot" in str(desk.alarms(SLAVE))
        desk.set(SLAVE, max_lot=1)
        desk.soon(lambda: desk.is_ready(SLAVE), READY_WITHIN_S)
        desk.soon(lambda: not desk.alarms(SLAVE), 5)


def test_law_12_while_the_embedded_database_cannot_be_opened_the_swarm_closes_only(
    desk: Desk, people: People
) -> None:
    trader = people.trader()
    trader.buy()
    eventually(lambda: desk.journal(SLAVE).open_legs == 1, COPIED_WITHIN_S)
    hidden = hide_the_database(desk.machine)
    closes_but_opens_nothing(desk.machine, trader)
    asked = desk.machine.command("status")
    assert asked.returncode == 2
    assert "embedded database" in asked.stderr

    (desk.machine.state / "embedded.db").rmdir()
    for file in hidden.iterdir():
        file.replace(desk.machine.state / file.name)
    opens_again(desk.machine, trader)


def hide_the_database(machine: Machine) -> Path:
    """Its server is gone, and another one cannot open its file."""
    machine.database.kill()
    state = machine.state
    hidden = state / "hidden"
    hidden.mkdir()
    for file in state.glob("embedded.db*"):
        file.replace(hidden / file.name)
    (state / "embedded.db").mkdir()
    return hidden


def closes_but_opens_nothing(machine: Machine, trader: Trader) -> None:
    """One copy is open; the database has just gone."""
    pids = machine.pids()
    machine.says("ALARM the database is silent", 30)
    machine.says(f"{SLAVE}: REDUCING (DATABASE_SILENT", 15)
    trader.buy()
    machine.says("denied DATABASE_SILENT", COPIED_WITHIN_S)
    trader.close_all()
    machine.says(f"{SLAVE}: PositionClosed EURUSD.c copied", COPIED_WITHIN_S)
    assert machine.pids() == pids


def opens_again(machine: Machine, trader: Trader) -> None:
    """By itself, once the right database answers."""
    said = machine.said
    machine.says("over: the database is silent", 30)
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
    machine.begin()
    trader = people.trader()
    trader.buy()
    machine.says(f"{SLAVE}: PositionOpened EURUSD.c copied", COPIED_WITHIN_S)
    ours.kill()
    strange.start()
    closes_but_opens_nothing(machine, trader)
    machine.says("found another at", 15)
    with opened(strange.uri, "prop_copy_trader") as database:
        assert database.list_collection_names() == []

    strange.kill()
    ours.start()
    opens_again(machine, trader)


def test_law_12_another_database_is_taken_on_the_operators_word(
    machine: Machine, two_servers: tuple[Server, Server]
) -> None:
    ours, strange = two_servers
    machine.set_up()
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
    machine.begin()


def test_many_edits_and_every_account_does_what_its_last_document_says() -> None:
    """The short version of `python -m bench edits`, which goes on for ten minutes."""
    words = ["edits", "--accounts", "3", "--minutes", "0.2", "--every-s", "0.5", "--seed", "7"]
    done = subprocess.run(
        [sys.executable, "-m", "bench", *words, "--no-setup"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=110 * PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 differences" in done.stdout
