"""Which journals of this machine a node has open, whether or not any database answers."""

import sqlite3
from contextlib import closing
from pathlib import Path

from db.journal import glance, journal_path
from db.journal_file import JournalRefused
from domain.market import Identity
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


def identity_of(state: Path, account: str) -> Identity | None:
    """The broker's account that this one's journal was written on; None where none tells."""
    try:
        found = glance(journal_path(state, account))
    except (JournalRefused, JournalUnwritable, sqlite3.Error):
        return None
    return Identity(found.login, found.server) if found.login else None
