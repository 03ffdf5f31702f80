"""MongoDB's shell for tests: installed once with npm into .tools, then run as a user runs it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock

VERSION = "2.12.0"
ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / ".tools" / f"mongosh-{VERSION}"
INSTALL_WITHIN_S = 420
ANSWER_WITHIN_S = 60
_FEW_TRIES = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000")


class Shell:
    """One mongosh, with a home folder of its own."""

    def __init__(self, node: str, home: Path) -> None:
        self._node = node
        self._home = home
        home.mkdir(parents=True, exist_ok=True)
        _refuse_telemetry(home)

    def run(self, *arguments: str, typed: str | None = None) -> subprocess.CompletedProcess[str]:
        """What mongosh said to these arguments, or to lines typed at its prompt."""
        return subprocess.run(
            [self._node, str(_program()), *arguments],
            input=typed if typed is not None else "",
            capture_output=True,
            timeout=ANSWER_WITHIN_S,
            check=False,
            encoding="utf-8",
            env=self._environment(),
        )

    def node(self, script: str) -> subprocess.CompletedProcess[str]:
        """What a script said to which MongoDB's Node driver is at hand."""
        return subprocess.run(
            [self._node, "-e", script],
            capture_output=True,
            timeout=ANSWER_WITHIN_S,
            check=False,
            encoding="utf-8",
            cwd=FOLDER,
            env=self._environment(),
        )

    def _environment(self) -> dict[str, str]:
        home = str(self._home)
        homes = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), home)
        return {**os.environ, **homes, "NO_COLOR": "1"}


def installed(home: Path) -> Shell:
    """The shell; the test is skipped where it cannot be had."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("mongosh needs node and npm, which are not on this machine")
    FOLDER.parent.mkdir(exist_ok=True)
    with FileLock(FOLDER.with_suffix(".lock"), timeout=INSTALL_WITHIN_S):
        if not _program().exists():
            _install(npm)
    shell = Shell(node, home)
    told = shell.run("--version")
    if told.returncode != 0:
        pytest.skip(f"mongosh {VERSION} does not run with this node: {told.stderr.strip()[-300:]}")
    return shell


def _program() -> Path:
    return FOLDER / "node_modules" / "mongosh" / "bin" / "mongosh.js"


def _install(npm: str) -> None:
    """Into a folder beside, then renamed: a broken install is never taken for a whole one."""
    unfinished = FOLDER.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    unfinished.mkdir()
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", *_FEW_TRIES]
    command = [npm, "install", f"--prefix={unfinished}", *quiet, f"mongosh@{VERSION}"]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=INSTALL_WITHIN_S, check=False, encoding="utf-8"
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not install mongosh within {INSTALL_WITHIN_S} s")
    if done.returncode != 0:
        pytest.skip(f"npm could not install mongosh: {done.stderr.strip()[:300]}")
    unfinished.rename(FOLDER)


def _refuse_telemetry(home: Path) -> None:
    for folder in (home / ".mongodb" / "mongosh", home / "mongodb" / "mongosh"):
        folder.mkdir(parents=True, exist_ok=True)
        words = '{"enableTelemetry": false, "disableGreetingMessage": true}'
        (folder / "config").write_text(words, "utf-8")
