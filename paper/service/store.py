"""The paper broker's memory on disk: one SQLite file, written before anybody is told."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from paper.broker.house import Event
from paper.broker.records import AccountTerms, Changes, Deal, Due, Order, Position

T = TypeVar("T")

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS brokers (name TEXT PRIMARY KEY, last_ticket INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS terminals (key TEXT PRIMARY KEY, broker TEXT, login INTEGER);
CREATE TABLE IF NOT EXISTS accounts
  (broker TEXT, login INTEGER, body BLOB NOT NULL, PRIMARY KEY (broker, login));
CREATE TABLE IF NOT EXISTS positions
  (broker TEXT, ticket INTEGER, login INTEGER, body BLOB NOT NULL, PRIMARY KEY (broker, ticket));
CREATE TABLE IF NOT EXISTS waiting
  (broker TEXT, ticket INTEGER, login INTEGER, body BLOB NOT NULL, PRIMARY KEY (broker, ticket));
CREATE TABLE IF NOT EXISTS due
  (broker TEXT, ticket INTEGER, login INTEGER, body BLOB NOT NULL, PRIMARY KEY (broker, ticket));
CREATE TABLE IF NOT EXISTS orders
  (broker TEXT, ticket INTEGER, login INTEGER, body BLOB NOT NULL, PRIMARY KEY (broker, ticket));
CREATE TABLE IF NOT EXISTS deals
  (broker TEXT, ticket INTEGER, login INTEGER, body BLOB NOT NULL, PRIMARY KEY (broker, ticket));
"""
PUT: Final = {
    "positions": "INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?)",
    "waiting": "INSERT OR REPLACE INTO waiting VALUES (?, ?, ?, ?)",
    "due": "INSERT OR REPLACE INTO due VALUES (?, ?, ?, ?)",
    "orders": "INSERT INTO orders VALUES (?, ?, ?, ?)",
    "deals": "INSERT INTO deals VALUES (?, ?, ?, ?)",
}
LAST_TICKET: Final = """
INSERT INTO brokers VALUES (?, ?)
  ON CONFLICT (name) DO UPDATE SET last_ticket = MAX(last_ticket, excluded.last_ticket)
"""
GONE: Final = {
    "positions": "DELETE FROM positions WHERE broker = ? AND ticket = ?",
    "waiting": "DELETE FROM waiting WHERE broker = ? AND ticket = ?",
    "due": "DELETE FROM due WHERE broker = ? AND ticket = ?",
}
READ: Final = {
    "positions": "SELECT body FROM positions WHERE broker = ? AND login = ? ORDER BY ticket",
    "waiting": "SELECT body FROM waiting WHERE broker = ? AND login = ? ORDER BY ticket",
    "due": "SELECT body FROM due WHERE broker = ? AND login = ? ORDER BY ticket",
    "orders": "SELECT body FROM orders WHERE broker = ? AND login = ? ORDER BY rowid",
    "deals": "SELECT body FROM deals WHERE broker = ? AND login = ? ORDER BY ticket",
}


class Store:
    """Commits survive the death of the process; a power cut may take the newest ones."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def instance(self, fresh: str) -> str:
        """The id of this store; the fresh one is kept if there is none yet."""
        self._db.execute("INSERT OR IGNORE INTO about VALUES ('instance', ?)", (fresh,))
        row = self._db.execute("SELECT value FROM about WHERE name = 'instance'").fetchone()
        return str(row[0])

    def write(self, events: Iterable[Event]) -> None:
        """All events in one transaction."""
        with self._transaction():
            for event in events:
                self._write_one(event)

    def open_account(self, key: str, terms: AccountTerms, first: Changes) -> None:
        """An account with its terminal and its first deposit."""
        body = msgspec.json.encode(terms)
        with self._transaction():
            self._db.execute(
                "INSERT INTO accounts VALUES (?, ?, ?)", (terms.broker, terms.login, body)
            )
            self._attach(key, terms.broker, terms.login)
            self._write_one(Event(terms.broker, terms.login, first))

    def agree(self, terms: AccountTerms) -> None:
        """An account's terms as they are from now on."""
        with self._transaction():
            self._db.execute(
                "UPDATE accounts SET body = ? WHERE broker = ? AND login = ?",
                (msgspec.json.encode(terms), terms.broker, terms.login),
            )

    def attach(self, key: str, broker: str, login: int) -> None:
        """Which account a terminal is logged in to."""
        with self._transaction():
            self._attach(key, broker, login)

    def terminals(self) -> list[tuple[str, str, int]]:
        """Terminal keys with broker and login."""
        return self._db.execute("SELECT key, broker, login FROM terminals ORDER BY key").fetchall()

    def accounts(self) -> list[AccountTerms]:
        """All accounts of all brokers."""
        rows = self._db.execute("SELECT body FROM accounts ORDER BY broker, login")
        return [msgspec.json.decode(body, type=AccountTerms) for (body,) in rows]

    def last_ticket(self, broker: str) -> int:
        """The highest ticket a broker has given; 0 for a new one."""
        row = self._db.execute("SELECT last_ticket FROM brokers WHERE name = ?", (broker,))
        return int((row.fetchone() or (0,))[0])

    def history(self, terms: AccountTerms) -> Changes:
        """Everything an account holds and did, as one set of changes."""
        return Changes(
            kept=tuple(self._read("positions", terms, Position)),
            placed=tuple(self._read("waiting", terms, Order)),
            due=tuple(self._read("due", terms, Due)),
            orders=tuple(self._read("orders", terms, Order)),
            deals=tuple(self._read("deals", terms, Deal)),
        )

    def _read(self, table: str, terms: AccountTerms, kind: type[T]) -> Iterator[T]:
        for (body,) in self._db.execute(READ[table], (terms.broker, terms.login)):
            yield msgspec.json.decode(body, type=kind)

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._db)

    def _attach(self, key: str, broker: str, login: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO terminals VALUES (?, ?, ?)", (key, broker, login))

    def _write_one(self, event: Event) -> None:
        changes = event.changes
        self._put("positions", event, changes.kept)
        self._put("waiting", event, changes.placed)
        self._put("due", event, changes.due)
        self._put("orders", event, changes.orders)
        self._put("deals", event, changes.deals)
        for ticket in changes.gone:
            self._db.execute(GONE["positions"], (event.broker, ticket))
        for order in changes.orders:
            self._db.execute(GONE["waiting"], (event.broker, order.ticket))
            self._db.execute(GONE["due"], (event.broker, order.ticket))
        if changes.last_ticket:
            self._db.execute(LAST_TICKET, (event.broker, changes.last_ticket))

    def _put(
        self, table: str, event: Event, records: Iterable[Position | Order | Deal | Due]
    ) -> None:
        for record in records:
            body = msgspec.json.encode(record)
            self._db.execute(PUT[table], (event.broker, record.ticket, event.login, body))


class _Transaction:
    """All or nothing, the write lock taken at once."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._db.execute("ROLLBACK" if kind else "COMMIT")
