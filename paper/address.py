"""Where a running paper broker is found: one small file in its state folder."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

ADDRESS_FILE: Final = "paper.json"
READERS_AWAITED: Final = 200
READER_S: Final = 0.01


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A running paper broker."""

    pid: int
    port: int
    pub_port: int
    instance: str
    state_dir: str
    host: str = "127.0.0.1"


def publish(address: Address) -> None:
    """Write it so that a reader sees all of it or nothing."""
    path = Path(address.state_dir) / ADDRESS_FILE
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(address))
    _insist(lambda: fresh.replace(path))


def withdraw(address: Address) -> None:
    """Nobody is to be looked for here any more."""
    path = Path(address.state_dir) / ADDRESS_FILE
    _insist(lambda: path.unlink(missing_ok=True))


def _insist(action: Callable[[], object]) -> None:
    """On Windows a file that somebody reads at this instant can be neither replaced nor removed."""
    for _ in range(READERS_AWAITED):
        with contextlib.suppress(PermissionError):
            action()
            return
        threading.Event().wait(READER_S)
    action()


def published(state_dir: Path) -> Address | None:
    """What the file says; None if there is none or it cannot be read."""
    try:
        return msgspec.json.decode((state_dir / ADDRESS_FILE).read_bytes(), type=Address)
    except (OSError, msgspec.DecodeError, ValueError, RecursionError):
        return None
