"""The processes of a drill: killed, held up, let go; and the keeper of the launcher."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import config as machine
from commands.drilling.plan import BROKER, DATABASE, LAUNCHER
from commands.staging.scenery import PAPER, Scenery
from db.embedded.address import read_address
from nodes.supervisor import pid_file
from paper.address import Address, published
from utils import os_signals
from utils.clock import monotonic_s

ROOT = Path(__file__).resolve().parents[2]
RESTART_AFTER_S = 0.5
CONSOLE_LOG = "launcher.txt"


class Process(NamedTuple):
    """One process of the drill, for ever: ids are used again."""

    pid: int
    birth: float


class Victims:
    """Every process by its name: accounts, and the three servers."""

    def __init__(self, scenery: Scenery) -> None:
        """Nothing runs but the two servers."""
        self._scenery = scenery
        self._state = scenery.config.state
        self._launcher: subprocess.Popen[bytes] | None = None
        self._start_at_s = 0.0
        self._is_kept = False
        self._held_up: dict[str, list[Process]] = {}
        self.known: set[int] = set()
        self.launches = 0

    def keep_launcher(self) -> None:
        """From now on there is one: it is started again whenever it ends."""
        self._is_kept = True
        self.keep()

    def keep(self) -> None:
        """What a keeper does: look, wait a moment, start again."""
        if not self._is_kept or (self._launcher is not None and self._launcher.poll() is None):
            return
        now_s = monotonic_s()
        if self._launcher is not None:
            self._launcher, self._start_at_s = None, now_s + RESTART_AFTER_S
        if now_s >= self._start_at_s:
            self._launcher = self._launch()
            self.launches += 1

    def stop_launcher(self, within_s: float) -> bool:
        """An orderly end, as by Ctrl+C; whether it came in time."""
        self._is_kept = False
        if self._launcher is None:
            return True
        os_signals.ask_to_stop(self._launcher.pid)
        try:
            self._launcher.wait(within_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def broker_address(self) -> Address | None:
        """Where the broker is, as it has signed itself; None while it cannot answer."""
        address = published(self._state / PAPER)
        if address is None or self.is_held_up(BROKER) or os_signals.born(address.pid) is None:
            return None
        return address

    def database_answers(self) -> bool:
        """It runs, and nobody holds it up."""
        return not self.is_held_up(DATABASE) and self.find(DATABASE) is not None

    def find(self, name: str) -> Process | None:
        """The process behind a name; None while there is none."""
        pid = self._pid(name)
        birth = os_signals.born(pid) if pid else None
        if birth is None:
            return None
        self.known.add(pid)
        return Process(pid, birth)

    def kill(self, name: str) -> int:
        """End it without asking; its id, 0 where there was none."""
        found = self.find(name)
        return found.pid if found is not None and os_signals.kill(*found) else 0

    def hold_up(self, name: str) -> int:
        """It does nothing until let go; its id, 0 where there was none."""
        found = self.find(name)
        if found is None or self.is_held_up(name) or not os_signals.suspend(*found):
            return 0
        self._held_up.setdefault(name, []).append(found)
        return found.pid

    def let_go(self, name: str) -> None:
        """It goes on, if nobody has ended it meanwhile."""
        for process in self._held_up.pop(name, []):
            os_signals.resume(*process)

    def let_all_go(self) -> None:
        """Whoever is held up still."""
        for name in list(self._held_up):
            self.let_go(name)

    def is_held_up(self, name: str) -> bool:
        """It was held up and not let go."""
        return name in self._held_up

    def everybody(self) -> Iterator[tuple[str, Process]]:
        """All that run now."""
        names = [str(account["name"]) for account in self._scenery.accounts]
        for name in (*names, LAUNCHER, BROKER, DATABASE):
            found = self.find(name)
            if found is not None:
                yield name, found

    def _pid(self, name: str) -> int:
        if name == LAUNCHER:
            return 0 if self._launcher is None else self._launcher.pid
        if name == BROKER:
            address = published(self._state / PAPER)
            return 0 if address is None else address.pid
        if name == DATABASE:
            database = read_address(self._state)
            return 0 if database is None else database.pid
        run = pid_file.read(self._state)
        return run.nodes[name].pid if run is not None and name in run.nodes else 0

    def _launch(self) -> "subprocess.Popen[bytes]":
        """The product's own, in a group of its own: Ctrl+C is for us alone."""
        with (self._scenery.folder / CONSOLE_LOG).open("ab") as said:
            started = subprocess.Popen(
                [sys.executable, str(ROOT / "launcher.py"), "--no-setup"],
                cwd=ROOT,
                env=machine.child_environment(self._scenery.config),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                **os_signals.new_process_group_kwargs(),
            )
        self.known.add(started.pid)
        return started
