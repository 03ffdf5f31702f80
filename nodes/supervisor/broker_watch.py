"""Sees to the paper broker from a thread of its own, so that starting one again delays nobody."""

import logging
import threading
from collections.abc import Callable

from paper.address import Address
from paper.starting import PaperBrokerError

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0


class BrokerWatch:
    """Keeps a broker running while anybody wants one; `trouble` says why there is none."""

    def __init__(self, ensure: Callable[[], Address], wanted: Callable[[], bool]) -> None:
        """`ensure` finds the broker or starts it; it may take its time and may fail."""
        self.trouble = ""
        self._ensure = ensure
        self._wanted = wanted
        self._known = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="paper broker", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self, within_s: float) -> None:
        """No broker is started after this; one that is just being started is waited for."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join(within_s)

    def _run(self) -> None:
        while not self._end.is_set():
            if self._wanted():
                self._look()
            self._end.wait(LOOK_EVERY_S)

    def _look(self) -> None:
        try:
            found = self._ensure()
        except (PaperBrokerError, OSError) as fault:
            if str(fault) != self.trouble:
                logger.error("paper_broker_missing", extra={"why": str(fault)})  # noqa: TRY400 - no trace needed
            self.trouble = str(fault)
            return
        self.trouble = ""
        if self._known and found.pid != self._known:
            logger.warning("paper_broker_started_again", extra={"pid": found.pid})
        self._known = found.pid
