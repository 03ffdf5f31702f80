"""A node's real journal, on a disk that can be full, and lose its newest pages in a power cut."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from db.journal import Journal
from domain.records import JournalUnwritable, Record
from domain.verdicts import Verdict

PARTS = ("", "-wal")


class Disk:
    """Where one node's journal lies."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name}.sqlite"
        self.is_full = False
        self._kept = 0
        self.is_behind = False
        """What is written now will be lost."""

    def keep_what_is_safe(self) -> int:
        """What is written from here on is not on the platters yet; the number of this copy."""
        self._kept += 1
        self.is_behind = True
        for part in PARTS:
            source = Path(f"{self.path}{part}")
            if source.exists():
                shutil.copyfile(source, self._copy(self._kept, part))
        return self._kept

    def lose_the_rest(self, number: int) -> None:
        """The power was cut: back to what was safe."""
        self.is_behind = False
        for part in (*PARTS, "-shm"):
            Path(f"{self.path}{part}").unlink(missing_ok=True)
        for part in PARTS:
            if self._copy(number, part).exists():
                shutil.copyfile(self._copy(number, part), f"{self.path}{part}")

    def _copy(self, number: int, part: str) -> Path:
        return Path(f"{self.path}.{number}{part}")


class WatchedJournal:
    """A nodes.ports.Journal: the real one, and a moment before and after each write to crash in."""

    def __init__(
        self,
        disk: Disk,
        real: Journal,
        interrupt: Callable[[str], None],
        answered: Callable[[Verdict], None],
    ) -> None:
        self._answered = answered
        self._disk = disk
        self._real = real
        self._interrupt = interrupt

    def write(self, *records: Record) -> None:
        self._interrupt("write")
        if self._disk.is_full:
            raise JournalUnwritable(f"journal {self._disk.path.name}: the disk is full")
        self._real.write(*records)
        for record in records:
            if isinstance(record, Verdict):
                self._answered(record)
        self._interrupt("written")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)
