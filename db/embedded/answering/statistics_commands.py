"""How large databases and collections are, and whether their documents are sound."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bson import Int64

from db.embedded.answering.requests import Request
from db.embedded.errors import Refusal, not_implemented
from db.embedded.finding.matching import compile_filter
from db.embedded.holding.collection import Collection, encoded
from db.embedded.holding.indexes import Index
from db.embedded.values import Document, type_name

HOST = "127.0.0.1"
_SCALE_BELOW = 2**31


def database_figures(request: Request) -> Document:
    """What a database holds; indexes live in memory and take no room in the file."""
    if request.command.get("freeStorage"):
        raise not_implemented("'freeStorage' in dbStats")
    scale = scale_of(request.command.get("scale"))
    collections = list(request.engine.collections(request.database).values())
    size = sum(bytes_of(collection) for collection in collections)
    count = sum(len(collection.documents) for collection in collections)
    disk = shutil.disk_usage(request.engine.storage.path.parent)
    return {
        "db": request.database,
        "collections": Int64(len(collections)),
        "views": Int64(0),
        "objects": Int64(count),
        "avgObjSize": size / count if count else 0.0,
        "dataSize": size / scale,
        "storageSize": size / scale,
        "indexes": Int64(sum(len(collection.indexes) for collection in collections)),
        "indexSize": 0.0,
        "totalSize": size / scale,
        "scaleFactor": Int64(scale),
        "fsUsedSize": disk.used / scale,
        "fsTotalSize": disk.total / scale,
        "ok": 1.0,
    }


def collection_figures(request: Request) -> Document:
    """What a collection holds; zeros where there is none."""
    name = request.target()
    collection = request.engine.find(request.database, name)
    scale = scale_of(request.command.get("scale"))
    figures = storage_figures(collection, scale)
    return {"ns": f"{request.database}.{name}", **figures, "ok": 1.0}


def bytes_of(collection: Collection) -> int:
    """The bytes of all documents."""
    return sum(len(body) for _, body in collection.documents.bodies())


def storage_figures(collection: Collection | None, scale: int) -> Document:
    """A collection's figures, in units of `scale` bytes."""
    size = bytes_of(collection) if collection else 0
    count = len(collection.documents) if collection else 0
    names = list(collection.indexes) if collection else []
    return {
        "size": size // scale,
        "count": count,
        **({"avgObjSize": size // count} if count else {}),
        "numOrphanDocs": 0,
        "storageSize": size // scale,
        "freeStorageSize": 0,
        "capped": False,
        "nindexes": len(names),
        "indexBuilds": [],
        "totalIndexSize": 0,
        "totalSize": size // scale,
        "indexSizes": dict.fromkeys(names, 0),
        "scaleFactor": scale,
    }


def scale_of(asked: object) -> int:
    """How many bytes make one unit; one where nothing was asked."""
    if asked is None:
        return 1
    if isinstance(asked, bool) or not isinstance(asked, (int, float)):
        raise Refusal(14, f"'scale' is the wrong type '{type_name(asked)}', expected a number")
    if not 1 <= asked < _SCALE_BELOW:
        raise Refusal(51024, f"'scale' must be within 1 and {_SCALE_BELOW}, found {asked}")
    return int(asked)


def data_size(request: Request) -> Document:
    """The bytes of a whole collection."""
    for field in ("keyPattern", "min", "max"):
        if request.command.get(field):
            raise not_implemented(f"'{field}' in dataSize")
    database, _, name = request.target().partition(".")
    collection = request.engine.find(database, name)
    return {
        "size": Int64(bytes_of(collection) if collection else 0),
        "numObjects": Int64(len(collection.documents) if collection else 0),
        "millis": 0,
        "estimate": False,
        "ok": 1.0,
    }


def validate(request: Request) -> Document:
    """Looks at every document: can it be stored, is it in its indexes, does it follow the rules."""
    for field in ("repair", "background", "metadata", "checkBSONConformance"):
        if request.command.get(field):
            raise not_implemented(f"'{field}' in validate")
    collection = request.engine.existing(request.database, request.target())
    bad = _not_storable(collection)
    looks = [_index_look(collection, index) for index in collection.indexes.values()]
    missing = [{"indexName": look.name, "recordId": n} for look in looks for n in look.missing]
    extra = [{"indexName": look.name, "keyString": key} for look in looks for key in look.extra]
    return {
        "ns": collection.namespace,
        "nInvalidDocuments": len(bad),
        "nNonCompliantDocuments": _against_the_rules(collection),
        "nrecords": len(collection.documents),
        "nIndexes": len(looks),
        "keysPerIndex": {look.name: look.keys for look in looks},
        "indexDetails": {look.name: {"valid": look.sound} for look in looks},
        "valid": not (bad or missing or extra),
        "repaired": False,
        "warnings": [],
        "errors": bad,
        "extraIndexEntries": extra,
        "missingIndexEntries": missing,
        "corruptRecords": [],
        "ok": 1.0,
    }


@dataclass(frozen=True, slots=True)
class IndexLook:
    """An index beside what the documents say should be in it."""

    name: str
    keys: int
    missing: list[int]
    extra: list[str]

    @property
    def sound(self) -> bool:
        """It holds what it should, and no more."""
        return not (self.missing or self.extra)


def _index_look(collection: Collection, index: Index) -> IndexLook:
    wanted = {
        entry: record
        for record, document in collection.documents.items()
        for entry in index.numbered(record, index.entries(document))
    }
    held = set(index.held())
    missing = sorted({record for entry, record in wanted.items() if entry not in held})
    extra = sorted(entry.hex() for entry in held if entry not in wanted)
    return IndexLook(index.name, len(held), missing, extra)


def _not_storable(collection: Collection) -> list[str]:
    bad: list[str] = []
    for document in collection.documents.values():
        try:
            encoded(document)
        except Refusal as refusal:
            bad.append(f"{document['_id']!r}: {refusal.message}")
    return bad


def _against_the_rules(collection: Collection) -> int:
    accepts = compile_filter(collection.options.get("validator") or {})
    return sum(not accepts(document) for document in collection.documents.values())


def collection_stage(request: Request, operand: object) -> list[Document]:
    """$collStats: one document of figures."""
    asked = operand if isinstance(operand, Mapping) else None
    if asked is None:
        raise Refusal(5447000, f"$collStats must take an object, found {type_name(operand)}")
    for word in asked:
        if word not in ("storageStats", "count"):
            raise not_implemented(f"'{word}' in $collStats")
        _check_wanted(word, asked[word])
    collection = request.engine.existing(request.database, request.target())
    shown: Document = {"ns": collection.namespace, "host": HOST, "localTime": now(request)}
    if "storageStats" in asked:
        wanted = asked["storageStats"]
        scale = wanted.get("scale") if isinstance(wanted, Mapping) else None
        shown["storageStats"] = storage_figures(collection, scale_of(scale))
    if "count" in asked:
        shown["count"] = len(collection.documents)
    return [shown]


def _check_wanted(word: str, wanted: object) -> None:
    if not isinstance(wanted, Mapping):
        raise Refusal(9, f"{word} of $collStats must be an object, found {type_name(wanted)}")
    for option in wanted:
        if (word, option) != ("storageStats", "scale"):
            raise Refusal(40415, f"BSON field '$collStats.{word}.{option}' is an unknown field.")


def index_stage(request: Request, operand: object) -> list[Document]:
    """$indexStats: how often each index found documents since the server started."""
    if operand != {}:
        raise Refusal(28803, "The $indexStats stage specification must be an empty object")
    collection = request.engine.find(request.database, request.target())
    since = datetime.fromtimestamp(request.house.started.utc_ms / 1000, UTC)
    return [
        {
            "name": index.name,
            "key": index.pattern,
            "host": HOST,
            "accesses": {"ops": Int64(index.uses), "since": since},
            "spec": index.specification,
        }
        for index in (collection.indexes.values() if collection else ())
    ]


def now(request: Request) -> datetime:
    """The server's clock, as a date."""
    return datetime.fromtimestamp(request.now_ms() / 1000, UTC)
