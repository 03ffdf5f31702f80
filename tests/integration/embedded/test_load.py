"""A hundred clients at once, over several processes."""

import pytest
from pymongo import MongoClient

from bench.database_clients import play
from tests.embedded_server import EmbeddedServer

pytestmark = pytest.mark.integration
CLIENTS, ROUNDS, PROCESSES = 100, 4, 4


def test_a_hundred_clients_at_once_are_all_served_rightly(server: EmbeddedServer) -> None:
    with MongoClient(server.uri) as client:
        client.load.t.create_index("n")
    played = play("product", server.uri, CLIENTS, ROUNDS, PROCESSES)
    assert [error for one in played for error in one.errors] == []
    assert sum(len(one.connect_ms) for one in played) == CLIENTS
    assert sum(len(one.round_ms) for one in played) == CLIENTS * ROUNDS
    with MongoClient(server.uri) as client:
        assert client.load.t.count_documents({}) == CLIENTS * ROUNDS
        assert client.load.t.count_documents({"n": 1}) == CLIENTS * ROUNDS
