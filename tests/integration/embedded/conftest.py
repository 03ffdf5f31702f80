"""One server for all tests of this folder, one database name for each."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from tests.embedded_server import EmbeddedServer

_numbers = count(1)


@pytest.fixture(scope="package")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(tmp_path_factory.mktemp("embedded")) as server:
        yield server


@pytest.fixture
def client(shared_server: EmbeddedServer) -> Iterator[MongoClient[dict[str, Any]]]:
    with MongoClient(shared_server.uri, serverSelectionTimeoutMS=5000) as client:
        yield client


@pytest.fixture
def database(client: MongoClient[dict[str, Any]]) -> Database[dict[str, Any]]:
    return client[f"test_{next(_numbers)}"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(tmp_path / "state") as server:
        yield server
