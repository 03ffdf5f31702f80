"""Brings a node's journal to the database, in a thread of its own: late if need be, never lost."""

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from pymongo.errors import PyMongoError

from db.delivering import deliver
from db.moments import moment
from db.our_database import AnotherDatabase, OurDatabase
from db.outbox import Outbox
from db.remembered import DatabaseFault
from utils.clock import monotonic_s, utc_ms

logger = logging.getLogger(__name__)

BATCH = 500
LOOK_EVERY_S = 0.5
PING_EVERY_S = 5.0
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
FLUSH_WITHIN_S = 3.0
#: A waiting record takes up to 2 kB: a person should look before it is a disk full.
ALARMING_BACKLOG = 10_000


class Shipper:
    """Ships one journal. Ask it for `last_success_ms`, `pending()` and `trouble`."""

    def __init__(self, journal: Path, where: Callable[[], str], database_name: str) -> None:
        """Nothing is opened before `start`. `where` says under which address to find it now."""
        self._journal = journal
        self._line = OurDatabase(where, database_name)
        self._awake = threading.Event()
        self._stopping = threading.Event()
        self._flush_until_s = 0.0
        self._outbox: Outbox | None = None
        self._pending = 0
        self._thread = threading.Thread(target=self._run, name="shipper", daemon=True)
        self.last_success_ms = 0
        self.trouble = ""
        self.refused = 0

    def start(self) -> None:
        """Begin; the journal is there already."""
        self._thread.start()

    def nudge(self) -> None:
        """There is something to ship; it need not wait for the next look."""
        self._awake.set()

    def pending(self) -> int:
        """How many records waited at the last look."""
        return self._pending

    def alarms(self) -> tuple[str, ...]:
        """What a person should know: records that will not arrive, and a backlog that grows."""
        found = []
        if self.refused:
            found.append(
                f"shipping: the database refuses {self.refused} records; they stay, each with the "
                f"reason, in the table `refused` of {self._journal}"
            )
        if self.trouble and self._pending > ALARMING_BACKLOG:
            found.append(f"shipping: {self._pending} records wait: {self.trouble}")
        return tuple(found)

    def stop(self, within_s: float = FLUSH_WITHIN_S) -> bool:
        """Ship what is left and end; False when the time did not suffice (all is kept)."""
        self._flush_until_s = monotonic_s() + within_s
        self._stopping.set()
        self._awake.set()
        if self._thread.is_alive():
            self._thread.join(within_s + 0.5)
        return not self._thread.is_alive() and self._pending == 0 and self._outbox is not None

    def _run(self) -> None:
        try:
            self._ship_until_stopped()
            self._flush()
        finally:
            self._line.close()
            if self._outbox is not None:
                self._outbox.close()

    def _ship_until_stopped(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stopping.is_set():
            if not self._step():
                self._stopping.wait(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
                continue
            pause_s = FIRST_PAUSE_S
            if not self._pending:
                self._awake.wait(LOOK_EVERY_S)
                self._awake.clear()

    def _flush(self) -> None:
        while self._step() and self._pending and monotonic_s() < self._flush_until_s:
            continue

    def _step(self) -> bool:
        """One batch; False where the database or the file did not answer."""
        try:
            self._ship_batch(self._opened())
        except (PyMongoError, AnotherDatabase, DatabaseFault, sqlite3.Error) as fault:
            self._say(f"{fault}")
            return False
        except Exception as fault:
            logger.exception("shipping of %s failed", self._journal)
            self._say(repr(fault))
            return False
        self._say("")
        return True

    def _opened(self) -> Outbox:
        """A file that is locked, or a disk that is full, at the start is no reason to give up."""
        if self._outbox is None:
            self._outbox = Outbox(self._journal)
            self.refused = self._outbox.refused()
        return self._outbox

    def _ship_batch(self, outbox: Outbox) -> None:
        parcels = outbox.batch(BATCH)
        self._pending = len(parcels)
        if not parcels:
            self._ping(outbox)
            return
        self._pending = outbox.pending()
        swarm = outbox.about("swarm")
        database = self._line.database(swarm)
        now, account = moment(utc_ms()), outbox.about("account")
        for parcel, why in deliver(database, parcels, account, now):
            outbox.set_aside(parcel, why)
            logger.error("the database refuses record %d (%s): %s", *parcel[:2], why)
        self._line.insist(swarm)
        outbox.forget_shipped(parcels[-1].number)
        self._pending = outbox.pending()
        self.refused = outbox.refused()
        self.last_success_ms = utc_ms()

    def _ping(self, outbox: Outbox) -> None:
        if utc_ms() - self.last_success_ms >= PING_EVERY_S * 1000:
            self._line.database(outbox.about("swarm")).command("ping")
            self.last_success_ms = utc_ms()

    def _say(self, trouble: str) -> None:
        """Log a trouble when it begins and when it ends, not at every attempt."""
        if trouble and not self.trouble:
            logger.warning("records stay in the journal for now: %s", trouble)
        if self.trouble and not trouble:
            logger.info("records reach the database again")
        self.trouble = trouble
