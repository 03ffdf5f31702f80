"""A database server of one's own, which can go away and come back at the same address."""

import os
import signal
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import pytest
from pymongo.database import Database

from commands.staging.ports import free_port
from db.clients import opened
from db.embedded.address import read_address
from db.embedded.starting import ensure_running
from tests.waiting import eventually

_numbers = count(1)


class Server:
    """The embedded server at one address for good."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port = free_port()

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/"

    def start(self) -> None:
        ensure_running(self.state, port=self.port, python=sys.executable)

    def kill(self) -> None:
        address = read_address(self.state)
        if address is None or not psutil.pid_exists(address.pid):
            return
        process = psutil.Process(address.pid)
        os.kill(address.pid, signal.SIGTERM)
        eventually(lambda: _gone(process), 10)


def _gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it went between the two questions
        return True


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "database")
    yield made
    made.kill()


@pytest.fixture(scope="module")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("database"))
    made.start()
    yield made
    made.kill()


@pytest.fixture
def database(running_server: Server) -> Iterator[Database[dict[str, Any]]]:
    with opened(running_server.uri, f"test_{next(_numbers)}") as database:
        yield database
