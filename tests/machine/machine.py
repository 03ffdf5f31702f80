"""A state folder and ports of its own, and the swarm that lives there."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from pymongo.database import Database
from pymongo.errors import PyMongoError

import config
from commands.staging.ports import free_ports
from db.clients import opened
from db.connecting import Chosen, adopt, settle
from db.embedded.address import read_address
from db.embedded.starting import ensure_running, stop
from db.moments import moment
from db.remembered import EMBEDDED, Remembered, remember
from db.setting_up import set_up
from nodes.supervisor import pid_file
from paper.address import Address, published
from paper.admin import Admin
from tests.machine.names import ENDED_WITHIN_S, MASTER, READY_WITHIN_S, SLAVE
from tests.machine.parts import Part
from tests.typist import ROOT, Typist
from tests.waiting import eventually
from tests.wine import PATIENCE
from utils.clock import utc_ms
from utils.os_signals import ask_to_stop, born, kill, new_process_group_kwargs

DATABASE = "prop_copy_trader"
LOOK_EVERY_S = 0.05
LAST_LINES = 15


class Machine(Typist):
    """Made with the embedded database running and no accounts; `end` ends all that ran here.

    Not `chosen`: nobody has said yet which database it works with, and none runs.
    `begin` sets up the two samples and starts the swarm. `node(name)`, `launcher`, `paper` and
    `database` are its processes: each can be killed, paused and resumed.
    """

    def __init__(self, folder: Path, *, chosen: bool = True) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.environ = _private_environ(folder, self.state)
        self.started: list[subprocess.Popen[str]] = []
        if chosen:
            # Whatever MongoDB runs on this machine is somebody's, and stays untouched.
            remember(self.state, Remembered(kind=EMBEDDED, swarm_ids=()))
            adopt(config.load(self.environ))

    # --- Starting and ending ---------------------------------------------------------------------

    def begin(self) -> None:
        """Set up and launched; the sample slave has said that it is ready."""
        self.set_up()
        self.launch()
        self.says(f"{SLAVE}: ready", READY_WITHIN_S)

    def set_up(self) -> None:
        """The two samples, as setup_db.py makes them, but without a process that takes a second."""
        settings = config.load(self.environ)
        found = settle(settings)
        assert isinstance(found, Chosen), found
        with opened(found.uri, settings.database_name) as database:
            set_up(database, settings.account_defaults, moment(utc_ms()))

    def launch(self) -> subprocess.Popen[str]:
        """`python launcher.py`, whose words go to the console."""
        return self.start(str(ROOT / "launcher.py"), "--no-setup")

    def start(self, *words: str, console: str = "console.txt") -> subprocess.Popen[str]:
        """Any program of ours, which goes on; what it says is added to this console."""
        with (self.folder / console).open("a", encoding="utf-8") as out:
            process = subprocess.Popen(
                [sys.executable, *words],
                cwd=self.folder,
                env=self.environ,
                stdout=out,
                stderr=out,
                text=True,
                **new_process_group_kwargs(),
            )
        self.started.append(process)
        return process

    def stop(self) -> None:
        """Ask the launcher that was started last; the whole swarm ends with it."""
        launcher = self.started[-1]
        ask_to_stop(launcher.pid)
        assert launcher.wait(ENDED_WITHIN_S * PATIENCE) == 0, self.said()

    def start_database(self) -> None:
        """The embedded one, where it does not run already."""
        port = int(self.environ["EMBEDDED_DB_PORT"])
        ensure_running(self.state, port=port, python=sys.executable)

    def stop_database(self) -> None:
        """The embedded one, in order; whoever needs it starts it again."""
        pid = stop(self.state)
        eventually(lambda: born(pid) is None, ENDED_WITHIN_S)

    def end(self) -> None:
        """End whatever still runs here, paused or not."""
        for process in self.started:
            process.kill()
            process.wait(ENDED_WITHIN_S * PATIENCE)
        for pid in [process.pid for process in self.ours()] + [self.database.pid]:
            if pid:
                kill(pid)

    # --- Its processes ---------------------------------------------------------------------------

    def node(self, name: str) -> Part:
        """An account's node."""
        return Part(name, lambda: self.pids().get(name, 0))

    @property
    def launcher(self) -> Part:
        """The supervisor, as its own file names it."""
        return Part("launcher", self._supervisor_pid)

    @property
    def paper(self) -> Part:
        """The paper broker."""
        return Part("paper broker", lambda: self._pid_of(published(self.state / "paper")))

    @property
    def database(self) -> Part:
        """The embedded one."""
        return Part("embedded database", lambda: self._pid_of(read_address(self.state)))

    def pids(self) -> dict[str, int]:
        """Every node that the launcher has written down."""
        found = pid_file.read(self.state)
        return {} if found is None else {name: node.pid for name, node in found.nodes.items()}

    def ours(self) -> list[psutil.Process]:
        """Every process that works on our state folder; the embedded database was there before."""
        spared = self.database.pid
        return [p for p in psutil.process_iter() if p.pid != spared and self._is_ours(p)]

    def wait_alone(self, within_s: float = 2) -> None:
        """Until none of ours runs: who has just ended may be listed for a moment longer."""
        try:
            eventually(lambda: not self.ours(), within_s, LOOK_EVERY_S)
        except AssertionError as late:
            there = [process.cmdline() for process in self.ours()]
            raise AssertionError(f"wanted none of ours to run, found {there}") from late

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return bool(process.environ().get("MURMURATION_STATE") == str(self.state))
        except psutil.Error:
            return False

    def _supervisor_pid(self) -> int:
        found = pid_file.read(self.state)
        return 0 if found is None else found.supervisor.pid

    def _pid_of(self, address: Any) -> int:
        return 0 if address is None else int(address.pid)

    # --- What it says ----------------------------------------------------------------------------

    def said(self, console: str = "console.txt") -> str:
        """All that was said in this console so far."""
        path = self.folder / console
        return path.read_text("utf-8") if path.exists() else ""

    def says(self, words: str, within_s: float, console: str = "console.txt") -> None:
        """Waits for these words."""
        self._wait(lambda: words in self.said(console), within_s, f"'{words}' in {console}")

    def status(self) -> dict[str, dict[str, Any]]:
        """`launcher.py status --json`, by account."""
        told = self.command("status", "--json")
        assert told.returncode == 0, told.stderr
        return {row["name"]: row for row in json.loads(told.stdout)}

    def wait_ready(self, *names: str, within_s: float = READY_WITHIN_S) -> None:
        """Until these nodes say so, the samples' where none is named.

        What stands there already counts for nothing: it may be of a life that has just ended.
        """
        names = names or (MASTER, SLAVE)
        stale = {name: told.get("sent_at") for name, told in self._reports(names).items()}

        def unready() -> list[str]:
            told, pids = self._reports(names), self.pids()
            return [n for n in names if not _is_ready(told[n], pids.get(n, 0), stale[n])]

        self._wait(lambda: not unready(), within_s, f"{', '.join(names)}: ready")

    def _wait(self, condition: Callable[[], bool], within_s: float, wanted: str) -> None:
        """Who reads of a failure sees what was said last as well."""
        try:
            eventually(condition, within_s, LOOK_EVERY_S)
        except AssertionError as late:
            last = "".join(f"  {line}\n" for line in self.said().splitlines()[-LAST_LINES:])
            raise AssertionError(f"wanted {wanted}; {late}; said last:\n{last}") from late

    def _reports(self, names: Iterable[str]) -> dict[str, dict[str, Any]]:
        try:
            with self.records() as database:
                return {name: database["nodes"].find_one({"name": name}) or {} for name in names}
        except PyMongoError:  # it may be away just now, and then nobody can be told to be ready
            return {name: {} for name in names}

    # --- What can be asked and edited ------------------------------------------------------------

    @property
    def database_uri(self) -> str:
        """Where the swarm's database answers, one that somebody named or the embedded one."""
        named = self.environ.get("MONGO_URI")
        if named:
            return named
        address = read_address(self.state)
        assert address is not None, f"{self.state}: wanted the embedded database, found none"
        return address.uri

    @contextmanager
    def records(self) -> Iterator[Database[dict[str, Any]]]:
        """The swarm's database."""
        with opened(self.database_uri, DATABASE) as database:
            yield database

    def edit(self, name: str, **changes: Any) -> None:
        """What a user does to an account in Compass."""
        with self.records() as database:
            database["accounts"].update_one({"name": name}, {"$set": changes})

    def broker_address(self) -> Address:
        """Where the paper broker answers, or will in a moment."""
        address = eventually(lambda: published(self.state / "paper"))
        assert address is not None
        return address

    @contextmanager
    def admin(self) -> Iterator[Admin]:
        """Whoever lets things go wrong at the paper broker."""
        address = self.broker_address()
        with Admin(address.host, address.port) as admin:
            yield admin


def _is_ready(report: dict[str, Any], pid: int, stale: Any) -> bool:
    fresh = report.get("sent_at") != stale
    return fresh and bool(report.get("ready")) and report["pid"] == pid != 0


def _private_environ(folder: Path, state: Path) -> dict[str, str]:
    """Our own variables with a swarm's folders and ports that nobody else has."""
    control, database, paper, signals, *_further_masters = free_ports(8)
    environ = {name: value for name, value in os.environ.items() if name != "MONGO_URI"}
    return environ | {
        "MURMURATION_STATE": str(state),
        "MURMURATION_LEASES": str(folder / "leases"),
        "CONTROL_PORT": str(control),
        "EMBEDDED_DB_PORT": str(database),
        "PAPER_PORT": str(paper),
        "ZMQ_PUB_PORT": str(signals),
        "PYTHONUTF8": "1",
    }
