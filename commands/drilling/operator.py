"""The person before the database: edits, halts and resumes, and tries until it is done."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pymongo.database import Database

from commands.staging.scenery import Scenery
from db.clients import DATABASE_ERRORS, opened
from db.commands import Commands
from db.latches import Latches
from db.schema import ACCOUNTS, NODES
from domain.control import Command
from domain.policies import Latch, TradingState
from nodes.guarding.day_guard import MACHINE as DAILY_LOSS
from utils.clock import monotonic_s, utc_ms
from utils.randomness import token

Document = dict[str, Any]
Errand = Callable[[Database[Document]], None]

PATIENCE_MS = 400
AGAIN_AFTER_S = 0.5
BY = "drill"
RIGHT = Latch()


class Operator:
    """What cannot be done now, because the database is away, is done as soon as it is back."""

    def __init__(self, scenery: Scenery) -> None:
        """Nothing is to be done."""
        self._scenery = scenery
        self._documents = {str(one["name"]): dict(one) for one in scenery.accounts}
        self._waiting: list[Errand] = []
        self._again_s = 0.0
        self.reports: dict[str, Document] = {}
        self._latches: dict[str, Latch] = {}

    def edit(self, name: str, fields: Mapping[str, object]) -> None:
        """Write these fields of an account's document."""
        self._soon(lambda database: _set(database, name, dict(fields), ()))

    def restore(self, name: str, fields: Mapping[str, object]) -> None:
        """Put these fields back to what the document said at the start."""
        document = self._documents[name]
        kept = {field: document[field] for field in fields if field in document}
        absent = tuple(field for field in fields if field not in document)
        self._soon(lambda database: _set(database, name, kept, absent))

    def order(self, kind: str, name: str, why: str) -> None:
        """`HALT` or `RESUME`, as `launcher.py halt` writes it down."""
        command = Command(command=token(12), kind=kind, by=BY, why=why)
        self._soon(lambda database: Commands(database).insert(name, command, utc_ms()))

    def work(self) -> None:
        """Do what is to be done, if the database lets us."""
        if not self._waiting or monotonic_s() < self._again_s:
            return
        try:
            with self.database(PATIENCE_MS) as database:
                while self._waiting:
                    self._waiting[0](database)
                    self._waiting.pop(0)
        except DATABASE_ERRORS:
            self._again_s = monotonic_s() + AGAIN_AFTER_S

    def read_reports(self) -> None:
        """What the nodes said last; the last known stays where the database is away."""
        try:
            with self.database(PATIENCE_MS) as database:
                self.reports = {str(one["name"]): one for one in database[NODES].find()}
                self._latches = Latches(database).all()
        except DATABASE_ERRORS:
            return

    def has_had_its_loss(self, name: str) -> bool:
        """Its own day's loss has halted the account, and nobody has resumed it since."""
        latch = self._latches.get(name, RIGHT)
        return latch.state is TradingState.HALTED and latch.by == DAILY_LOSS

    @contextmanager
    def database(self, patience_ms: int) -> Iterator[Database[Document]]:
        """For the length of a block."""
        uri, name = self._scenery.database_uri, self._scenery.config.database_name
        with opened(uri, name, patience_ms, patience_ms) as database:
            yield database

    def _soon(self, errand: Errand) -> None:
        self._waiting.append(errand)


def _set(
    database: Database[Document], name: str, fields: Document, absent: tuple[str, ...]
) -> None:
    change: Document = {}
    if fields:
        change["$set"] = fields
    if absent:
        change["$unset"] = dict.fromkeys(absent, "")
    database[ACCOUNTS].update_one({"name": name}, change)
