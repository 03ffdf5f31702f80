"""Databases, collections, validators and indexes."""

from collections.abc import Mapping

from bson import Int64

from db.embedded.collection import Collection
from db.embedded.errors import Refusal
from db.embedded.matching import compile_filter
from db.embedded.requests import Request
from db.embedded.validation import OPTIONS, Validator
from db.embedded.values import Document

_EMPTY_FILE_BYTES = 4096


def create(request: Request) -> Document:
    """A collection, with its validator."""
    options = {word: value for word, value in request.command.items() if word in OPTIONS}
    Validator(options)
    existing = request.engine.find(request.database, request.target())
    if existing is not None and existing.options == options:
        return {"ok": 1.0}
    request.engine.create(request.database, request.target(), options)
    return {"ok": 1.0}


def change_collection(request: Request) -> Document:
    """collMod: other rules for the documents to come."""
    collection = request.engine.existing(request.database, request.target())
    options = {word: value for word, value in request.command.items() if word in OPTIONS}
    if options:
        collection.set_rules(options, request.engine.storage)
    return {"ok": 1.0}


def drop(request: Request) -> Document:
    """A collection is gone."""
    if request.engine.find(request.database, request.target()) is None:
        return {"ok": 1.0}
    gone = request.engine.drop(request.database, request.target())
    return {"nIndexesWas": len(gone.indexes), "ns": gone.namespace, "ok": 1.0}


def drop_database(request: Request) -> Document:
    """A database is gone."""
    names = list(request.engine.collections(request.database))
    for name in names:
        request.engine.drop(request.database, name)
    return {"dropped": request.database, "ok": 1.0} if names else {"ok": 1.0}


def list_databases(request: Request) -> Document:
    """What databases there are."""
    wanted = compile_filter(request.mapping("filter"))
    sizes = {} if request.flag("nameOnly") else request.engine.storage.sizes()
    shown = [_database(request, name, sizes) for name in request.engine.database_names()]
    shown = [document for document in shown if wanted(document)]
    if request.flag("nameOnly"):
        return {"databases": [{"name": d["name"]} for d in shown], "ok": 1.0}
    total = sum(size for d in shown if isinstance(size := d["sizeOnDisk"], int))
    return {"databases": shown, "totalSize": total, "ok": 1.0}


def _database(request: Request, name: str, sizes: dict[int, int]) -> Document:
    collections = request.engine.collections(name).values()
    size = sum(sizes.get(collection.number, 0) for collection in collections)
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
    created = request.engine.find(request.database, request.target()) is None
    collection = request.engine.ensured(request.database, request.target())
    before = set(collection.indexes)
    try:
        for specification in request.documents("indexes"):
            collection.add_index(_named(specification), request.engine.storage)
    except Refusal:
        for name in set(collection.indexes) - before:
            collection.drop_index(name, request.engine.storage)
        raise
    return {
        "numIndexesBefore": len(before),
        "numIndexesAfter": len(collection.indexes),
        "createdCollectionAutomatically": created,
        **({} if set(collection.indexes) - before else {"note": "all indexes already exist"}),
        "ok": 1.0,
    }


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
    for name in _names_to_drop(collection, request.command.get("index")):
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
    return [str(name) for name in asked] if isinstance(asked, list) else [str(asked)]
