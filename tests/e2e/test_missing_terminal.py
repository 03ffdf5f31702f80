"""Accounts of MetaTrader 5 on a Windows without a terminal: what a person reads, and what goes on.

MetaTrader's own module is asked; it waits 100 s for whatever program it could start, so the only
programs here are such as cannot be started.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import config
from db.clients import opened
from db.connecting import adopt
from db.embedded.starting import ensure_running, stop
from db.remembered import EMBEDDED, Remembered, remember
from nodes.supervisor import pid_file
from paper.address import published
from tests.ports import free_ports
from tests.typist import ROOT, Typist
from tests.waiting import eventually
from utils.os_signals import ask_to_stop, born, kill, new_process_group_kwargs

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(120),
    pytest.mark.skipif(find_spec("MetaTrader5") is None, reason="MetaTrader5 is for Windows only"),
]

MASTER, SLAVE = "FTMO_Master", "Apex_Slave_01"


class Machine(Typist):
    """A state folder and ports of its own, set up with the two samples, and no terminal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.started: list[subprocess.Popen[str]] = []
        control, database, paper, signals, *_further_masters = free_ports(8)
        environ = {name: value for name, value in os.environ.items() if name != "MONGO_URI"}
        self.environ = environ | {
            "MURMURATION_STATE": str(self.state),
            "MURMURATION_LEASES": str(folder / "leases"),
            "CONTROL_PORT": str(control),
            "EMBEDDED_DB_PORT": str(database),
            "PAPER_PORT": str(paper),
            "ZMQ_PUB_PORT": str(signals),
            "PYTHONUTF8": "1",
        }
        # Whatever MongoDB runs on this machine is somebody's, and stays untouched.
        remember(self.state, Remembered(kind=EMBEDDED, swarm_ids=()))
        adopt(config.load(self.environ))
        self.database = ensure_running(self.state, port=0, python=sys.executable)
        done = self.type_(str(ROOT / "setup_db.py"), "--no-setup")
        assert done.returncode == 0, done.stderr

    def add(self, name: str, path: str, **more: Any) -> None:
        """An account like the sample slave, but on a terminal of MetaTrader's."""
        with opened(self.database, "prop_copy_trader") as database:
            document = database["accounts"].find_one({"name": SLAVE}, {"_id": 0, "paper": 0})
            assert document is not None
            mine = {"name": name, "terminal": "mt5", "path": path}
            database["accounts"].insert_one(document | mine | more)

    def damaged_terminal(self, folder: str) -> str:
        """A file by a terminal's name that Windows cannot start."""
        program = self.folder / folder / "terminal64.exe"
        program.parent.mkdir()
        program.write_text("not a program", encoding="utf-8")
        return str(program)

    def start(self, *words: str) -> subprocess.Popen[str]:
        self.console.unlink(missing_ok=True)
        with self.console.open("a", encoding="utf-8") as out:
            process = subprocess.Popen(
                [sys.executable, *words],
                cwd=self.folder,
                env=self.environ,
                stdout=out,
                stderr=out,
                text=True,
                **new_process_group_kwargs(),
            )
        self.started.append(process)
        return process

    @property
    def console(self) -> Path:
        return self.folder / "console.txt"

    def says(self, words: str) -> None:
        eventually(lambda: words in self.console.read_text("utf-8"), 60)

    def end(self) -> None:
        for process in self.started:
            process.kill()
            process.wait(10)
        left = pid_file.read(self.state)
        for node in () if left is None else left.nodes.values():
            kill(node.pid, node.birth)
        paper = published(self.state / "paper")
        if paper is not None:
            kill(paper.pid)
        pid = stop(self.state)
        eventually(lambda: born(pid) is None, 10)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """One for all: each test adds accounts of its own, and leaves nothing running."""
    made = Machine(tmp_path_factory.mktemp("machine"))
    yield made
    made.end()


def test_a_node_by_hand_says_wanted_found_and_what_to_do(machine: Machine) -> None:
    login = {"login": 77, "server": "Apex-Live", "password": "${NOT_SET_ANYWHERE}"}
    machine.add("Nowhere", "C:\\nowhere\\terminal64.exe", **login)
    typed = machine.type_(str(ROOT / "nodes" / "slave.py"), "--name", "Nowhere")
    assert typed.returncode == 2
    assert "Traceback" not in typed.stderr
    for words in (
        "Nowhere: cannot run.\n",
        "path: wanted MetaTrader 5's terminal64.exe, found nothing at C:\\nowhere\\terminal64.exe. "
        "Correct the path to terminal64.exe.",
        "wanted the environment variable NOT_SET_ANYWHERE, found none. Set NOT_SET_ANYWHERE where",
    ):
        assert words in typed.stderr


def test_a_node_by_hand_tells_why_it_waits_and_stops_when_asked(machine: Machine) -> None:
    machine.add("Mt5_Slave", machine.damaged_terminal("first"))
    node = machine.start(str(ROOT / "nodes" / "slave.py"), "--name", "Mt5_Slave")
    machine.says("connecting; a terminal that has to be started first may take 100 s")
    machine.says("found a file that Windows cannot start")
    machine.says("Process create failed")
    machine.says("Correct `path`, or install that terminal anew.")
    ask_to_stop(node.pid)
    assert node.wait(15) == 0
    assert "Traceback" not in machine.console.read_text("utf-8")


def test_the_others_of_a_swarm_go_on(machine: Machine) -> None:
    machine.add("Damaged", machine.damaged_terminal("second"))
    machine.add("Uninstalled", "C:\\gone\\terminal64.exe")
    launcher = machine.start(str(ROOT / "launcher.py"), "--no-setup")
    for words in (
        f"{MASTER}: ready",
        f"{SLAVE}: ready",
        "Uninstalled: ALARM Uninstalled: path: wanted MetaTrader 5's terminal64.exe, found nothing",
        "Damaged: ALARM terminal: wanted ",
        "found a file that Windows cannot start",
    ):
        machine.says(words)
    told = machine.command("status", "--json")
    rows = {row["name"]: row for row in json.loads(told.stdout)}
    ready = [rows[name]["ready"] for name in (MASTER, SLAVE, "Damaged", "Uninstalled")]
    assert ready == [True, True, False, False]
    ask_to_stop(launcher.pid)
    assert launcher.wait(30) == 0
    log = (machine.state / "logs" / "launcher.log").read_text("utf-8")
    assert "nodes_not_held_together" not in log
    assert "Traceback" not in machine.console.read_text("utf-8")
