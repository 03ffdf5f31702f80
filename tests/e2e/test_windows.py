"""What a person meets on Windows and nowhere else."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from commands.staging.processes import remaining
from tests.wine import on_wine
from utils.os_signals import ask_to_stop, born, kill, new_process_group_kwargs

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "win32", reason="speaks of Windows alone"),
]

ROOT = Path(__file__).resolve().parents[2]


def typed(
    folder: Path, *words: str, python: tuple[str, ...] = (sys.executable,)
) -> "subprocess.CompletedProcess[bytes]":
    environ = os.environ | {"MURMURATION_STATE": str(folder / "state")}
    environ.pop("PYTHONUTF8", None)
    return subprocess.run(
        [*python, *words], cwd=folder, env=environ, capture_output=True, timeout=120, check=False
    )


@pytest.mark.skipif(
    importlib.util.find_spec("venv") is not None, reason="this Python can make environments"
)
def test_a_fresh_clone_with_the_zip_of_python_is_told_to_take_the_installer(
    tmp_path: Path,
) -> None:
    for name in ("launcher.py", "first_start.py"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "commands", tmp_path / "commands")
    (tmp_path / "requirements.txt").write_text("never-there==1.0\n", encoding="utf-8")
    told = typed(tmp_path, "launcher.py", "status")
    assert told.returncode == 2
    assert b"lacks venv or ensurepip" in told.stderr
    assert b"the installer of https://www.python.org/downloads/, not the zip" in told.stderr


def test_every_command_tells_of_itself_into_a_pipe_of_the_machines_own_encoding(
    tmp_path: Path,
) -> None:
    told = typed(tmp_path, str(ROOT / "launcher.py"), "--no-setup", "--help")
    assert told.returncode == 0, told.stderr
    assert b"swarm" in told.stdout


@pytest.mark.skipif(not on_wine(), reason="only there do we know to have opened the console")
def test_the_process_behind_the_console_is_none_of_a_demo(tmp_path: Path) -> None:
    children = psutil.Process().children()
    assert [child for child in children if "conhost" in " ".join(child.cmdline())]
    assert not [left for left in remaining((), tmp_path) if "conhost" in " ".join(left.cmdline())]


OBSERVER = """
import sys
from tests.wine import on_wine
from utils.os_signals import StopRequest
with StopRequest(wakeup=True) as stop:
    print("ready", flush=True)
    import select
    select.select([stop.waitable], [], [], 30)
    print("asked", stop.times, flush=True)
"""


def test_ctrl_break_reaches_the_process_named_and_no_other() -> None:
    def start() -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-c", OBSERVER],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            **new_process_group_kwargs(),
        )

    with start() as first, start() as second:
        assert first.stdout is not None
        assert second.stdout is not None
        assert first.stdout.readline().split() == second.stdout.readline().split() == [b"ready"]
        assert ask_to_stop(first.pid, born(first.pid))
        assert first.stdout.readline().split() == [b"asked", b"1"]
        assert first.wait(10) == 0
        assert second.poll() is None
        assert kill(second.pid)
