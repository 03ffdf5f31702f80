"""Everything a database holds, byte for byte: its collections, their rules, indexes, documents."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any, NamedTuple, TypeAlias

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database

from db.identity import IDENTITY
from db.schema import SWARM

Raw: TypeAlias = Database[RawBSONDocument]

RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
VIEW = "view"
KINDS = ("collection", VIEW)
BATCH = 1000
MOST_IN_A_LIST = 10_000
BOUND_TO_ITS_SERVER = ("v", "ns", "background")
STRICT = {"validationLevel": "strict", "validationAction": "error"}


class CannotCopy(Exception):  # noqa: N818 - it says what happened
    """The database holds something that cannot be carried over; the text names it."""


class Part(NamedTuple):
    """A collection without its documents."""

    name: str
    kind: str
    options: RawBSONDocument
    indexes: tuple[RawBSONDocument, ...]

    @property
    def expires(self) -> bool:
        """The server removes documents of its own accord."""
        return any("expireAfterSeconds" in index for index in self.indexes)


Held: TypeAlias = tuple[Part, Iterator[bytes]]


def raw(database: Database[Any]) -> Raw:
    """The same database, its documents left as they are."""
    return database.with_options(codec_options=RAW)


def parts_of(database: Database[Any]) -> list[Part]:
    """The collections, by name; the server's own are left out."""
    named = {str(one["name"]): one for one in _listed(raw(database), {"listCollections": 1})}
    return [
        _part(raw(database), one) for name, one in sorted(named.items()) if not _is_its_own(name)
    ]


def read_all(database: Database[Any]) -> list[Held]:
    """All collections. Every question is asked before the first document is handed out."""
    return [(part, _begun(raw(database), part)) for part in parts_of(database)]


def without_identity(held: Iterable[Held]) -> Iterator[Held]:
    """All but the one document by which the database is known."""
    for part, documents in held:
        if part.name == SWARM:
            yield part, (body for body in documents if not is_identity(body))
        else:
            yield part, documents


def is_identity(body: bytes) -> bool:
    """Whether this is the document by which the database is known."""
    return bool(RawBSONDocument(body).get("_id") == IDENTITY)


def same_everywhere(options: Mapping[str, Any]) -> object:
    """Options in a form in which two servers that mean the same say the same."""
    told = {
        name: _plain(value)
        for name, value in options.items()
        if name not in BOUND_TO_ITS_SERVER and STRICT.get(name) != value and value is not False
    }
    return sorted(told.items())


def _is_its_own(name: str) -> bool:
    return name.startswith("system.") and name != "system.js"


def _part(database: Raw, found: Mapping[str, Any]) -> Part:
    name, kind = str(found["name"]), str(found.get("type", "collection"))
    if kind not in KINDS:
        raise CannotCopy(
            f"collection {name}: wanted a plain collection, found a {kind}, which cannot be "
            f"copied document by document. Keep it in another database than {database.name}."
        )
    indexes = () if kind == VIEW else _indexes(database, name)
    empty = RawBSONDocument(bson.encode({}))
    return Part(name=name, kind=kind, options=found.get("options", empty), indexes=indexes)


def _indexes(database: Raw, name: str) -> tuple[RawBSONDocument, ...]:
    return _listed(database, {"listIndexes": name})


def _listed(database: Raw, question: Mapping[str, Any]) -> tuple[RawBSONDocument, ...]:
    """The driver's own ways to ask for lists decode what they hand out."""
    asked = {**question, "cursor": {"batchSize": MOST_IN_A_LIST}}
    answer = database.command(asked, codec_options=RAW)["cursor"]
    if answer["id"]:
        raise CannotCopy(
            f"database {database.name}: wanted at most {MOST_IN_A_LIST} collections, found more. "
            "Keep what is not the swarm's in another database."
        )
    return tuple(answer["firstBatch"])


def _begun(database: Raw, part: Part) -> Iterator[bytes]:
    if part.kind == VIEW:
        return iter(())
    cursor = database[part.name].find(batch_size=BATCH)
    first = list(islice(cursor, 1))
    return _once(chain(first, cursor))


def _once(documents: Iterable[RawBSONDocument]) -> Iterator[bytes]:
    """A MongoDB that is being written to may show a document twice."""
    seen: set[bytes] = set()
    for document in documents:
        key = bson.encode({"": document["_id"]})
        if key not in seen:
            seen.add(key)
            yield bytes(document.raw)


def _plain(value: object) -> object:
    """Order counts within a key and a rule; the kind of a number does not."""
    if isinstance(value, Mapping):
        return [(name, _plain(inner)) for name, inner in value.items()]
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return ("number", float(value))
    return repr(value)
