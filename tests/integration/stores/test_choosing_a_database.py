"""Which database a swarm lives in, at its first start and ever after."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import config
from commands.staging.ports import free_port
from db.clients import opened
from db.connecting import Chosen, Silent, adopt, find, settle
from db.identity import give_identity, mark_moved
from db.journal import Journal, journal_path
from db.remembered import (
    EMBEDDED,
    MEMORY,
    MONGODB,
    DatabaseFault,
    Remembered,
    recall,
    remember,
    sole_chooser,
)
from db.schema import SWARM
from tests.integration.stores.conftest import Server
from tests.records_made import leg

pytestmark = pytest.mark.integration

SECRET = "hunter2-do-not-show"  # noqa: S105 - what must not be shown


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


def test_a_changed_database_name_is_told_by_the_name_it_had(server: Server, tmp_path: Path) -> None:
    server.start()
    chosen(settle(settings(tmp_path, server.uri)))
    why = silent(settle(settings(tmp_path, server.uri, DATABASE_NAME="other"))).why
    assert "DATABASE_NAME was prop_copy_trader when this swarm was last seen: set it back" in why
    assert "--adopt" in why


def test_adopting_where_nobody_answers_says_so_and_changes_nothing(tmp_path: Path) -> None:
    wishes = settings(tmp_path, f"mongodb://user:{SECRET}@127.0.0.1:{free_port()}")
    remember(tmp_path, Remembered(kind=MONGODB, swarm_ids=("one",)))
    with pytest.raises(DatabaseFault, match="found none that answers") as caught:
        adopt(wishes)
    assert SECRET not in str(caught.value)
    kept = recall(tmp_path)
    assert kept is not None
    assert kept.swarm_ids == ("one",)


def test_adopting_keeps_every_id_ever_known(server: Server, tmp_path: Path) -> None:
    server.start()
    remember(tmp_path, Remembered(kind=MONGODB, swarm_ids=("two", "one")))
    wishes = settings(tmp_path, server.uri)
    adopted = adopt(wishes)
    assert adopted.swarm_ids[1:] == ("two", "one")
    assert adopt(wishes) == adopted


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"kind": "embedded"}', id="without ids"),
        pytest.param(b'{"kind": "embedded", "swarm_ids": "x"}', id="ids of another type"),
        pytest.param(b"\xff\xfe", id="bytes"),
        pytest.param(b'{"kind": "cassandra", "swarm_ids": ["x"]}', id="unknown kind"),
    ],
)
def test_a_damaged_memory_stops_everything_that_would_choose(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "database.json").write_bytes(content)
    wishes = settings(tmp_path, "mongodb://127.0.0.1:1")
    for act in (settle, adopt):
        with pytest.raises(DatabaseFault, match=r"database\.json: wanted .* Restore the file"):
            act(wishes)
    assert (tmp_path / "database.json").read_bytes() == content


def test_law_7_while_copies_are_open_a_damaged_memory_is_silence_and_ends_by_itself(
    server: Server, tmp_path: Path
) -> None:
    server.start()
    wishes = settings(tmp_path / "state", server.uri)
    swarm = chosen(settle(wishes)).swarm
    memory = wishes.state / MEMORY
    good = memory.read_bytes()
    memory.write_text("{", "utf-8")
    with pytest.raises(DatabaseFault, match="Restore the file"):
        find(wishes)

    journal = Journal(journal_path(wishes.state, "S1"), swarm, "S1")
    journal.write(leg(1))
    journal.close()
    found = silent(find(wishes))
    assert (found.swarm_ids, "Restore the file" in found.why) == ((swarm,), True)
    memory.write_bytes(good)
    assert chosen(find(wishes)).swarm == swarm


def test_two_state_folders_may_share_one_database(server: Server, tmp_path: Path) -> None:
    server.start()
    first = chosen(settle(settings(tmp_path / "one", server.uri)))
    second = chosen(settle(settings(tmp_path / "two", server.uri)))
    assert first.swarm == second.swarm


def test_first_starts_at_the_same_moment_make_the_same_choice(
    server: Server, tmp_path: Path
) -> None:
    server.start()
    wishes = [settings(tmp_path / str(number % 3), server.uri) for number in range(9)]
    with ThreadPoolExecutor(len(wishes)) as pool:
        swarms = {chosen(found).swarm for found in pool.map(settle, wishes)}
    assert len(swarms) == 1
    with opened(server.uri, wishes[0].database_name) as database:
        assert database[SWARM].count_documents({}) == 1


def test_the_embedded_database_stays_when_a_mongodb_answers_later(
    server: Server, tmp_path: Path
) -> None:
    home = Server(tmp_path / "home")
    try:
        first = chosen(settle(Unset(settings(home.state))))
        server.start()
        later = Unset(settings(home.state))
        later.mongo_uri = server.uri
        again = chosen(settle(later))
        assert (again.kind, again.swarm) == (EMBEDDED, first.swarm)
    finally:
        home.kill()


def test_without_its_memory_a_folder_with_an_embedded_database_goes_on_with_that(
    server: Server, tmp_path: Path
) -> None:
    home = Server(tmp_path / "home")
    try:
        first = chosen(settle(Unset(settings(home.state))))
        (home.state / "database.json").unlink()
        server.start()
        later = Unset(settings(home.state))
        later.mongo_uri = server.uri
        again = chosen(settle(later))
        assert (again.kind, again.swarm) == (EMBEDDED, first.swarm)
    finally:
        home.kill()


def journal_of(state: Path, swarm: str) -> None:
    (state / "journals").mkdir(parents=True)
    Journal(journal_path(state, "Apex_Slave_01"), swarm, "Apex_Slave_01").close()


def test_without_its_memory_a_folder_with_journals_takes_no_other_database(
    server: Server, tmp_path: Path
) -> None:
    server.start()
    journal_of(tmp_path, "lived-here")
    wishes = settings(tmp_path, server.uri)
    with pytest.raises(DatabaseFault, match=r"journals .* belong to swarm lived-here"):
        settle(wishes)
    with opened(server.uri, wishes.database_name) as database:
        assert database[SWARM].count_documents({}) == 0
    adopted = adopt(wishes)
    assert adopted.swarm_ids[1:] == ("lived-here",)
    assert chosen(settle(wishes)).swarm == adopted.swarm_ids[0]


def test_without_its_memory_a_folder_with_journals_finds_its_own_database_again(
    server: Server, tmp_path: Path
) -> None:
    server.start()
    swarm = chosen(settle(settings(tmp_path / "elsewhere", server.uri))).swarm
    journal_of(tmp_path / "here", swarm)
    assert chosen(settle(settings(tmp_path / "here", server.uri))).swarm == swarm


@pytest.mark.parametrize("first_start", [True, False], ids=["first start", "later"])
def test_a_database_the_swarm_has_left_is_never_taken(
    server: Server, tmp_path: Path, *, first_start: bool
) -> None:
    server.start()
    swarm = chosen(settle(settings(tmp_path / "before", server.uri))).swarm
    wishes = settings(tmp_path / "now", server.uri)
    with opened(server.uri, wishes.database_name) as database:
        mark_moved(database, EMBEDDED, "another move", 1_700_000_000_000)
    if first_start:
        with pytest.raises(DatabaseFault, match="has moved to embedded on 2023-11-14"):
            settle(wishes)
        assert recall(wishes.state) is None
    else:
        remember(wishes.state, Remembered(kind=MONGODB, swarm_ids=(swarm,)))
        assert "has moved to embedded" in silent(settle(wishes)).why
    with pytest.raises(DatabaseFault, match="has moved to embedded"):
        adopt(wishes)


def test_a_default_mongodb_the_swarm_has_left_does_not_lead_to_an_empty_substitute(
    server: Server, tmp_path: Path
) -> None:
    server.start()
    wishes = Unset(settings(tmp_path))
    wishes.mongo_uri = server.uri
    with opened(server.uri, wishes.database_name) as database:
        give_identity(database, 1)
        mark_moved(database, EMBEDDED, "another move", 1_700_000_000_000)
    with pytest.raises(DatabaseFault, match="has moved to embedded"):
        settle(wishes)
    assert not (tmp_path / "embedded.db").exists()


def test_the_embedded_databases_port_in_use_is_told_by_its_setting(tmp_path: Path) -> None:
    remember(tmp_path, Remembered(kind=EMBEDDED, swarm_ids=("one",)))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        why = silent(settle(settings(tmp_path, EMBEDDED_DB_PORT=str(port)))).why
    assert f"EMBEDDED_DB_PORT, {port}" in why
    assert "another program uses it" in why


def test_while_another_command_moves_the_database_a_start_waits_and_then_says_so(
    tmp_path: Path, server: Server
) -> None:
    server.start()
    wishes = settings(tmp_path, server.uri)
    with sole_chooser(tmp_path), pytest.raises(DatabaseFault, match="`restore` or `migrate`"):
        settle(wishes, within_s=0.1)
    assert chosen(settle(wishes)).kind == MONGODB
