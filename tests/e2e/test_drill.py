"""`launcher.py drill` as a person runs it; and on a build that was broken on purpose."""

import json
import os
import shutil
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
from decisions.damage_found import DamageKind
from tests.waiting import eventually
from tests.wine import PATIENCE
from utils.os_signals import kill, new_process_group_kwargs

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(200)]

ROOT = Path(__file__).resolve().parents[2]
#: An order whose outcome nobody knows is looked for 60 s, and then only given up.
ENDS_WITHIN_S = 170.0 * PATIENCE
#: Kills everybody once, and plans no order whose outcome stays unknown: that is looked for 60 s.
SOON_SETTLED = ("--seed", "2005", "--slaves", "3")
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "tests", "docs", "bench", "state")


class Drill:
    """One run of the command; its temporary folder is ours, so that leftovers are found."""

    def __init__(self, folder: Path, *words: str, product: Path = ROOT) -> None:
        self.folder = folder
        self.json = folder / "drill.json"
        self._product = product
        self._words = ("--json", str(self.json), *words)
        self._lines: list[str] = []

    def __enter__(self) -> Self:
        temporary = {name: str(self.folder) for name in ("TMPDIR", "TEMP", "TMP")}
        self.process = subprocess.Popen(
            [sys.executable, "launcher.py", "--no-setup", "drill", *self._words],
            cwd=self._product,
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

    def damage(self) -> dict[str, int]:
        figures = self.figures()
        return {kind.value: figures[kind.value] for kind in DamageKind if figures[kind.value]}

    def left(self) -> list[psutil.Process]:
        """Whatever still runs in, or for, this drill's folder, but for the command itself."""
        return [p for p in psutil.process_iter() if p.pid != self.process.pid and self._is_ours(p)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            state = process.environ().get("MURMURATION_STATE", "")
            return state.startswith(str(self.folder)) or any(
                str(self.folder) in word for word in process.cmdline() if word != str(self.json)
            )
        except psutil.Error:
            return False


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path.resolve() / "drill"
    made.mkdir()
    return made


def broken_build(folder: Path, file: str, honest: str, broken: str) -> Path:
    """The product with one line changed."""
    product = folder.parent / "product"
    shutil.copytree(ROOT, product, ignore=LEFT_OUT)
    text = (product / file).read_text("utf-8")
    assert text.count(honest) == 1, f"{file}: wanted {honest!r} once"
    (product / file).write_text(text.replace(honest, broken), "utf-8")
    return product


def test_twenty_seconds_of_chaos_do_no_damage_and_leave_nothing_behind(folder: Path) -> None:
    with Drill(folder, *SOON_SETTLED, "--seconds", "20") as drill:
        code = drill.wait()
        assert (code, drill.damage()) == (0, {}), drill.said
        figures = drill.figures()
        assert figures["converged"], drill.said
        assert figures["signals_sent"] >= 40
        assert sum(figures["kills_by_victim"].values()) >= 4
        assert len(figures["faults_by_kind"]) >= 15
        assert figures["time_to_converge_s"]["samples"] >= 15
        assert figures["had_to_be_killed"] == []
        assert drill.left() == []
        # The locks on blocks of ports are the machine's, and stay.
        left = {path.name for path in folder.iterdir()} - {LOCKS.name}
        assert left == {"drill.json"}


def test_a_build_that_sends_an_open_again_after_a_timeout_is_found_out(folder: Path) -> None:
    product = broken_build(
        folder,
        "terminal/retcodes.py",
        "Retcode.TIMEOUT: Row(Reaction.UNKNOWN",
        "Retcode.TIMEOUT: Row(Reaction.NEW_PRICE",
    )
    words = ("--seed", "1233", "--slaves", "3", "--seconds", "12", "--kills", "0")
    with Drill(folder, *words, product=product) as drill:
        code = drill.wait()
        assert code == 1, drill.said
        assert drill.damage()["opens_doubled"] >= 1, drill.said
        assert "DAMAGE" in drill.said
        assert drill.left() == []


def test_a_default_that_the_user_edited_is_not_taken_for_damage(folder: Path) -> None:
    edited = ("DEFAULT_MAGIC_NUMBER = 234000", "DEFAULT_MAGIC_NUMBER = 555")
    product = broken_build(folder, "config.py", *edited)
    words = (*SOON_SETTLED, "--seconds", "2", "--kills", "0")
    with Drill(folder, *words, product=product) as drill:
        assert drill.wait() == 0, drill.said
        assert drill.figures()["verdicts"]["copied"] >= 1


def test_ctrl_c_ends_everything_and_tells_what_was_seen(folder: Path) -> None:
    with Drill(folder, "--seed", "2", "--seconds", "60") as drill:
        eventually(lambda: " s  kill " in drill.said, 60)
        if sys.platform == "win32":
            drill.process.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            os.killpg(drill.process.pid, signal.SIGINT)
        assert drill.wait(30 * PATIENCE) == 0, drill.said
        assert "cut short by Ctrl+C" in drill.said
        assert drill.figures()["interrupted"]
        assert drill.left() == []


def test_what_cannot_be_drilled_is_said_before_anything_starts(folder: Path) -> None:
    with Drill(folder, "--seconds", "0") as drill:
        assert drill.wait(30 * PATIENCE) == 2
        assert "above 0" in drill.said
    with Drill(folder, "--json", str(folder)) as drill:
        assert drill.wait(30 * PATIENCE) == 2
        assert "--json: wanted a file, found a folder" in drill.said


@pytest.mark.parametrize(
    ("file", "honest", "broken"),
    [
        pytest.param(
            "decisions/gates.py", "return first_filtered(fact, now)", "return None", id="filters"
        ),
        pytest.param(
            "decisions/gates.py",
            "if windows is None or is_open(windows, now.local_times):",
            "if windows is None or is_open(windows, now.local_times) or windows:",
            id="hours",
        ),
    ],
)
def test_a_build_that_does_not_heed_its_documents_is_found_out(
    folder: Path, file: str, honest: str, broken: str
) -> None:
    product = broken_build(folder, file, honest, broken)
    words = ("--seed", "1", "--seconds", "12", "--kills", "0")
    with Drill(folder, *words, product=product) as drill:
        code = drill.wait()
        assert code == 1, drill.said
        assert drill.damage().keys() == {"copied_wrong"}, drill.said
