"""`database.json`: which database was chosen on this machine, and by which ids it is known."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
from filelock import FileLock, Timeout

MONGODB = "mongodb"
EMBEDDED = "embedded"
MEMORY = "database.json"
CHOOSING_WITHIN_S = 30.0
MOST_TRIES = 100
TRY_AGAIN_AFTER_S = 0.01


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """What was chosen at the first start. `move` names the last migration begun from here."""

    kind: Annotated[str, msgspec.Meta(pattern=f"^({MONGODB}|{EMBEDDED})$")]
    swarm_ids: tuple[str, ...]
    database_name: str = ""
    move: str = ""


class DatabaseFault(Exception):  # noqa: N818 - it says what happened
    """There is no database to begin with, or nobody can say which."""


def recall(state: Path) -> Remembered | None:
    """What was chosen before; None at a first start."""
    path = state / MEMORY
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Remembered)
    except (msgspec.MsgspecError, ValueError, RecursionError) as fault:
        raise DatabaseFault(
            f"{path}: wanted which database was chosen, found something else ({fault}). "
            "Restore the file; without it nobody knows which database is the right one."
        ) from fault


def remember(state: Path, chosen: Remembered) -> None:
    """Write the choice so that a crash leaves the old one or the new one."""
    state.mkdir(parents=True, exist_ok=True)
    fresh = state / f"{MEMORY}.new"
    with fresh.open("wb") as file:
        file.write(msgspec.json.encode(chosen))
        file.flush()
        os.fsync(file.fileno())
    for _ in range(MOST_TRIES):
        try:
            fresh.replace(state / MEMORY)
        except PermissionError:  # on Windows while somebody reads the old one
            threading.Event().wait(TRY_AGAIN_AFTER_S)
        else:
            return
    fresh.replace(state / MEMORY)


@contextmanager
def sole_chooser(state: Path, within_s: float = CHOOSING_WITHIN_S) -> Iterator[None]:
    """Nobody else finds, remembers or changes the choice while the block lasts."""
    state.mkdir(parents=True, exist_ok=True)
    lock = FileLock(state / "database.lock", timeout=within_s)
    try:
        lock.acquire()
    except Timeout as fault:
        raise DatabaseFault(
            f"database: wanted to see which one {state} uses, found that another command has been "
            f"at it for {within_s:g} s (a `restore` or `migrate`?). Wait for its end."
        ) from fault
    try:
        yield
    finally:
        lock.release()
