"""A journal's file: opened to be read or written, or set aside where nobody can read it."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from domain.records import JournalUnwritable

PATIENCE_MS = 2000
WAL_PAGES = 8000  # the shipper empties the log long before; its flush must not stop the loop

_TABLES = """
CREATE TABLE IF NOT EXISTS about (word TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (kind TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,
    body BLOB NOT NULL);
"""

ILLEGIBLE = (sqlite3.DatabaseError, msgspec.MsgspecError, ValueError, TypeError)
"""What reading raises where pages are torn, or a single bit of a record is another."""


class JournalRefused(Exception):  # noqa: N818 - it says what happened
    """The file is not this node's journal, or not one that this version can read."""


class JournalDamaged(JournalRefused):
    """Nobody can read what stands in it, or not all of it."""


def for_reading(
    path: Path, way: Callable[[Path], sqlite3.Connection]
) -> tuple[sqlite3.Connection, bool]:
    """The file, or a copy of it in memory: on a full disk it may not even be opened.

    Whoever starts then still knows which copies to close.
    """
    try:
        return way(path), False
    except JournalUnwritable:
        if not path.is_file() or not path.stat().st_size:
            raise
    with legible(path):
        return _copied(path), True


def _copied(path: Path) -> sqlite3.Connection:
    """Opened by one alone a file needs no other beside it."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=PATIENCE_MS / 1000)) as file:
        file.execute("PRAGMA locking_mode = EXCLUSIVE")
        made = sqlite3.connect(":memory:", isolation_level=None)
        try:
            file.backup(made)
        except BaseException:
            made.close()
            raise
    return made


def for_writing(path: Path, patience_ms: int = PATIENCE_MS) -> sqlite3.Connection:
    """What SQLite could open for reading only would stay so, whatever room there is later."""
    file = opened(path, patience_ms)
    try:
        file.execute("BEGIN IMMEDIATE")
        file.execute("ROLLBACK")
    except sqlite3.OperationalError as fault:
        if fault.sqlite_errorname.startswith("SQLITE_READONLY"):
            file.close()
            raise JournalUnwritable(f"journal {path}: cannot be written: {fault}") from fault
    return file


def opened(path: Path, patience_ms: int = PATIENCE_MS) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = sqlite3.connect(path, isolation_level=None, timeout=patience_ms / 1000)
    except (sqlite3.Error, OSError) as fault:
        raise JournalUnwritable(f"journal {path}: cannot be opened: {fault}") from fault
    try:
        with legible(path):
            _prepare(file)
    except BaseException:
        file.close()
        raise
    return file


@contextmanager
def legible(path: Path) -> Iterator[None]:
    """Whoever reads is told in words; a disk that does not answer has damaged nothing."""
    try:
        yield
    except (sqlite3.OperationalError, sqlite3.ProgrammingError) as fault:
        raise JournalUnwritable(f"journal {path}: cannot be written: {fault}") from fault
    except ILLEGIBLE as fault:
        raise JournalDamaged(
            f"journal {path}: wanted a journal of ours, found a damaged or foreign file ({fault}). "
            "Move it away; what it held is repaired from the broker's deals."
        ) from fault


def _prepare(file: sqlite3.Connection) -> None:
    file.execute("PRAGMA journal_mode = WAL")
    file.execute("PRAGMA synchronous = NORMAL")
    file.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
    file.executescript(_TABLES)


def set_aside(path: Path, now_ms: int) -> Path:
    """Give a damaged journal another name, with all that belongs to it; raises JournalRefused."""
    kept = path.with_name(f"{path.name}.damaged-{now_ms}")
    try:
        for ending in ("-wal", "-shm", ""):
            beside = path.with_name(path.name + ending)
            if beside.exists():
                beside.rename(kept.with_name(kept.name + ending))
    except OSError as fault:
        raise JournalRefused(
            f"journal {path}: it is damaged, and cannot be moved away: {fault}"
        ) from fault
    return kept
