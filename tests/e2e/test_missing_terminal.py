"""Accounts of MetaTrader 5 on a Windows without a terminal: what a person reads, and what goes on.

MetaTrader's own module is asked; it waits 100 s for whatever program it could start, so the only
programs here are such as cannot be started.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from tests.machine import MASTER, SLAVE, Machine
from tests.typist import ROOT
from tests.wine import PATIENCE
from utils.os_signals import ask_to_stop

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(120),
    pytest.mark.skipif(find_spec("MetaTrader5") is None, reason="MetaTrader5 is for Windows only"),
]

SAID_WITHIN_S = 60
NODE = str(ROOT / "nodes" / "slave.py")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """One for all: each test adds accounts of its own, and leaves nothing running."""
    made = Machine(tmp_path_factory.mktemp("machine"))
    try:
        made.set_up()
        yield made
    finally:
        made.end()


def add(machine: Machine, name: str, path: str, **more: Any) -> None:
    """An account like the sample slave, but on a terminal of MetaTrader's."""
    with machine.records() as database:
        document = database["accounts"].find_one({"name": SLAVE}, {"_id": 0, "paper": 0})
        assert document is not None
        mine = {"name": name, "terminal": "mt5", "path": path}
        database["accounts"].insert_one(document | mine | more)


def damaged_terminal(machine: Machine, folder: str) -> str:
    """A file by a terminal's name that Windows cannot start."""
    program = machine.folder / folder / "terminal64.exe"
    program.parent.mkdir()
    program.write_text("not a program", encoding="utf-8")
    return str(program)


def test_a_node_by_hand_says_wanted_found_and_what_to_do(machine: Machine) -> None:
    login = {"login": 77, "server": "Apex-Live", "password": "${NOT_SET_ANYWHERE}"}
    add(machine, "Nowhere", "C:\\nowhere\\terminal64.exe", **login)
    typed = machine.type_(NODE, "--name", "Nowhere")
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
    add(machine, "Mt5_Slave", damaged_terminal(machine, "first"))
    node = machine.start(NODE, "--name", "Mt5_Slave", console="Mt5_Slave.txt")
    for words in (
        "connecting; a terminal that has to be started first may take 100 s",
        "found a file that Windows cannot start",
        "Process create failed",
        "Correct `path`, or install that terminal anew.",
    ):
        machine.says(words, SAID_WITHIN_S, "Mt5_Slave.txt")
    ask_to_stop(node.pid)
    assert node.wait(15 * PATIENCE) == 0
    assert "Traceback" not in machine.said("Mt5_Slave.txt")


def test_the_others_of_a_swarm_go_on(machine: Machine) -> None:
    add(machine, "Damaged", damaged_terminal(machine, "second"))
    add(machine, "Uninstalled", "C:\\gone\\terminal64.exe")
    launcher = machine.launch()
    for words in (
        f"{MASTER}: ready",
        f"{SLAVE}: ready",
        "Uninstalled: ALARM Uninstalled: path: wanted MetaTrader 5's terminal64.exe, found nothing",
        "Damaged: ALARM terminal: wanted ",
        "found a file that Windows cannot start",
    ):
        machine.says(words, SAID_WITHIN_S)
    rows = machine.status()
    ready = [rows[name]["ready"] for name in (MASTER, SLAVE, "Damaged", "Uninstalled")]
    assert ready == [True, True, False, False]
    ask_to_stop(launcher.pid)
    assert launcher.wait(30 * PATIENCE) == 0
    log = (machine.state / "logs" / "launcher.log").read_text("utf-8")
    assert "nodes_not_held_together" not in log
    assert "Traceback" not in machine.said()
