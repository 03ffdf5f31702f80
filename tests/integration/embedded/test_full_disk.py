"""When the file takes no more, everyone is told, nothing is kept, and the server ends."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from db.embedded import wire
from db.embedded.answering.cursors import Cursors
from db.embedded.answering.requests import House
from db.embedded.file.archive import archived
from db.embedded.file.keeping import CommitFailed
from db.embedded.file.storage import Storage
from db.embedded.holding.engine import Engine
from db.embedded.holding.history import History, Rules
from db.embedded.server import Server
from db.embedded.starting import CannotStart, ensure_running, why_it_ended
from db.schema import COLLECTIONS, DECISIONS, SWARM
from tests.embedded_server import EmbeddedServer
from utils.clock import SystemClock

pytestmark = pytest.mark.integration
OUT_OF_DISK_SPACE, UNKNOWN_ERROR = 14031, 8
PAYLOAD = "x" * 20_000
LIMIT = 50
(HISTORY,) = (plan.history for plan in COLLECTIONS if plan.name == DECISIONS and plan.history)


class UnsureDisk(Storage):
    """Writes changes and says that it could not, as where only the disk's confirmation fails."""

    def commit(self) -> None:
        super().commit()
        raise sqlite3.OperationalError("disk I/O error")


class SickDisk(Storage):
    """Takes changes down and cannot write them."""

    def commit(self) -> None:
        raise sqlite3.OperationalError("disk I/O error")


async def answers_to(storage: Storage, *commands: dict[str, object]) -> list[dict[str, object]]:
    """What each of as many clients is told; all commands arrive before the commit."""
    clock = SystemClock()
    house = House(Engine(storage), Cursors(1), clock, clock.now(), 1)
    rules = Rules({DECISIONS: HISTORY}, beside=SWARM, limit=LIMIT)
    server = Server(house, History(house.engine, clock, storage.path.parent, rules))
    port = await server.listen(0)
    lines = [await asyncio.open_connection("127.0.0.1", port) for _ in commands]
    for (_, writer), command in zip(lines, commands, strict=True):
        writer.write(wire.encode_message({**command, "$db": "x"}, request=1))
    answers = [wire.parse(await reader.read()).command for reader, _ in lines]
    for _, writer in lines:
        writer.close()
    with pytest.raises(CommitFailed):
        await server.stopped
    return answers


def insert(number: int) -> dict[str, object]:
    return {"insert": "t", "documents": [{"_id": number, "text": PAYLOAD}]}


def test_everyone_who_waited_is_told_that_there_is_no_room(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Storage(tmp_path / "embedded.db") as storage:
        storage._connection.execute("PRAGMA max_page_count = 10")
        ping: dict[str, object] = {"find": "t"}
        answers = asyncio.run(answers_to(storage, insert(1), insert(2), ping, insert(3)))
    assert [a["code"] for a in answers] == [OUT_OF_DISK_SPACE] * 4
    assert {a["codeName"] for a in answers} == {"OutOfDiskSpace"}
    assert "Nothing of this was stored" in str(answers[0]["errmsg"])
    assert "Make room" in caplog.text
    with Storage(tmp_path / "embedded.db") as storage:
        assert Engine(storage).database_names() == []


def test_a_disk_that_fails_is_told_as_unconfirmed(tmp_path: Path) -> None:
    with SickDisk(tmp_path / "embedded.db") as storage:
        (answer,) = asyncio.run(answers_to(storage, insert(1)))
    assert answer["code"] == UNKNOWN_ERROR
    assert "not confirmed" in str(answer["errmsg"])
    with Storage(tmp_path / "embedded.db") as storage:
        assert Engine(storage).database_names() == []


def test_history_that_may_have_left_the_file_stays_in_its_archive(tmp_path: Path) -> None:
    with Storage(tmp_path / "embedded.db") as storage:
        engine = Engine(storage)
        engine.create("x", SWARM, {})
        decisions = engine.create("x", DECISIONS, {})
        for number in range(LIMIT):
            decisions.insert({"_id": number}, storage)
        storage.commit()
    one_more: dict[str, object] = {"insert": DECISIONS, "documents": [{"_id": LIMIT}]}
    with UnsureDisk(tmp_path / "embedded.db") as storage:
        asyncio.run(answers_to(storage, one_more))
    with Storage(tmp_path / "embedded.db") as storage:
        kept = [d["_id"] for d in Engine(storage).existing("x", DECISIONS).documents.values()]
    gone = [d["_id"] for d in archived(tmp_path, f"x.{DECISIONS}")]
    assert [*gone, *kept] == list(range(LIMIT + 1))


def fill(collection: Any) -> tuple[int, OperationFailure]:
    """Insert until it is refused: how many were acknowledged, and the refusal."""
    for number in range(10_000):
        try:
            collection.insert_one({"_id": number, "text": PAYLOAD})
        except OperationFailure as refusal:
            return number, refusal
    raise AssertionError("it took everything")


@pytest.mark.posix_only("a limit on the size of files is POSIX's")
def test_a_real_file_that_may_not_grow_ends_the_process_with_its_reason(
    server: EmbeddedServer,
) -> None:
    import resource

    with MongoClient(server.uri) as client:
        client.t.t.insert_one({"_id": "first"})
        server.limit_files(resource.RLIMIT_FSIZE, 400_000)
        acknowledged, refusal = fill(client.t.t)
    assert refusal.code in (OUT_OF_DISK_SPACE, UNKNOWN_ERROR)
    assert "cannot write the database file" in str(refusal)
    assert server.wait() == 3
    assert "CRITICAL cannot write the database file" in server.log.read_text("utf-8")
    server.start()
    with MongoClient(server.uri) as client:
        assert client.t.t.count_documents({}) in (acknowledged + 1, acknowledged + 2)
        assert client.t.t.count_documents({"text": PAYLOAD}) >= acknowledged


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of two megabytes, where the tests may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    try:
        mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("mounting a small disk is not allowed here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_loses_nothing_and_is_named_until_there_is_room(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * 500_000)
    with EmbeddedServer(small_disk) as server:
        with MongoClient(server.uri) as client:
            acknowledged, refusal = fill(client.t.t)
        assert refusal.code == OUT_OF_DISK_SPACE
        assert server.wait() == 3
    fill_up(small_disk / "the rest")
    what_a_start_on_it_says_or_answers(small_disk, acknowledged)
    ballast.unlink()
    with EmbeddedServer(small_disk) as server, MongoClient(server.uri) as client:
        assert client.t.t.count_documents({"text": PAYLOAD}) == acknowledged


def fill_up(file_name: Path) -> None:
    for size in (100_000, 1000, 1):
        try:
            with file_name.open("ab", buffering=0) as file:
                while file.write(b"\0" * size) == size:
                    pass
        except OSError:
            pass


def what_a_start_on_it_says_or_answers(state: Path, acknowledged: int) -> None:
    """Reading is right or the start is refused in words; no answer is wrong."""
    try:
        uri = ensure_running(state, port=0, python=sys.executable)
    except CannotStart as refused:
        said = str(refused)
    else:
        right_while_it_lasts(uri, acknowledged)
        return
    assert "disk" in said or "room" in said


def right_while_it_lasts(uri: str, acknowledged: int) -> None:
    with MongoClient(uri) as client:
        assert client.t.t.count_documents({}) == acknowledged
        with pytest.raises(PyMongoError):
            client.t.t.insert_one({"text": PAYLOAD * 200})


def test_the_reason_of_a_dead_server_can_be_read(tmp_path: Path) -> None:
    log = tmp_path / "embedded.log"
    assert why_it_ended(tmp_path) == ""
    log.write_text("1 CRITICAL old\n2 INFO ready on x\n3 CRITICAL cannot write y: full\n", "utf-8")
    assert why_it_ended(tmp_path) == "cannot write y: full"
    log.write_text("1 CRITICAL old\n2 INFO ready on x\n", "utf-8")
    assert why_it_ended(tmp_path) == ""
