"""Moves a swarm from one database to another so that it lives in one of them at every moment."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from pymongo.database import Database

from db.backups.backup_file import read
from db.backups.comparing import differences
from db.backups.copying import complete, replace_contents
from db.identity import clear_marks, mark_moved
from db.remembered import Remembered, remember
from utils.clock import utc_ms
from utils.randomness import token


class Changed(Exception):  # noqa: N818 - it says what happened
    """Somebody wrote to the old database while it was being copied."""


class Move(NamedTuple):
    """From where, and to where; `backup` holds all of the old one, `before` is remembered now."""

    source: Database[dict[str, Any]]
    target: Database[dict[str, Any]]
    to: str
    backup: Path
    state: Path
    before: Remembered


def steps(move: Move) -> Iterator[str]:
    """Each step is done when its name comes. A crash is to stop between any two.

    Which database lives is decided at one moment, by what is remembered on this machine. Marks keep
    everybody else away from the other one; those of this very move are taken away by whoever
    finds them, after a crash, in the database that lives (see `connecting`).
    """
    name = token()
    replace_contents(move.target, move.backup, f"python launcher.py migrate --to {move.to}", name)
    yield "copied"
    _insist_on_unchanged(move)
    yield "compared"
    complete(move.target, move.backup, keep_mark=True)
    yield "named"
    begun = msgspec.structs.replace(move.before, move=name)
    remember(move.state, begun)
    yield "remembered that it began"
    mark_moved(move.source, move.to, name, utc_ms())
    yield "marked the old one"
    remember(move.state, msgspec.structs.replace(begun, kind=move.to))
    yield "switched"
    clear_marks(move.target)
    yield "cleared the new one"


def _insist_on_unchanged(move: Move) -> None:
    """What a server removes by itself, once it expired, may be gone."""
    found = list(differences(read(move.backup), move.source, lenient_where_documents_expire=True))
    if found:
        raise Changed(
            f"database {move.source.name}: wanted nobody to change it meanwhile, found changes: "
            f"{'; '.join(found)}. The swarm lives there as before. Find who writes to it, and run "
            "this again."
        )
