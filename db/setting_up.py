"""Makes a database ready: collections, validators, indexes, and accounts to begin with."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pymongo.database import Database
from pymongo.errors import OperationFailure

from db.accounts import Accounts
from db.schema import ACCOUNTS, COLLECTIONS, CollectionPlan, Index
from decisions.account_documents import parse_account
from domain.account_fields import AccountDefaults
from domain.policies import AccountSettings
from domain.problems import Problem

Document = dict[str, Any]

LENIENT = "moderate"
"""Documents that broke the rules before may still be changed; good ones must stay good."""

SAMPLE_ACCOUNTS: tuple[Document, ...] = (
    {
        "name": "FTMO_Master",
        "type": "MASTER",
        "enabled": True,
        "terminal": "paper",
        "path": "ftmo",
        "paper": {
            "broker": "FTMO-Demo",
            "deposit": 100000,
            "currency": "USD",
            "leverage": 100,
            "margin_mode": "hedging",
        },
    },
    {
        "name": "Apex_Slave_01",
        "type": "SLAVE",
        "enabled": True,
        "terminal": "paper",
        "path": "apex-01",
        "paper": {
            "broker": "Apex-Demo",
            "deposit": 50000,
            "currency": "USD",
            "leverage": 100,
            "margin_mode": "hedging",
        },
        "follows": ["FTMO_Master"],
        "labels": ["apex"],
        "suffix": ".c",
        "symbol_map": {"XAUUSD": "GOLD"},
        # 3 dollars of gold, 30 pips of EURUSD: around payrolls gold jumps by more than the default
        # 50 points (half a dollar) within 10 ms, which would refuse copies that are quite in time.
        "slippage_tolerance": 300,
        "slippage_mode": "either",
        "magic_number": 234000,
        "max_signal_age_ms": 5000,
        "max_lot": 5,
        "max_open_trades": 10,
        "opens_without_database": False,
        "kill_switch": {
            "enabled": True,
            "daily_loss": 2000,
            "reset": {"time": "00:00", "zone": "server"},
            "resume_at_reset": False,
        },
    },
)


class Done(NamedTuple):
    """What was changed, what could not be, and what is worth knowing."""

    changes: tuple[str, ...]
    faults: tuple[str, ...]
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]


def set_up(database: Database[Document], defaults: AccountDefaults, now: datetime) -> Done:
    """Make everything ready. Done again it changes nothing; a user's document is never touched."""
    there = {found["name"]: found for found in database.list_collections()}
    changes, faults = [], []
    for plan in COLLECTIONS:
        changes += _collection(database, plan, there.get(plan.name))
        for index in plan.indexes:
            made, fault = _index(database, plan.name, index)
            changes += made
            faults += fault
    added, notes = _samples(database, now)
    problems = _wrong_documents(database, defaults)
    return Done((*changes, *added), tuple(faults), tuple(notes), problems)


def _collection(
    database: Database[Document], plan: CollectionPlan, found: Mapping[str, Any] | None
) -> list[str]:
    wanted = _rules(plan)
    if found is None:
        database.create_collection(plan.name, **wanted)
        return [f"made collection {plan.name}"]
    options = found.get("options", {})
    if all(options.get(name) == value for name, value in wanted.items()):
        return []
    database.command("collMod", plan.name, **wanted)
    return [f"set the validator of {plan.name}"]


def _rules(plan: CollectionPlan) -> Document:
    if plan.schema is None:
        return {}
    return {
        "validator": {"$jsonSchema": dict(plan.schema)},
        "validationLevel": LENIENT,
        "validationAction": "error",
    }


def _index(database: Database[Document], name: str, index: Index) -> tuple[list[str], list[str]]:
    """What was made, and what could not be: a double in old documents, or another index there."""
    before = set(database[name].index_information())
    shown = f"{name} ({', '.join(index.fields)})"
    try:
        made = database[name].create_index(index.keys, **index.options)
    except OperationFailure as fault:
        why = (fault.details or {}).get("errmsg", str(fault))
        return [], [f"index on {shown} cannot be made: {why}. Correct the documents, run again."]
    return ([] if made in before else [f"made index on {shown}"]), []


def _samples(database: Database[Document], now: datetime) -> tuple[list[str], list[str]]:
    """Beside a user's accounts samples stay disabled: a paper master must not lead real slaves."""
    accounts = database[ACCOUNTS]
    present = {str(found.get("name")) for found in accounts.find({}, {"name": 1})}
    names = {sample["name"] for sample in SAMPLE_ACCOUNTS}
    alone = present <= names
    changes, notes = [], []
    for sample in SAMPLE_ACCOUNTS:
        if sample["name"] in present:
            notes.append(f"account {sample['name']} is there and stays as it is")
            continue
        document = {**sample, "enabled": alone, "created_at": now}
        accounts.update_one({"name": sample["name"]}, {"$setOnInsert": document}, upsert=True)
        state = "" if alone else ", disabled, because there are accounts of your own"
        changes.append(f"added account {sample['name']} on paper{state}")
    return changes, notes


def _wrong_documents(
    database: Database[Document], defaults: AccountDefaults
) -> tuple[Problem, ...]:
    """Everything in account documents that would keep an account from starting."""
    read: Sequence[AccountSettings | tuple[Problem, ...]] = [
        parse_account(document, defaults) for document in Accounts(database).all()
    ]
    return tuple(p for one in read if not isinstance(one, AccountSettings) for p in one)
