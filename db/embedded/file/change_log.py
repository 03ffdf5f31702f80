"""SQLite's write-ahead log: a torn end is what a crash leaves, anything else is damage.

SQLite itself ends reading at the first frame that does not check and says nothing; commits after
it would be gone unseen. https://www.sqlite.org/fileformat2.html#walformat
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

_MAGIC_LITTLE, _MAGIC_BIG = 0x377F0682, 0x377F0683
_HEADER = struct.Struct(">8I")
_FRAME = struct.Struct(">6I")
_MASK = 0xFFFFFFFF

Sum = tuple[int, int]


class _Log(NamedTuple):
    """What the log's header says."""

    order: str
    page_bytes: int
    salts: Sum
    sum: Sum


def log_of(path: Path) -> Path:
    """Where SQLite keeps the log of a database file."""
    return path.with_name(f"{path.name}-wal")


def why_broken(log: Path) -> str:
    """What is wrong with the log; empty where nothing is."""
    if not log.exists() or log.stat().st_size <= _HEADER.size:
        return ""
    with log.open("rb") as file:
        header = _header(file.read(_HEADER.size))
        if header is None:
            return f"the header of {log} is not one of SQLite's"
        return _why_damaged(header, file, log)


def _header(raw: bytes) -> _Log | None:
    magic, version, page_bytes, _, salt_1, salt_2, sum_1, sum_2 = _HEADER.unpack(raw)
    if magic not in (_MAGIC_LITTLE, _MAGIC_BIG) or version != 3007000:  # noqa: PLR2004 - SQLite's only version of it
        return None
    order = ">" if magic == _MAGIC_BIG else "<"
    if _summed(order, raw[:24], (0, 0)) != (sum_1, sum_2):
        return None
    return _Log(order, page_bytes, (salt_1, salt_2), (sum_1, sum_2))


def _summed(order: str, raw: bytes, before: Sum) -> Sum:
    one, two = before
    words = struct.unpack(f"{order}{len(raw) // 4}I", raw)
    for first, second in zip(words[::2], words[1::2], strict=True):
        one = (one + first + two) & _MASK
        two = (two + second + one) & _MASK
    return one, two


def _why_damaged(log: _Log, file: BinaryIO, path: Path) -> str:
    """Only the last commit can be torn: each is on the disk before the next one begins."""
    before, intact, commit_after_damage = log.sum, True, False
    for number, (head, page) in enumerate(_frames(log, file), 1):
        ours = _FRAME.unpack(head)[2:4] == log.salts  # else left over from an earlier round
        if commit_after_damage and ours:
            return f"{path} is damaged before its frame {number}"
        intact = intact and ours and _summed(log.order, head[:8] + page, before) == _sum_in(head)
        commit_after_damage = commit_after_damage or (not intact and ours and _commits(head))
        before = _sum_in(head)
    return ""


def _frames(log: _Log, file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    while True:
        head, page = file.read(_FRAME.size), file.read(log.page_bytes)
        if len(page) < log.page_bytes:
            return
        yield head, page


def _commits(head: bytes) -> bool:
    return bool(_FRAME.unpack(head)[1])


def _sum_in(head: bytes) -> Sum:
    _, _, _, _, one, two = _FRAME.unpack(head)
    return one, two
