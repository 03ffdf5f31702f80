"""A restore changes nothing before it is sure, and leaves a database that is whole or nobody's."""

import argparse
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bson
import pytest
from pymongo import MongoClient
from pymongo.database import Database

import config
from commands.backups.database_at import Place
from commands.backups.restore import NotRestored, run, said_where_it_does_not_end
from db.backups import backup_file
from db.backups.backing_up import back_up
from db.backups.copying import replace_contents
from db.clients import opened
from db.connecting import Chosen, Silent, settle
from db.identity import swarm_of
from db.moments import moment
from db.remembered import EMBEDDED, MONGODB, Remembered, recall, remember
from db.schema import COMMANDS, NODES, SWARM
from tests.integration.stores.conftest import Server
from tests.stocked_database import everything, stock
from utils.clock import utc_ms

pytestmark = pytest.mark.integration


class Machine:
    """A state folder, an embedded database in it, and a backup made elsewhere."""

    def __init__(self, home: Server, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home, self.folder, self._env = home, folder, monkeypatch
        monkeypatch.setenv("MURMURATION_STATE", str(home.state))
        monkeypatch.setenv("EMBEDDED_DB_PORT", str(home.port))
        monkeypatch.delenv("MONGO_URI", raising=False)
        self.name = config.load().database_name

    def use_mongodb(self, uri: str) -> None:
        self._env.setenv("MONGO_URI", uri)

    def begin(self, documents: int = 50) -> str:
        """A swarm lives here."""
        self.home.start()
        with opened(self.home.uri, self.name) as database:
            stock(database, documents)
            swarm = swarm_of(database)
        remember(self.home.state, Remembered(kind=EMBEDDED, swarm_ids=(swarm,)))
        return swarm

    def backup(self, name: str = "kept") -> Path:
        place = self.folder / name
        with opened(self.home.uri, self.name) as database:
            back_up(database, EMBEDDED, place)
        return place

    def restore(self, backup: Path, **words: Any) -> int:
        asked = {"into": None, "replace": False, "adopt": False, **words}
        return run(argparse.Namespace(file=backup, **asked))

    def contents(self) -> dict[str, Any]:
        self.home.start()
        with opened(self.home.uri, self.name) as database:
            return everything(database)

    def insert(self, collection: str, document: dict[str, Any]) -> None:
        self.home.start()
        with opened(self.home.uri, self.name) as database:
            database[collection].insert_one(document)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    home = Server(tmp_path / "state")
    yield Machine(home, tmp_path, monkeypatch)
    home.kill()


def test_what_was_lost_comes_back_and_what_is_new_is_kept_in_a_backup(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.begin()
    before, backup = machine.contents(), machine.backup()
    with opened(machine.home.uri, machine.name) as database:
        database["rules"].drop()
        database["new"].insert_one({"_id": "new"})
    assert machine.restore(backup) == 2
    assert "--replace" in capsys.readouterr().err
    assert machine.restore(backup, replace=True) == 0
    assert "restored and compared" in capsys.readouterr().out
    assert machine.contents() == before
    kept = list((machine.home.state / "backups").glob("*-before-restore.murmuration"))
    assert [backup_file.check(one).documents.get("new") for one in kept] == [1]
    assert isinstance(settle(config.load()), Chosen)


def test_a_new_machine_takes_the_swarm_from_the_file(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swarm, backup, before = machine.begin(), machine.backup(), machine.contents()
    fresh = Machine(Server(tmp_path / "new machine"), tmp_path, monkeypatch)
    try:
        assert fresh.restore(backup, into=EMBEDDED) == 0
        assert fresh.contents() == before
        assert recall(fresh.home.state) == Remembered(
            kind=EMBEDDED, swarm_ids=(swarm,), database_name=machine.name
        )
        found = settle(config.load())
        assert isinstance(found, Chosen)
        assert found.swarm == swarm
    finally:
        fresh.home.kill()


def test_a_swarm_that_is_not_known_here_needs_the_operators_word(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    swarm, backup = machine.begin(), machine.backup()
    remember(machine.home.state, Remembered(kind=EMBEDDED, swarm_ids=("another",)))
    assert machine.restore(backup, replace=True) == 2
    assert f"found one of swarm {swarm}. If that one is meant, add --adopt" in (
        capsys.readouterr().err
    )
    assert machine.restore(backup, replace=True, adopt=True) == 0
    kept = recall(machine.home.state)
    assert kept is not None
    assert kept.swarm_ids == (swarm, "another")


def test_a_file_that_is_not_whole_changes_nothing(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.begin()
    before, backup = machine.contents(), machine.backup()
    backup.write_bytes(backup.read_bytes()[:-9])
    assert machine.restore(backup, replace=True) == 2
    assert "Nothing was changed" in capsys.readouterr().err
    assert machine.contents() == before
    assert not (machine.home.state / "backups").exists()


def test_a_restore_that_was_cut_short_is_said_and_ended_by_another(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.begin()
    before, backup = machine.contents(), machine.backup()
    with opened(machine.home.uri, machine.name) as database:
        replace_contents(database, backup, f"python launcher.py restore {backup}")
    found = settle(config.load())
    assert isinstance(found, Silent)
    assert f"restore {backup}` was begun and did not end" in found.why
    assert machine.restore(backup) == 0, capsys.readouterr().err
    assert machine.contents() == before
    assert isinstance(settle(config.load()), Chosen)


def test_a_broken_embedded_database_is_moved_away_and_made_again_from_a_backup(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.begin()
    before, backup = machine.contents(), machine.backup()
    machine.home.kill()
    for left in machine.home.state.glob("embedded.db*"):
        left.unlink()
    (machine.home.state / "embedded.db").write_bytes(b"broken " * 1000)
    assert machine.restore(backup) == 2
    assert "embedded.db" in capsys.readouterr().err
    (machine.home.state / "embedded.db").rename(machine.home.state / "broken.db")
    assert machine.restore(backup) == 0, capsys.readouterr().err
    assert machine.contents() == before
    assert isinstance(settle(config.load()), Chosen)


def with_a_double(backup: Path) -> Path:
    """What a server cannot take, though each collection alone is all right."""
    held = [(part, list(bodies)) for part, bodies in backup_file.read(backup)]
    double = bson.encode({"_id": "double", "name": "good"})
    place = backup.with_name("double")
    backup_file.write(
        place,
        backup_file.check(backup).about,
        [
            (part, iter([*bodies, double] if part.name == "rules" else bodies))
            for part, bodies in held
        ],
    )
    return place


def test_a_restore_that_fails_halfway_says_how_to_get_back_what_was_there(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.begin()
    before, backup = machine.contents(), with_a_double(machine.backup())
    assert machine.restore(backup, replace=True) == 2
    told = capsys.readouterr().err
    assert "duplicate key" in told
    assert "until one does nothing uses this database" in told
    assert isinstance(settle(config.load()), Silent)
    kept = told.rsplit("python launcher.py restore ", 1)[1].strip()
    assert machine.restore(Path(kept)) == 0
    assert machine.contents() == before
    assert isinstance(settle(config.load()), Chosen)


def test_ctrl_c_while_things_are_replaced_says_that_it_did_not_end() -> None:
    client: MongoClient[Any] = MongoClient(connect=False)
    place = Place(EMBEDDED, "mongodb://127.0.0.1:1/", client["swarm"])
    backup, kept = Path("a.murmuration"), Path("kept.murmuration")
    with (
        pytest.raises(
            NotRestored, match=r"It was stopped.\nRun it again: .*a.murmuration, or"
        ) as it,
        said_where_it_does_not_end(place, backup, kept),
    ):
        raise KeyboardInterrupt
    assert it.value.code == 130
    assert str(it.value).endswith("python launcher.py restore kept.murmuration")
    client.close()


class Reporting:
    """A node somewhere that goes on telling the database how it fares."""

    def __init__(self, database: Database[Any]) -> None:
        self._nodes, self._ending = database[NODES], threading.Event()
        self._report()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._ending.wait(0.2):
            self._report()

    def _report(self) -> None:
        told = {"$set": {"sent_at": moment(utc_ms())}}
        self._nodes.update_one({"name": "Apex_Slave_01"}, told, upsert=True)

    def end(self) -> None:
        self._ending.set()
        self._thread.join()


def test_a_node_at_work_on_the_database_is_found(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.begin()
    backup = machine.backup()
    with opened(machine.home.uri, machine.name) as database:
        node = Reporting(database)
        try:
            assert machine.restore(backup, replace=True) == 2
        finally:
            node.end()
    assert "account Apex_Slave_01: wanted no node at work" in capsys.readouterr().err


def test_an_order_that_was_never_carried_out_is_not_given_again(machine: Machine) -> None:
    machine.begin()
    order = {"account": "Apex_Slave_01", "kind": "RESUME", "status": "pending"}
    machine.insert(COMMANDS, {"_id": "resume", **order})
    backup = machine.backup()
    assert machine.restore(backup, replace=True) == 0
    machine.home.start()
    with opened(machine.home.uri, machine.name) as database:
        found = database[COMMANDS].find_one({"_id": "resume"})
    assert found is not None
    assert found["status"] == "done"
    assert found["result"].startswith("refused: the database was restored")


def test_while_the_swarms_own_database_answers_no_other_is_filled(
    machine: Machine, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.begin()
    backup = machine.backup()
    server.start()
    machine.use_mongodb(server.uri)
    assert machine.restore(backup, into=MONGODB) == 2
    assert "migrate --to mongodb" in capsys.readouterr().err


def test_where_the_mongodb_is_lost_the_embedded_database_takes_its_place(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.begin()
    before, backup = machine.contents(), machine.backup()
    swarms = recall(machine.home.state)
    assert swarms is not None
    remember(machine.home.state, Remembered(kind=MONGODB, swarm_ids=swarms.swarm_ids))
    machine.use_mongodb("mongodb://127.0.0.1:1")
    with opened(machine.home.uri, machine.name) as database:
        database[SWARM].drop()
    assert machine.restore(backup, into=EMBEDDED, replace=True) == 0, capsys.readouterr().err
    assert machine.contents() == before
    found = settle(config.load())
    assert isinstance(found, Chosen)
    assert found.kind == EMBEDDED
    assert "Unset MONGO_URI" in found.notice
