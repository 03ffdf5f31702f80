"""The two servers a swarm may start: an orderly end leaves neither, not even one that hangs."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import config
from config import Config
from db.connecting import embedded_address
from db.embedded.address import read_address
from nodes.supervisor.servers import PAPER, Servers
from paper.address import published
from tests.machine import Machine
from tests.waiting import eventually
from utils.os_signals import born, kill, suspend

pytestmark = pytest.mark.integration


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Config]:
    """Of a machine on which nothing runs yet."""
    made = config.load(Machine(tmp_path, chosen=False).environ)
    yield made
    for pid in pids(made):
        kill(pid)


def pids(settings: Config) -> list[int]:
    found = (read_address(settings.state), published(settings.state / PAPER))
    return [address.pid for address in found if address is not None]


@pytest.mark.parametrize("hang", [False, True], ids=["in order", "hanging"])
def test_both_servers_end_with_the_swarm(settings: Config, *, hang: bool) -> None:
    servers = Servers(settings)
    servers.start_paper()
    embedded_address(settings)
    running = pids(settings)
    assert len(running) == 2
    for pid in running if hang else []:
        assert suspend(pid)
    servers.stop(1.0)
    eventually(lambda: [born(pid) for pid in running] == [None, None])


def test_a_hanging_server_that_the_swarm_found_running_is_left_alone(settings: Config) -> None:
    Servers(settings).start_paper()
    (broker,) = pids(settings)
    servers = Servers(settings)
    assert suspend(broker)
    servers.stop(1.0)
    assert born(broker) is not None


def test_a_broker_on_any_port_is_started_again_where_left_nodes_look_for_it(
    settings: Config,
) -> None:
    """The launcher that knew the port crashed, and the broker with it."""
    anywhere = msgspec.structs.replace(settings, paper_port=0)
    before = Servers(anywhere)
    before.start_paper()
    (broker,) = pids(settings)
    kill(broker)
    eventually(lambda: born(broker) is None)
    after = Servers(anywhere, (PAPER,))
    after.start_paper()
    assert after.paper_port == before.paper_port != 0
