"""A backup holds everything, says when it is not whole, and comes back as it was."""

import gzip
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import bson
import pytest
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database
from pymongo.errors import OperationFailure

from db.backups import backup_file
from db.backups.backing_up import FOLDER, back_up, place_for, thin_out
from db.backups.backup_file import BackupFault, Contents, check, read
from db.backups.comparing import differences
from db.backups.copying import CopyFault, complete, replace_contents, try_out
from db.clients import COPYING_MS, opened
from db.identity import standing_of, swarm_of
from db.remembered import EMBEDDED
from tests.integration.stores.conftest import Server
from tests.stocked_database import everything, stock
from tests.waiting import eventually

pytestmark = pytest.mark.integration

RUN = "python launcher.py restore FILE"
WRITERS = 8


@pytest.fixture
def database(running_server: Server, database: Database[Any]) -> Iterator[Database[Any]]:
    """With the patience that the commands have."""
    with opened(running_server.uri, database.name, answer_ms=COPYING_MS) as made:
        yield made


@pytest.fixture
def other(running_server: Server, database: Database[Any]) -> Iterator[Database[Any]]:
    with opened(running_server.uri, f"{database.name}_other", answer_ms=COPYING_MS) as made:
        yield made


def backed_up(database: Database[Any], folder: Path) -> Path:
    place = folder / "one.murmuration"
    back_up(database, EMBEDDED, place)
    return place


def restored(database: Database[Any], backup: Path) -> None:
    replace_contents(database, backup, RUN)
    complete(database, backup)


def test_what_comes_back_is_the_same_to_the_byte(
    database: Database[Any], other: Database[Any], tmp_path: Path
) -> None:
    stock(database)
    other["left over"].insert_one({})
    backup = backed_up(database, tmp_path)
    restored(other, backup)
    assert everything(other) == everything(database)
    assert swarm_of(other) == swarm_of(database)
    assert list(differences(read(backup), other)) == []


def test_the_rules_that_come_back_are_in_force(
    database: Database[Any], other: Database[Any], tmp_path: Path
) -> None:
    stock(database, documents=0)
    restored(other, backed_up(database, tmp_path))
    with pytest.raises(OperationFailure, match="failed validation"):
        other["rules"].insert_one({"lots": 1})
    with pytest.raises(OperationFailure, match="E11000"):
        other["rules"].insert_one({"name": "again", "p": 1})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"$set": {"text": "y"}}, "many: 1 documents are missing", id="value"),
        pytest.param({"$set": {"_more": 1}}, "many: 1 documents are missing", id="field"),
        pytest.param({"$mul": {"half": 1.0}}, "many: 1 documents are missing", id="number"),
    ],
)
def test_a_change_of_one_document_is_found(
    database: Database[Any], tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    stock(database, documents=20)
    backup = backed_up(database, tmp_path)
    database["many"].update_one({"_id": 7}, change)
    assert [line[: len(said)] for line in differences(read(backup), database)] == [said]


def test_other_rules_indexes_and_collections_are_found(
    database: Database[Any], tmp_path: Path
) -> None:
    stock(database, documents=20)
    backup = backed_up(database, tmp_path)
    database["rules"].drop_index("both ways")
    database.command("collMod", "empty", validator={"x": {"$gt": 2}})
    database["types"].drop()
    database["strange"].insert_one({})
    assert sorted(differences(read(backup), database)) == [
        "empty: other rules (validator)",
        "rules: other indexes",
        "strange: a collection that does not belong there",
        "types: the collection is missing",
    ]


def test_a_file_that_is_there_is_never_replaced(database: Database[Any], tmp_path: Path) -> None:
    place = tmp_path / "mine"
    place.write_text("mine", "utf-8")
    with pytest.raises(BackupFault, match="never replaces anything"):
        back_up(database, EMBEDDED, place)
    assert [one.name for one in tmp_path.iterdir()] == ["mine"]
    assert place.read_text("utf-8") == "mine"


@pytest.mark.posix_only("file modes are POSIX's")
def test_the_file_is_its_owners_alone(database: Database[Any], tmp_path: Path) -> None:
    assert backed_up(database, tmp_path).stat().st_mode & 0o777 == 0o600


def test_a_backup_that_fails_leaves_no_file(database: Database[Any], tmp_path: Path) -> None:
    stock(database, documents=10)

    def breaking() -> Iterator[bytes]:
        yield bson.encode({"_id": 1})
        raise OSError(28, "No space left on device")

    part = next(read(backed_up(database, tmp_path)))[0]
    about = check(tmp_path / "one.murmuration").about
    with pytest.raises(OSError, match="No space left"):
        backup_file.write(tmp_path / "two", about, [(part, breaking())])
    assert [one.name for one in tmp_path.iterdir()] == ["one.murmuration"]


def altered(backup: Path, change: str) -> Path:
    whole = backup.read_bytes()
    plain = gzip.decompress(whole)
    ways: dict[str, Callable[[], bytes]] = {
        "cut in the middle": lambda: whole[: len(whole) // 2],
        "cut at the very end": lambda: whole[:-4],
        "without its end": lambda: gzip.compress(plain[: plain.rindex(b"E")]),
        "one byte of the file": lambda: whole[:99] + bytes([whole[99] ^ 1]) + whole[100:],
        "one document's byte": lambda: gzip.compress(plain.replace(b"xxxx", b"xxyx", 1)),
        "something at the end": lambda: gzip.compress(plain + b"D" + bson.encode({"_id": 1})),
        "not packed": lambda: plain,
        "empty": lambda: b"",
        "another program's": lambda: gzip.compress(b"H" + bson.encode({"format": "dump"})),
    }
    place = backup.with_name("altered")
    place.write_bytes(ways[change]())
    return place


@pytest.mark.parametrize(
    "change",
    [
        "cut in the middle",
        "cut at the very end",
        "without its end",
        "one byte of the file",
        "one document's byte",
        "something at the end",
        "not packed",
        "empty",
        "another program's",
    ],
)
def test_a_file_that_is_not_whole_is_refused(
    database: Database[Any], tmp_path: Path, change: str
) -> None:
    stock(database, documents=50)
    place = altered(backed_up(database, tmp_path), change)
    with pytest.raises(BackupFault, match="wanted a whole backup"):
        check(place)


def test_a_file_of_a_newer_version_is_refused_as_that(tmp_path: Path) -> None:
    place = tmp_path / "newer"
    head = {"format": backup_file.FORMAT, "version": backup_file.VERSION + 1}
    place.write_bytes(gzip.compress(b"H" + bson.encode(head)))
    with pytest.raises(BackupFault, match=r"found version 2\. Nothing was changed\. Update"):
        check(place)


def test_a_file_that_is_not_there_is_told_as_that(tmp_path: Path) -> None:
    with pytest.raises(BackupFault, match="cannot be read"):
        check(tmp_path / "none")


class Load:
    """Writers at work on a database, and what was acknowledged to each of them."""

    def __init__(self, database: Database[Any]) -> None:
        self._database = database
        self._ending = threading.Event()
        self.acknowledged = dict.fromkeys(range(WRITERS), 0)
        self._threads = [threading.Thread(target=self._write, args=(w,)) for w in range(WRITERS)]

    def __enter__(self) -> Self:
        for one in self._threads:
            one.start()
        eventually(lambda: min(self.acknowledged.values()) > 5, 20)
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for one in self._threads:
            one.join()

    def _write(self, writer: int) -> None:
        number = 0
        while not self._ending.is_set():
            number += 1
            self._database["load"].insert_one({"writer": writer, "number": number})
            self._database["state"].update_one({"_id": writer}, {"$inc": {"n": 1}}, upsert=True)
            self.acknowledged[writer] = number


def test_no_acknowledged_write_from_before_is_missing_while_others_write(
    database: Database[Any], tmp_path: Path
) -> None:
    stock(database, documents=2000)
    with Load(database) as load:
        before = dict(load.acknowledged)
        backup = backed_up(database, tmp_path)
        after = dict(load.acknowledged)
    found = {part.name: [bson.decode(d) for d in bodies] for part, bodies in read(backup)}
    sums = {d["_id"]: d["n"] for d in found["state"]}
    for writer in range(WRITERS):
        numbers = [d["number"] for d in found["load"] if d["writer"] == writer]
        assert sorted(numbers) == list(range(1, len(numbers) + 1))
        assert before[writer] <= len(numbers) <= after[writer] + 1
        assert before[writer] <= sums[writer] <= after[writer] + 1


def test_fifty_thousand_documents_go_through(
    database: Database[Any], other: Database[Any], tmp_path: Path
) -> None:
    stock(database, documents=50_000)
    backup = backed_up(database, tmp_path)
    restored(other, backup)
    assert check(backup).documents["many"] == 50_000
    assert list(differences(read(backup), other)) == []


def test_big_documents_are_sent_in_batches_a_server_takes(
    database: Database[Any], other: Database[Any], tmp_path: Path
) -> None:
    stock(database, documents=0)
    for number in range(4):
        database["big"].insert_one({"_id": number, "body": bytes(14_000_000)})
    restored(other, backed_up(database, tmp_path))
    assert other["big"].count_documents({}) == 4


def test_a_database_half_restored_is_nobodys(
    database: Database[Any], other: Database[Any], tmp_path: Path
) -> None:
    stock(database, documents=10)
    backup = backed_up(database, tmp_path)
    replace_contents(other, backup, RUN)
    assert swarm_of(other) == ""
    assert "was begun and did not end" in standing_of(other).fault
    complete(other, backup)
    assert swarm_of(other) == swarm_of(database)


def test_what_a_server_does_not_take_is_found_before_anything_is_dropped(
    database: Database[Any], other: Database[Any], tmp_path: Path
) -> None:
    stock(database, documents=10)
    backup = backed_up(database, tmp_path)
    some = next(read(backup))[0]
    capped = RawBSONDocument(bson.encode({"capped": True, "size": 4096}))
    odd = some._replace(name="odd", options=capped)
    place = tmp_path / "odd"
    backup_file.write(place, check(backup).about, [(odd, iter(()))])
    other["mine"].insert_one({"_id": 1})
    with pytest.raises(CopyFault, match="collection odd: this server does not take it"):
        try_out(other, place)
    assert other.list_collection_names() == ["mine"]


def test_only_the_oldest_of_our_own_names_are_thinned_out(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir()
    own = [f"swarm-2026010{day}T000000.000Z.murmuration" for day in range(1, 6)]
    others = [
        "swarm-20260101T000000.000Z-before-restore.murmuration",
        "other-20260101T000000.000Z.murmuration",
        "mine.murmuration",
    ]
    for name in (*own, *others):
        (folder / name).touch()
    gone = thin_out(tmp_path, "swarm", keep=2)
    assert [one.name for one in gone] == own[:3]
    assert {one.name for one in folder.iterdir()} == {*own[3:], *others}


def test_contents_tell_whose_and_how_much(database: Database[Any], tmp_path: Path) -> None:
    stock(database, documents=5)
    place = place_for(tmp_path, database.name)
    contents = back_up(database, EMBEDDED, place)
    assert isinstance(contents, Contents)
    assert contents.about.swarm == swarm_of(database)
    assert contents.documents == {"empty": 0, "many": 5, "rules": 3, "swarm": 1, "types": 11}
    assert place.parent == tmp_path / FOLDER
