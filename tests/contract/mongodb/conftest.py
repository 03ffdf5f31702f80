"""Every test of this folder runs on every server there is, in a database of its own."""

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database

from tests.contract.mongodb.missing import DIFFERENCES, FEATURES
from tests.contract.mongodb.servers import PREPARING, STARTING, Running, Unavailable
from tests.contract.mongodb.tables import Stock

USERS_URI = os.environ.get("MONGO_URI", "")
SERVERS = ["embedded", "java", *(["yours"] if USERS_URI else [])]
DATABASE = f"murmuration_contract_{os.getpid()}"

unavailable: dict[str, str] = {}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(feature): what a server must have for this test")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "server" in metafunc.fixturenames:
        metafunc.parametrize("server", SERVERS, indirect=True, scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        call = getattr(item, "callspec", None)
        if call is None or item.path.parent.name != "mongodb":
            continue
        item.add_marker(pytest.mark.integration)
        if "server" in call.params:
            _mark(item, str(call.params["server"]), case_name(item, call))


def case_name(item: pytest.Item, call: Any) -> str:
    """The test and its row, without the server."""
    server = call.params["server"]
    row = call.id.removeprefix(server).removesuffix(server).strip("-")
    test = f"{item.path.stem}::{getattr(item, 'originalname', item.name)}"
    return f"{test}[{row}]" if row else test


def _mark(item: pytest.Item, server: str, case: str) -> None:
    needed = {mark.args[0] for mark in item.iter_markers("needs")} | operators_in(case)
    for feature in sorted(needed & FEATURES.get(server, {}).keys()):
        reason = f"{server} has no {feature}: {FEATURES[server][feature]}"
        item.add_marker(pytest.mark.skip(reason=reason))
    if case in DIFFERENCES.get(server, {}):
        reason = f"{server} answers otherwise than the manual: others/{server}.json says how"
        item.add_marker(pytest.mark.skip(reason=reason))


def operators_in(case: str) -> set[str]:
    return set(re.findall(r"\$\w+", case))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fetch what is missing before any test's time limit runs."""
    if session.config.option.collectonly:
        return
    ours = _ours(session)
    asked = {str(item.callspec.params.get("server")) for item in ours}
    if any("pair" in item.fixturenames for item in ours):
        asked.add("java")
    for server in sorted(asked & PREPARING.keys()):
        try:
            PREPARING[server]()
        except Unavailable as reason:
            unavailable[server] = str(reason)


def _ours(session: pytest.Session) -> list[Any]:
    here = [item for item in session.items if item.path.parent.name == "mongodb"]
    return [item for item in here if hasattr(item, "callspec")]


class Servers:
    """Those that run, started when a test first needs them."""

    def __init__(self, folders: pytest.TempPathFactory) -> None:
        self._folders = folders
        self._running: dict[str, Running] = {}
        self._clients: dict[str, MongoClient[dict[str, Any]]] = {}
        self._stocked: set[tuple[str, int]] = set()

    def client(self, name: str) -> MongoClient[dict[str, Any]]:
        if name in unavailable:
            pytest.skip(f"{name} cannot be asked: {unavailable[name]}")
        if name not in self._clients:
            self._clients[name] = MongoClient(self._uri(name), serverSelectionTimeoutMS=10_000)
        return self._clients[name]

    def _uri(self, name: str) -> str:
        if name == "yours":
            return USERS_URI
        try:
            self._running[name] = STARTING[name](self._folders.mktemp(name))
        except Unavailable as reason:
            unavailable[name] = str(reason)
            pytest.skip(f"{name} cannot be asked: {reason}")
        return self._running[name].uri

    def stocked(self, name: str, documents: list[dict[str, Any]]) -> Collection[dict[str, Any]]:
        """These documents, stored once for all tests that only read them."""
        collection = self.client(name)[f"{DATABASE}_read"][f"stock_{id(documents)}"]
        if (name, id(documents)) not in self._stocked:
            collection.insert_many(documents)
            self._stocked.add((name, id(documents)))
        return collection

    def end(self) -> None:
        for name, _ in self._stocked:
            self._clients[name].drop_database(f"{DATABASE}_read")
        for client in self._clients.values():
            client.close()
        for running in self._running.values():
            running.end()


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    held = Servers(tmp_path_factory)
    yield held
    held.end()


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(server: str, servers: Servers) -> MongoClient[dict[str, Any]]:
    return servers.client(server)


@pytest.fixture
def db(client: MongoClient[dict[str, Any]]) -> Iterator[Database[dict[str, Any]]]:
    yield client[DATABASE]
    client.drop_database(DATABASE)


@pytest.fixture
def c(db: Database[dict[str, Any]]) -> Collection[dict[str, Any]]:
    return db["c"]


@pytest.fixture
def stock(server: str, servers: Servers) -> Stock:
    return lambda documents: servers.stocked(server, documents)


@pytest.fixture
def pair(servers: Servers) -> Iterator[tuple[Collection[dict[str, Any]], ...]]:
    """The same collection on our server and on another."""
    clients = [servers.client(name) for name in ("embedded", "java")]
    yield tuple(client[DATABASE]["c"] for client in clients)
    for client in clients:
        client.drop_database(DATABASE)
