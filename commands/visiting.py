"""The embedded server while no launcher runs: the first command starts it, the last one ends it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from commands.swarm_at_work import launcher_runs
from config import Config
from db.embedded.address import read_address
from db.embedded.starting import running, stop
from db.journal_in_use import accounts_at_work
from utils.randomness import token

ENDS_WITHIN_S = 10.0
DOOR_PATIENCE_S = 30.0
STARTED = "started-by-a-command"


@contextmanager
def visit(config: Config) -> Iterator[None]:
    """A server that starts in here stays while anybody is in here, of any process."""
    if not config.state.is_dir():  # nothing was ever set up there, and looking makes nothing
        yield
        return
    hall = config.state / "run" / "visitors"
    hall.mkdir(parents=True, exist_ok=True)
    mine = FileLock(hall / f"{os.getpid()}-{token(4)}.lock")
    with _door(hall):
        mine.acquire()
        if running(config.state) is None:
            (hall / STARTED).touch()
    try:
        yield
    finally:
        with _door(hall):
            _leave(mine, hall, config)


def _door(hall: Path) -> FileLock:
    return FileLock(hall / "door.lock", timeout=DOOR_PATIENCE_S)


def _leave(mine: FileLock, hall: Path, config: Config) -> None:
    mine.release()
    Path(mine.lock_file).unlink(missing_ok=True)
    if _others(hall, mine) or not (hall / STARTED).exists():
        return
    (hall / STARTED).unlink()
    if not launcher_runs(config) and not accounts_at_work(config.state):
        _end(config.state)


def _others(hall: Path, mine: FileLock) -> list[Path]:
    """Visitors who are still there; what a killed one left is cleared away."""
    left = [path for path in hall.glob("*-*.lock") if path != Path(mine.lock_file)]
    return [path for path in left if not _cleared(path)]


def _cleared(path: Path) -> bool:
    try:
        with FileLock(path, timeout=0):
            pass
    except Timeout:
        return False
    path.unlink(missing_ok=True)
    return True


def _end(state: Path) -> None:
    """The file is free again when this returns: what comes next may need it."""
    pid = stop(state) if read_address(state) is not None else 0
    if pid and psutil.pid_exists(pid):
        psutil.wait_procs([psutil.Process(pid)], ENDS_WITHIN_S)
