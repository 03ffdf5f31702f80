"""The two servers the swarm may need: found or started, and ended if it was this swarm's start."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import psutil

from config import Config
from db.embedded import starting as embedded
from db.embedded.address import Address as Database
from db.embedded.address import read_address
from nodes.supervisor.broker_watch import BrokerWatch
from nodes.supervisor.children import LOOK_EVERY_S
from nodes.supervisor.faults import HostFault
from paper.address import Address, published
from paper.admin import Admin, AdminError
from paper.starting import PaperBrokerError, answering, ensure_running
from utils import os_signals
from utils.clock import monotonic_s

logger = logging.getLogger(__name__)

DATABASE = "database"
PAPER = "paper"
UNDO_WITHIN_S = 2.0
DATABASE_RUNS = ("-m", "db.embedded")
PAPER_RUNS = ("-m", "paper")


class Servers:
    """The embedded database and the paper broker of one state folder."""

    def __init__(self, config: Config, inherited: tuple[str, ...] = ()) -> None:
        """`inherited` are those that a launcher before us started and left behind by a crash."""
        self._config = config
        self._paper_state = config.state / PAPER
        #: Nodes are told once where the broker is: one that takes its place is found there too.
        self.paper_port = config.paper_port or _port_before(self._paper_state, inherited)
        self._watch: BrokerWatch | None = None
        running = {DATABASE: embedded.running(config.state), PAPER: answering(self._paper_state)}
        self._others = {kind for kind, found in running.items() if found} - set(inherited)
        self._inherited = set(inherited)

    @property
    def ours(self) -> tuple[str, ...]:
        """Those that end with us, whichever of our processes starts them."""
        return tuple(sorted({DATABASE, PAPER} - self._others))

    def start_paper(self) -> None:
        """The paper broker, on the tape of the settings; a running one keeps its own."""
        try:
            self._ensure_paper()
        except (PaperBrokerError, OSError) as fault:
            raise HostFault(f"paper broker: {fault}") from fault

    def watch_paper(self, wanted: Callable[[], bool]) -> None:
        """From now on the broker is started again where it died, while it is wanted."""
        self._watch = BrokerWatch(self._ensure_paper, wanted)
        self._watch.start()

    def _ensure_paper(self) -> Address:
        config = self._config
        found = ensure_running(
            self._paper_state,
            port=self.paper_port,
            ticks=config.paper_ticks,
            speed=config.paper_speed,
            stamps=config.paper_stamps,
            seed=config.paper_seed,
        )
        self.paper_port = found.port
        return found

    def stop(self, within_s: float) -> None:
        """End those that are ours; what they keep is on disk already."""
        if self._watch is not None:
            self._watch.close(within_s)
        self._stop(set(self.ours), within_s)

    def undo(self) -> None:
        """A start that failed leaves what it found, and nothing else."""
        self._stop(set(self.ours) - self._inherited, UNDO_WITHIN_S)

    def _stop(self, kinds: set[str], within_s: float) -> None:
        pids = [self._stop_database() if DATABASE in kinds else 0]
        pids += [_stop_paper(self._paper_state) if PAPER in kinds else 0]
        _see_to_their_end([pid for pid in pids if pid], within_s)

    def _stop_database(self) -> int:
        told = embedded.stop(self._config.state)
        runs = (*DATABASE_RUNS, f"--state={self._config.state.resolve()}")
        return told or _silent(read_address(self._config.state), runs)


def _port_before(state: Path, inherited: tuple[str, ...]) -> int:
    """Where the nodes that a crashed launcher left behind go on looking for the broker."""
    address = published(state) if PAPER in inherited else None
    return 0 if address is None else address.port


def _silent(address: Address | Database | None, runs: tuple[str, ...]) -> int:
    """A server that hangs hears no word, and must not be left behind; 0 where it has gone.

    Its file may be stale, and its process id somebody else's by now.
    """
    if address is None:
        return 0
    try:
        words = psutil.Process(address.pid).cmdline()
    except psutil.Error:
        return 0
    return address.pid if all(word in words for word in runs) else 0


def _stop_paper(state: Path) -> int:
    address = answering(state)
    if address is None:
        return _silent(published(state), (*PAPER_RUNS, str(state.resolve())))
    try:
        with Admin(address.host, address.port, within_s=1.0) as admin:
            admin.shutdown()
    except (OSError, AdminError) as fault:
        logger.info("paper_broker_hung_up", extra={"why": str(fault)})
    return address.pid


def _see_to_their_end(pids: list[int], within_s: float) -> None:
    """Shutting down is quick; what does not end is killed, as all it promised is on disk."""
    births = {pid: os_signals.born(pid) for pid in pids}
    deadline_s = monotonic_s() + within_s
    while monotonic_s() < deadline_s and any(_is_there(pid, b) for pid, b in births.items()):
        threading.Event().wait(LOOK_EVERY_S)
    for pid, birth in births.items():
        if birth is not None and os_signals.kill(pid, birth):
            logger.warning("server_killed", extra={"pid": pid})


def _is_there(pid: int, birth: float | None) -> bool:
    return birth is not None and os_signals.born(pid) == birth
