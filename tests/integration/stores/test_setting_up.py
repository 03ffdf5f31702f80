"""Setting a database up: once it is ready, a second time changes nothing, users' documents stay."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.database import Database
from pymongo.errors import WriteError

from db.accounts import Accounts
from db.schema import ACCOUNTS, COLLECTIONS, TRADES
from db.setting_up import Done, set_up
from decisions.account_documents import parse_account
from decisions.swarm_check import check_swarm
from domain.account_fields import AccountDefaults
from domain.policies import AccountSettings

pytestmark = pytest.mark.integration

NOW = datetime(2014, 5, 2, 12, 30, tzinfo=UTC)
Documents = Database[dict[str, Any]]


def ready(database: Documents) -> Done:
    return set_up(database, AccountDefaults(), NOW)


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
    assert kept.items() >= old_slave.items()
    assert [(p.account, p.field) for p in done.problems] == [("Old_Slave", "broker_note")]
    assert done.faults == ()
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
