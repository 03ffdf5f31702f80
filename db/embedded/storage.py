"""The SQLite file: one BSON blob per document, and a catalogue of the collections."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import bson

from db.embedded.values import CODEC, Document

FORMAT = 1
APPLICATION = 0x4D75726D
_SCHEMA = """
CREATE TABLE collections (
  id INTEGER PRIMARY KEY, database TEXT NOT NULL, name TEXT NOT NULL, description BLOB NOT NULL,
  UNIQUE (database, name));
CREATE TABLE documents (id INTEGER PRIMARY KEY, collection INTEGER NOT NULL, body BLOB NOT NULL);
"""


class StorageError(Exception):
    """The file cannot be used; the text says why and what to do."""


class StoredCollection(NamedTuple):
    """One row of the catalogue."""

    number: int
    database: str
    name: str
    description: Document


class Storage:
    """Changes are noted in order and become lasting together at `commit`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._changes: list[tuple[str, tuple[object, ...]]] = []
        self._connection = _opened(path)
        self._last_record = self._highest("documents")
        self._last_collection = self._highest("collections")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def _highest(self, table: str) -> int:
        row = self._connection.execute(f"SELECT max(id) FROM {table}").fetchone()  # noqa: S608 - our own table names
        return int(row[0] or 0)

    def collections(self) -> Iterator[StoredCollection]:
        """The catalogue."""
        rows = self._connection.execute("SELECT id, database, name, description FROM collections")
        for number, database, name, description in rows:
            yield StoredCollection(number, database, name, bson.decode(description, CODEC))

    def documents(self) -> Iterator[tuple[int, int, Document]]:
        """(collection, record, document) in the order they came."""
        rows = self._connection.execute("SELECT collection, id, body FROM documents ORDER BY id")
        for collection, record, body in rows:
            yield collection, record, bson.decode(body, CODEC)

    def sizes(self) -> dict[int, int]:
        """Bytes of documents per collection."""
        sql = "SELECT collection, sum(length(body)) FROM documents GROUP BY collection"
        return dict(self._connection.execute(sql).fetchall())

    @property
    def has_changes(self) -> bool:
        """Something waits for a commit."""
        return bool(self._changes)

    def next_record(self) -> int:
        """A number no document has had."""
        self._last_record += 1
        return self._last_record

    def create(self, database: str, name: str, description: Document) -> int:
        """A new collection's number."""
        self._last_collection += 1
        sql = "INSERT INTO collections (id, database, name, description) VALUES (?, ?, ?, ?)"
        body = bson.encode(description, codec_options=CODEC)
        self._note(sql, self._last_collection, database, name, body)
        return self._last_collection

    def describe(self, collection: int, description: Document) -> None:
        """The collection's options or indexes are different."""
        body = bson.encode(description, codec_options=CODEC)
        self._note("UPDATE collections SET description = ? WHERE id = ?", body, collection)

    def drop(self, collection: int) -> None:
        """The collection and its documents are gone."""
        self._note("DELETE FROM documents WHERE collection = ?", collection)
        self._note("DELETE FROM collections WHERE id = ?", collection)

    def put(self, collection: int, record: int, body: bytes) -> None:
        """A document is new or different."""
        sql = "INSERT OR REPLACE INTO documents (id, collection, body) VALUES (?, ?, ?)"
        self._note(sql, record, collection, body)

    def remove(self, record: int) -> None:
        """A document is gone."""
        self._note("DELETE FROM documents WHERE id = ?", record)

    def _note(self, sql: str, *values: object) -> None:
        self._changes.append((sql, values))

    def commit(self) -> None:
        """Make everything noted lasting, or raise: then memory is ahead of the file."""
        changes, self._changes = self._changes, []
        self._connection.execute("BEGIN IMMEDIATE")
        for sql, values in changes:
            self._connection.execute(sql, values)
        self._connection.execute("COMMIT")


def _opened(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as reason:
        raise StorageError(f"cannot open the database file {path}: {reason}") from reason
    try:
        _prepare(connection, path)
    except sqlite3.Error as reason:
        connection.close()
        raise StorageError(f"cannot use the database file {path}: {reason}. {_ADVICE}") from reason
    except StorageError:
        connection.close()
        raise
    return connection


_ADVICE = (
    "If another process holds it, use that one; if it is broken, put a backup in its place. "
    "Nothing was changed."
)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA busy_timeout = 0")
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    _refuse_foreign(path, version, owner, tables)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if version == 0:
        connection.executescript(
            f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA application_id = {APPLICATION}; "
            f"PRAGMA user_version = {FORMAT}; COMMIT;"
        )
    _refuse_broken(connection, path)


def _refuse_foreign(path: Path, version: int, owner: int, tables: int) -> None:
    if version > FORMAT and owner == APPLICATION:
        raise StorageError(
            f"the database file {path} has format {version}, this program knows up to {FORMAT}: "
            "update the program, or restore a backup of the older format. Nothing was changed."
        )
    if owner != APPLICATION and (owner or version or tables):
        raise StorageError(
            f"the file {path} is a SQLite database of another program: give another folder. "
            "Nothing was changed."
        )


def _refuse_broken(connection: sqlite3.Connection, path: Path) -> None:
    answer = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    if answer != "ok":
        raise StorageError(f"the database file {path} is broken ({answer}). {_ADVICE}")
