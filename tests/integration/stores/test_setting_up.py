"""Setting a database up: once it is ready, a second time changes nothing, users' documents stay."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.database import Database
from pymongo.errors import OperationFailure, WriteError

from db.accounts import Accounts
from db.clients import opened
from db.schema import ACCOUNTS, COLLECTIONS, TRADES
from db.setting_up import Done, set_up
from decisions.account_documents import parse_account
from decisions.swarm_check import check_swarm
from domain.account_fields import AccountDefaults
from domain.policies import AccountSettings
from tests.choosy_server import ChoosyServer, Refuse, refuses_validators
from tests.integration.stores.conftest import Server

pytestmark = pytest.mark.integration

NOW = datetime(2014, 5, 2, 12, 30, tzinfo=UTC)
Document = dict[str, Any]
Documents = Database[Document]


OLD: Document = {"name": "Old_Slave", "type": "SLAVE", "path": "C:/Old/terminal64.exe"}


def ready(database: Documents) -> Done:
    return set_up(database, AccountDefaults(), NOW)


def lines(done: Done) -> str:
    """All that a person is shown."""
    return "\n".join((*done.changes, *done.faults, *done.notes, *(p.text for p in done.problems)))


def test_the_samples_make_a_swarm_that_can_start(database: Documents) -> None:
    done = ready(database)
    accounts = [parse_account(document) for document in Accounts(database).all()]
    good = [account for account in accounts if isinstance(account, AccountSettings)]
    assert [account.name for account in good] == ["Apex_Slave_01", "FTMO_Master"]
    assert check_swarm(good) == ()
    assert (done.faults, done.problems) == ((), ())
    assert set(database.list_collection_names()) >= {plan.name for plan in COLLECTIONS}


def test_a_second_run_changes_nothing(database: Documents) -> None:
    ready(database)
    before = list(database[ACCOUNTS].find())
    assert ready(database).changes == ()
    assert list(database[ACCOUNTS].find()) == before


def test_a_document_the_user_has_changed_stays_so(database: Documents) -> None:
    ready(database)
    database[ACCOUNTS].update_one({"name": "Apex_Slave_01"}, {"$set": {"max_lot": 0.5}})
    ready(database)
    document = Accounts(database).named("Apex_Slave_01")
    assert document is not None
    assert document["max_lot"] == 0.5


def test_a_bad_edit_is_refused_by_the_database(database: Documents) -> None:
    ready(database)
    for change in ({"slippage_tolerance": "wide"}, {"password": "hunter2"}, {"sufix": ".c"}):
        with pytest.raises(WriteError):
            database[ACCOUNTS].update_one({"name": "Apex_Slave_01"}, {"$set": change})


def test_a_database_the_earlier_system_filled_is_kept_and_works_on(database: Documents) -> None:
    old_slave = {
        "name": "Old_Slave",
        "type": "SLAVE",
        "path": "C:/Old/terminal64.exe",
        "enabled": True,
        "suffix": ".x",
        "symbol_map": {"US30": "DJ30"},
        "slippage_tolerance": 30,
        "broker_note": "call Bob",
    }
    old_trade = {
        "master_ticket": "17",
        "slave_ticket": 18,
        "slave_name": "Old_Slave",
        "symbol": "DJ30",
        "direction": "BUY",
        "status": "OPEN",
        "open_time": "2013-01-02T03:04:05",
    }
    database[ACCOUNTS].insert_one(dict(old_slave))
    database[TRADES].insert_many([dict(old_trade), dict(old_trade)])
    done = ready(database)

    kept = Accounts(database).named("Old_Slave")
    assert kept is not None
    assert kept.pop("legacy") == {"broker_note": old_slave.pop("broker_note")}
    assert kept.keys() == old_slave.keys() | {"_id"}
    assert kept.items() >= old_slave.items()
    assert (done.problems, done.faults) == ((), ())
    closed = {"$set": {"status": "CLOSED", "close_time": "2013-01-03T00:00:00"}}
    assert database[TRADES].update_many({}, closed).modified_count == 2
    database[ACCOUNTS].update_one({"name": "Old_Slave"}, {"$set": {"slippage_tolerance": 40}})


def test_beside_accounts_of_the_users_own_samples_are_disabled(database: Documents) -> None:
    database[ACCOUNTS].insert_one({"name": "Mine", "type": "SLAVE", "path": "x"})
    ready(database)
    states = {d["name"]: d.get("enabled") for d in Accounts(database).all()}
    assert states == {"Mine": None, "FTMO_Master": False, "Apex_Slave_01": False}


def test_two_documents_of_one_name_are_told_and_kept(database: Documents) -> None:
    twin = {"name": "Twin", "type": "SLAVE", "path": "x"}
    database[ACCOUNTS].insert_many([dict(twin), dict(twin)])
    done = ready(database)
    assert len(done.faults) == 1
    assert "accounts (name)" in done.faults[0]
    assert database[ACCOUNTS].count_documents({"name": "Twin"}) == 2


def test_the_first_run_keeps_what_nobody_knows_and_says_so(database: Documents) -> None:
    database[ACCOUNTS].insert_one(OLD | {"broker_note": "call Bob", "tags": ["a", 5]})
    done = ready(database)
    kept = database[ACCOUNTS].find_one({"name": "Old_Slave"})
    assert kept is not None
    assert kept["legacy"] == {"broker_note": "call Bob", "tags": ["a", 5]}
    assert "broker_note" not in kept
    for name in ("broker_note", "tags"):
        assert f"Old_Slave: {name} is kept as legacy.{name}; it has no effect here" in done.changes
    assert done.problems == ()


def test_a_misspelt_limit_and_a_password_are_left_and_told(database: Documents) -> None:
    wrong = {"maxLot": 0.1, "mt5_password": "hunter2", "mt5": {"password": "hunter2"}}
    database[ACCOUNTS].insert_one(OLD | wrong)
    done = ready(database)
    kept = database[ACCOUNTS].find_one({"name": "Old_Slave"})
    assert kept is not None
    assert kept.items() >= wrong.items()
    assert {p.field for p in done.problems} == set(wrong)
    assert "Did you mean max_lot?" in lines(done)
    assert "hunter2" not in lines(done)


def test_a_field_that_appears_later_is_never_put_aside(database: Documents) -> None:
    database[ACCOUNTS].insert_one(dict(OLD))
    ready(database)
    database.command("collMod", ACCOUNTS, validator={})
    database[ACCOUNTS].update_one({"name": "Old_Slave"}, {"$set": {"colour": "red"}})
    done = ready(database)
    assert [p.field for p in done.problems] == ["colour"]
    kept = database[ACCOUNTS].find_one({"name": "Old_Slave"})
    assert kept is not None
    assert "legacy" not in kept


def test_documents_under_a_validator_of_ours_are_left_as_they_are(database: Documents) -> None:
    plan = next(plan for plan in COLLECTIONS if plan.name == ACCOUNTS)
    older = {"$jsonSchema": {"title": (plan.schema or {})["title"]}}
    database.create_collection(ACCOUNTS, validator=older)
    database[ACCOUNTS].insert_one(OLD | {"colour": "red"})
    assert [p.field for p in ready(database).problems] == ["colour"]


def test_what_another_rule_of_the_database_forbids_is_left_and_told(database: Documents) -> None:
    database.create_collection(ACCOUNTS, validator={"legacy": {"$exists": False}})
    database[ACCOUNTS].insert_one(OLD | {"colour": "red"})
    assert [p.field for p in ready(database).problems] == ["colour"]


def behind(server: Server, refuse: Refuse) -> ChoosyServer:
    return ChoosyServer(server.port, refuse)


def test_where_validators_are_refused_it_is_said_and_all_else_is_made(
    running_server: Server, request: pytest.FixtureRequest
) -> None:
    with (
        behind(running_server, refuses_validators) as choosy,
        opened(choosy.uri, f"test_{request.node.name[:40]}") as database,
    ):
        database[ACCOUNTS].insert_one(OLD | {"colour": "red"})
        done = ready(database)
        assert set(database.list_collection_names()) >= {plan.name for plan in COLLECTIONS}
        assert "this database refuses validators" in done.notes[0]
        assert "The nodes check every account document themselves" in done.notes[0]
        assert "accounts, trades" in done.notes[0]
        assert done.faults == ()
        database[ACCOUNTS].update_one({"name": "Old_Slave"}, {"$set": {"note": 1, "max_lot": -1}})
        again = ready(database)
        assert again.changes == ()
        assert {p.field for p in again.problems} == {"note", "max_lot"}


def test_an_index_that_the_server_cannot_make_is_told_with_what_is_lost(
    running_server: Server, request: pytest.FixtureRequest
) -> None:
    def no_partial_index(command: Any) -> str:
        partial = any("partialFilterExpression" in one for one in command.get("indexes", ()))
        return "partialFilterExpression is not implemented" if partial else ""

    with (
        behind(running_server, no_partial_index) as choosy,
        opened(choosy.uri, f"test_{request.node.name[:40]}") as database,
    ):
        done = ready(database)
        assert len(done.faults) == 3
        assert done.faults[0].startswith("index on trades (leg_key, slave_name) cannot be made: ")
        assert "does not keep doubles out" in done.faults[0]


def test_whoever_may_not_set_up_is_told_so_at_once(
    running_server: Server, request: pytest.FixtureRequest
) -> None:
    """Nothing is made without its rules only because somebody lacks a right."""
    with (
        ChoosyServer(
            running_server.port, lambda c: "not authorized" * ("create" in c), code=13
        ) as choosy,
        opened(choosy.uri, f"test_{request.node.name[:40]}") as database,
        pytest.raises(OperationFailure, match="not authorized"),
    ):
        ready(database)
