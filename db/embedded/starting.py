"""Find the embedded database of a folder, or start it so that it outlives whoever started it."""

import subprocess
import sys
import threading
from pathlib import Path

from filelock import FileLock, Timeout

from db.embedded.address import read_address
from db.embedded.asking import ask
from db.embedded.server_commands import PROCESS
from utils.clock import monotonic_s

LOG = "embedded.log"
HISTORY_LIMIT = 200_000
ALREADY_RUNNING = 4
_ROOT = Path(__file__).resolve().parents[2]
_READY_WITHIN_S = 30.0
_LOOK_EVERY_S = 0.03


class CannotStart(Exception):  # noqa: N818 - it says what happened
    """No embedded database could be had; the text says why and what to do."""


def running(state_dir: Path) -> str | None:
    """The address of the server that holds this folder's file, if it answers."""
    state = state_dir.resolve()
    address = read_address(state)
    if address is None:
        return None
    status = ask(address.port, {"serverStatus": 1})
    if status is None or status.get("process") != PROCESS:
        return None
    return address.uri if status.get("file") == str(state / "embedded.db") else None


def stop(state_dir: Path) -> int:
    """Tell the server of this folder to end; its process id, 0 where none answers."""
    state = state_dir.resolve()
    address = read_address(state)
    if address is None or running(state) is None:
        return 0
    ask(address.port, {"shutdown": 1})
    return address.pid


def ensure_running(
    state_dir: Path, *, port: int, python: str, history_limit: int = HISTORY_LIMIT
) -> str:
    """The address of the running server; it is started when nobody did (port 0: any free one)."""
    found = running(state_dir)
    if found is not None:
        return found
    state_dir.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(state_dir / "embedded.starting.lock", timeout=_READY_WITHIN_S):
            state = state_dir.resolve()
            return running(state) or _started(state, _command(state, port, python, history_limit))
    except Timeout as reason:
        text = f"somebody else has been starting the embedded database in {state_dir} for too long"
        raise CannotStart(f"{text}: look into {state_dir / LOG}") from reason


def _command(state: Path, port: int, python: str, history_limit: int) -> list[str]:
    module = [python, "-X", "utf8", "-m", "db.embedded"]
    return [*module, f"--state={state}", f"--port={port}", f"--history-limit={history_limit}"]


def _started(state: Path, command: list[str]) -> str:
    log = state / LOG
    said_before = log.stat().st_size if log.exists() else 0
    child = _spawn(command, log)
    deadline_s = monotonic_s() + _READY_WITHIN_S
    while monotonic_s() < deadline_s:
        found = running(state)
        if found is not None:
            _let_go(child)
            return found
        if _ended_within(child, _LOOK_EVERY_S) and child.returncode != ALREADY_RUNNING:
            raise CannotStart(_last_words(log, said_before, child.returncode))
    _let_go(child)
    raise CannotStart(f"the embedded database did not answer in {_READY_WITHIN_S:g} s: see {log}")


def _ended_within(child: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for the child's end as a way of waiting at all."""
    if child.poll() is not None:
        threading.Event().wait(seconds)
        return True
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _spawn(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        if sys.platform == "win32":
            return _spawn_on_windows(command, output.fileno())
        return subprocess.Popen(
            command,
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


if sys.platform == "win32":

    def _spawn_on_windows(command: list[str], output: int) -> subprocess.Popen[bytes]:
        apart = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        try:
            return _popen(command, output, apart | subprocess.CREATE_BREAKAWAY_FROM_JOB)
        except PermissionError:  # the job we live in lets nobody out
            return _popen(command, output, apart)

    def _popen(command: list[str], output: int, flags: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            creationflags=flags,
        )


def _let_go(child: subprocess.Popen[bytes]) -> None:
    """It outlives us; while we live, its end is noticed so that no zombie is left."""
    threading.Thread(target=child.wait, name="embedded-database-end", daemon=True).start()


def _last_words(log: Path, said_before: int, code: int | None) -> str:
    with log.open("rb") as text:
        text.seek(said_before)
        lines = text.read().decode("utf-8", "replace").splitlines()
    reasons = [line.split(" CRITICAL ", 1)[1] for line in lines if " CRITICAL " in line]
    return reasons[-1] if reasons else f"the embedded database ended with code {code}: see {log}"
