"""Operators' orders: written by a command or by hand, carried out once."""

from typing import Any, NamedTuple

from bson import ObjectId
from bson.errors import InvalidId
from pymongo.database import Database

from db.moments import date_of_ms
from db.schema import COMMANDS
from domain.control import Command


class Pending(NamedTuple):
    """An order that nobody has acknowledged yet."""

    account: str
    command: Command


class Commands:
    """The orders of one database. One inserted in Compass needs `account` and `kind` only."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._commands = database[COMMANDS]

    def insert(self, account: str, command: Command, now_ms: int) -> None:
        """Write an order down; the same one again changes nothing."""
        order = {
            "account": account,
            "kind": command.kind,
            "by": command.by,
            "why": command.why,
            "status": "pending",
            "created_at": date_of_ms(now_ms),
        }
        self._commands.update_one({"_id": command.command}, {"$setOnInsert": order}, upsert=True)

    def pending(self) -> list[Pending]:
        """Orders not done yet, oldest first."""
        found = self._commands.find({"status": {"$ne": "done"}}).sort("created_at", 1)
        return [_pending(document) for document in found]

    def mark_done(self, command: str, result: str, now_ms: int) -> None:
        """The node has said what came of it; the first answer stands."""
        done = {"status": "done", "result": result, "done_at": date_of_ms(now_ms)}
        wanted = {"_id": {"$in": _ids(command)}, "status": {"$ne": "done"}}
        self._commands.update_one(wanted, {"$set": done})


def _pending(document: dict[str, Any]) -> Pending:
    command = Command(
        command=str(document["_id"]),
        kind=str(document.get("kind", "")),
        by=str(document.get("by", "somebody in the database")),
        why=str(document.get("why", "")),
    )
    return Pending(str(document.get("account", "")), command)


def _ids(command: str) -> list[object]:
    """Ours are texts; what a person inserts gets an id of the database's own."""
    try:
        return [command, ObjectId(command)]
    except InvalidId:
        return [command]
