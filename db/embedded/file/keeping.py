"""What is said when the file takes no more writes."""

import sqlite3
from pathlib import Path

from db.embedded.errors import Refusal

_OUT_OF_DISK_SPACE, _UNKNOWN_ERROR = 14031, 8


class CommitFailed(Exception):  # noqa: N818 - it says what happened
    """The file took no more writes; memory is ahead of it, so the server ends."""

    def __init__(self, path: Path, reason: Exception) -> None:
        self.nothing_was_stored = _is_full(reason)
        self.refusal = _refusal(path, reason)
        super().__init__(self.refusal.message)


def _refusal(path: Path, reason: Exception) -> Refusal:
    found = f"cannot write the database file {path}: {reason}"
    if _is_full(reason):
        text = (
            f"{found}. Nothing of this was stored, and the embedded database has ended. Make room "
            "on its disk; it is started again by the next command or node that needs it."
        )
        return Refusal(_OUT_OF_DISK_SPACE, text)
    text = (
        f"{found}. This was not confirmed, and the embedded database has ended. Look at the disk "
        "and the rights to the file, start again, and see what is there before you repeat it."
    )
    return Refusal(_UNKNOWN_ERROR, text)


def _is_full(reason: Exception) -> bool:
    return bool(getattr(reason, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL)
