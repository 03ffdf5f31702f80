"""A file that is not as it was written is refused by name and left alone."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import bson
import pytest
from pymongo import MongoClient

from db.embedded.file.opening import FORMAT
from db.embedded.file.storage import Storage
from db.embedded.holding.engine import Engine
from tests.embedded_server import ROOT, EmbeddedServer
from tests.wine import PATIENCE

pytestmark = pytest.mark.integration
PAGE = 4096


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a killed server leaves it: a file, and a log with the last commits."""
    state = tmp_path_factory.mktemp("good")
    with EmbeddedServer(state) as server:
        with MongoClient(server.uri) as client:
            client.d.t.insert_many([{"_id": i, "text": f"{i:06}" * 50} for i in range(2000)])
        assert server.ask_to_stop() == 0
        server.start()
        with MongoClient(server.uri) as client:
            for i in range(20):
                client.d.t.insert_one({"_id": f"late {i}", "text": "x" * 300})
    return state


@pytest.fixture
def state(good: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    for name in ("embedded.db", "embedded.db-wal"):
        shutil.copy(good / name, folder / name)
    return folder


def start_again(state: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "db.embedded", "--state", str(state), "--port", "0"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=20 * PATIENCE,
        check=False,
    )


def overwrite(path: Path, at: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


def flip(path: Path, at: int) -> None:
    whole = path.read_bytes()
    overwrite(path, at, bytes([whole[at] ^ 0x55]))


def test_what_a_kill_left_is_whole(state: Path) -> None:
    assert (state / "embedded.db-wal").stat().st_size > PAGE
    with EmbeddedServer(state) as server, MongoClient(server.uri) as client:
        assert client.d.t.count_documents({}) == 2020


def middle_of(state: Path) -> int:
    return (state / "embedded.db").stat().st_size // 2


def overwrite_end(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2 // PAGE * PAGE])


def zeros_at_the_start(state: Path) -> None:
    (state / "embedded.db-wal").unlink()  # it would replace that very page
    overwrite(state / "embedded.db", 0, bytes(PAGE))


def text_in(state: Path) -> int:
    return (state / "embedded.db").read_bytes().index(b"001234" * 20) + 30


DAMAGE: dict[str, Callable[[Path], object]] = {
    "truncated": lambda s: overwrite_end(s / "embedded.db"),
    "half a page": lambda s: (s / "embedded.db").write_bytes(
        (s / "embedded.db").read_bytes()[:2000]
    ),
    "zeros in the middle": lambda s: overwrite(s / "embedded.db", middle_of(s), bytes(8 * PAGE)),
    "noise in the middle": lambda s: overwrite(s / "embedded.db", middle_of(s), b"noise " * 2000),
    "one letter": lambda s: flip(s / "embedded.db", text_in(s)),
    "zeros at the start": zeros_at_the_start,
    "zero bytes": lambda s: (s / "embedded.db").write_bytes(b""),
    "no database": lambda s: (s / "embedded.db").write_bytes(b"something else " * 900),
    "missing beside its log": lambda s: (s / "embedded.db").unlink(),
    "log all noise": lambda s: (s / "embedded.db-wal").write_bytes(b"noise" * 9000),
    "log with a bad header": lambda s: flip(s / "embedded.db-wal", 17),
    "log damaged in the middle": lambda s: flip(s / "embedded.db-wal", 32 + 24 + 100),
    "log with a frame of another round": lambda s: flip(s / "embedded.db-wal", 32 + 9),
}


def contents(state: Path) -> dict[str, bytes]:
    names = ("embedded.db", "embedded.db-wal")
    return {n: (state / n).read_bytes() for n in names if (state / n).exists()}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_refused_by_name_and_the_file_left_alone(state: Path, kind: str) -> None:
    DAMAGE[kind](state)
    before = contents(state)
    refused = start_again(state)
    assert refused.returncode == 2, refused.stderr
    (said,) = [line for line in refused.stderr.splitlines() if " CRITICAL " in line]
    assert str(state / "embedded.db") in said
    assert "backup" in said or "put the file back" in said
    assert "Traceback" not in refused.stderr
    if kind != "one letter":  # found while reading: by then SQLite has emptied its log in order
        assert contents(state) == before


def test_the_torn_end_of_a_log_is_what_a_crash_leaves(state: Path) -> None:
    log = state / "embedded.db-wal"
    log.write_bytes(log.read_bytes()[:-1500])
    with EmbeddedServer(state) as server, MongoClient(server.uri) as client:
        assert client.d.t.count_documents({}) == 2019


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "embedded.db").mkdir()
    refused = start_again(tmp_path)
    assert refused.returncode == 2
    assert "is to be the database file, but it is a folder" in refused.stderr


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() == 0, reason="no rights bind root")
@pytest.mark.not_on_wine("it lets root write what is marked read-only, as Linux does")
def test_a_file_that_may_not_be_written_is_refused(state: Path) -> None:
    (state / "embedded.db").chmod(stat.S_IREAD)
    refused = start_again(state)
    (state / "embedded.db").chmod(stat.S_IREAD | stat.S_IWRITE)
    assert refused.returncode == 2
    assert "Permission denied. Make it and its folder readable and writable" in refused.stderr


def rewritten(path: Path, statements: str, *values: object) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statements, values)
    connection.commit()
    connection.close()


NOT_BSON = b"\x05\x00\x00\x00\x01"


@pytest.mark.parametrize(
    ("statement", "values", "words"),
    [
        ("UPDATE documents SET body = ? WHERE id = 7", (NOT_BSON,), "document 7 is not as it was"),
        ("UPDATE documents SET body = 'text' WHERE id = 7", (), "document 7 is not as it was"),
        ("UPDATE documents SET id = 70000 WHERE id = 7", (), "document 70000 is not as it was"),
        ("UPDATE documents SET collection = 9 WHERE id = 7", (), "7 belongs to no collection"),
        ("UPDATE collections SET description = ?", (NOT_BSON,), "collection 1 is not as it was"),
        ("DELETE FROM collections", (), "belongs to no collection"),
        ("DROP TABLE documents", (), "no such table: documents"),
    ],
    ids=["body", "type", "number", "collection", "description", "catalogue", "table"],
)
def test_rows_that_are_not_as_they_were_written_are_refused(
    state: Path, statement: str, values: tuple[object, ...], words: str
) -> None:
    rewritten(state / "embedded.db", statement, *values)
    refused = start_again(state)
    assert refused.returncode == 2, refused.stderr
    assert words in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_file_of_the_first_format_is_read_and_sealed(tmp_path: Path) -> None:
    path = tmp_path / "embedded.db"
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE collections (id INTEGER PRIMARY KEY, database TEXT NOT NULL, "
        "name TEXT NOT NULL, description BLOB NOT NULL, UNIQUE (database, name));"
        "CREATE TABLE documents (id INTEGER PRIMARY KEY, collection INTEGER NOT NULL, "
        "body BLOB NOT NULL); PRAGMA application_id = 1299542637; PRAGMA user_version = 1;"
    )
    about = bson.encode({"uuid": bson.Binary(b"1" * 16, 4), "options": {}})
    connection.execute("INSERT INTO collections VALUES (1, 'd', 't', ?)", (about,))
    connection.execute("INSERT INTO documents VALUES (5, 1, ?)", (bson.encode({"_id": 1}),))
    connection.commit()
    connection.close()
    for _ in range(2):
        with Storage(path) as storage:
            collection = Engine(storage).existing("d", "t")
            assert [d for _, d in collection.find({})] == [{"_id": 1}]
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (FORMAT,)
    assert connection.execute("SELECT seal FROM documents").fetchone() != (None,)
    connection.close()
