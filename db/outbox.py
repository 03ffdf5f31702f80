"""What a node has written and the database has not seen yet: the shipper's end of a journal."""

import sqlite3
from pathlib import Path
from typing import NamedTuple

PATIENCE_S = 5.0

_REFUSED = """
CREATE TABLE IF NOT EXISTS refused (id INTEGER PRIMARY KEY, kind TEXT NOT NULL,
    body BLOB NOT NULL, why TEXT NOT NULL)
"""


class Parcel(NamedTuple):
    """One row to ship."""

    number: int
    kind: str
    body: bytes


class Outbox:
    """The outbox of a journal, through a connection of its own; used by one thread."""

    def __init__(self, path: Path) -> None:
        """Open the journal that its node has created."""
        self._file = sqlite3.connect(path, isolation_level=None, timeout=PATIENCE_S)
        try:
            self._file.execute("PRAGMA synchronous = NORMAL")
            self._file.execute(_REFUSED)
        except sqlite3.Error:
            self._file.close()
            raise

    def about(self, word: str) -> str:
        """What the journal says about itself."""
        found = self._file.execute("SELECT value FROM about WHERE word = ?", (word,)).fetchone()
        return "" if found is None else str(found[0])

    def batch(self, limit: int) -> list[Parcel]:
        """The oldest rows."""
        query = "SELECT id, kind, body FROM outbox ORDER BY id LIMIT ?"
        return [Parcel(*row) for row in self._file.execute(query, (limit,))]

    def pending(self) -> int:
        """How many rows wait."""
        return int(self._file.execute("SELECT count(*) FROM outbox").fetchone()[0])

    def forget_shipped(self, up_to: int) -> None:
        """The database has them; tidy the file here, so that the node's loop need not."""
        self._file.execute("DELETE FROM outbox WHERE id <= ?", (up_to,))
        self._file.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def set_aside(self, parcel: Parcel, why: str) -> None:
        """The database will never take it: keep it, with the reason, out of the others' way."""
        row = (parcel.number, parcel.kind, parcel.body, why)
        self._file.execute("INSERT OR REPLACE INTO refused VALUES (?, ?, ?, ?)", row)

    def refused(self) -> int:
        """How many rows were set aside."""
        return int(self._file.execute("SELECT count(*) FROM refused").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self._file.close()
