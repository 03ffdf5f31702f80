"""A node's memory on this machine: one SQLite file, written before the broker is called."""

import sqlite3
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from db.journal_file import (
    PATIENCE_MS,
    JournalRefused,
    for_reading,
    for_writing,
    legible,
    opened,
)
from db.journal_rows import (
    CONTRACT,
    FACTS,
    INTENT,
    LEG,
    LEG_ENDED,
    Forgotten,
    Row,
    Thinned,
    decode,
    decode_fact,
    rows_of,
    stamp_key,
)
from domain.book import Stamp
from domain.legs import Intent, Leg
from domain.market import Identity
from domain.policies import Latch
from domain.records import (
    BookKept,
    ContractKept,
    Cursor,
    Follow,
    JournalUnwritable,
    LatchChange,
    MasterAt,
    Record,
    SettingsKept,
)
from domain.signals import Fact
from utils.file_names import marked

FORMAT = 1
_PUT = "INSERT OR REPLACE INTO records VALUES (?, ?, ?)"
_DROP = "DELETE FROM records WHERE kind = ? AND key = ?"
_THIN = """DELETE FROM records WHERE kind = ? AND key <=
    (SELECT key FROM records WHERE kind = ? ORDER BY key DESC LIMIT 1 OFFSET ?)"""
_BODIES = "SELECT body FROM records WHERE kind = ?"
_SHIP = "INSERT INTO outbox (kind, body) VALUES (?, ?)"
_TELL = "INSERT OR REPLACE INTO about VALUES (?, ?)"


class Glance(NamedTuple):
    """What a journal says to somebody who does not own it."""

    account: str
    swarm: str
    login: int
    server: str
    open_legs: int
    settings: dict[str, Any] | None
    masters: frozenset[tuple[str, Identity]] = frozenset()


def journal_path(state: Path, account: str) -> Path:
    """Where an account's journal is. Two names never share a file, on any file system."""
    return state / "journals" / f"{marked(account)}.sqlite"


_READ_AT_START: dict[str, type[Any]] = {
    LEG: Leg,
    LEG_ENDED: Leg,
    INTENT: Intent,
    "cursor": Cursor,
    "follow": Follow,
    "latch": LatchChange,
    "settings": SettingsKept,
    "master": MasterAt,
    "book": BookKept,
    CONTRACT: ContractKept,
}


class Journal:
    """One node's journal. A `swarm` nobody knows yet is empty and taken up later."""

    def __init__(
        self, path: Path, swarm: str, account: str, known_swarms: Collection[str] = ()
    ) -> None:
        """Open or create the file; one of another account, swarm or newer format is refused."""
        self.path = path
        #: What a person should know of the file.
        self.alarms: tuple[str, ...] = ()
        self._account = account
        self._patience_ms = PATIENCE_MS
        self._file, self._is_copy = for_reading(path, for_writing)
        try:
            self._claim(swarm, {swarm, *known_swarms})
        except BaseException:
            self._file.close()
            raise

    def write(self, *records: Record) -> None:
        """All of them or none; raises JournalUnwritable."""
        rows = [row for record in records for row in rows_of(record)]
        self._in_one_step(lambda file: _put(file, rows))

    def bind(self, login: int, server: str, *, meant: bool = False) -> None:
        """Tie the journal to an account; one that names another is refused.

        `meant`: the account's document names this account and no other. Then a journal in which
        nothing is open follows it; what has ended in it stays known.
        """
        found = self._about()
        bound = (found.get("login", str(login)), found.get("server", server))
        settled = meant and not self._all(LEG, Leg) and not self.open_intents()
        if bound != (str(login), server) and not settled:
            raise JournalRefused(
                f"journal {self.path}: wanted one of {login} at {server}, found one of "
                f"{bound[0]} at {bound[1]}. Log the terminal in to that account; or, once its "
                "copies are settled, write the login that is meant into the document, or move the "
                "file away."
            )
        self._tell({"login": str(login), "server": server})

    def legs(self) -> list[Leg]:
        """Every leg ever journaled, newest state; ended ones first."""
        return [*self._all(LEG_ENDED, Leg), *self._all(LEG, Leg)]

    def open_intents(self) -> list[Intent]:
        """Intents without an outcome, oldest first."""
        return sorted(self._all(INTENT, Intent), key=lambda intent: intent.written_at_ms)

    def cursor(self, master: str) -> Stamp | None:
        """The last stamp acted on, of this master."""
        found = next((c for c in self._all("cursor", Cursor) if c.master == master), None)
        return None if found is None else found.stamp

    def follows(self) -> list[Follow]:
        """Since when masters are followed."""
        return self._all("follow", Follow)

    def latch(self) -> Latch | None:
        """The stored half of the kill switch."""
        return next((change.after for change in self._all("latch", LatchChange)), None)

    def settings(self) -> dict[str, Any] | None:
        """The last good account document."""
        return next((kept.document for kept in self._all("settings", SettingsKept)), None)

    def masters(self) -> list[MasterAt]:
        """Where masters were last found."""
        return self._all("master", MasterAt)

    def book(self) -> BookKept | None:
        """The book this master told last."""
        return next(iter(self._all("book", BookKept)), None)

    def contracts(self) -> list[ContractKept]:
        """The contracts of this broker's symbols, as they were seen or accepted."""
        return self._all(CONTRACT, ContractKept)

    def facts_since(self, stamp: Stamp) -> list[Fact]:
        """Facts published after this stamp, in order."""
        query = "SELECT body FROM records WHERE kind = ? AND key > ? ORDER BY key"
        with legible(self.path):
            rows = self._file.execute(query, (FACTS, stamp_key(stamp)))
            return [decode_fact(body) for (body,) in rows]

    def is_new(self) -> bool:
        """Nobody has yet been asked for what the account did before this file was there."""
        return "united" not in self._about()

    def united(self) -> None:
        """What others remember of the account stands in here now."""
        self._tell({"united": "1"})

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _all(self, kind: str, shape: type[Any]) -> list[Any]:
        query = "SELECT body FROM records WHERE kind = ? ORDER BY key"
        with legible(self.path):
            return [decode(shape, body) for (body,) in self._file.execute(query, (kind,))]

    def _about(self) -> dict[str, str]:
        with legible(self.path):
            return _about(self._file)

    def _read_through(self) -> None:
        """What cannot be read is found now, and not in the middle of a day."""
        with legible(self.path):
            (found,) = self._file.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise ValueError(found)
        self.facts_since(Stamp(0, 0))
        for kind, shape in _READ_AT_START.items():
            self._all(kind, shape)

    def _tell(self, words: dict[str, str]) -> None:
        """What stands there already needs no room on the disk."""
        if not words.items() <= self._about().items():
            self._in_one_step(lambda file: file.executemany(_TELL, words.items()))

    def _in_one_step(self, work: Callable[[sqlite3.Connection], object]) -> None:
        self._open_for_writing()
        try:
            self._file.execute("BEGIN IMMEDIATE")
            work(self._file)
            self._file.execute("COMMIT")
        except (sqlite3.Error, OSError) as fault:
            _undo(self._file)
            self._wait_for_others(0)
            raise JournalUnwritable(f"journal {self.path}: cannot be written: {fault}") from fault
        self._wait_for_others(PATIENCE_MS)

    def _open_for_writing(self) -> None:
        """Nothing was written to a copy, so there is nothing to bring along."""
        if self._is_copy:
            file = for_writing(self.path, 0)
            self._file.close()
            self._file, self._is_copy, self._patience_ms = file, False, 0

    def _wait_for_others(self, patience_ms: int) -> None:
        """Who has waited once in vain waits no more: a close stands behind every write."""
        if patience_ms != self._patience_ms:
            with suppress(sqlite3.Error):
                self._file.execute(f"PRAGMA busy_timeout = {patience_ms}")
                self._patience_ms = patience_ms

    def _claim(self, swarm: str, known: set[str]) -> None:
        found = self._about()
        _check_format(self.path, found)
        _check_owner(self.path, "account", self._account, {self._account}, found.get("account"))
        if swarm:
            _check_owner(self.path, "swarm", swarm, known, found.get("swarm"))
        self._read_through()
        kept = swarm or found.get("swarm", "")
        self._tell({"format": str(FORMAT), "account": self._account, "swarm": kept})


def glance(path: Path) -> Glance:
    """Look into a journal without owning it, whoever writes it meanwhile."""
    if not path.is_file():
        raise JournalRefused(f"journal {path}: wanted a journal, found no such file")
    file, _ = for_reading(path, opened)
    try:
        with legible(path):
            return _glance(path, file)
    finally:
        file.close()


def _glance(path: Path, file: sqlite3.Connection) -> Glance:
    about = _about(file)
    _check_format(path, about)
    kept = file.execute("SELECT body FROM records WHERE kind = 'settings'").fetchone()
    legs = [decode(Leg, row[0]) for row in file.execute(_BODIES, (LEG,))]
    return Glance(
        account=about.get("account", ""),
        swarm=about.get("swarm", ""),
        login=int(about.get("login", "0")),
        server=about.get("server", ""),
        open_legs=len(legs),
        masters=frozenset((leg.master, _master_of(leg)) for leg in legs),
        settings=None if kept is None else decode(SettingsKept, kept[0]).document,
    )


def _master_of(leg: Leg) -> Identity:
    return Identity(leg.key.master_login, leg.key.master_server)


def _about(file: sqlite3.Connection) -> dict[str, str]:
    return dict(file.execute("SELECT word, value FROM about"))


def _put(file: sqlite3.Connection, rows: Iterable[Row]) -> None:
    for row in rows:
        if isinstance(row, Forgotten):
            file.execute(_DROP, row)
            continue
        if isinstance(row, Thinned):
            file.execute(_THIN, (row.kind, row.kind, row.newest))
            continue
        if row.key is not None:
            file.execute(_PUT, (row.kind, row.key, row.body))
        if row.shipped_as:
            file.execute(_SHIP, (row.shipped_as, row.body))


def _undo(file: sqlite3.Connection) -> None:
    """Leave no half transaction open; a file that cannot even do that has already said so."""
    try:
        if file.in_transaction:
            file.execute("ROLLBACK")
    except sqlite3.Error as fault:
        raise JournalUnwritable(f"the journal cannot undo a failed write: {fault}") from fault


def _check_format(path: Path, found: dict[str, str]) -> None:
    if int(found.get("format", str(FORMAT))) > FORMAT:
        raise JournalRefused(
            f"journal {path}: wanted format {FORMAT} or older, found {found['format']}. "
            "Start the newer version of this program that wrote it."
        )


def _check_owner(path: Path, what: str, mine: str, taken: set[str], found: str | None) -> None:
    if found and found not in taken:
        raise JournalRefused(
            f"journal {path}: wanted one of {what} {mine}, found one of {what} {found}. "
            "Use the folder that belongs to it, or move the file away if its copies are settled."
        )
