"""Fills a database with what a backup holds, and leaves no doubt about whether that was done."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bson.raw_bson import RawBSONDocument
from pymongo.database import Database
from pymongo.errors import OperationFailure

from db.backups import backup_file
from db.backups.comparing import differences, other_rules
from db.backups.raw_contents import VIEW, Part, Raw, is_identity, parts_of, raw, without_identity
from db.identity import IDENTITY, MARKS, UNFINISHED, mark_unfinished
from db.schema import SWARM
from utils.clock import utc_ms

BATCH = 2000
BATCH_BYTES = 8 * 1024 * 1024  # far below the 48 MB of a message
SHOWN = 5
TRIAL = "murmuration_trial"


class CopyFault(Exception):  # noqa: N818 - it says what happened
    """What was written is not what the backup holds."""


def replace_contents(database: Database[Any], backup: Path, run: str, move: str = "") -> None:
    """Drop what is there and write what the backup holds; `complete` makes it a living database.

    Until then the database says that `run` was begun and did not end.
    """
    mark_unfinished(database, run, move, utc_ms())
    _clear(database)
    expiring = []
    for part, documents in without_identity(backup_file.read(backup)):
        _make(database, part, run, move)
        _insert(raw(database), part.name, documents)
        _add_indexes(raw(database), part, expiring=False)
        expiring += [part] if part.expires else []
    _verify(_plain_indexes_only(backup), database)
    for part in expiring:  # only now, so that nothing expires between writing and comparing
        _add_indexes(raw(database), part, expiring=True)


def complete(database: Database[Any], backup: Path, *, keep_mark: bool = False) -> None:
    """Give the database its swarm's id; while it keeps the mark it is not yet the living one."""
    identity = identity_in(backup)
    kept = {name: value for name, value in identity.items() if name not in MARKS}
    if keep_mark:
        found = database[SWARM].find_one({"_id": IDENTITY}) or {}
        kept[UNFINISHED] = found.get(UNFINISHED)
    database[SWARM].replace_one({"_id": IDENTITY}, kept, upsert=True)


def identity_in(backup: Path) -> Mapping[str, Any]:
    """The document by which the database in the backup was known."""
    found = None
    for part, documents in backup_file.read(backup):
        for body in documents if part.name == SWARM else ():
            found = RawBSONDocument(body) if is_identity(body) else found
    if found is None:
        raise CopyFault(f"{backup}: wanted the document of its swarm in it, found none")
    return found


def try_out(database: Database[Any], backup: Path) -> None:
    """Have the server make every collection and index once before anything is dropped."""
    for part, _ in backup_file.read(backup):
        try:
            refused = _refusal(database, part._replace(name=TRIAL))
        finally:
            database.drop_collection(TRIAL)
        if refused:
            raise CopyFault(
                f"collection {part.name}: this server does not take it ({refused}). "
                "Nothing was changed."
            )


def _refusal(database: Database[Any], trial: Part) -> str:
    database.drop_collection(TRIAL)
    try:
        database.command({"create": TRIAL, **trial.options})
        if trial.kind != VIEW:  # a user may be allowed to write, but not past the rules
            database[TRIAL].insert_one({}, bypass_document_validation=True)
        _add_indexes(raw(database), trial, expiring=False)
        _add_indexes(raw(database), trial, expiring=True)
    except OperationFailure as fault:
        return str((fault.details or {}).get("errmsg", fault))
    made = next(part for part in parts_of(database) if part.name == TRIAL)
    return "; ".join(line.removeprefix(f"{TRIAL}: ") for line in other_rules(trial, made))


def _clear(database: Database[Any]) -> None:
    """The collection with the mark stays until its place is taken."""
    for name in database.list_collection_names():
        if name != SWARM and not name.startswith("system."):
            database.drop_collection(name)


def _make(database: Database[Any], part: Part, run: str, move: str) -> None:
    if part.name == SWARM:
        database.drop_collection(SWARM)
    database.command({"create": part.name, **part.options})
    if part.name == SWARM:
        mark_unfinished(database, run, move, utc_ms())


def _insert(database: Raw, name: str, documents: Iterable[bytes]) -> None:
    for batch in _batches(documents):
        bodies = [RawBSONDocument(body) for body in batch]
        database[name].insert_many(bodies, bypass_document_validation=True)


def _batches(documents: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for body in documents:
        if batch and (len(batch) >= BATCH or size + len(body) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += len(body)
    if batch:
        yield batch


def _add_indexes(database: Raw, part: Part, *, expiring: bool) -> None:
    wanted = [
        {name: value for name, value in index.items() if name != "ns"}
        for index in part.indexes
        if index["name"] != "_id_" and ("expireAfterSeconds" in index) is expiring
    ]
    if wanted and part.kind != VIEW:
        database.command({"createIndexes": part.name, "indexes": wanted})


def _plain_indexes_only(backup: Path) -> Iterator[tuple[Part, Iterator[bytes]]]:
    for part, documents in backup_file.read(backup):
        kept = tuple(one for one in part.indexes if "expireAfterSeconds" not in one)
        yield part._replace(indexes=kept), documents


def _verify(wanted: Iterable[tuple[Part, Iterator[bytes]]], database: Database[Any]) -> None:
    found = list(differences(wanted, database))
    if found:
        raise CopyFault(
            f"database {database.name}: wanted exactly what the backup holds, found differences: "
            + "; ".join(found[:SHOWN])
        )
