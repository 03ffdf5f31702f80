"""find, getMore, killCursors, count, distinct and aggregate."""

from collections.abc import Iterable, Mapping
from itertools import islice

from bson import Int64

from db.embedded.aggregating import Pipeline
from db.embedded.collection import Collection
from db.embedded.errors import Refusal
from db.embedded.paths import values_at
from db.embedded.projecting import compile_projection
from db.embedded.requests import Request
from db.embedded.sorting import sort_documents
from db.embedded.source_stages import sourced
from db.embedded.values import Document, Missing, key_of
from db.embedded.write_commands import check_hint


def find(request: Request) -> Document:
    """Documents that match, sorted and cut as asked."""
    collection = request.engine.find(request.database, request.target())
    shown = compile_projection(request.mapping("projection"))
    check_hint(collection, request.command.get("hint"))
    documents = (shown(d) for d in _found(request, collection, request.mapping("filter")))
    size = request.whole("batchSize")
    chosen = list(documents)
    if request.flag("singleBatch"):
        chosen = chosen[: size or len(chosen)]
        size = max(len(chosen), 1)
    namespace = f"{request.database}.{request.target()}"
    return request.house.cursors.answer(namespace, chosen, size, request.now_s())


def _found(
    request: Request, collection: Collection | None, query: Mapping[str, object]
) -> Iterable[Document]:
    sort = request.mapping("sort")
    skip, limit = request.whole("skip") or 0, request.whole("limit") or None
    if collection is None:
        return []
    matches: Iterable[Document] = (document for _, document in collection.find(query))
    natural = sort.get("$natural")
    if natural == -1:
        matches = reversed(list(matches))
    elif sort and natural is None:
        matches = sort_documents(list(matches), sort)
    return islice(matches, skip, None if limit is None else skip + limit)


def get_more(request: Request) -> Document:
    """The next documents of an answer."""
    number = request.command["getMore"]
    if not isinstance(number, int) or isinstance(number, bool):
        raise Refusal(14, "a cursor's id is a long")
    namespace = f"{request.database}.{request.text('collection')}"
    size = request.whole("batchSize") or None
    return request.house.cursors.more(int(number), namespace, size, request.now_s())


def kill_cursors(request: Request) -> Document:
    """Forget answers nobody wants."""
    numbers = request.command.get("cursors")
    if not isinstance(numbers, list) or not all(isinstance(n, int) for n in numbers):
        raise Refusal(14, "'cursors' must be an array of longs")
    return request.house.cursors.kill(numbers)


def count(request: Request) -> Document:
    """How many match."""
    collection = request.engine.find(request.database, request.target())
    check_hint(collection, request.command.get("hint"))
    found = _found(request, collection, request.mapping("query"))
    return {"n": sum(1 for _ in found), "ok": 1.0}


def distinct(request: Request) -> Document:
    """The different values of a field."""
    collection = request.engine.find(request.database, request.target())
    parts = tuple(request.text("key").split("."))
    seen: dict[object, object] = {}
    for _, document in collection.find(request.mapping("query")) if collection else ():
        for value in values_at(document, parts):
            for item in value if isinstance(value, list) else [value]:
                if not isinstance(item, Missing):
                    seen.setdefault(key_of(item), item)
    values = sorted(seen.values(), key=key_of)
    return {"values": values, "ok": 1.0}


def aggregate(request: Request) -> Document:
    """A pipeline's results."""
    made = sourced(request)
    if made is not None:
        return _aggregate_what_a_stage_made(request, *made)
    if request.command["aggregate"] == 1:
        return _aggregate_without_collection(request)
    collection = request.engine.find(request.database, request.target())
    check_hint(collection, request.command.get("hint"))
    pipeline = request.command.get("pipeline")
    documents, rest = _narrowed(collection, pipeline)
    results = Pipeline(request.engine, request.database).run(documents, rest)
    namespace = f"{request.database}.{request.target()}"
    size = _batch_size(request)
    return request.house.cursors.answer(namespace, results, size, request.now_s())


def _aggregate_what_a_stage_made(
    request: Request, documents: list[Document], rest: object
) -> Document:
    results = Pipeline(request.engine, request.database).run(documents, rest)
    target = request.command["aggregate"]
    namespace = f"{request.database}.{'$cmd.aggregate' if target == 1 else target}"
    return request.house.cursors.answer(namespace, results, _batch_size(request), request.now_s())


def _aggregate_without_collection(request: Request) -> Document:
    pipeline = request.command.get("pipeline")
    first = pipeline[0] if isinstance(pipeline, list) and pipeline else {}
    if not isinstance(first, Mapping) or "$documents" not in first:
        Pipeline(request.engine, request.database).run([], pipeline)
    raise Refusal(73, "{aggregate: 1} is not valid for this pipeline")


def _narrowed(collection: Collection | None, pipeline: object) -> tuple[list[Document], object]:
    """A pipeline that starts with $match may use an index."""
    if collection is None:
        return [], pipeline
    first = pipeline[0] if isinstance(pipeline, list) and pipeline else None
    if isinstance(first, Mapping) and list(first) == ["$match"] and isinstance(pipeline, list):
        query = first["$match"]
        if isinstance(query, Mapping):
            return [document for _, document in collection.find(query)], pipeline[1:]
    return list(collection.documents.values()), pipeline


def _batch_size(request: Request) -> int | None:
    size = request.mapping("cursor").get("batchSize")
    if size is None:
        return None
    if isinstance(size, bool) or not isinstance(size, (int, Int64, float)) or size < 0:
        raise Refusal(2, "cursor.batchSize must be a non-negative number")
    return int(size)
