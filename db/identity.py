"""The document by which a database is known, and the marks that say it is not the living one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from pymongo.database import Database

from db.moments import moment, ms_of_date
from db.schema import SWARM
from utils.randomness import token

Document = dict[str, Any]

IDENTITY = "swarm"
MOVED = ("moved_to", "moved_at", "move")
UNFINISHED = "unfinished"
MARKS = (*MOVED, UNFINISHED)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a database says of itself. `move` names the move that left a mark in it."""

    swarm: str = ""
    moved_to: str = ""
    moved_at: datetime | None = None
    unfinished: str = ""
    move: str = ""

    @property
    def is_marked(self) -> bool:
        """Its contents are not to be taken for the living ones."""
        return bool(self.moved_to or self.unfinished)

    @property
    def fault(self) -> str:
        """Why it is not the living one; empty where it bears no mark."""
        if self.unfinished:
            return (
                f"only a part of what belongs there: `{self.unfinished}` was begun and did not "
                "end. Run that command again"
            )
        if self.moved_to:
            on = "" if self.moved_at is None else f" on {self.moved_at:%Y-%m-%d %H:%M} UTC"
            return (
                f"one whose swarm has moved to {self.moved_to}{on}. Use the state folder that "
                "knows the new one, or restore a backup: python launcher.py restore FILE"
            )
        return ""


def standing_of(database: Database[Document]) -> Standing:
    """What the database says of itself; of one that says nothing, nothing."""
    found: Mapping[str, Any] = database[SWARM].find_one({"_id": IDENTITY}) or {}
    begun = found.get(UNFINISHED)
    mark: Mapping[str, Any] = begun if isinstance(begun, Mapping) else {}
    moved_ms = ms_of_date(found.get("moved_at"))
    return Standing(
        swarm=str(found.get("swarm_id", "")),
        moved_to=str(found.get("moved_to", "")),
        moved_at=moment(moved_ms) if moved_ms else None,
        unfinished=str(mark.get("run", "an unknown command")) if begun is not None else "",
        move=str(mark.get("move", "") or found.get("move", "")),
    )


def swarm_of(database: Database[Document]) -> str:
    """The swarm that lives in the database; empty where none does, or not any more."""
    standing = standing_of(database)
    return "" if standing.is_marked else standing.swarm


def give_identity(database: Database[Document], now_ms: int) -> None:
    """The first one who asks for it gives a database its swarm id; later ones change nothing."""
    born = {"swarm_id": token(), "created_at": moment(now_ms)}
    database[SWARM].update_one({"_id": IDENTITY}, {"$setOnInsert": born}, upsert=True)


def mark_unfinished(database: Database[Document], run: str, move: str, now_ms: int) -> None:
    """From here on nobody takes this database for a living one, until `run` has ended."""
    begun = {UNFINISHED: {"run": run, "move": move, "began_at": moment(now_ms)}}
    database[SWARM].replace_one({"_id": IDENTITY}, begun, upsert=True)


def mark_moved(database: Database[Document], to: str, move: str, now_ms: int) -> None:
    """The swarm lives elsewhere now."""
    moved = {"moved_to": to, "moved_at": moment(now_ms), "move": move}
    database[SWARM].update_one({"_id": IDENTITY}, {"$set": moved})


def clear_marks(database: Database[Document]) -> None:
    """This is the living one."""
    database[SWARM].update_one({"_id": IDENTITY}, {"$unset": dict.fromkeys(MARKS, "")})
