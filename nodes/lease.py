"""One node per account and per terminal: two OS locks, held for the process's life."""

import contextlib
import errno
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from filelock import FileLock, Timeout

_FOLDER_MODE: Final = 0o1777  # any user makes files here, and removes only his own
_FILE_MODE: Final = 0o666  # any user may hold the lock after any other


class LeaseRefusedError(Exception):
    """Somebody else runs this account or this terminal, or nobody can say."""


class Lease:
    """Both locks of one node. They end with the process, however it ends, and are never timed."""

    def __init__(self, locks: tuple[FileLock, ...]) -> None:
        self._locks = locks

    @classmethod
    def take(cls, folder: Path, *, login: int, server: str, data_path: str) -> Self:
        """Both locks, or LeaseRefusedError naming the holder. `folder` is one per machine."""
        account = f"account {login} at {server}"
        wanted = {
            account: _place(folder, "account", f"{login}\0{server}"),
            f"terminal {data_path}": _place(folder, "terminal", _same_spelling(data_path)),
        }
        with contextlib.ExitStack() as undo, _explained(folder):
            _make_folder(folder)
            locks = tuple(_lock(what, place, undo) for what, place in wanted.items())
            for place in wanted.values():
                _sign(place)
            undo.pop_all()
        return cls(locks)

    def release(self) -> None:
        """Give both locks back; the end of the process does the same."""
        for lock in self._locks:
            lock.release()


def _place(folder: Path, kind: str, name: str) -> Path:
    return folder / f"{kind}-{sha256(name.encode()).hexdigest()}.lock"


def _same_spelling(path: str) -> str:
    """Windows tells apart neither case nor the two kinds of slash."""
    return os.path.normcase(os.path.normpath(path))


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(PermissionError):  # its maker has done this already
        folder.chmod(_FOLDER_MODE)


def _lock(what: str, place: Path, undo: contextlib.ExitStack) -> FileLock:
    # Not thread-local: the lock is the process's, whichever thread looks at it. Never the soft
    # kind: a file that merely exists outlives its maker.
    lock = FileLock(place, timeout=0, mode=_FILE_MODE, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise LeaseRefusedError(_held_elsewhere(what, place)) from None
    undo.callback(lock.release)
    return lock


def _held_elsewhere(what: str, place: Path) -> str:
    return (
        f"wanted to be the only node on {what}, found that {_holder(place)} is (lock {place}): "
        "stop that process first, or correct `path`, `login` and `server` in the account's document"
    )


def _holder(place: Path) -> str:
    try:
        return f"process {_signature(place).read_text(encoding='utf-8')}"
    except OSError:
        return "a process that left no name"


def _sign(place: Path) -> None:
    """Beside the lock, not in it: Windows lets nobody else read a file that is locked."""
    signature = _signature(place)
    try:
        signature.write_text(str(os.getpid()), encoding="utf-8")
    except OSError as fault:
        if fault.errno != errno.ENOSPC:  # a name is worth less than a close on a full disk
            raise
    with contextlib.suppress(PermissionError):  # another user's file, which he opened to all
        signature.chmod(_FILE_MODE)


def _signature(place: Path) -> Path:
    return place.with_suffix(".pid")


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as found:
        raise LeaseRefusedError(
            f"wanted to lock files in {folder}, found {found!r}: "
            "let every user of this machine who runs nodes write to that folder"
        ) from found
