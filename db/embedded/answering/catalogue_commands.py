"""Databases, collections, validators and indexes."""

from collections.abc import Mapping

from bson import Int64

from db.embedded.answering.requests import Request
from db.embedded.answering.server_commands import admin_only
from db.embedded.answering.statistics_commands import bytes_of
from db.embedded.errors import Refusal, not_implemented
from db.embedded.finding.matching import compile_filter
from db.embedded.holding.collection import Collection
from db.embedded.holding.engine import check_names
from db.embedded.holding.indexes import Index, checked_specification
from db.embedded.validators.validation import OPTIONS, Validator
from db.embedded.values import Document

_EMPTY_FILE_BYTES = 4096


def create(request: Request) -> Document:
    """A collection, with its validator."""
    options = {word: value for word, value in request.command.items() if word in OPTIONS}
    _refuse_other_identity(request)
    Validator(options)
    existing = request.engine.find(request.database, request.target())
    if existing is not None and existing.options == options:
        return {"ok": 1.0}
    request.engine.create(request.database, request.target(), options)
    return {"ok": 1.0}


def _refuse_other_identity(request: Request) -> None:
    if request.flag("autoIndexId", default=True) is False:
        raise not_implemented("a collection without an index on _id ('autoIndexId' in create)")
    if request.mapping("idIndex").get("key", {"_id": 1}) != {"_id": 1}:
        raise Refusal(2, "The field 'key' for an _id index must be {_id: 1}")
    if request.mapping("idIndex").get("collation"):
        raise not_implemented("'collation' in create")


def change_collection(request: Request) -> Document:
    """Other rules for the documents to come, or another life time for a TTL index."""
    if request.command.get("dryRun"):
        raise not_implemented("'dryRun' in collMod")
    collection = request.engine.existing(request.database, request.target())
    options = {word: value for word, value in request.command.items() if word in OPTIONS}
    lived = _other_life(request, collection)
    if options:
        collection.set_rules(options, request.engine.storage)
    return {**(_give_life(request, collection, *lived) if lived else {}), "ok": 1.0}


def _other_life(request: Request, collection: Collection) -> tuple[Index, Document] | None:
    """The index collMod names, and its description with the other life time."""
    asked = request.mapping("index")
    if not asked:
        return None
    for word in asked:
        if word not in ("name", "keyPattern", "expireAfterSeconds"):
            raise not_implemented(f"'{word}' of an index in collMod")
    if len({"name", "keyPattern"} & asked.keys()) != 1:
        raise Refusal(72, "must specify either index name or key pattern in collMod, not both")
    if "expireAfterSeconds" not in asked:
        raise Refusal(72, "no expireAfterSeconds field in collMod's index")
    (name,) = _names_to_drop(collection, asked.get("name", asked.get("keyPattern")))
    index = collection.indexes.get(name)
    if index is None:
        raise Refusal(27, f"cannot find index {name} for ns {collection.namespace}")
    seconds = asked["expireAfterSeconds"]
    return index, checked_specification({**index.specification, "expireAfterSeconds": seconds})


def _give_life(
    request: Request, collection: Collection, index: Index, described: Document
) -> Document:
    before = index.specification.get("expireAfterSeconds")
    index.specification.update(described)
    request.engine.storage.describe(collection.number, collection.description())
    old: Document = {} if before is None else {"expireAfterSeconds_old": before}
    return {**old, "expireAfterSeconds_new": described["expireAfterSeconds"]}


def rename(request: Request) -> Document:
    """Another name for the same documents, indexes and rules."""
    admin_only(request)
    if request.command.get("stayTemp"):
        raise not_implemented("'stayTemp' in renameCollection")
    source, target = _split(request.target()), _split(request.text("to"))
    if source == target:
        raise Refusal(20, "Can't rename a collection to itself")
    if request.engine.find(*source) is None:
        raise Refusal(26, f"Source collection {request.target()} does not exist")
    if request.engine.find(*target) is not None:
        if not request.flag("dropTarget"):
            raise Refusal(48, f"target namespace exists: {request.text('to')}")
        check_names(*target)
        request.engine.drop(*target)
    request.engine.rename(*source, *target)
    return {"ok": 1.0}


def _split(namespace: str) -> tuple[str, str]:
    database, dot, name = namespace.partition(".")
    if not dot:
        raise Refusal(73, f"Invalid namespace specified '{namespace}'")
    return database, name


def drop(request: Request) -> Document:
    """A collection goes, with all it holds."""
    if request.engine.find(request.database, request.target()) is None:
        return {"ok": 1.0}
    gone = request.engine.drop(request.database, request.target())
    return {"nIndexesWas": len(gone.indexes), "ns": gone.namespace, "ok": 1.0}


def drop_database(request: Request) -> Document:
    """A database goes, with all it holds."""
    names = list(request.engine.collections(request.database))
    for name in names:
        request.engine.drop(request.database, name)
    return {"dropped": request.database, "ok": 1.0} if names else {"ok": 1.0}


def list_databases(request: Request) -> Document:
    """What databases there are."""
    admin_only(request)
    wanted = compile_filter(request.mapping("filter"))
    shown = [_database(request, name) for name in request.engine.database_names()]
    shown = [document for document in shown if wanted(document)]
    if request.flag("nameOnly"):
        return {"databases": [{"name": d["name"]} for d in shown], "ok": 1.0}
    total = sum(size for d in shown if isinstance(size := d["sizeOnDisk"], int))
    return {"databases": shown, "totalSize": total, "ok": 1.0}


def _database(request: Request, name: str) -> Document:
    collections = request.engine.collections(name).values()
    size = sum(bytes_of(collection) for collection in collections)
    empty = not any(collection.documents for collection in collections)
    return {"name": name, "sizeOnDisk": Int64(max(size, _EMPTY_FILE_BYTES)), "empty": empty}


def list_collections(request: Request) -> Document:
    """What collections a database has."""
    wanted = compile_filter(request.mapping("filter"))
    held = request.engine.collections(request.database).items()
    shown = [_shown(name, collection) for name, collection in held]
    chosen = [document for document in shown if wanted(document)]
    if request.flag("nameOnly"):
        chosen = [{"name": d["name"], "type": d["type"]} for d in chosen]
    namespace = f"{request.database}.$cmd.listCollections"
    return request.house.cursors.answer(namespace, chosen, _batch_size(request), request.now_s())


def _shown(name: str, collection: Collection) -> Document:
    identity = collection.indexes["_id_"].specification
    facts: Document = {"readOnly": False, "uuid": collection.identity}
    return {
        "name": name,
        "type": "collection",
        "options": collection.options,
        "info": facts,
        "idIndex": identity,
    }


def _batch_size(request: Request) -> int | None:
    size = request.mapping("cursor").get("batchSize")
    return int(size) if isinstance(size, (int, float)) and size > 0 else None


def create_indexes(request: Request) -> Document:
    """New indexes; either all are built or none."""
    if "commitQuorum" in request.command:
        raise Refusal(2, "Standalones can't specify commitQuorum")
    specifications = [_named(asked) for asked in request.documents("indexes")]
    if not specifications:
        raise Refusal(2, "Must specify at least one index to create")
    created = request.engine.find(request.database, request.target()) is None
    collection = request.engine.ensured(request.database, request.target())
    before = set(collection.indexes)
    try:
        for specification in specifications:
            collection.add_index(specification, request.engine.storage)
    except Refusal:
        _take_back(request, collection, set(collection.indexes) - before, created=created)
        raise
    return {
        "numIndexesBefore": len(before),
        "numIndexesAfter": len(collection.indexes),
        "createdCollectionAutomatically": created,
        **({} if set(collection.indexes) - before else {"note": "all indexes already exist"}),
        "ok": 1.0,
    }


def _take_back(request: Request, collection: Collection, names: set[str], *, created: bool) -> None:
    if created:
        request.engine.drop(request.database, request.target())
        return
    for name in names:
        collection.drop_index(name, request.engine.storage)


def _named(specification: Document) -> Document:
    if "name" not in specification:
        raise Refusal(9, "The 'name' field is a required property of an index")
    return specification


def list_indexes(request: Request) -> Document:
    """The indexes of a collection."""
    collection = request.engine.existing(request.database, request.target())
    shown = [index.specification for index in collection.indexes.values()]
    size = _batch_size(request)
    return request.house.cursors.answer(collection.namespace, shown, size, request.now_s())


def drop_indexes(request: Request) -> Document:
    """Forget indexes, by name, by key, or all but `_id_`."""
    collection = request.engine.existing(request.database, request.target())
    before = len(collection.indexes)
    names = _names_to_drop(collection, request.command.get("index"))
    for name in names:
        if name not in collection.indexes:
            raise Refusal(27, f"index not found with name [{name}]")
    for name in names:
        collection.drop_index(name, request.engine.storage)
    return {"nIndexesWas": before, "ok": 1.0}


def _names_to_drop(collection: Collection, asked: object) -> list[str]:
    if asked == "*":
        return [name for name in collection.indexes if name != "_id_"]
    if isinstance(asked, Mapping):
        for index in collection.indexes.values():
            if list(index.pattern.items()) == list(asked.items()):
                return [index.name]
        raise Refusal(27, f"can't find index with key: {dict(asked)}")
    names = asked if isinstance(asked, list) else [asked]
    if not all(isinstance(name, str) for name in names):
        raise Refusal(14, "'index' must be a name, a list of names or a key pattern")
    return [str(name) for name in names]
