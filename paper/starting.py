"""Finds the paper broker of a state folder, or starts it as a process that outlives the caller."""

import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from filelock import FileLock, Timeout

from paper.address import Address, published
from paper.admin import Admin, AdminError
from utils.clock import monotonic_s

READY_WITHIN_S: Final = 30.0
LOOK_EVERY_S: Final = 0.02
ANSWER_WITHIN_S: Final = 5.0
STARTING_LOCK: Final = "paper.starting.lock"
ALREADY_SERVED: Final = 3
"""Exit code of a server that finds another one serving its folder: that one is awaited."""
LOG_FILE: Final = "paper.log"
LOG_TAIL_CHARS: Final = 2_000
PRODUCT: Final = Path(__file__).resolve().parent.parent


class PaperBrokerError(Exception):
    """The paper broker could not be started; the text says why and where to look."""


class _Wanted(msgspec.Struct, frozen=True, kw_only=True):
    state_dir: Path
    command: tuple[str, ...]

    @property
    def log(self) -> Path:
        """Where the server's output goes."""
        return self.state_dir / LOG_FILE


def ensure_running(  # noqa: PLR0913 - the server's own command line
    state_dir: Path,
    *,
    port: int = 0,
    ticks: Sequence[Path] = (),
    speed: float = 1.0,
    stamps: str = "live",
    seed: int = 0,
    python: str = sys.executable,
) -> Address:
    """The address of the running server, which is started if there is none.

    A running server keeps the tape it was started with; of two callers at once one starts it.
    """
    state_dir = state_dir.resolve()
    running = answering(state_dir)
    if running is not None:
        return running
    options = ("--port", str(port), "--speed", str(speed), "--stamps", stamps, "--seed", str(seed))
    files = ("--ticks", *(str(path.resolve()) for path in ticks)) if ticks else ()
    command = (python, "-m", "paper", "--state", str(state_dir), *options, *files)
    return _start_once(_Wanted(state_dir=state_dir, command=command))


def answering(state_dir: Path) -> Address | None:
    """The server of this folder, if it answers and is the one the file speaks of."""
    address = published(state_dir)
    if address is None:
        return None
    try:
        with Admin(address.host, address.port, within_s=ANSWER_WITHIN_S) as admin:
            status = admin.status()
    except (OSError, AdminError):
        return None
    return address if status["instance"] == address.instance else None


def _start_once(wanted: _Wanted) -> Address:
    wanted.state_dir.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(wanted.state_dir / STARTING_LOCK).acquire(timeout=READY_WITHIN_S):
            return answering(wanted.state_dir) or _start(wanted)
    except Timeout as waited:
        raise PaperBrokerError(
            f"another process has been starting the paper broker in {wanted.state_dir} "
            f"for {READY_WITHIN_S:.0f} s; see {wanted.log}"
        ) from waited


def _start(wanted: _Wanted) -> Address:
    child = _spawn(wanted)
    deadline = monotonic_s() + READY_WITHIN_S
    while monotonic_s() < deadline:
        address = answering(wanted.state_dir)
        if address is not None:
            _leave_alone(child)
            return address
        if child.poll() not in (None, ALREADY_SERVED):
            raise PaperBrokerError(_obituary(wanted, child.returncode))
        threading.Event().wait(LOOK_EVERY_S)
    child.kill()
    child.wait()
    raise PaperBrokerError(
        f"the paper broker in {wanted.state_dir} did not answer within {READY_WITHIN_S:.0f} s; "
        f"see {wanted.log}"
    )


def _leave_alone(child: "subprocess.Popen[bytes]") -> None:
    """It lives on without us: somebody must still collect it if it dies before we do."""
    threading.Thread(target=child.wait, daemon=True, name="paper broker's end").start()


def _obituary(wanted: _Wanted, returncode: int) -> str:
    tail = wanted.log.read_text(encoding="utf-8", errors="replace")[-LOG_TAIL_CHARS:].strip()
    return f"the paper broker ended with code {returncode} at its start ({wanted.log}):\n{tail}"


def _spawn(wanted: _Wanted) -> "subprocess.Popen[bytes]":
    """Out of our console, group and job, so that nothing that ends us ends it."""
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        try:
            return _run(wanted, flags | subprocess.CREATE_BREAKAWAY_FROM_JOB)
        except PermissionError:  # the job we are in lets nobody out: then it ends with the job
            return _run(wanted, flags)
    return _run(wanted, 0)


def _run(wanted: _Wanted, flags: int) -> "subprocess.Popen[bytes]":
    with wanted.log.open("ab") as log:
        return subprocess.Popen(
            wanted.command,
            cwd=PRODUCT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            creationflags=flags,
            start_new_session=True,  # Windows ignores it; the flags do the same there
        )
