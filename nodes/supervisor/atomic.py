"""Files that a reader finds whole or not at all."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

logger = logging.getLogger(__name__)

DAMAGED = (msgspec.MsgspecError, ValueError, RecursionError)
"""What decoding raises; a byte that is no UTF-8 is a ValueError."""

TRIES = 100
BETWEEN_TRIES_S = 0.01


class KeptFile:
    """A file that follows its content; where it cannot, as on a full disk, as soon as it can.

    Nothing that is only remembered is worth ending a swarm for.
    """

    def __init__(self, path: Path) -> None:
        """Nothing is written yet."""
        self._path = path
        self._written = b""
        self._behind = False

    def keep(self, content: bytes) -> None:
        """Write what is not written yet."""
        if content == self._written:
            return
        try:
            write_whole(self._path, content)
        except OSError as fault:
            if not self._behind:
                logger.warning("file_not_kept", extra={"path": str(self._path), "why": str(fault)})
            self._behind = True
            return
        self._written, self._behind = content, False


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
