"""Sixteen clients of four processes at once: every job, key and increment exactly once."""

from multiprocessing import get_context

import pytest
from pymongo import MongoClient

from tests.embedded_server import EmbeddedServer
from tests.racing import CLIENTS, JOBS, KEYS, TIMES, race

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]
PROCESSES = 4


def test_sixteen_clients_share_jobs_keys_and_counters_exactly(server: EmbeddedServer) -> None:
    with MongoClient(server.uri) as client:
        client.d.jobs.insert_many([{"_id": n, "owner": None} for n in range(JOBS)])
        client.d.counters.insert_one({"_id": "claims", "n": 0})
        client.d.unique.create_index("key", unique=True)
        client.d.upserts.create_index("key", unique=True)
        with get_context("spawn").Pool(PROCESSES) as pool:
            shares = [s for part in pool.map(race, [server.uri] * PROCESSES, 1) for s in part]
        assert sorted(job for share in shares for job in share.jobs) == list(range(JOBS))
        assert client.d.counters.find_one() == {"_id": "claims", "n": JOBS}
        assert sorted(key for share in shares for key in share.won) == list(range(KEYS))
        assert sorted(client.d.unique.distinct("key")) == list(range(KEYS))
        assert sorted(key for share in shares for key in share.made) == list(range(5))
        total = PROCESSES * CLIENTS * TIMES
        assert sum(found["n"] for found in client.d.upserts.find()) == total
        assert client.d.jobs.count_documents({"owner": 1}) == JOBS
