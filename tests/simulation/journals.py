"""A node's real journal, on a disk that can be full, and lose its newest pages in a power cut."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from db.journal import Journal
from domain.records import JournalUnwritable, Record

PARTS = ("", "-wal")


class Disk:
    """Where one node's journal lies."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name}.sqlite"
        self._kept = folder / f"{name}.kept"
        self.is_full = False

    def keep_what_is_safe(self) -> None:
        """From here on, what is written is not on the platters yet."""
        for part in PARTS:
            source = Path(f"{self.path}{part}")
            if source.exists():
                shutil.copyfile(source, f"{self._kept}{part}")

    def lose_the_rest(self) -> None:
        """The power was cut: back to what was safe."""
        self.forget()
        for part in PARTS:
            kept = Path(f"{self._kept}{part}")
            if kept.exists():
                shutil.move(kept, f"{self.path}{part}")

    def forget(self) -> None:
        """Somebody deleted the file."""
        for part in (*PARTS, "-shm"):
            Path(f"{self.path}{part}").unlink(missing_ok=True)


class WatchedJournal:
    """A nodes.ports.Journal: the real one, and a moment before and after each write to crash in."""

    def __init__(self, disk: Disk, real: Journal, interrupt: Callable[[str], None]) -> None:
        self._disk = disk
        self._real = real
        self._interrupt = interrupt

    def write(self, *records: Record) -> None:
        self._interrupt("write")
        if self._disk.is_full:
            raise JournalUnwritable(f"journal {self._disk.path.name}: the disk is full")
        self._real.write(*records)
        self._interrupt("written")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)
