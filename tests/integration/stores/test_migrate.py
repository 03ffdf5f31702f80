"""A swarm that moves lives in exactly one database at every moment, whatever happens."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

import config
from commands.backups.migrate import run
from db.backups import backup_file
from db.backups.backing_up import back_up, place_for
from db.backups.moving import Changed, Move, steps
from db.clients import opened
from db.connecting import Chosen, Silent, settle
from db.identity import give_identity, mark_moved, mark_unfinished, standing_of, swarm_of
from db.remembered import EMBEDDED, MONGODB, Remembered, recall, remember
from db.schema import SWARM
from tests.integration.stores.conftest import Server
from tests.stocked_database import everything, stock

pytestmark = pytest.mark.integration

RUN = "python launcher.py migrate --to mongodb"
SWITCHED = 6


class Swarm:
    """A state folder with an embedded database, and a server that plays the MongoDB."""

    def __init__(self, home: Server, mongodb: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home, self.mongodb = home, mongodb
        for name, value in {
            "MURMURATION_STATE": str(home.state),
            "EMBEDDED_DB_PORT": str(home.port),
            "MONGO_URI": mongodb.uri,
        }.items():
            monkeypatch.setenv(name, value)
        self.name = config.load().database_name

    def begin(self, documents: int = 200) -> str:
        """The swarm lives in the embedded database."""
        self.home.start()
        self.mongodb.start()
        with opened(self.home.uri, self.name) as database:
            stock(database, documents)
            swarm = swarm_of(database)
        remember(self.home.state, Remembered(kind=EMBEDDED, swarm_ids=("older", swarm)))
        return swarm

    def migrate(self, to: str, *, replace: bool = False) -> int:
        return run(argparse.Namespace(to=to, replace=replace))

    def contents(self, server: Server) -> dict[str, Any]:
        with opened(server.uri, self.name) as database:
            found = everything(database)
        return {name: held for name, held in found.items() if name != SWARM}

    @contextmanager
    def moving(self) -> Iterator[Move]:
        """A move to the MongoDB that is yet to be made."""
        before = recall(self.home.state)
        assert before is not None
        backup = place_for(self.home.state, self.name, "test")
        with (
            opened(self.home.uri, self.name) as source,
            opened(self.mongodb.uri, self.name) as target,
        ):
            back_up(source, EMBEDDED, backup)
            yield Move(
                source=source,
                target=target,
                to=MONGODB,
                backup=backup,
                state=self.home.state,
                before=before,
            )

    def lives_in(self) -> str:
        found = settle(config.load())
        return found.kind if isinstance(found, Chosen) else found.why

    def a_newcomer_finds(self, server: Server) -> str:
        """What somebody is told who knows nothing of the move."""
        with opened(server.uri, self.name) as database:
            return swarm_of(database)


@pytest.fixture
def swarm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Swarm]:
    home, mongodb = Server(tmp_path / "state"), Server(tmp_path / "mongodb")
    yield Swarm(home, mongodb, monkeypatch)
    home.kill()
    mongodb.kill()


def test_there_and_back_everything_stays_the_same_to_the_byte(
    swarm: Swarm, capsys: pytest.CaptureFixture[str]
) -> None:
    lived = swarm.begin(3000)
    before = swarm.contents(swarm.home)
    assert swarm.migrate(MONGODB) == 0, capsys.readouterr().err
    assert swarm.contents(swarm.mongodb) == before
    assert swarm.lives_in() == MONGODB
    assert swarm.a_newcomer_finds(swarm.mongodb) == lived
    assert swarm.a_newcomer_finds(swarm.home) == ""
    with opened(swarm.mongodb.uri, swarm.name) as database:
        database["many"].delete_many({"_id": {"$lt": 100}})
    assert swarm.migrate(EMBEDDED) == 0, capsys.readouterr().err
    assert swarm.contents(swarm.home) == swarm.contents(swarm.mongodb)
    assert swarm.lives_in() == EMBEDDED
    assert swarm.a_newcomer_finds(swarm.mongodb) == ""
    kept = recall(swarm.home.state)
    assert kept is not None
    assert kept.swarm_ids == ("older", lived)


def test_the_one_that_was_left_is_refused_in_words(swarm: Swarm) -> None:
    swarm.begin()
    assert swarm.migrate(MONGODB) == 0
    remember(swarm.home.state, Remembered(kind=EMBEDDED, swarm_ids=("older",)))
    found = settle(config.load())
    assert isinstance(found, Silent)
    assert "has moved to mongodb" in found.why
    assert "restore" in found.why


def test_a_move_to_where_it_lives_changes_nothing(
    swarm: Swarm, capsys: pytest.CaptureFixture[str]
) -> None:
    swarm.begin()
    assert swarm.migrate(EMBEDDED) == 0
    assert "lives there already" in capsys.readouterr().out


def test_documents_in_the_way_are_replaced_on_the_operators_word_and_kept(
    swarm: Swarm, capsys: pytest.CaptureFixture[str]
) -> None:
    swarm.begin()
    with opened(swarm.mongodb.uri, swarm.name) as database:
        database["accounts"].insert_one({"_id": "mine"})
    assert swarm.migrate(MONGODB) == 2
    assert "--replace" in capsys.readouterr().err
    assert swarm.lives_in() == EMBEDDED
    assert swarm.migrate(MONGODB, replace=True) == 0
    assert swarm.lives_in() == MONGODB
    kept = list((swarm.home.state / "backups").glob("*-before-replacing.murmuration"))
    assert [backup_file.check(one).documents for one in kept] == [{"accounts": 1}]


def test_a_copy_that_looks_alive_is_never_overwritten(
    swarm: Swarm, capsys: pytest.CaptureFixture[str]
) -> None:
    lived = swarm.begin()
    with opened(swarm.mongodb.uri, swarm.name) as database:
        database[SWARM].insert_one({"_id": "swarm", "swarm_id": lived})
    assert swarm.migrate(MONGODB, replace=True) == 2
    assert "found the same swarm alive in it" in capsys.readouterr().err


def test_a_mongodb_that_is_silent_changes_nothing(
    swarm: Swarm, capsys: pytest.CaptureFixture[str]
) -> None:
    swarm.begin()
    swarm.mongodb.kill()
    assert swarm.migrate(MONGODB) == 2
    assert "wanted a MongoDB at" in capsys.readouterr().err
    assert swarm.lives_in() == EMBEDDED


@pytest.mark.parametrize(
    ("to", "said"),
    [
        pytest.param("mongodb://me:hunter2@127.0.0.1:1", "Set MONGO_URI", id="password"),
        pytest.param("mongodb://127.0.0.1:1", "Set MONGO_URI to mongodb://", id="another address"),
        pytest.param("postgres", "`mongodb` or `embedded`", id="another word"),
    ],
)
def test_where_to_is_told_by_a_word(
    swarm: Swarm, capsys: pytest.CaptureFixture[str], to: str, said: str
) -> None:
    assert swarm.migrate(to) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "hunter2" not in told


@pytest.mark.parametrize("done", range(8))
def test_a_crash_leaves_one_living_database_and_another_run_ends_the_move(
    swarm: Swarm, done: int
) -> None:
    lived = swarm.begin()
    before = swarm.contents(swarm.home)
    with swarm.moving() as move:
        assert len(list(islice(steps(move), done))) == done
    servers = {EMBEDDED: swarm.home, MONGODB: swarm.mongodb}
    others_find = [kind for kind, at in servers.items() if swarm.a_newcomer_finds(at)]
    lives = swarm.lives_in()
    assert lives == (EMBEDDED if done < SWITCHED else MONGODB)
    assert others_find in ([], [lives])
    assert swarm.a_newcomer_finds(servers[lives]) == lived
    assert swarm.migrate(MONGODB) == 0
    assert swarm.lives_in() == MONGODB
    assert swarm.contents(swarm.mongodb) == before
    assert swarm.a_newcomer_finds(swarm.home) == ""


def test_a_change_by_somebody_meanwhile_stops_the_move(swarm: Swarm) -> None:
    swarm.begin()
    with swarm.moving() as move:
        going = steps(move)
        assert next(going) == "copied"
        move.source["many"].insert_one({"_id": "late"})
        with pytest.raises(Changed, match="0 documents are missing or different, 1 were not"):
            next(going)
    assert swarm.lives_in() == EMBEDDED
    assert swarm.migrate(MONGODB) == 0


def test_more_history_than_the_embedded_database_keeps_is_refused(
    swarm: Swarm, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    swarm.begin()
    with opened(swarm.home.uri, swarm.name) as database:
        database["signals"].insert_many([{"_id": number} for number in range(1001)])
    assert swarm.migrate(MONGODB) == 0
    monkeypatch.setenv("HISTORY_LIMIT", "1000")
    assert swarm.migrate(EMBEDDED) == 2
    assert "HISTORY_LIMIT" in capsys.readouterr().err
    assert swarm.lives_in() == MONGODB


def test_a_mark_says_what_it_means(swarm: Swarm) -> None:
    swarm.home.start()
    with opened(swarm.home.uri, swarm.name) as database:
        give_identity(database, 1)
        assert standing_of(database).fault == ""
        mark_moved(database, MONGODB, "m", 1_700_000_000_000)
        assert "moved to mongodb on 2023-11-14" in standing_of(database).fault
        mark_unfinished(database, RUN, "m", 1)
        assert f"`{RUN}` was begun" in standing_of(database).fault
