"""Files that a reader finds whole or not at all."""

import threading
from collections.abc import Callable
from pathlib import Path

TRIES = 100
BETWEEN_TRIES_S = 0.01


def write_whole(path: Path, content: bytes) -> None:
    """The new content, or, after a crash, the old."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(path.suffix + ".new")
    fresh.write_bytes(content)
    _insist(lambda: fresh.replace(path))


def remove(path: Path) -> None:
    """Nothing is to be read here any more."""
    _insist(lambda: path.unlink(missing_ok=True))


def _insist(action: Callable[[], object]) -> None:
    """On Windows a file that somebody reads at this instant can be neither replaced nor removed."""
    for _ in range(TRIES):
        try:
            action()
        except PermissionError:
            threading.Event().wait(BETWEEN_TRIES_S)
        else:
            return
    action()
