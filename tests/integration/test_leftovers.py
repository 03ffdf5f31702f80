"""What a demo or a drill that was killed has left is ended by the next one; a living one is not."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.staging.leftovers import KEPT, OWNED, clear_leftovers, disown, own
from tests.waiting import eventually

pytestmark = pytest.mark.integration

OWNER = """
import sys, time
from pathlib import Path
from commands.staging.leftovers import own
lock = own(Path(sys.argv[1]), keep=sys.argv[2] == "keep")
print("owned", flush=True)
time.sleep(60)
"""
Processes = list["subprocess.Popen[str]"]


@pytest.fixture
def started() -> Iterator[Processes]:
    made: Processes = []
    yield made
    for process in made:
        process.kill()
        process.communicate()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path.resolve() / "murmuration-drill-abc"
    made.mkdir()
    return made


def owner_of(folder: Path, word: str, started: Processes) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", OWNER, str(folder), word]
    owner = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    started.append(owner)
    assert owner.stdout is not None
    assert owner.stdout.readline() == "owned\n"
    return owner


def one_of_the_swarm(folder: Path, started: Processes) -> "subprocess.Popen[str]":
    environment = {**os.environ, "MURMURATION_STATE": str(folder / "state")}
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    started.append(subprocess.Popen(command, env=environment, text=True))
    return started[-1]


@pytest.mark.parametrize("word", ["remove", "keep"])
def test_what_a_killed_owner_left_is_ended(folder: Path, started: Processes, word: str) -> None:
    owner, node = owner_of(folder, word, started), one_of_the_swarm(folder, started)
    assert clear_leftovers("drill", folder.parent) == []
    assert clear_leftovers("demo", folder.parent) == []
    assert node.poll() is None
    owner.kill()
    owner.wait(10)
    assert clear_leftovers("drill", folder.parent) == [folder]
    assert eventually(lambda: node.poll() is not None, 5)
    assert folder.exists() is (word == "keep")
    assert clear_leftovers("drill", folder.parent) == []


@pytest.mark.parametrize(("keep", "name"), [(True, KEPT), (False, OWNED)])
def test_a_world_that_was_ended_in_order_is_nobodys_leftover(
    folder: Path,
    keep: bool,
    name: str,
) -> None:
    lock = own(folder, keep=keep)
    assert (folder / name).exists()
    disown(lock)
    assert clear_leftovers("drill", folder.parent) == []
    assert folder.exists()
