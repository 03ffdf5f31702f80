"""One command after the other while no launcher runs: each ends the database it had to start."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from commands.accounts.answer import Refused
from commands.swarm_database import launcher_runs
from config import Config

PATIENCE_S = 30.0


@contextmanager
def my_turn(config: Config) -> Iterator[None]:
    """Wait for whoever is at work; beside a launcher, which keeps the database, nobody waits."""
    if launcher_runs(config) or not config.state.is_dir():
        yield
        return
    lock = FileLock(config.state / "accounts.lock", timeout=PATIENCE_S)
    try:
        lock.acquire()
    except Timeout as fault:
        raise Refused(
            f"Another `accounts` command has been at work in {config.state} for {PATIENCE_S:g} s. "
            "Answer its question or end it, then try again."
        ) from fault
    try:
        yield
    finally:
        lock.release()
