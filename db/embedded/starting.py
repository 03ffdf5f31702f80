"""Find the embedded database of a folder, or start it so that it outlives whoever started it."""

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from db.embedded.address import PROCESS, Address, read_address
from db.embedded.asking import ask
from utils.clock import monotonic_s

logger = logging.getLogger(__name__)

LOG = "embedded.log"
HISTORY_LIMIT = 200_000
CANNOT_START, TAKES_NO_WRITES, ALREADY_RUNNING = 2, 3, 4
_MEANING = {
    CANNOT_START: "could not start",
    TAKES_NO_WRITES: "ended because its file takes no more writes (is the disk full?)",
}
_LOG_END_BYTES = 64 * 1024
_LONG_LOG_BYTES = 5 * 1024 * 1024
_ROOT = Path(__file__).resolve().parents[2]
_READY_WITHIN_S = 120.0  # a million documents take a while to be read
_SILENT_FOR_S = 5.0
_LOOK_EVERY_S = 0.03


class CannotStart(Exception):  # noqa: N818 - it says what happened
    """No embedded database could be had; the text says why and what to do."""


def running(state_dir: Path) -> str | None:
    """The address of the server that holds this folder's file, if it answers."""
    found = _answering(state_dir.resolve())
    return found.uri if found else None


def _answering(state: Path) -> Address | None:
    """As the server itself says: its file may be stale, and its port another's by now."""
    address = read_address(state)
    if address is None:
        return None
    status = ask(address.port, {"serverStatus": 1})
    if status is None or status.get("process") != PROCESS:
        return None
    pid = status.get("pid")
    if status.get("file") != str(state / "embedded.db") or not isinstance(pid, int):
        return None
    return Address(int(pid), address.port, address.uri)


def stop(state_dir: Path) -> int:
    """Tell the server of this folder to end; its process id, 0 where none answers."""
    found = _answering(state_dir.resolve())
    if found is None:
        return 0
    ask(found.port, {"shutdown": 1})
    return found.pid


def why_it_ended(state_dir: Path) -> str:
    """The last words of the server that ran in this folder last; empty where it said none."""
    log = state_dir / LOG
    if not log.exists():
        return ""
    since_ready = ""
    for line in _lines_of(log, max(0, log.stat().st_size - _LOG_END_BYTES)):
        if " INFO ready on " in line:
            since_ready = ""
        since_ready = _critical(line) or since_ready
    return since_ready


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
    _tell_why_it_ended(state)
    _put_aside(log)
    said_before = log.stat().st_size if log.exists() else 0
    child = _spawn(command, log)
    deadline_s = monotonic_s() + _READY_WITHIN_S
    told_off = False
    while monotonic_s() < deadline_s:
        found = running(state)
        if found is not None:
            _let_go(child)
            return found
        if not _ended_within(child, _LOOK_EVERY_S):
            continue
        if child.returncode != ALREADY_RUNNING:
            raise CannotStart(_last_words(log, said_before, child.returncode))
        if not told_off:
            told_off, deadline_s = True, monotonic_s() + _SILENT_FOR_S
    _let_go(child)
    if told_off:
        raise CannotStart(_silent(state))
    raise CannotStart(f"the embedded database did not answer in {_READY_WITHIN_S:g} s: see {log}")


def _silent(state: Path) -> str:
    """Somebody has the file, and does not answer."""
    address = read_address(state)
    who = "a process" if address is None else f"process {address.pid}"
    return (
        f"wanted the embedded database in {state}, found {who} that holds it and does not answer. "
        "If it hangs, end it; the next start takes its place."
    )


def _put_aside(log: Path) -> None:
    """A long log begins anew; the one before it stays beside it."""
    if not log.exists() or log.stat().st_size < _LONG_LOG_BYTES:
        return
    try:
        log.replace(log.with_name(f"{log.name}.1"))
    except OSError as reason:  # on Windows somebody may be reading it
        logger.warning("%s is long and could not be put aside: %s", log, reason)


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


def _tell_why_it_ended(state: Path) -> None:
    reason = why_it_ended(state)
    if reason:
        logger.warning("the embedded database in %s is started again. It said: %s", state, reason)


def _last_words(log: Path, said_before: int, code: int | None) -> str:
    reasons = [said for line in _lines_of(log, said_before) if (said := _critical(line))]
    if reasons:
        return reasons[-1]
    # On a full disk the log has no room for reasons either.
    meaning = _MEANING.get(code or 0, f"ended with code {code}")
    return f"the embedded database {meaning}: see {log}, and whether its disk has room"


def _lines_of(log: Path, start: int) -> Iterator[str]:
    with log.open("rb") as text:
        text.seek(start)
        for line in text:
            yield line.decode("utf-8", "replace").rstrip()


def _critical(line: str) -> str:
    return line.partition(" CRITICAL ")[2]
