"""What nothing that answers over TCP and keeps its word can be faster than."""

import socket
import sqlite3
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[1]


class BareEcho:
    """An asyncio server in a process of its own, and one client."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.bare_echo"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.port = int(self._process.stdout.readline() if self._process.stdout else 0)
        self._line = socket.create_connection(("127.0.0.1", self.port))
        self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._line.close()
        with suppress(OSError):
            self._process.communicate(timeout=10)

    def exchange(self, body: bytes) -> None:
        """There and back."""
        exchange(self._line, body)


def exchange(line: socket.socket, body: bytes) -> None:
    """There and back."""
    line.sendall(body)
    left = len(body)
    while left:
        left -= len(line.recv(left))


class BareCommit:
    """A SQLite file with the settings of the embedded database."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        for line in (
            "PRAGMA locking_mode = EXCLUSIVE",
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "CREATE TABLE documents (id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
        ):
            self._connection.execute(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def insert(self, body: bytes) -> None:
        """One row, on the disk when this returns."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("INSERT INTO documents (body) VALUES (?)", (body,))
        self._connection.execute("COMMIT")
