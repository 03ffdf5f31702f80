"""Moves what nobody knows in the account documents of an earlier system below `legacy`, once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo.database import Database
from pymongo.errors import WriteError

from db.schema import ACCOUNTS, SWARM, VALIDATOR_TITLE
from decisions.unknown_fields import LEGACY, worth_keeping

Document = dict[str, Any]

MARK = "accounts"
WHEN = "unknown_fields_kept_at"


def is_due(database: Database[Document], found: Mapping[str, Any] | None) -> bool:
    """There are accounts, and this program has never set them up; `found` describes them.

    A validator of ours is proof that it has, as old as it may be. Where the database takes no
    validators only the mark tells.
    """
    if found is None:
        return False
    validator = found.get("options", {}).get("validator", {})
    ours = validator.get("$jsonSchema", {}).get("title") == VALIDATOR_TITLE
    return not ours and database[SWARM].find_one({"_id": MARK}) is None


def remember(database: Database[Document], now: datetime) -> None:
    """From now on an unknown field is a slip of the pen, and nothing is moved any more."""
    database[SWARM].update_one({"_id": MARK}, {"$setOnInsert": {WHEN: now}}, upsert=True)


def keep_unknown(database: Database[Document]) -> list[str]:
    """Move them, each document at one stroke, and say of each field that it has no effect here."""
    accounts = list(database[ACCOUNTS].find())
    return [line for document in accounts for line in _keep(database, document)]


def _keep(database: Database[Document], document: Document) -> list[str]:
    names = worth_keeping(document)
    if not names or not _moved(database, document, names):
        return []
    account = document.get("name") or f"_id {document['_id']}"
    return [
        f"{account}: {name} is kept as {LEGACY}.{name}; it has no effect here" for name in names
    ]


def _moved(database: Database[Document], document: Document, names: tuple[str, ...]) -> bool:
    """Only what was looked at is moved: whoever was quicker wins, and nothing is written over."""
    unchanged = {name: {"$eq": document[name]} for name in ("_id", *names)}
    free = {f"{LEGACY}.{name}": {"$exists": False} for name in names}
    renamed = {name: f"{LEGACY}.{name}" for name in names}
    try:
        done = database[ACCOUNTS].update_one(unchanged | free, {"$rename": renamed})
    except WriteError:  # another rule of the database's; what stays is a fault of its document
        return False
    return done.modified_count == 1
