"""Makes a database ready: collections, validators, indexes, and accounts to begin with."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pymongo.database import Database
from pymongo.errors import OperationFailure

from db.accounts import Accounts
from db.keeping_unknown import is_due, keep_unknown, remember
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


DUPLICATE, OTHER_OPTIONS, OTHER_KEYS = 11000, 85, 86
NOT_ALLOWED = frozenset({13, 18, 8000})
"""Not a question of what the server can do, but of who asks."""

INDEX_ADVICE = {
    DUPLICATE: "Correct the documents, run again.",
    OTHER_OPTIONS: "Drop the index that is in its place, run again.",
    OTHER_KEYS: "Drop the index that is in its place, run again.",
}
NO_INDEX = "This server does not take it: looking things up is slower"
NO_UNIQUE_INDEX = f"{NO_INDEX}, and it does not keep doubles out."


class Done(NamedTuple):
    """What was changed, what could not be, and what is worth knowing."""

    changes: tuple[str, ...]
    faults: tuple[str, ...]
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]


def set_up(database: Database[Document], defaults: AccountDefaults, now: datetime) -> Done:
    """Make everything ready. Done again it changes nothing; a user's document is never touched.

    Except once: fields nobody knows, in documents that were there before us, are kept elsewhere.
    """
    there = {found["name"]: found for found in database.list_collections()}
    kept = keep_unknown(database) if is_due(database, there.get(ACCOUNTS)) else []
    changes, unchecked, faults = [], [], []
    for plan in COLLECTIONS:
        made, refusal = _collection(database, plan, there.get(plan.name))
        changes += made
        unchecked += [(plan.name, refusal)] if refusal else []
        for index in plan.indexes:
            made, fault = _index(database, plan.name, index)
            changes += made
            faults += fault
    added, notes = _samples(database, now)
    remember(database, now)
    told = (*_unchecked(unchecked), *notes)
    return Done(
        (*changes, *kept, *added), tuple(faults), told, _wrong_documents(database, defaults)
    )


def _collection(
    database: Database[Document], plan: CollectionPlan, found: Mapping[str, Any] | None
) -> tuple[list[str], str]:
    """What was done, and why the server does not check the documents, where it refuses to."""
    wanted = _rules(plan)
    if found is None:
        return [f"made collection {plan.name}"], _make(database, plan.name, wanted)
    options = found.get("options", {})
    if all(options.get(name) == value for name, value in wanted.items()):
        return [], ""
    refusal = _refusal_of(lambda: database.command("collMod", plan.name, **wanted))
    return ([] if refusal else [f"set the validator of {plan.name}"]), refusal


def _make(database: Database[Document], name: str, rules: Document) -> str:
    refusal = _refusal_of(lambda: database.create_collection(name, **rules))
    if refusal:
        database.create_collection(name)
    return refusal


def _refusal_of(command: Callable[[], object]) -> str:
    """Why the server refused; empty where it did not. Whoever may not ask is told so at once."""
    try:
        command()
    except OperationFailure as fault:
        if fault.code in NOT_ALLOWED:
            raise
        return _reason(fault)
    return ""


def _reason(fault: OperationFailure) -> str:
    return str((fault.details or {}).get("errmsg", fault))


def _unchecked(refused: Sequence[tuple[str, str]]) -> list[str]:
    if not refused:
        return []
    names = ", ".join(name for name, _ in refused)
    return [
        f"this database refuses validators ({refused[0][1]}), so it takes any document in {names}. "
        "The nodes check every account document themselves: a wrong one is not taken up, its "
        "account keeps its last good settings and tells which field is wrong"
    ]


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
        if fault.code in NOT_ALLOWED:
            raise
        without = NO_UNIQUE_INDEX if index.unique else f"{NO_INDEX}."
        what_to_do = INDEX_ADVICE.get(fault.code or 0, without)
        return [], [f"index on {shown} cannot be made: {_reason(fault)}. {what_to_do}"]
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
