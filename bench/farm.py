"""One master, its slaves, and as many bare receivers, for the length of one measurement."""

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench import master as master_of
from bench.bare_sender import BareSender
from bench.master import Master
from domain.control import FromNode, Hello, NodeReport, Settings, Stop, SupervisorBeat
from domain.signals import Fact
from messaging.control import ControlDesk
from messaging.waiting import SocketWaiter
from utils.clock import monotonic_s
from utils.os_signals import new_process_group_kwargs

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN_S = 90.0
END_WITHIN_S = 20.0
LOOK_AGAIN_S = 0.05
BEAT_EVERY_S = 1.0
FIRST_LOGIN = 51_000_000


class FarmFault(Exception):  # noqa: N818 - it says what happened
    """The measurement could not be made; the text says why."""


class Farm:
    """The processes of both sides, and the one loop that serves them all."""

    def __init__(self, slaves: int, folder: Path, answers_after_ms: float = 0.0) -> None:
        """Start every process; nothing is ready yet."""
        self.folder = folder
        self.names = [f"Bench_Slave_{number:03d}" for number in range(1, slaves + 1)]
        self._answers_after_ms = answers_after_ms
        self._desk = ControlDesk()
        control = self._desk.bind()
        self._master = Master(folder, control)
        self._bare = BareSender()
        self._waiter = SocketWaiter()
        self._ready: set[str] = set()
        self._beat_at_s = 0.0
        self._children = [
            *(self._start_slave(name, control) for name in self.names),
            *(self._start_receiver(name) for name in self.names),
        ]

    def __enter__(self) -> Self:
        """The processes are ended however the block ends."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is left running."""
        for child in self._children:
            if child.poll() is None:
                child.kill()
            child.wait()

    def wait_until_ready(self) -> None:
        """Every slave has its master's confirmed book, every receiver has subscribed."""
        deadline_s = monotonic_s() + READY_WITHIN_S
        while not self._all_ready():
            self._check_alive()
            if monotonic_s() > deadline_s:
                raise FarmFault(f"not ready within {READY_WITHIN_S:.0f} s; see {self.folder}/logs")
            self.serve_for(LOOK_AGAIN_S)

    def open_position(self) -> Fact:
        """One round of the product; the fact that its master told."""
        self._master.newly_told()
        self._master.open_position()
        told = self._master.newly_told()
        if len(told) != 1:
            raise FarmFault(f"wanted one fact for one opened position, found {len(told)}")
        return told[0]

    def close_positions(self) -> None:
        """The end of what was opened, outside of the measurement."""
        self._master.close_positions()

    def send_bare(self, body: bytes) -> int:
        """One round of the baseline; the time just before it was sent, ns."""
        return self._bare.send(body)

    def serve_for(self, seconds: float) -> None:
        """Everything else the swarm needs, until the time is over."""
        end_s = monotonic_s() + seconds
        while (left_s := end_s - monotonic_s()) > 0:
            self._master.step()
            for name, message in self._desk.drain():
                self._hear(name, message)
            self._beat_when_due()
            waitables = [*self._master.waitables(), *self._desk.waitables()]
            self._waiter.wait(waitables, min(left_s, self._master.rest_s()))

    def stop(self) -> None:
        """End every process in order; their figures are on disk then."""
        for name in self.names:
            self._desk.say(name, Stop(why="the measurement is over"))
        self._bare.close()
        try:
            codes = [child.wait(END_WITHIN_S) for child in self._children]
        except subprocess.TimeoutExpired as fault:
            raise FarmFault(f"a process did not end: {fault}; see {self.folder}/logs") from fault
        self._master.close()
        self._desk.close()
        if any(codes):
            raise FarmFault(f"processes ended with {codes}; see {self.folder}/logs")

    def _all_ready(self) -> bool:
        subscribed = self._bare.count_subscribers() >= len(self.names)
        return subscribed and self._ready >= set(self.names)

    def _check_alive(self) -> None:
        ended = [child.args for child in self._children if child.poll() is not None]
        if ended:
            raise FarmFault(f"ended before it was ready: {ended}; see {self.folder}/logs")

    def _hear(self, name: str, message: FromNode) -> None:
        if isinstance(message, Hello):
            self._desk.say(name, self._settings(name))
        elif isinstance(message, NodeReport) and message.ready:
            self._ready.add(name)

    def _beat_when_due(self) -> None:
        if monotonic_s() >= self._beat_at_s:
            self._beat_at_s = monotonic_s() + BEAT_EVERY_S
            for name in self._ready:
                self._desk.say(name, SupervisorBeat(pid=0))

    def _settings(self, name: str) -> Settings:
        return Settings(
            document=_document(name, FIRST_LOGIN + self.names.index(name)),
            masters={master_of.NAME: self._master.addresses},
            all_masters=(master_of.NAME,),
            swarm=master_of.SWARM,
            swarm_ids=(master_of.SWARM,),
        )

    def _start_slave(self, name: str, control: str) -> "subprocess.Popen[bytes]":
        words = ["--name", name, "--control", control, "--state", str(self.folder)]
        words += ["--answers-after-ms", str(self._answers_after_ms)]
        return _start("bench.slave_process", *words, "--out", str(sent_file(self.folder, name)))

    def _start_receiver(self, name: str) -> "subprocess.Popen[bytes]":
        out = str(received_file(self.folder, name))
        return _start("bench.bare_receiver", "--address", self._bare.address, "--out", out)


def sent_file(folder: Path, name: str) -> Path:
    """Where a slave writes when each order was sent."""
    return folder / f"{name}.sent.json"


def received_file(folder: Path, name: str) -> Path:
    """Where a bare receiver writes when each message was there."""
    return folder / f"{name}.received.json"


def _start(module: str, *words: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", module, *words]
    return subprocess.Popen(command, cwd=ROOT, **new_process_group_kwargs())


def _document(name: str, login: int) -> dict[str, Any]:
    """An account with every guard in force."""
    return {
        "name": name,
        "type": "SLAVE",
        "path": "bench",
        "login": login,
        "server": "Bench-Slave",
        "symbol_map": {master_of.SYMBOL: "GOLD"},
        "suffix": ".c",
        "max_lot": 5,
        "max_open_trades": 10,
        "kill_switch": {"enabled": True, "daily_loss": 200},
    }
