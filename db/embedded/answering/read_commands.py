"""find, getMore, killCursors, count, distinct and aggregate."""

from collections.abc import Iterable, Mapping

import bson
from bson import Int64

from db.embedded.answering.requests import Request
from db.embedded.answering.source_stages import sourced
from db.embedded.answering.write_commands import check_hint
from db.embedded.errors import Refusal
from db.embedded.fields.paths import values_at
from db.embedded.finding.matching import compile_filter
from db.embedded.holding.choosing import chosen_records
from db.embedded.holding.collection import MAX_DOCUMENT_BYTES, Collection
from db.embedded.pipelines.aggregating import Pipeline
from db.embedded.pipelines.projecting import compile_projection
from db.embedded.values import CODEC, Document, Missing, key_of


def find(request: Request) -> Document:
    """Documents that match, sorted and cut as asked."""
    collection = request.engine.find(request.database, request.target())
    projection = request.mapping("projection")
    shown = compile_projection(projection, request.mapping("filter"))
    check_hint(collection, request.command.get("hint"))
    records, size = _chosen(request, collection, "filter"), request.whole("batchSize")
    single = request.flag("singleBatch")
    size = len(records) if single and size is None else size
    found: Iterable[Document | bytes] = ()
    if collection is not None:
        shelf = collection.documents
        found = (shown(shelf[record]) if projection else shelf.body(record) for record in records)
    namespace = f"{request.database}.{request.target()}"
    lasting = request.flag("noCursorTimeout")
    answer = request.house.cursors.answer
    return answer(namespace, found, size, request.now_s(), lasting=lasting, single=single)


def _chosen(request: Request, collection: Collection | None, field: str) -> list[int]:
    query, sort = request.mapping(field), request.mapping("sort")
    skip, limit = request.whole("skip") or 0, request.whole("limit") or None
    if collection is None:
        compile_filter(query)
        return []
    return chosen_records(collection, query, sort, skip=skip, limit=limit)


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
    return {"n": len(_chosen(request, collection, "query")), "ok": 1.0}


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
    if len(bson.encode({"values": values}, codec_options=CODEC)) > MAX_DOCUMENT_BYTES:
        raise Refusal(17217, "distinct too big, 16mb cap")
    return {"values": values, "ok": 1.0}


def aggregate(request: Request) -> Document:
    """A pipeline's results."""
    if "cursor" not in request.command:
        raise Refusal(9, "The 'cursor' option is required, except for aggregate with explain")
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
    """No stage of ours makes documents out of nothing; one that nobody knows is named first."""
    Pipeline(request.engine, request.database).run([], request.command.get("pipeline"))
    raise Refusal(73, "{aggregate: 1} is not valid for this pipeline")


def _narrowed(collection: Collection | None, pipeline: object) -> tuple[list[Document], object]:
    """What a pipeline starts from: one that begins with $match may use an index."""
    if collection is None or not isinstance(pipeline, list):
        return [], pipeline
    query, rest = _leading_match(pipeline)
    if _only_counts(rest):
        return [{} for _ in collection.matching(query)], rest
    return [document for _, document in collection.find(query)], rest


def _leading_match(pipeline: list[object]) -> tuple[Mapping[str, object], list[object]]:
    first = pipeline[0] if pipeline else None
    if isinstance(first, Mapping) and list(first) == ["$match"]:
        query = first["$match"]
        if isinstance(query, Mapping):
            return query, pipeline[1:]
    return {}, pipeline


def _only_counts(stages: list[object]) -> bool:
    """The stages a driver counts with: they look into no document."""
    names = [next(iter(stage), "") if isinstance(stage, Mapping) else "" for stage in stages]
    if not names or set(names[:-1]) - {"$skip", "$limit"}:
        return False
    return names[-1] == "$count" or stages[-1] == {"$group": {"_id": 1, "n": {"$sum": 1}}}


def _batch_size(request: Request) -> int | None:
    size = request.mapping("cursor").get("batchSize")
    if size is None:
        return None
    if isinstance(size, bool) or not isinstance(size, (int, Int64, float)) or size < 0:
        raise Refusal(2, "cursor.batchSize must be a non-negative number")
    return int(size)
