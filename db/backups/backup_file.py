"""A backup in one file: gzip of tagged BSON documents, closed by counts and a SHA-256."""

import gzip
import hashlib
import os
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import bson
import msgspec
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument

from db.backups.raw_contents import Held, Part
from db.moments import moment, ms_of_date
from utils.randomness import token

FORMAT = "murmuration backup"
VERSION = 1
SUFFIX = ".murmuration"

HEADER, COLLECTION, DOCUMENT, END = b"H", b"C", b"D", b"E"
SHORTEST_BYTES = 5
LONGEST_BYTES = 64 * 1024 * 1024
FOR_THE_OWNER = 0o600
FAST = 4  # of gzip's nine levels: most of what can be gained, at a third of the time
BROKEN = (EOFError, zlib.error, gzip.BadGzipFile, BSONError, KeyError, ValueError, TypeError)


class BackupFault(Exception):  # noqa: N818 - it says what happened
    """The file is no whole backup that this version can read."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Whose database it is, and when it was read."""

    swarm: str
    kind: str
    database: str
    created_ms: int


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What a whole file holds: documents by collection."""

    about: About
    documents: dict[str, int]


class _Record(NamedTuple):
    tag: bytes
    body: bytes


def write(place: Path, about: About, held: Iterable[Held]) -> Contents:
    """Write the file, which is there whole or not at all; one that is there is never replaced."""
    _refuse_existing(place)
    fresh = place.with_name(f"{place.name}.{token(4)}.part")
    try:
        with _new_file(fresh) as file:
            contents = _packed(file, about, held)
            file.flush()
            os.fsync(file.fileno())
        _refuse_existing(place)
        fresh.rename(place)
    finally:
        fresh.unlink(missing_ok=True)
    _make_the_name_last(place.parent)
    return contents


def check(place: Path) -> Contents:
    """Read the whole file; raises where anything of it is missing or altered."""
    with _unpacked(place) as file:
        records = _checked(place, file)
        about = _about(place, next(records, None))
        counts: dict[str, int] = {}
        for part, documents in _grouped(records):
            counts[part.name] = sum(1 for _ in documents)
    return Contents(about=about, documents=counts)


def read(place: Path) -> Iterator[Held]:
    """The collections in the file. Documents must be taken before the next collection is."""
    with _unpacked(place) as file:
        records = _checked(place, file)
        _about(place, next(records, None))
        yield from _grouped(records)


def _refuse_existing(place: Path) -> None:
    if place.exists():
        raise BackupFault(
            f"{place}: wanted a name for a new file, found something there already, and a backup "
            "never replaces anything. Give another name."
        )


def _new_file(place: Path) -> BinaryIO:
    place.parent.mkdir(parents=True, exist_ok=True)
    wanted = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(place, wanted, FOR_THE_OWNER), "wb")


def _make_the_name_last(folder: Path) -> None:
    """A power cut after this finds the file under its name. Windows does so by itself."""
    if sys.platform == "win32":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _packed(file: BinaryIO, about: About, held: Iterable[Held]) -> Contents:
    with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=FAST, mtime=0, filename="") as packed:
        writer = _Writer(packed)
        writer.put(HEADER, bson.encode(_header(about)))
        counts = {part.name: _put_part(writer, part, documents) for part, documents in held}
        told = {"documents": counts, "sha256": writer.digest.hexdigest()}
        writer.put(END, bson.encode(told))
    return Contents(about=about, documents=counts)


def _put_part(writer: "_Writer", part: Part, documents: Iterable[bytes]) -> int:
    head = {"name": part.name, "kind": part.kind, "options": part.options}
    writer.put(COLLECTION, bson.encode({**head, "indexes": list(part.indexes)}))
    count = 0
    for body in documents:
        writer.put(DOCUMENT, body)
        count += 1
    return count


class _Writer:
    """Puts records into the file, and into the sum that closes it."""

    def __init__(self, packed: gzip.GzipFile) -> None:
        self._packed = packed
        self.digest = hashlib.sha256()

    def put(self, tag: bytes, body: bytes) -> None:
        record = tag + body
        self.digest.update(record)
        self._packed.write(record)


def _header(about: About) -> dict[str, Any]:
    told = msgspec.to_builtins(about)
    created = moment(told.pop("created_ms"))
    return {"format": FORMAT, "version": VERSION, **told, "created_at": created}


@contextmanager
def _unpacked(place: Path) -> Iterator[gzip.GzipFile]:
    """Whatever is wrong within is told as a fault of the file."""
    try:
        with gzip.open(place, "rb") as file:
            yield file
    except BROKEN as fault:
        raise _not_whole(place, str(fault) or type(fault).__name__) from fault
    except OSError as fault:
        raise BackupFault(
            f"{place}: wanted a backup, found that it cannot be read "
            f"({fault.strerror or fault}). Nothing was changed."
        ) from fault


def _not_whole(place: Path, found: str) -> BackupFault:
    return BackupFault(
        f"{place}: wanted a whole backup, found one that is cut short or altered ({found}). "
        "Nothing was changed. Use another backup."
    )


def _records(file: gzip.GzipFile) -> Iterator[_Record]:
    while tag := file.read(1):
        head = file.read(4)
        size = int.from_bytes(head, "little")
        if not SHORTEST_BYTES <= size <= LONGEST_BYTES:
            raise ValueError(f"a record of {size} bytes")
        body = head + file.read(size - 4)
        if len(body) < size:
            raise EOFError("it ends within a document")
        yield _Record(tag, body)


def _checked(place: Path, file: gzip.GzipFile) -> Iterator[_Record]:
    """All records but the last, which must be the end and agree with all before it."""
    digest, documents, collections = hashlib.sha256(), 0, 0
    records = _records(file)
    for record in records:
        if record.tag == END:
            _agree(place, record, (digest.hexdigest(), documents, collections))
            if next(records, None) is not None:
                raise _not_whole(place, "something follows its end")
            return
        digest.update(record.tag + record.body)
        documents += record.tag == DOCUMENT
        collections += record.tag == COLLECTION
        yield record
    raise _not_whole(place, "its end is missing")


def _agree(place: Path, end: _Record, counted: tuple[str, int, int]) -> None:
    told = bson.decode(end.body)
    counts = told["documents"]
    if (told["sha256"], sum(counts.values()), len(counts)) != counted:
        raise _not_whole(place, "what it holds is not what its last line says")


def _about(place: Path, first: _Record | None) -> About:
    told = {} if first is None or first.tag != HEADER else bson.decode(first.body)
    if told.get("format") != FORMAT:
        raise _not_whole(place, "it does not begin as a backup does")
    if told["version"] > VERSION:
        raise BackupFault(
            f"{place}: wanted a backup of version {VERSION} or older, found version "
            f"{told['version']}. Nothing was changed. Update the program first."
        )
    return About(
        swarm=str(told["swarm"]),
        kind=str(told["kind"]),
        database=str(told["database"]),
        created_ms=ms_of_date(told["created_at"]),
    )


def _grouped(records: Iterable[_Record]) -> Iterator[Held]:
    """Each collection with the documents that follow it."""
    begun = 0

    def number(record: _Record) -> int:
        nonlocal begun
        begun += record.tag == COLLECTION
        return begun

    for _, group in groupby(records, number):
        head = _part(next(group))
        yield head, (record.body for record in group)  # noqa: B031 - what next() has left over


def _part(record: _Record) -> Part:
    if record.tag != COLLECTION:
        raise ValueError("documents come before any collection")
    told = RawBSONDocument(record.body)
    return Part(
        name=str(told["name"]),
        kind=str(told["kind"]),
        options=told["options"],
        indexes=tuple(told["indexes"]),
    )
