"""Open the SQLite file, or refuse it without having touched it."""

import os
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from db.embedded.file.change_log import log_of, why_broken

FORMAT = 2
APPLICATION = 0x4D75726D
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE collections (
  id INTEGER PRIMARY KEY, database TEXT NOT NULL, name TEXT NOT NULL, description BLOB NOT NULL,
  seal INTEGER, UNIQUE (database, name));
CREATE TABLE documents (
  id INTEGER PRIMARY KEY, collection INTEGER NOT NULL, body BLOB NOT NULL, seal INTEGER);
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {FORMAT};
COMMIT;
"""
_SEAL_OLD_ROWS = f"""
BEGIN IMMEDIATE;
ALTER TABLE collections ADD COLUMN seal INTEGER;
ALTER TABLE documents ADD COLUMN seal INTEGER;
UPDATE collections SET seal = seal(0, id, description);
UPDATE documents SET seal = seal(collection, id, body);
PRAGMA user_version = {FORMAT};
COMMIT;
"""  # noqa: S608 - the number is our own
_UNTOUCHED = "Nothing in it was changed."
PUT_A_BACKUP = f"Put a backup in its place, or ask for help with the file. {_UNTOUCHED}"


class StorageError(Exception):
    """The file cannot be used; the text says why and what to do."""


def seal(collection: int, number: int, body: bytes) -> int:
    """What a row must still give when it is read: a checksum of where it belongs and what it is."""
    return zlib.crc32(body, zlib.crc32(b"%d %d " % (collection, number)))


def opened(path: Path) -> sqlite3.Connection:
    """The file, ready for reading and writing, held by this process alone."""
    if not path.exists():
        _create(path)
    _refuse_what_is_no_database(path)
    with said_clearly(path):
        version = _examined(path)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection, version)
        except sqlite3.Error:
            connection.close()
            raise
    return connection


def _create(path: Path) -> None:
    """Under its own name only when it is complete, so that an empty file is always a broken one."""
    log = log_of(path)
    if log.exists() and log.stat().st_size:
        raise StorageError(
            f"the database file {path} is missing, but its log {log} is there: put the file back "
            f"beside its log, or move the log away as well to begin with an empty database. "
            f"{_UNTOUCHED}"
        )
    fresh = path.with_name(f"{path.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        with said_clearly(path):
            connection = sqlite3.connect(fresh, isolation_level=None)
            try:
                connection.executescript(_SCHEMA)
            finally:
                connection.close()
        fresh.rename(path)
        make_name_lasting(path)
    except OSError as reason:
        raise _cannot_open(path, reason) from reason


def make_name_lasting(path: Path) -> None:
    """A new name outlives a power cut where its folder was flushed; Windows sees to it itself."""
    if os.name == "nt":
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _cannot_open(path: Path, reason: OSError) -> StorageError:
    return StorageError(
        f"cannot open the database file {path}: {reason.strerror or reason}. Make it and its "
        f"folder readable and writable, and see that there is room. {_UNTOUCHED}"
    )


def _refuse_what_is_no_database(path: Path) -> None:
    if not path.is_file():
        text = f"{path} is to be the database file, but it is a folder or a device"
        raise StorageError(f"{text}: move it away. {_UNTOUCHED}")
    try:
        with path.open("r+b") as file:
            head = file.read(16)
        broken_log = why_broken(log_of(path))
    except OSError as reason:
        raise _cannot_open(path, reason) from reason
    if not head:
        raise StorageError(f"the database file {path} is empty (0 bytes). {PUT_A_BACKUP}")
    if broken_log:
        raise StorageError(
            f"the log of the database file {path} is broken ({broken_log}): what was written last "
            f"may be missing. {PUT_A_BACKUP}"
        )


@contextmanager
def said_clearly(path: Path) -> Iterator[None]:
    """What SQLite finds is an error that names the file and what to do."""
    try:
        yield
    except sqlite3.Error as reason:
        raise StorageError(_cannot_use(path, reason)) from reason


def _cannot_use(path: Path, reason: sqlite3.Error) -> str:
    found = f"cannot use the database file {path}: {reason}."
    held = getattr(reason, "sqlite_errorcode", 0) & 0xFF in (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
    )
    if held:
        return f"{found} Another process holds it: end that one, or use it. {_UNTOUCHED}"
    if getattr(reason, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
        return f"{found} Make room on its disk and start again. {_UNTOUCHED}"
    return f"{found} {PUT_A_BACKUP}"


def _examined(path: Path) -> int:
    """The file's format; looked at through a connection that cannot write, if at all possible."""
    shared = path.with_name(f"{path.name}-shm")
    somebody_elses = shared.exists()
    try:
        return _format_if_sound(path, "ro")
    except sqlite3.OperationalError:  # that needs a little room on the disk beside the file
        return _format_if_sound(path, "rw")
    finally:
        if not somebody_elses:
            with suppress(OSError):  # it would do no harm
                shared.unlink(missing_ok=True)


def _format_if_sound(path: Path, mode: str) -> int:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=0)
    try:
        if mode == "rw":
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        version = int(_one(connection, "PRAGMA user_version"))
        owner = int(_one(connection, "PRAGMA application_id"))
        _refuse_foreign(path, version, owner)
        answer = " ".join(str(_one(connection, "PRAGMA quick_check(1)")).split())
    finally:
        connection.close()
    if answer != "ok":
        raise StorageError(f"the database file {path} is broken ({answer}). {PUT_A_BACKUP}")
    return version


def _one(connection: sqlite3.Connection, question: str) -> str | int:
    answer: str | int = connection.execute(question).fetchone()[0]
    return answer


def _refuse_foreign(path: Path, version: int, owner: int) -> None:
    if owner != APPLICATION or version < 1:
        raise StorageError(
            f"the file {path} is a SQLite database of another program: give another folder. "
            f"{_UNTOUCHED}"
        )
    if version > FORMAT:
        raise StorageError(
            f"the database file {path} has format {version}, this program knows up to {FORMAT}: "
            f"update the program, or restore a backup of the older format. {_UNTOUCHED}"
        )


def _prepare(connection: sqlite3.Connection, version: int) -> None:
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA busy_timeout = 0")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA journal_size_limit = {_LOG_STAYS_BELOW_BYTES}")
    if version < FORMAT:
        connection.create_function("seal", 3, seal, deterministic=True)
        connection.executescript(_SEAL_OLD_ROWS)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("ROLLBACK")


_LOG_STAYS_BELOW_BYTES = 64 * 1024 * 1024
