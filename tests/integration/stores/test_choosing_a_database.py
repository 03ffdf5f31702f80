"""Which database a swarm lives in, at its first start and ever after."""

import socket
from pathlib import Path
from typing import Any

import pytest

import config
from db.connecting import (
    EMBEDDED,
    MONGODB,
    Chosen,
    DatabaseFault,
    Silent,
    adopt,
    opened,
    recall,
    settle,
)
from db.schema import SWARM
from tests.integration.stores.conftest import Server

pytestmark = pytest.mark.integration

SECRET = "hunter2-do-not-show"  # noqa: S105 - what must not be shown


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(state: Path, uri: str = "", **other: str) -> config.Config:
    """Without an address the default is meant, moved to a port where nobody is."""
    environ = {"MURMURATION_STATE": str(state), "EMBEDDED_DB_PORT": str(free_port()), **other}
    return config.load(environ | ({"MONGO_URI": uri} if uri else {}))


def chosen(found: Chosen | Silent) -> Chosen:
    assert isinstance(found, Chosen), found
    return found


def silent(found: Chosen | Silent) -> Silent:
    assert isinstance(found, Silent), found
    return found


class Unset:
    """Settings whose address is only the default, moved to where nobody listens."""

    def __init__(self, real: config.Config) -> None:
        self._real = real
        self.mongo_uri = f"mongodb://127.0.0.1:{free_port()}"
        self.mongo_uri_is_set = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def test_a_mongodb_that_somebody_set_is_used_and_remembered(server: Server, tmp_path: Path) -> None:
    server.start()
    wishes = settings(tmp_path / "state", server.uri)
    first = chosen(settle(wishes))
    assert (first.kind, first.uri) == (MONGODB, server.uri)
    assert chosen(settle(wishes)).swarm == first.swarm
    kept = recall(wishes.state)
    assert kept is not None
    assert kept.swarm_ids == (first.swarm,)


def test_a_mongodb_that_somebody_set_must_answer_at_the_first_start(tmp_path: Path) -> None:
    wishes = settings(
        tmp_path, f"mongodb://user:{SECRET}@127.0.0.1:{free_port()}/?connectTimeoutMS=100"
    )
    with pytest.raises(DatabaseFault, match="Start it, or correct MONGO_URI") as caught:
        settle(wishes)
    assert SECRET not in str(caught.value)
    assert recall(tmp_path) is None


def test_where_nobody_answers_at_the_default_the_embedded_server_is_started_and_stays(
    server: Server,
) -> None:
    wishes = Unset(settings(server.state))
    first = chosen(settle(wishes))
    assert first.kind == EMBEDDED
    again = chosen(settle(settings(server.state, "mongodb://127.0.0.1:1")))
    assert (again.kind, again.swarm) == (EMBEDDED, first.swarm)
    assert "Unset MONGO_URI" in again.notice


def test_a_known_database_that_is_silent_is_not_replaced(server: Server, tmp_path: Path) -> None:
    server.start()
    wishes = settings(tmp_path / "state", server.uri)
    first = chosen(settle(wishes))
    server.kill()
    away = silent(settle(wishes))
    assert away.swarm_ids == (first.swarm,)
    assert "found none that answers" in away.why
    server.start()
    assert chosen(settle(wishes)).swarm == first.swarm


def test_another_database_in_its_place_is_used_only_on_the_operators_word(
    server: Server, tmp_path: Path
) -> None:
    server.start()
    wishes = settings(tmp_path / "state", server.uri)
    first = chosen(settle(wishes))
    with opened(server.uri, wishes.database_name) as database:
        database[SWARM].drop()
    assert "--adopt" in silent(settle(wishes)).why
    adopted = adopt(wishes)
    assert adopted.swarm_ids[1:] == (first.swarm,)
    found = chosen(settle(wishes))
    assert found.swarm == adopted.swarm_ids[0]
    assert first.swarm in found.swarm_ids


def test_a_spoilt_memory_of_the_choice_is_said(tmp_path: Path) -> None:
    (tmp_path / "database.json").write_text("{", "utf-8")
    with pytest.raises(DatabaseFault, match=r"database\.json"):
        settle(settings(tmp_path))
