"""Files of documents that left a collection: one document a line, canonical extended JSON, gzip.

`zcat FILE | mongoimport --collection NAME` brings one back; `archived` reads them all.
"""

import gzip
import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from bson import json_util
from bson.codec_options import DatetimeConversion

from db.embedded.file.opening import make_name_lasting
from db.embedded.values import Document

_ENDING = ".jsonl.gz"
_EFFORT = 5  # of 9: beyond it files become little smaller and take much longer
_WRITING = json_util.CANONICAL_JSON_OPTIONS
_READING = json_util.JSONOptions(
    json_mode=json_util.JSONMode.CANONICAL,
    document_class=dict,
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
)


class ArchiveError(Exception):
    """An archive cannot be read; the text says which and what to do."""


def write_archive(folder: Path, span: str, documents: Iterable[Document]) -> Path:
    """A new file that is complete and on the disk when it has its name; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{span}.unfinished"
    try:
        _write(unfinished, documents)
        file = _free_name(folder, span)
        unfinished.rename(file)
        make_name_lasting(file)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    return file


def _write(path: Path, documents: Iterable[Document]) -> None:
    with path.open("wb") as file:
        with gzip.GzipFile("", "wb", _EFFORT, file, mtime=0) as packed:
            for document in documents:
                packed.write(_line(document))
        file.flush()
        os.fsync(file.fileno())


def _line(document: Document) -> bytes:
    return f"{json_util.dumps(document, json_options=_WRITING)}\n".encode()


def _free_name(folder: Path, span: str) -> Path:
    """After a crash the same documents may come again: what is there is never overwritten."""
    file, again = folder / f"{span}{_ENDING}", 1
    while file.exists():
        again += 1
        file = folder / f"{span}.{again}{_ENDING}"
    return file


def archived(state: Path, namespace: str) -> Iterator[Document]:
    """Every archived document of `database.collection`, the oldest first.

    After a crash one may come twice; then the later one counts.
    """
    for file in archive_files(state, namespace):
        yield from read_archive(file)


def archive_files(state: Path, namespace: str) -> list[Path]:
    """The files of a collection, the oldest first; a repeated one after what it repeats."""
    files = archive_folder(state, namespace).glob(f"*{_ENDING}")
    return sorted(files, key=lambda file: file.name.removesuffix(_ENDING))


def archive_folder(state: Path, namespace: str) -> Path:
    """Where the archives of a collection are."""
    return state / "archive" / namespace


def read_archive(file: Path) -> Iterator[Document]:
    """The documents of one file."""
    try:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json_util.loads(line, json_options=_READING)
    except (OSError, EOFError, zlib.error, ValueError) as reason:
        raise ArchiveError(
            f"the archive {file} cannot be read to its end ({reason}): put a copy from a backup in "
            "its place, or move the file away to go on without it"
        ) from reason
