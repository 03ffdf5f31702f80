"""Finding what runs on this machine: nodes of a crashed launcher, and a terminal by its program."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.policies import Role
from nodes.supervisor import left_behind
from nodes.supervisor.pid_file import NodeEntry
from nodes.supervisor.terminals import end_program
from tests.waiting import eventually
from utils.os_signals import born

pytestmark = pytest.mark.integration

NODE = "import sys; print('here', flush=True); sys.stdin.read()"
SLEEPS = ("ping", "-t", "127.0.0.1") if sys.platform == "win32" else ("sleep", "60")


class Room:
    """Starts programs, and sees them to their end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.script = folder / "slave.py"
        self.script.write_text(NODE, encoding="utf-8")
        self.started: list[subprocess.Popen[str]] = []

    def node(self, name: str, **environ: str) -> "subprocess.Popen[str]":
        """One that has begun to run."""
        words = [sys.executable, str(self.script), "--no-setup", f"--name={name}"]
        node = self.starts(words, env=os.environ | environ, stdin=subprocess.PIPE)
        assert node.stdout is not None
        assert node.stdout.readline() == "here\n"
        return node

    def launched(self, name: str) -> "subprocess.Popen[str]":
        """As a launcher starts it."""
        environ = {"MURMURATION_STATE": str(self.state), "MURMURATION_CONTROL": "tcp://here"}
        return self.node(name, **environ)

    def starts(self, words: list[str], **more: object) -> "subprocess.Popen[str]":
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, **more)  # type: ignore[call-overload]
        self.started.append(process)
        return process

    def found(self) -> dict[str, NodeEntry]:
        return left_behind.find(self.state, {Role.SLAVE: str(self.script)})

    def leave(self) -> None:
        for process in self.started:
            process.kill()
            process.wait(10)
            for stream in filter(None, (process.stdin, process.stdout)):
                stream.close()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    made.leave()


def test_a_node_that_no_file_names_is_found(room: Room) -> None:
    node = room.launched("My Slave")
    birth = born(node.pid)
    assert birth is not None
    assert room.found() == {"My Slave": NodeEntry(role="SLAVE", pid=node.pid, birth=birth)}


def test_a_node_of_another_swarm_or_started_by_hand_is_left_alone(room: Room) -> None:
    room.node("S1", MURMURATION_STATE=str(room.folder), MURMURATION_CONTROL="tcp://here")
    room.node("S2", MURMURATION_STATE=str(room.state), MURMURATION_CONTROL="")
    assert room.found() == {}


def copied(room: Room, folder: str) -> Path:
    program = shutil.which(SLEEPS[0])
    assert program is not None
    there = room.folder / folder / "terminal64.exe"
    there.parent.mkdir()
    shutil.copy(program, there)
    return there


@pytest.mark.not_on_wine("it cannot tell which program a process runs")
def test_a_terminal_is_ended_by_its_path_and_no_other(room: Room) -> None:
    hung, other = copied(room, "Apex"), copied(room, "FTMO")
    mine, theirs = (room.starts([*SLEEPS], executable=str(path)) for path in (hung, other))
    eventually(lambda: born(mine.pid) and born(theirs.pid))
    assert end_program(str(hung.parent / ".." / "Apex" / "terminal64.exe")) == 1
    assert born(mine.pid) is None
    assert theirs.poll() is None
    assert end_program(str(hung)) == 0
