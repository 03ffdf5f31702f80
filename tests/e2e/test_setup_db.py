"""`python setup_db.py`, as a person types it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from commands.cli import PIPE_CLOSED
from db.clients import opened
from db.embedded.address import read_address
from tests.choosy_server import ChoosyServer, refuses_validators
from tests.integration.stores.conftest import Server
from tests.wine import PATIENCE

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "state")
    yield made
    made.kill()


def run(server: Server, tmp_path: Path, **other: str) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {
        "MURMURATION_STATE": str(server.state),
        "EMBEDDED_DB_PORT": str(server.port),
        "PYTHONUTF8": "1",
        **other,
    }
    return subprocess.run(
        [sys.executable, str(ROOT / "setup_db.py"), "--no-setup"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60 * PATIENCE,
        check=False,
    )


def test_a_second_run_says_that_nothing_was_changed(server: Server, tmp_path: Path) -> None:
    server.start()
    first = run(server, tmp_path, MONGO_URI=server.uri)
    assert first.returncode == 0, first.stderr
    assert "added account FTMO_Master on paper" in first.stdout
    assert "python launcher.py" in first.stdout
    second = run(server, tmp_path, MONGO_URI=server.uri)
    assert second.returncode == 0, second.stderr
    assert "nothing was changed" in second.stdout
    assert "FTMO_Master is there and stays as it is" in second.stdout


def test_a_database_that_does_not_answer_is_said_and_nothing_is_left_running(
    server: Server, tmp_path: Path
) -> None:
    failed = run(server, tmp_path, MONGO_URI=f"mongodb://user:hunter2@127.0.0.1:{server.port}")
    assert failed.returncode == 2
    assert "wanted a MongoDB" in failed.stderr
    assert "Start it, or correct MONGO_URI" in failed.stderr
    assert "hunter2" not in failed.stderr + failed.stdout
    address = read_address(server.state)
    assert address is None or not psutil.pid_exists(address.pid)


def test_wrong_settings_are_all_told_at_once(server: Server, tmp_path: Path) -> None:
    failed = run(server, tmp_path, ZMQ_PUB_PORT="x", LOG_LEVEL="loud")
    assert failed.returncode == 2
    assert "ZMQ_PUB_PORT" in failed.stderr
    assert "LOG_LEVEL" in failed.stderr


def test_a_state_folder_that_cannot_be_made_is_said_by_the_name_of_its_setting(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    failed = run(server, tmp_path, MURMURATION_STATE=str(tmp_path / "file" / "state"))
    assert failed.returncode == 2
    assert failed.stderr.startswith("MURMURATION_STATE: wanted a folder that can be written")
    assert "set MURMURATION_STATE to another folder" in failed.stderr


def test_a_reader_that_leaves_early_ends_it_quietly(server: Server, tmp_path: Path) -> None:
    environ = os.environ | {
        "MURMURATION_STATE": str(server.state),
        "EMBEDDED_DB_PORT": str(server.port),
    }
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "setup_db.py"), "--no-setup"],
        cwd=tmp_path,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(30 * PATIENCE) == PIPE_CLOSED


def test_a_person_sees_what_was_kept_and_that_nobody_checks_documents(
    server: Server, tmp_path: Path
) -> None:
    server.start()
    old = {
        "name": "Old",
        "type": "SLAVE",
        "path": "x",
        "note": "call Bob",
        "maxLot": 1,
        "pwd": "hunter2",
    }
    with ChoosyServer(server.port, refuses_validators) as choosy:
        with opened(choosy.uri, "prop_copy_trader") as database:
            database["accounts"].insert_one(dict(old))
        first = run(server, tmp_path, MONGO_URI=choosy.uri)
        second = run(server, tmp_path, MONGO_URI=choosy.uri)
    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    assert "  Old: note is kept as legacy.note; it has no effect here" in first.stdout
    assert "note" not in second.stdout
    assert "Everything was in place; nothing was changed." in second.stdout
    for told in (first.stdout, second.stdout):
        assert "this database refuses validators" in told
        assert "The nodes check every account document themselves" in told
        assert "TO DO: Old: maxLot" in told
        assert "Did you mean max_lot?" in told
        assert "TO DO: Old: pwd" in told
        assert "hunter2" not in told
