"""The supervisor's way to the database: a thread of its own, so that a silent one stops nothing."""

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from db.account_changes import AccountChanges
from db.clients import DATABASE_ERRORS, connect
from db.commands import Commands
from db.connecting import Chosen, Silent
from db.latches import Latches
from db.nodes import Nodes
from db.remembered import DatabaseFault
from domain.control import Command, NodeReport
from domain.records import LatchChange
from nodes.supervisor.sight import AnotherDatabase, Sight, insist_on_ours, look
from utils.clock import utc_ms

__all__ = ["DatabaseLine", "Sight"]

logger = logging.getLogger(__name__)

Document = dict[str, Any]
Write = Callable[[Database[Document]], None]

LOOK_EVERY_S = 0.5
# To look for a database that is away costs more: the embedded one is started each time.
AGAIN_EVERY_S = 2.0
PATIENCE_MS = 2000
LAST_WRITES_S = 1.0
MOST_KEPT_WRITES = 10_000


class DatabaseLine:
    """`sight` is the last good look, `trouble` says why there is no newer one."""

    def __init__(self, found: Chosen | Silent, settle: Callable[[], Chosen | Silent]) -> None:
        """`settle` finds the database again, starting the embedded one where it is gone."""
        self.place = found
        self.sight: Sight | None = None
        self.trouble = found.why if isinstance(found, Silent) else ""
        self._settle = settle
        self._client: MongoClient[Document] | None = None
        self._changes: AccountChanges | None = None
        self._unrecorded = ""
        self._writes: queue.Queue[Write] = queue.Queue(MOST_KEPT_WRITES)
        self._reports: dict[str, NodeReport] = {}
        self._awake = threading.Event()
        self._end = threading.Event()
        self._looked = threading.Event()
        self._thread = threading.Thread(target=self._run, name="database", daemon=True)

    def start(self, within_s: float) -> None:
        """Begin, and wait for the first look, good or not."""
        self._thread.start()
        self._looked.wait(within_s)

    def nudge(self) -> None:
        """Something was written: look now."""
        self._awake.set()

    def record(self, report: NodeReport) -> None:
        """Write a node's newest report at the next look; one not written yet is replaced."""
        self._reports = {**self._reports, report.name: report}

    def store_latch(self, change: LatchChange) -> None:
        """Keep a latch that no node is there to keep."""
        self._write(lambda database: Latches(database).store(change))

    def mark_done(self, command: str, result: str) -> None:
        """An order that stands in the database was carried out."""
        now_ms = utc_ms()
        self._write(lambda database: Commands(database).mark_done(command, result, now_ms))

    def insert_done(self, account: str, command: Command, result: str) -> None:
        """An order that came by another way was carried out."""
        now_ms = utc_ms()

        def write(database: Database[Document]) -> None:
            commands = Commands(database)
            commands.insert(account, command, now_ms)
            commands.mark_done(command.command, result, now_ms)

        self._write(write)

    def close(self) -> None:
        """Write what is left, within a second."""
        self._end.set()
        self._awake.set()
        if self._thread.is_alive():
            self._thread.join(LAST_WRITES_S)

    def _write(self, write: Write) -> None:
        try:
            self._writes.put_nowait(write)
        except queue.Full:
            logger.error("write_dropped", extra={"kept": MOST_KEPT_WRITES})  # noqa: TRY400 - no trace needed
        self._awake.set()

    def _run(self) -> None:
        while not self._end.is_set():
            self._turn()
            self._looked.set()
            self._awake.wait(AGAIN_EVERY_S if self.trouble else LOOK_EVERY_S)
            self._awake.clear()
        self._turn()
        self._let_go()

    def _turn(self) -> None:
        try:
            database = self._database()
            if database is not None:
                insist_on_ours(database, self.place.swarm_ids)
                self._write_all(database)
                self._look(database)
        except (*DATABASE_ERRORS, DatabaseFault, AnotherDatabase, OSError) as fault:
            self._fell_silent(str(fault))
        except Exception as fault:
            # Something in it cannot be read: nothing opens by it, and the next look tries again.
            logger.exception("database_not_understood")
            self._fell_silent(f"what it holds is not understood: {fault!r}")

    def _database(self) -> Database[Document] | None:
        if self._client is None:
            if self.trouble:
                self.place = self._settle()
            if isinstance(self.place, Silent):
                self._fell_silent(self.place.why)
                return None
            self._client = connect(self.place.uri, PATIENCE_MS)
            self._changes = AccountChanges(self._client[self.place.database_name])
        return self._client[self.place.database_name]

    def _look(self, database: Database[Document]) -> None:
        found = look(database)
        self.sight = found.sight
        self._heard_again()
        self._record_changes(found.stored)

    def _record_changes(self, stored: list[Document]) -> None:
        """After the sight is there to be acted on; what fails here is tried at the next look."""
        if self._changes is None:
            return
        trouble = ""
        try:
            self._changes.note_all(stored, now_ms=utc_ms())
        except Exception as fault:
            trouble = repr(fault)
            if trouble != self._unrecorded:
                logger.exception("account_changes_not_recorded")
        self._unrecorded = trouble

    def _write_all(self, database: Database[Document]) -> None:
        reports, self._reports = self._reports, {}
        for report in reports.values():
            Nodes(database).record(report)
        while not self._writes.empty():
            write = self._writes.get()
            try:
                write(database)
            except DATABASE_ERRORS:
                self._writes.put(write)
                raise

    def _heard_again(self) -> None:
        if self.trouble:
            logger.warning("database_back")
        self.trouble = ""

    def _fell_silent(self, why: str) -> None:
        if not self.trouble:
            logger.warning("database_silent", extra={"why": why})
        self.trouble = why
        self._let_go()

    def _let_go(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = self._changes = None
