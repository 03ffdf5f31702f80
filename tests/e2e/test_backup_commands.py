"""`launcher.py backup`, `restore` and `migrate`, as a person types them."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from tests.integration.stores.conftest import Server
from tests.machine import MASTER, READY_WITHIN_S, SLAVE, Machine
from tests.typist import ROOT
from tests.waiting import eventually
from tests.wine import PATIENCE

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

SAMPLES = [SLAVE, MASTER]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """With the two samples in the embedded database."""
    (tmp_path / "one").mkdir()
    made = Machine(tmp_path / "one")
    try:
        made.set_up()
        yield made
    finally:
        made.end()


@pytest.fixture
def new_machine(tmp_path: Path) -> Iterator[Machine]:
    (tmp_path / "two").mkdir()
    made = Machine(tmp_path / "two", chosen=False)
    yield made
    made.end()


def accounts(machine: Machine) -> list[str]:
    return sorted(machine.status())


def test_a_swarm_goes_to_a_new_machine_in_one_file(machine: Machine, new_machine: Machine) -> None:
    file = machine.folder / "swarm.murmuration"
    kept = machine.command("backup", str(file))
    assert kept.returncode == 0, kept.stderr
    assert "accounts: 2" in kept.stdout
    brought = new_machine.command("restore", str(file), "--into", "embedded")
    assert brought.returncode == 0, brought.stderr
    assert "restored and compared" in brought.stdout
    assert accounts(new_machine) == accounts(machine) == SAMPLES


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "mongodb")
    made.start()
    yield made
    made.kill()


def test_a_swarm_moves_to_a_mongodb_and_back(machine: Machine, server: Server) -> None:
    machine.environ["MONGO_URI"] = server.uri
    there = machine.command("migrate", "--to", "mongodb")
    assert there.returncode == 0, there.stderr
    assert "moved and compared: mongodb database" in there.stdout
    assert accounts(machine) == SAMPLES
    back = machine.command("migrate", "--to", "embedded")
    assert back.returncode == 0, back.stderr
    assert "unset it" in back.stdout
    del machine.environ["MONGO_URI"]
    assert accounts(machine) == SAMPLES


def test_only_backup_works_while_a_launcher_does(machine: Machine) -> None:
    machine.launch()
    eventually((machine.state / "run" / "nodes.json").exists, READY_WITHIN_S)
    kept = machine.command("backup", "--keep", "3")
    assert kept.returncode == 0, kept.stderr
    file = next((machine.state / "backups").iterdir())
    for words in (("restore", str(file), "--replace"), ("migrate", "--to", "mongodb")):
        refused = machine.command(*words)
        assert refused.returncode == 2
        assert "found one running. Stop it first" in refused.stderr
    machine.stop()
    _age_reports(machine)
    restored = machine.command("restore", str(file), "--replace")
    assert restored.returncode == 0, restored.stderr


def _age_reports(machine: Machine) -> None:
    """Of nodes that reported just now a command makes sure for six seconds that they ended."""
    machine.start_database()
    with machine.records() as database:
        database["nodes"].update_many({}, {"$set": {"sent_at": datetime(2026, 1, 1, tzinfo=UTC)}})


@pytest.mark.posix_only("Ctrl+C goes to a whole console there")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["restore", "FILE", "--replace"], "Stopped. Nothing was changed."),
        (["migrate", "--to", "mongodb"], "Stopped. The swarm lives in the embedded database."),
    ],
    ids=["restore", "migrate"],
)
def test_ctrl_c_says_where_the_swarm_lives(
    machine: Machine, server: Server, words: list[str], told: str
) -> None:
    file = machine.folder / "kept"
    assert machine.command("backup", str(file)).returncode == 0
    machine.start_database()
    with machine.records() as database:
        # A node that reported just now has the command look for six seconds whether it goes on.
        database["nodes"].insert_one({"name": SLAVE, "sent_at": datetime.now(UTC)})
    machine.environ["MONGO_URI"] = server.uri
    typed = [str(file) if word == "FILE" else word for word in words]
    command = subprocess.Popen(
        [sys.executable, str(ROOT / "launcher.py"), "--no-setup", *typed],
        cwd=machine.folder,
        env=machine.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    eventually(lambda: _is_held(machine.state / "database.lock"), 20)
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=30 * PATIENCE)
    assert (command.returncode, told in said) == (130, True), said
    assert accounts(machine) == SAMPLES


def _is_held(path: Path) -> bool:
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True


def test_where_no_swarm_ever_was_there_is_nothing_to_back_up_or_move(new_machine: Machine) -> None:
    for words in (("backup",), ("migrate", "--to", "embedded")):
        refused = new_machine.command(*words)
        assert refused.returncode == 2
        assert "No swarm was ever set up" in refused.stderr
