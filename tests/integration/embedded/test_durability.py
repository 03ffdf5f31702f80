"""Races, crashes, starts and stops of the real process."""

import socket
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import DuplicateKeyError, PyMongoError

from db.embedded.address import Address, read_address, write_address
from db.embedded.asking import ask
from db.embedded.starting import CannotStart, ensure_running, running, stop
from tests.embedded_server import ROOT, EmbeddedServer
from tests.waiting import eventually
from tests.wine import PATIENCE
from utils.os_signals import resume, suspend

pytestmark = pytest.mark.integration
Client = MongoClient[dict[str, Any]]


def test_of_eight_racers_one_gets_the_unique_key(shared_server: EmbeddedServer) -> None:
    with MongoClient(shared_server.uri) as client:
        collection = client.races.unique
        collection.create_index("leg", unique=True)

        def race(leg: int) -> bool:
            try:
                collection.insert_one({"leg": leg})
            except DuplicateKeyError:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            wins = list(pool.map(race, [leg for leg in range(50) for _ in range(8)]))
        assert wins.count(True) == 50
        assert collection.count_documents({}) == 50


def test_each_job_is_claimed_once_and_no_increment_is_lost(shared_server: EmbeddedServer) -> None:
    with MongoClient(shared_server.uri) as client:
        jobs, counters = client.races.jobs, client.races.counters
        jobs.insert_many([{"_id": i, "owner": None} for i in range(100)])

        def claim_all(owner: int) -> list[int]:
            mine: list[int] = []
            change = {"$set": {"owner": owner}}
            while (job := jobs.find_one_and_update({"owner": None}, change)) is not None:
                mine.append(job["_id"])
                counters.update_one({"_id": "n"}, {"$inc": {"n": 1}}, upsert=True)
            return mine

        with ThreadPoolExecutor(8) as pool:
            claimed = [job for mine in pool.map(claim_all, range(8)) for job in mine]
        assert sorted(claimed) == list(range(100))
        assert counters.find_one() == {"_id": "n", "n": 100}


def test_a_kill_loses_nothing_that_was_acknowledged(server: EmbeddedServer) -> None:
    acknowledged: list[tuple[int, int]] = []
    with MongoClient(server.uri, serverSelectionTimeoutMS=500) as client:

        def write(writer: int) -> None:
            for number in range(10_000):
                try:
                    client.crash.t.insert_one({"_id": f"{writer}-{number}", "n": 0})
                    client.crash.t.update_one({"_id": f"{writer}-{number}"}, {"$set": {"n": 1}})
                except PyMongoError:
                    return
                acknowledged.append((writer, number))

        with ThreadPoolExecutor(4) as pool:
            writers = [pool.submit(write, writer) for writer in range(4)]
            eventually(lambda: len(acknowledged) > 300, 20)
            server.kill()
            for writer in writers:
                writer.result(20)
    server.start()
    with MongoClient(server.uri) as client:
        stored = {d["_id"]: d["n"] for d in client.crash.t.find()}
    lost = [key for writer, number in acknowledged if stored.get(key := f"{writer}-{number}") != 1]
    assert lost == []
    assert len(stored) <= len(acknowledged) + 4


def test_a_restart_keeps_documents_indexes_and_rules(server: EmbeddedServer) -> None:
    rules = {"$jsonSchema": {"required": ["a"]}}
    with MongoClient(server.uri) as client:
        client.keep.create_collection("t", validator=rules)
        client.keep.t.create_index("a", unique=True)
        client.keep.t.insert_many([{"_id": i, "a": i} for i in range(5)])
        client.keep.t.delete_one({"_id": 3})
        client.keep.gone.insert_one({})
        client.keep.drop_collection("gone")
    assert server.ask_to_stop() == 0
    server.start()
    with MongoClient(server.uri) as client:
        assert [d["_id"] for d in client.keep.t.find()] == [0, 1, 2, 4]
        assert client.keep.list_collection_names() == ["t"]
        with pytest.raises(DuplicateKeyError):
            client.keep.t.insert_one({"a": 4})
        with pytest.raises(PyMongoError, match="failed validation"):
            client.keep.t.insert_one({"b": 1})


@pytest.mark.posix_only("a detached process gets no terminate signal on Windows: it is killed")
def test_a_terminate_signal_ends_it_cleanly(server: EmbeddedServer) -> None:
    with MongoClient(server.uri) as client:
        client.t.t.insert_one({"_id": 1})
        assert server.terminate() == 0
    assert "ended, everything written" in server.log.read_text("utf-8")


def start_again(state: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "db.embedded", "--state", str(state), "--port", "0"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=20 * PATIENCE,
        check=False,
    )


def test_a_second_process_on_the_same_folder_is_refused(server: EmbeddedServer) -> None:
    second = start_again(server.state)
    assert second.returncode == 4
    assert "another embedded database is running" in second.stderr
    assert ask(server.port, {"ping": 1}) == {"ok": 1.0}


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        ("PRAGMA application_id = 1299542637; PRAGMA user_version = 99;", "has format 99"),
        ("CREATE TABLE other (a);", "of another program"),
    ],
    ids=["newer", "foreign"],
)
def test_a_file_it_does_not_know_is_refused(tmp_path: Path, statements: str, words: str) -> None:
    connection = sqlite3.connect(tmp_path / "embedded.db")
    connection.executescript(statements)
    connection.close()
    before = (tmp_path / "embedded.db").read_bytes()
    refused = start_again(tmp_path)
    assert refused.returncode == 2
    assert words in refused.stderr
    assert (tmp_path / "embedded.db").read_bytes() == before


def test_a_broken_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "embedded.db").write_bytes(b"no database at all, but long enough " * 200)
    refused = start_again(tmp_path)
    assert refused.returncode == 2
    assert "cannot use the database file" in refused.stderr


def test_callers_at_once_start_one_server(tmp_path: Path) -> None:
    state = tmp_path / "state"
    try:
        with ThreadPoolExecutor(4) as pool:
            starts = [
                pool.submit(ensure_running, state, port=0, python=sys.executable) for _ in range(4)
            ]
            uris = {start.result(40) for start in starts}
        assert len(uris) == 1
        assert ensure_running(state, port=0, python=sys.executable) == uris.pop()
        log = (state / "embedded.log").read_text("utf-8")
        assert log.count("ready on") == 1
    finally:
        end(state)


def end(state: Path) -> None:
    uri = running(state)
    if uri is not None:
        ask(int(uri.rstrip("/").rsplit(":", 1)[1]), {"shutdown": 1})
        eventually(lambda: running(state) is None, 10)


def test_a_port_somebody_else_uses_is_named(shared_server: EmbeddedServer, tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=f"port {shared_server.port} on 127.0.0.1 .* another"):
        ensure_running(tmp_path / "state", port=shared_server.port, python=sys.executable)


def test_a_server_that_hangs_is_named_soon_instead_of_being_waited_for(tmp_path: Path) -> None:
    """A launcher that starts meanwhile has nodes to adopt."""
    state = tmp_path / "state"
    with EmbeddedServer(state):
        address = read_address(state)
        assert address is not None
        suspend(address.pid)
        try:
            with pytest.raises(CannotStart, match=f"process {address.pid} that holds it and does"):
                ensure_running(state, port=0, python=sys.executable)
        finally:
            resume(address.pid)


def test_a_stale_address_does_not_stop_a_start(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with EmbeddedServer(state) as server:
        server.kill()
    assert (state / "embedded.json").exists()
    try:
        uri = ensure_running(state, port=0, python=sys.executable)
        assert running(state) == uri
    finally:
        end(state)


def test_an_address_that_leads_to_another_server_is_not_believed(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    """A stale address whose port, or process id, somebody else has by now."""
    state = tmp_path / "other"
    state.mkdir()
    (state / "embedded.json").write_bytes((server.state / "embedded.json").read_bytes())
    assert running(state) is None
    assert stop(state) == 0
    try:
        uri = ensure_running(state, port=0, python=sys.executable)
        assert uri != server.uri
        assert ask(server.port, {"ping": 1}) == {"ok": 1.0}
    finally:
        end(state)


def test_an_address_that_leads_to_no_database_is_not_believed(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        write_address(tmp_path, Address(1, port, f"mongodb://127.0.0.1:{port}/"))
        assert running(tmp_path) is None


@pytest.mark.parametrize(
    "held_by",
    [
        ["PRAGMA locking_mode = EXCLUSIVE", "BEGIN IMMEDIATE"],
        ["SELECT count(*) FROM documents"],
    ],
    ids=["alone", "reading now and then"],
)
def test_a_file_another_program_holds_is_refused(tmp_path: Path, held_by: list[str]) -> None:
    with EmbeddedServer(tmp_path) as server:
        assert server.ask_to_stop() == 0
    holder = sqlite3.connect(tmp_path / "embedded.db", isolation_level=None)
    for statement in held_by:
        holder.execute(statement).fetchall()
    files = sorted(path.name for path in tmp_path.glob("embedded.db*"))
    refused = start_again(tmp_path)
    assert sorted(path.name for path in tmp_path.glob("embedded.db*")) == files
    holder.close()
    assert refused.returncode == 2
    assert "Another process holds it" in refused.stderr


def test_the_file_of_a_running_server_is_closed_to_other_programs(server: EmbeddedServer) -> None:
    other = sqlite3.connect(server.state / "embedded.db", timeout=0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("SELECT count(*) FROM documents")
    other.close()


def test_a_first_start_that_broke_off_does_not_stop_the_next(tmp_path: Path) -> None:
    (tmp_path / "embedded.db.new").write_bytes(b"half of a new file")
    with EmbeddedServer(tmp_path) as server:
        assert ask(server.port, {"ping": 1}) == {"ok": 1.0}


def test_a_restart_says_why_the_last_run_ended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = "1 INFO ready on x\n2 CRITICAL cannot write the database file y: disk full\n"
    (tmp_path / "embedded.log").write_text(log, "utf-8")
    try:
        ensure_running(tmp_path, port=0, python=sys.executable)
    finally:
        end(tmp_path)
    assert "is started again. It said: cannot write the database file y: disk full" in caplog.text


def test_a_long_log_begins_anew_and_is_kept_beside(tmp_path: Path) -> None:
    log = tmp_path / "embedded.log"
    log.write_text("old words\n" * 600_000, "utf-8")
    try:
        ensure_running(tmp_path, port=0, python=sys.executable)
    finally:
        end(tmp_path)
    assert "old words" not in log.read_text("utf-8")
    assert "ready on" in log.read_text("utf-8")
    assert (tmp_path / "embedded.log.1").read_text("utf-8").startswith("old words")
