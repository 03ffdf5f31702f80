"""Account documents are written only where nobody was quicker."""

from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Decimal128, Int64
from pymongo.database import Database

from db.accounts import Accounts
from db.setting_up import set_up
from domain.account_fields import AccountDefaults

pytestmark = pytest.mark.integration

Documents = Database[dict[str, Any]]
NOW = datetime(2026, 11, 21, tzinfo=UTC)
FRESH = {"name": "S1", "type": "SLAVE", "path": "s1", "login": Int64(7), "max_lot": Decimal128("5")}


@pytest.fixture
def accounts(database: Documents) -> Accounts:
    set_up(database, AccountDefaults(), NOW)
    return Accounts(database)


def stored(accounts: Accounts, name: str) -> dict[str, Any]:
    return next(document for document in accounts.as_written() if document["name"] == name)


def test_a_name_can_be_taken_once(accounts: Accounts) -> None:
    assert accounts.add(FRESH)
    assert not accounts.add(FRESH | {"path": "other"})
    assert stored(accounts, "S1")["path"] == "s1"
    assert list(stored(accounts, "S1"))[1:] == list(FRESH)


def test_a_document_is_replaced_with_its_types_and_its_identity(accounts: Accounts) -> None:
    accounts.add(FRESH)
    before = stored(accounts, "S1")
    after = {name: value for name, value in before.items() if name not in {"_id", "login"}}
    assert accounts.replace(before, after | {"labels": ["a"]})
    found = stored(accounts, "S1")
    assert found == {"_id": before["_id"], **after, "labels": ["a"]}
    assert isinstance(found["max_lot"], Decimal128)


@pytest.mark.parametrize(
    "meanwhile",
    [
        {"$set": {"max_lot": 6}},
        {"$set": {"suffix": ".c"}},
        {"$set": {"kill_switch": {"daily_loss": 5}}},
        {"$unset": {"login": ""}},
        {"$set": {"login": None}},
    ],
    ids=str,
)
def test_whoever_was_quicker_is_not_overwritten(
    accounts: Accounts, database: Documents, meanwhile: dict[str, Any]
) -> None:
    accounts.add(FRESH)
    before = stored(accounts, "S1")
    # As it would come in by a server without validators.
    database["accounts"].update_one({"name": "S1"}, meanwhile, bypass_document_validation=True)
    theirs = stored(accounts, "S1")
    assert not accounts.replace(before, FRESH | {"path": "ours"})
    assert not accounts.remove(before)
    assert stored(accounts, "S1") == theirs


def test_a_document_that_is_as_it_was_read_is_removed(accounts: Accounts) -> None:
    accounts.add(FRESH)
    assert accounts.remove(stored(accounts, "S1"))
    assert accounts.named("S1") is None
