"""Whether a database holds exactly what another one, or a backup, held."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from pymongo.database import Database

from db.backups.raw_contents import Held, Part, read_all, same_everywhere, without_identity

DIGEST_BYTES = 16


def differences(
    wanted: Iterable[Held], database: Database[Any], *, lenient_where_documents_expire: bool = False
) -> Iterator[str]:
    """What differs, a line for each; the documents by which both are known are not looked at."""
    found = {part.name: (part, bodies) for part, bodies in without_identity(read_all(database))}
    for part, bodies in without_identity(wanted):
        there = found.pop(part.name, None)
        if there is None:
            yield f"{part.name}: the collection is missing"
            continue
        yield from other_rules(part, there[0])
        may_lack = lenient_where_documents_expire and part.expires
        yield from _documents(part.name, bodies, there[1], may_lack=may_lack)
    yield from (f"{name}: a collection that does not belong there" for name in found)


def other_rules(wanted: Part, found: Part) -> Iterator[str]:
    """How two collections differ, whatever documents are in them."""
    if wanted.kind != found.kind:
        yield f"{wanted.name}: a {found.kind} instead of a {wanted.kind}"
    if same_everywhere(wanted.options) != same_everywhere(found.options):
        yield f"{wanted.name}: other rules (validator)"
    if _indexes(wanted) != _indexes(found):
        yield f"{wanted.name}: other indexes"


def _indexes(part: Part) -> list[tuple[str, object]]:
    told = [
        (str(index["name"]), same_everywhere(index))
        for index in part.indexes
        if index["name"] != "_id_"
    ]
    return sorted(told, key=lambda one: one[0])


def _documents(
    name: str, wanted: Iterable[bytes], found: Iterable[bytes], *, may_lack: bool
) -> Iterator[str]:
    missing = {_digest(body) for body in wanted}
    strange = 0
    for digest in map(_digest, found):
        if digest in missing:
            missing.remove(digest)
        else:
            strange += 1
    if strange or (missing and not may_lack):
        yield (
            f"{name}: {len(missing)} documents are missing or different, "
            f"{strange} were not expected"
        )


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=DIGEST_BYTES).digest()
