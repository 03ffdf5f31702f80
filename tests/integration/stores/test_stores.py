"""What the supervisor and the nodes read and write, in a real database."""

from typing import Any

import pytest
from bson import Decimal128, Int64
from pymongo.database import Database

from db.accounts import Accounts
from db.commands import Commands
from db.latches import Latches
from db.nodes import Nodes
from db.schema import ACCOUNTS, COMMANDS, KILL_SWITCH_EVENTS
from db.setting_up import set_up
from decisions.account_documents import parse_account
from domain.account_fields import AccountDefaults
from domain.control import Command, NodeReport
from domain.ids import NodeName
from domain.policies import AccountSettings, TradingState
from tests.integration.stores.test_setting_up import NOW
from tests.records_made import MASTER, MOMENT_MS, SLAVE, latch_change

pytestmark = pytest.mark.integration

Documents = Database[dict[str, Any]]
HALT = Command(command="c1", kind="HALT", by="operator", why="news")


@pytest.fixture
def ready(database: Documents) -> Documents:
    set_up(database, AccountDefaults(), NOW)
    return database


def report(**other: Any) -> NodeReport:
    made: dict[str, Any] = {
        "name": MASTER,
        "role": "MASTER",
        "pid": 1,
        "ready": True,
        "state": "ok",
    }
    return NodeReport(**(made | other))


def test_documents_come_as_plain_values_fit_for_the_wire(ready: Documents) -> None:
    odd = {"max_lot": Decimal128("0.10"), "magic_number": Int64(7), "created_at": NOW}
    ready[ACCOUNTS].update_one({"name": SLAVE}, {"$set": odd})
    document = Accounts(ready).named(SLAVE)
    assert document is not None
    assert type(document["_id"]) is str
    assert (document["max_lot"], document["magic_number"]) == (0.1, 7)
    assert type(document["magic_number"]) is int
    assert isinstance(parse_account(document), AccountSettings)
    assert Accounts(ready).named("Nobody") is None


def test_an_order_is_carried_out_once(ready: Documents) -> None:
    orders = Commands(ready)
    orders.insert(SLAVE, HALT, MOMENT_MS)
    orders.insert(SLAVE, HALT, MOMENT_MS)
    assert orders.pending() == [(SLAVE, HALT)]
    orders.mark_done("c1", "halted", MOMENT_MS + 5)
    orders.mark_done("c1", "too late", MOMENT_MS + 9)
    assert orders.pending() == []
    done = ready[COMMANDS].find_one({"_id": "c1"})
    assert done is not None
    assert done["result"] == "halted"


def test_an_order_inserted_by_hand_needs_account_and_kind_only(ready: Documents) -> None:
    ready[COMMANDS].insert_one({"account": SLAVE, "kind": "RESUME"})
    orders = Commands(ready)
    ((account, command),) = orders.pending()
    assert (account, command.kind) == (SLAVE, "RESUME")
    orders.mark_done(command.command, "resumed", MOMENT_MS)
    assert orders.pending() == []


def test_a_masters_addresses_and_epoch_outlive_a_poorer_report(ready: Documents) -> None:
    nodes = Nodes(ready)
    nodes.record(report(addresses=("tcp://a:1", "tcp://a:2"), epoch=9, sent_at_ms=MOMENT_MS))
    nodes.record(report(epoch=3, state="ending"))
    nodes.record(report(name=NodeName("Slave"), role="SLAVE"))
    assert nodes.addresses() == {MASTER: ("tcp://a:1", "tcp://a:2")}
    assert nodes.last_epoch(MASTER) == 9
    assert nodes.last_epoch("Nobody") == 0
    ready["nodes"].insert_one({"x": 1})
    assert [node["state"] for node in nodes.all()] == ["ok", "ending"][::-1]


def test_a_latch_is_tightened_by_machines_and_loosened_by_a_higher_word(ready: Documents) -> None:
    latches = Latches(ready)
    assert latches.of(SLAVE) is None
    latches.store(latch_change(TradingState.HALTED, counter=1))
    latches.store(latch_change(TradingState.ACTIVE, counter=1))
    latches.store(latch_change(TradingState.ACTIVE, counter=0))
    held = latches.of(SLAVE)
    assert held is not None
    assert (held.state, held.counter, held.at_ms) == (TradingState.HALTED, 1, MOMENT_MS)
    latches.store(latch_change(TradingState.ACTIVE, counter=2))
    assert latches.all()[SLAVE].state is TradingState.ACTIVE


def test_a_move_of_the_kill_switch_is_told_once(ready: Documents) -> None:
    latches = Latches(ready)
    latches.store(latch_change())
    latches.store(latch_change())
    (event,) = ready[KILL_SWITCH_EVENTS].find()
    assert (event["before"], event["state"], event["reason"]) == ("ACTIVE", "HALTED", "daily loss")
