"""Which journals of this machine a node has open, whether or not any database answers."""

import sqlite3
from contextlib import closing
from pathlib import Path

from db.journal import JournalRefused, glance
from domain.records import JournalUnwritable


def accounts_at_work(state: Path) -> list[str]:
    """The accounts whose journal somebody has open; its file name where it tells no account."""
    found = (state / "journals").glob("*.sqlite")
    return [_account(path) for path in sorted(found) if _is_open(path)]


def _is_open(path: Path) -> bool:
    """Nobody has a file to himself that another has open; what cannot be asked might be open."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=0)) as file:
            file.execute("PRAGMA locking_mode = EXCLUSIVE")
            file.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return True
    except sqlite3.DatabaseError:  # no journal at all: then no node has it open either
        return False
    return False


def _account(path: Path) -> str:
    try:
        return glance(path).account or path.stem
    except (JournalRefused, JournalUnwritable):
        return path.stem
