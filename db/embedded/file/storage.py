"""The SQLite file: one BSON blob per document, and a catalogue of the collections."""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import bson

from db.embedded.file.opening import PUT_A_BACKUP, StorageError, opened, said_clearly, seal
from db.embedded.values import CODEC, Document

_NO_COLLECTION = 0
_AT_ONCE = 1000


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
        self._connection = opened(path)
        with said_clearly(path):
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
        rows = self._rows("SELECT id, database, name, description, seal FROM collections")
        for number, database, name, body, sealed in rows:
            self._check(_NO_COLLECTION, number, body, sealed)
            yield StoredCollection(
                number, database, name, self._decoded(body, f"{database}.{name}")
            )

    def documents(self) -> Iterator[tuple[int, int, Document]]:
        """(collection, record, document) in the order they came."""
        for collection, record, body in self.bodies():
            yield collection, record, self._decoded(body, f"document {record}")

    def bodies(self) -> Iterator[tuple[int, int, bytes]]:
        """(collection, record, BSON) in the order they came, each found as it was written."""
        known = {number for (number,) in self._rows("SELECT id FROM collections")}
        rows = self._rows("SELECT collection, id, body, seal FROM documents ORDER BY id")
        for collection, record, body, sealed in rows:
            if collection not in known:
                raise self._broken(f"document {record} belongs to no collection")
            self._check(collection, record, body, sealed)
            yield collection, record, body

    def _rows(self, question: str) -> Iterator[tuple[Any, ...]]:
        with said_clearly(self.path):
            cursor = self._connection.execute(question)
            some = cursor.fetchmany(_AT_ONCE)
        while some:
            yield from some
            with said_clearly(self.path):
                some = cursor.fetchmany(_AT_ONCE)

    def _check(self, collection: int, number: int, body: object, sealed: object) -> None:
        if not isinstance(body, bytes) or seal(collection, number, body) != sealed:
            what = f"document {number}" if collection else f"collection {number}"
            raise self._broken(f"{what} is not as it was written")

    def _decoded(self, body: bytes, what: str) -> Document:
        try:
            return bson.decode(body, CODEC)
        except (bson.errors.InvalidBSON, ValueError) as reason:
            raise self._broken(f"{what} cannot be read: {reason}") from reason

    def _broken(self, found: str) -> StorageError:
        return StorageError(f"the database file {self.path} is broken ({found}). {PUT_A_BACKUP}")

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
        number = self._last_collection
        body = bson.encode(description, codec_options=CODEC)
        sql = (
            "INSERT INTO collections (id, database, name, description, seal) VALUES (?, ?, ?, ?, ?)"
        )
        self._note(sql, number, database, name, body, seal(_NO_COLLECTION, number, body))
        return number

    def describe(self, collection: int, description: Document) -> None:
        """The collection's options or indexes are different."""
        body = bson.encode(description, codec_options=CODEC)
        sealed = seal(_NO_COLLECTION, collection, body)
        sql = "UPDATE collections SET description = ?, seal = ? WHERE id = ?"
        self._note(sql, body, sealed, collection)

    def rename(self, collection: int, database: str, name: str) -> None:
        """The collection has another name."""
        sql = "UPDATE collections SET database = ?, name = ? WHERE id = ?"
        self._note(sql, database, name, collection)

    def drop(self, collection: int) -> None:
        """The collection and its documents are gone."""
        self._note("DELETE FROM documents WHERE collection = ?", collection)
        self._note("DELETE FROM collections WHERE id = ?", collection)

    def put(self, collection: int, record: int, body: bytes) -> None:
        """A document is new or different."""
        sql = "INSERT OR REPLACE INTO documents (id, collection, body, seal) VALUES (?, ?, ?, ?)"
        self._note(sql, record, collection, body, seal(collection, record, body))

    def remove(self, record: int) -> None:
        """A document is gone."""
        self._note("DELETE FROM documents WHERE id = ?", record)

    def _note(self, sql: str, *values: object) -> None:
        self._changes.append((sql, values))

    def commit(self) -> None:
        """Make everything noted lasting, or raise: then memory is ahead of the file."""
        changes, self._changes = self._changes, []
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for sql, values in changes:
                self._connection.execute(sql, values)
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            # Closing would otherwise commit what the log has taken of it.
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise
