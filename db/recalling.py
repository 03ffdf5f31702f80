"""Asks the database what it remembers of a slave whose journal is new, until it answers."""

import logging
import threading
from collections.abc import Callable

from pymongo.errors import PyMongoError

from db.moments import moment
from db.our_database import AnotherDatabase, OurDatabase
from db.remembered import DatabaseFault
from db.trades import remembered
from decisions.rebuilding import Remembered
from utils.clock import utc_ms

logger = logging.getLogger(__name__)

AGAIN_EVERY_S = 1.0
SILENCES = (PyMongoError, AnotherDatabase, DatabaseFault, OSError)


class Recalling:
    """Satisfies nodes.ports.Recollection. Asked in a thread of its own: closes do not wait."""

    def __init__(
        self,
        database: OurDatabase,
        swarm: str,
        slave: str,
        on_taken: Callable[[], None],
    ) -> None:
        """Nobody is asked yet; `on_taken` is told when the journal holds the answer."""
        self._database = database
        self._swarm, self._slave = swarm, slave
        self._on_taken = on_taken
        self._answer: Remembered | None = None
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recalling", daemon=True)

    def start(self, within_s: float) -> None:
        """Begin, and wait so long for the answer: with it a start is a start like any other."""
        self._thread.start()
        self._thread.join(within_s)

    def answer(self) -> Remembered | None:
        """All it knows; None while it does not answer."""
        return self._answer

    def taken(self) -> None:
        """The journal holds it."""
        self._on_taken()
        self._end.set()

    def _run(self) -> None:
        """Whoever stopped asking would keep the account from opening anything for good."""
        told = ""
        while not self._end.is_set() and self._answer is None:
            try:
                self._ask()
            except Exception as fault:
                if str(fault) != told:
                    expected = isinstance(fault, SILENCES)
                    why = {"why": f"{fault}"}
                    logger.warning("trades_not_read", extra=why, exc_info=not expected)
                told = str(fault)
                self._end.wait(AGAIN_EVERY_S)
        self._database.close()

    def _ask(self) -> None:
        found = remembered(self._database.database(self._swarm), self._slave, moment(utc_ms()))
        self._database.insist(self._swarm)
        self._answer = found
        counts = {"legs": len(found.legs), "masters": len(found.cursors)}
        logger.info("trades_read", extra=counts)

    def stop(self) -> None:
        """Ask no more."""
        self._end.set()
