"""The embedded database as a process that a measurement starts, looks at and kills."""

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from db.embedded.address import read_address
from db.embedded.asking import ask
from db.embedded.starting import running
from utils.clock import monotonic_s

ROOT = Path(__file__).resolve().parents[1]
_READY_WITHIN_S = 120.0
_LOOK_EVERY_S = 0.005


class ServerFault(Exception):  # noqa: N818 - it says what happened
    """The server did not do what a measurement needs; the text says what its log says."""


class DatabaseServer:
    """On any free port; ended with the block."""

    def __init__(self, state: Path, history_limit: int) -> None:
        self.state = state
        self.uri = ""
        self._history_limit = history_limit
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def start(self) -> float:
        """Start it, and return the seconds until its first answer."""
        began_s = monotonic_s()
        self.state.mkdir(parents=True, exist_ok=True)
        words = [f"--state={self.state}", "--port=0", f"--history-limit={self._history_limit}"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "db.embedded", *words], cwd=ROOT, stdout=log, stderr=log
            )
        try:
            self._wait_until_it_answers(self._process, began_s + _READY_WITHIN_S)
        except BaseException:
            self.kill()
            raise
        return monotonic_s() - began_s

    @property
    def _log(self) -> Path:
        return self.state / "bench.log"

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes], until_s: float) -> None:
        while not self._answers():
            try:
                process.wait(_LOOK_EVERY_S)
            except subprocess.TimeoutExpired:
                if monotonic_s() < until_s:
                    continue
            said = self._log.read_text("utf-8", "replace")[-2000:]
            raise ServerFault(f"the embedded database did not start: {said}")

    def _answers(self) -> bool:
        address = read_address(self.state)
        # On Windows a venv's python.exe is a launcher with a process id of its own.
        known = address is not None and (sys.platform == "win32" or address.pid == self._pid)
        self.uri = (running(self.state) or "") if known else ""
        return bool(self.uri)

    @property
    def _pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.uri.rstrip("/").rsplit(":", 1)[1])

    def memory_mb(self) -> float:
        """What it holds now."""
        address = read_address(self.state)
        rss: int = psutil.Process(address.pid if address else self._pid).memory_info().rss
        return rss / 1e6

    def kill(self) -> None:
        """At once, without a word."""
        if self._process is not None:
            if self._process.poll() is None:
                for child in psutil.Process(self._process.pid).children():
                    child.kill()
                self._process.kill()
            self._process.wait()
            self._process = None

    def end(self) -> None:
        """In order."""
        if self._process is not None:
            ask(self.port, {"shutdown": 1})
            self._process.wait()
            self._process = None
