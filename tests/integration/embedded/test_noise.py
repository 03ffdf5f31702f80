"""Broken messages are refused or end their connection; who behaves beside them loses nothing."""

import pytest
from pymongo import MongoClient

from tests.embedded_server import EmbeddedServer
from tests.noise import make_noise

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]
CASES = 1000


@pytest.mark.parametrize("seed", [1])
def test_noise_is_refused_and_harms_nobody(server: EmbeddedServer, seed: int) -> None:
    seen, written = make_noise(server, CASES, seed)
    assert min(seen["answered"], seen["closed"], seen["refused 22"]) > CASES / 50
    expected = [{"_id": n, "n": n + 1, "text": f"number {n}"} for n in range(written)]
    with MongoClient(server.uri) as client:
        assert list(client.kept.good.find()) == expected
    assert server.log.read_text("utf-8").count("a client was disconnected") < 10 + 20
    server.kill()
    server.start()
    with MongoClient(server.uri) as client:
        assert list(client.kept.good.find()) == expected
