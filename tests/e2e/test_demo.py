"""`launcher.py demo` as a person runs it: real processes, judged by the brokers' own books."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import pytest

from commands.staging.ports import LOCKS
from paper.address import Address, published
from tests.client_copies import fresh_client
from tests.waiting import eventually
from tests.wine import PATIENCE
from utils.clock import monotonic_s
from utils.os_signals import kill, new_process_group_kwargs

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(90)]

ROOT = Path(__file__).resolve().parents[2]
SLAVES = ("Apex_Slave_01", "Harbor_Slave_01", "Union_Slave_01")
ENDS_WITHIN_S = 40.0 * PATIENCE


class Demo:
    """One run of the command; its temporary folder is ours, so that leftovers are found."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        self.json = folder / "out.json"
        self._words = ("--seed", "3", "--json", str(self.json), *words)
        self._lines: list[str] = []

    def __enter__(self) -> Self:
        temporary = {name: str(self.folder) for name in ("TMPDIR", "TEMP", "TMP")}
        self.process = subprocess.Popen(
            [sys.executable, "launcher.py", "--no-setup", "demo", *self._words],
            cwd=ROOT,
            env={**os.environ, **temporary, "PYTHONIOENCODING": "utf-8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            **new_process_group_kwargs(),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait(10)
        for process in self.left():
            kill(process.pid)
        self._reader.join(10)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self._lines.extend(self.process.stdout)

    @property
    def said(self) -> str:
        return "".join(self._lines)

    def wait(self, within_s: float = ENDS_WITHIN_S) -> int:
        code = self.process.wait(within_s)
        self._reader.join(10)
        return code

    def figures(self) -> Any:
        return json.loads(self.json.read_text("utf-8"))

    def pids_of(self, name: str) -> list[int]:
        found = re.findall(rf"{name}: .*\(process (\d+)\)", self.said)
        return list(dict.fromkeys(int(pid) for pid in found if int(pid)))

    def copies_of(self, name: str) -> int:
        return len(re.findall(rf"{name}: Position\w+ \S+ copied", self.said))

    def left(self) -> list[psutil.Process]:
        """Whatever still runs in, or for, this demo's folder, but for the command itself."""
        return [p for p in psutil.process_iter() if p.pid != self.process.pid and self._is_ours(p)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            state = process.environ().get("MURMURATION_STATE", "")
            return state.startswith(str(self.folder)) or any(
                str(self.folder) in word for word in process.cmdline() if word != str(self.json)
            )
        except psutil.Error:
            return False


def ctrl_c(process: "subprocess.Popen[str]") -> None:
    """As the console does it: to the whole group."""
    if sys.platform == "win32":
        process.send_signal(signal.CTRL_BREAK_EVENT)
    else:
        os.killpg(process.pid, signal.SIGINT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path.resolve()


def test_the_demo_copies_everything_and_leaves_nothing_behind(folder: Path) -> None:
    with Demo(folder, "--seconds", "12") as demo:
        code = demo.wait()
        assert code == 0, demo.said
        assert "mismatches: 0" in demo.said
        figures = demo.figures()
        assert figures["mismatches"] == 0
        assert figures["signals"] >= 12
        assert figures["latency_ms"]["samples"] >= 12
        assert all(figures["accounts"][name]["copies_matched"] > 0 for name in SLAVES), figures
        assert figures["killed"] == []
        assert demo.left() == []
        assert {path.name for path in folder.iterdir()} - {LOCKS.name} == {"out.json"}


def test_ctrl_c_ends_every_process_within_five_seconds_and_prints_the_summary(folder: Path) -> None:
    with Demo(folder, "--seconds", "60") as demo:
        eventually(lambda: all(demo.copies_of(name) for name in SLAVES), 40)
        asked_s = monotonic_s()
        ctrl_c(demo.process)
        code = demo.wait(10 * PATIENCE)
        took_s = monotonic_s() - asked_s
        assert (code, demo.figures()["mismatches"]) == (0, 0), demo.said
        assert took_s < 5 * PATIENCE, demo.said
        assert "cut short by Ctrl+C" in demo.said
        assert demo.left() == []


def test_ctrl_c_during_the_start_ends_everything_as_well(folder: Path) -> None:
    with Demo(folder, "--seconds", "60") as demo:
        eventually(lambda: "Setting up" in demo.said, 10)
        asked_s = monotonic_s()
        ctrl_c(demo.process)
        assert demo.wait(10 * PATIENCE) == 0, demo.said
        assert monotonic_s() - asked_s < 5 * PATIENCE, demo.said
        assert demo.left() == []


def test_a_killed_slave_comes_back_and_the_others_do_not_notice(folder: Path) -> None:
    with Demo(folder, "--seconds", str(16 * PATIENCE)) as demo:
        eventually(lambda: all(demo.copies_of(name) for name in SLAVES), 40)
        (victim,) = demo.pids_of(SLAVES[0])
        copied_before = demo.copies_of(SLAVES[1])
        assert kill(victim)
        eventually(lambda: demo.copies_of(SLAVES[1]) > copied_before, 10)
        eventually(lambda: len(demo.pids_of(SLAVES[0])) == 2, 15)
        assert demo.wait() == 0, demo.said
        figures = demo.figures()
        assert figures["mismatches"] == 0, demo.said
        assert figures["restarts"][SLAVES[0]] == 1
        assert figures["restarts"][SLAVES[1]] == 0
        assert demo.left() == []


def test_a_copy_without_a_master_is_found_in_the_brokers_books(folder: Path) -> None:
    with Demo(folder, "--seconds", "6") as demo:
        eventually(lambda: demo.copies_of(SLAVES[0]), 40)
        (state,) = folder.glob("murmuration-demo-*/state/paper")
        place = published(state)
        assert place is not None
        buy_by_hand(place, "demo-apex-slave-01")
        assert demo.wait() == 1, demo.said
        (found,) = demo.figures()["mismatch_list"]
        assert (found["kind"], found["slave"]) == ("copy without a master", SLAVES[0])
        assert f"{SLAVES[0]}, master's position 12345: copy without a master" in demo.said
        assert demo.left() == []


def buy_by_hand(place: Address, path: str) -> None:
    """A trade that carries our marks and copies nothing."""
    terminal = fresh_client()
    terminal._connect_to(place.host, place.port)
    assert terminal.initialize(path), terminal.last_error()
    request = {
        "action": terminal.TRADE_ACTION_DEAL, "symbol": "EURUSD.c", "volume": 0.1,
        "type": terminal.ORDER_TYPE_BUY, "price": terminal.symbol_info_tick("EURUSD.c").ask,
        "deviation": 1000, "type_filling": terminal.ORDER_FILLING_FOK,
        "magic": 234000 * 10**12 + 1, "comment": "12345",
    }  # fmt: skip
    result = terminal.order_send(request)
    assert result.retcode == terminal.TRADE_RETCODE_DONE, result
    terminal.shutdown()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(("--slaves", "0"), "wanted 1 to 200", id="nobody copies"),
        pytest.param(("--ticks", "nowhere.csv"), "nowhere.csv", id="ticks that are not there"),
        pytest.param(("--json", "."), "found a folder", id="figures into a folder"),
    ],
)
def test_a_wrong_wish_is_refused_before_anything_starts(
    folder: Path, words: tuple[str, ...], told: str
) -> None:
    with Demo(folder, *words) as demo:
        assert demo.wait() == 2
        assert told in demo.said
        assert list(folder.iterdir()) == []
