"""Ends what a demo or a drill that was killed left behind, as it could not do so itself."""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from commands.staging.processes import everybody_of
from utils import os_signals

#: Held for its owner's life, which the operating system sees to; the second: its folder is kept.
OWNED, KEPT = "owner.lock", "owner-keeps.lock"
#: A launcher may start a node while its nodes are being ended.
ROUNDS = 3
GONE_WITHIN_S = 2.0


def own(folder: Path, *, keep: bool) -> FileLock:
    """From now on the folder has an owner who lives."""
    lock = FileLock(folder / (KEPT if keep else OWNED))
    lock.acquire()
    return lock


def disown(lock: FileLock) -> None:
    """It was ended in order: whatever stays, stays on purpose."""
    lock.release()
    Path(lock.lock_file).unlink(missing_ok=True)


def clear_leftovers(purpose: str, among: Path | None = None) -> list[Path]:
    """End everybody of worlds whose owner is gone; the folders they were in."""
    place = (among or Path(tempfile.gettempdir())).resolve()
    locks = (
        path for name in (OWNED, KEPT) for path in place.glob(f"murmuration-{purpose}-*/{name}")
    )
    return [path.parent for path in sorted(locks) if _cleared(path)]


def _cleared(path: Path) -> bool:
    try:
        with FileLock(path, timeout=0):
            _end_everybody(path.parent)
    except (Timeout, OSError):  # it lives, or it is somebody's whose files are closed to us
        return False
    path.unlink(missing_ok=True)
    if path.name == OWNED:
        shutil.rmtree(path.parent, ignore_errors=True)
    return True


def _end_everybody(folder: Path) -> None:
    for _ in range(ROUNDS):
        left = everybody_of(folder)
        for pid in left:
            os_signals.kill(pid)
        psutil.wait_procs(_processes(left), timeout=GONE_WITHIN_S)


def _processes(pids: set[int]) -> list[psutil.Process]:
    found = []
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            found.append(psutil.Process(pid))
    return found
