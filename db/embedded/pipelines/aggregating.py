"""Aggregation pipelines, stage by stage; a stage nobody knows is refused."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from db.embedded.errors import Refusal, not_implemented
from db.embedded.fields.sorting import sort_documents
from db.embedded.finding.matching import compile_filter
from db.embedded.holding.engine import Engine
from db.embedded.pipelines import shaping
from db.embedded.pipelines.bucketing import bucket, bucket_auto
from db.embedded.pipelines.grouping import group
from db.embedded.pipelines.joining import compile_union, lookup
from db.embedded.values import Document, type_name
from utils.randomness import unseeded

Documents: TypeAlias = list[Document]
Stage: TypeAlias = Callable[[Documents, object], Documents]

_OF_UPDATES = frozenset(
    {"$addFields", "$set", "$project", "$unset", "$replaceRoot", "$replaceWith"}
)


class Pipeline:
    """One aggregation over one database."""

    def __init__(self, engine: Engine, database: str) -> None:
        self._engine = engine
        self._database = database

    def run(self, documents: Documents, stages: object) -> Documents:
        """What comes out at the end; the documents that went in are not touched."""
        if not isinstance(stages, list):
            raise Refusal(14, "'pipeline' must be an array")
        for stage in stages:
            documents = self._run_stage(documents, *_name_and_operand(stage))
        return documents

    def _run_stage(self, documents: Documents, name: str, operand: object) -> Documents:
        if name == "$changeStream":
            text = "The $changeStream stage is only supported on replica sets"
            raise Refusal(40573, text)
        if name == "$lookup":
            return lookup(documents, operand, self._documents, self.run)
        if name == "$facet":
            return self._facet(documents, operand)
        if name == "$unionWith":
            return self._union(documents, operand)
        if name in _STAGES:
            return _STAGES[name](documents, operand)
        if name in _KNOWN_STAGES:
            raise not_implemented(f"the aggregation stage {name}")
        raise Refusal(40324, f"Unrecognized pipeline stage name: '{name}'")

    def _documents(self, name: str) -> Documents:
        collection = self._engine.find(self._database, name)
        return list(collection.documents.values()) if collection else []

    def _facet(self, documents: Documents, operand: object) -> Documents:
        if not isinstance(operand, Mapping) or not operand:
            raise Refusal(40169, "the $facet specification must be a non-empty object")
        for inner in operand.values():
            for stage in inner if isinstance(inner, list) else ():
                name, _ = _name_and_operand(stage)
                if name in _NOT_IN_FACET:
                    raise Refusal(40600, f"{name} is not allowed to be used within a $facet stage")
        return [{key: self.run(documents, inner) for key, inner in operand.items()}]

    def _union(self, documents: Documents, operand: object) -> Documents:
        name, stages = compile_union(operand)
        return [*documents, *self.run(self._documents(name), stages)]


def _name_and_operand(stage: object) -> tuple[str, object]:
    if not isinstance(stage, Mapping) or len(stage) != 1:
        text = "A pipeline stage specification object must contain exactly one field."
        raise Refusal(40323, text)
    return next(iter(stage.items()))


def _match(documents: Documents, operand: object) -> Documents:
    if not isinstance(operand, Mapping):
        raise Refusal(15959, "the match filter must be an expression in an object")
    wanted = compile_filter(operand)
    return [document for document in documents if wanted(document)]


def _limit(documents: Documents, operand: object) -> Documents:
    limit = _whole(operand, "$limit")
    if limit == 0:
        raise Refusal(15958, "the limit must be positive")
    return documents[:limit]


def _skip(documents: Documents, operand: object) -> Documents:
    return documents[_whole(operand, "$skip") :]


def _whole(operand: object, name: str) -> int:
    bad = isinstance(operand, bool) or not isinstance(operand, (int, float))
    if bad or not isinstance(operand, (int, float)) or operand < 0 or operand != operand // 1:
        raise Refusal(5107201, f"invalid argument to {name} stage: not a non-negative whole number")
    return int(operand)


def _count(documents: Documents, operand: object) -> Documents:
    is_name = isinstance(operand, str) and type_name(operand) == "string"
    if not is_name or not operand or str(operand).startswith("$") or "." in str(operand):
        raise Refusal(40156, "the count field must be a non-empty string without $ and .")
    return [{str(operand): len(documents)}] if documents else []


def _sort_by_count(documents: Documents, operand: object) -> Documents:
    if not isinstance(operand, (str, Mapping)):
        raise Refusal(40147, "the $sortByCount field must be an expression")
    grouped = group(documents, {"_id": operand, "count": {"$sum": 1}})
    return sort_documents(grouped, {"count": -1})


def _sample(documents: Documents, operand: object) -> Documents:
    if not isinstance(operand, Mapping):
        raise Refusal(28745, "the $sample stage specification must be an object")
    for word in operand:
        if word != "size":
            raise Refusal(28748, f"unrecognized option to $sample: {word}")
    if "size" not in operand:
        raise Refusal(28749, "$sample stage must specify a size")
    size = min(_whole(operand["size"], "$sample"), len(documents))
    return unseeded().sample(documents, size)


def _sort(documents: Documents, operand: object) -> Documents:
    if operand == {}:
        raise Refusal(15976, "$sort stage must have at least one sort key")
    return sort_documents(documents, operand)


_STAGES: dict[str, Stage] = {
    "$match": _match,
    "$sort": _sort,
    "$group": group,
    "$project": shaping.project,
    "$addFields": shaping.add_fields,
    "$set": shaping.add_fields,
    "$unset": shaping.unset,
    "$unwind": shaping.unwind,
    "$replaceRoot": shaping.replace_root,
    "$replaceWith": shaping.replace_with,
    "$sortByCount": _sort_by_count,
    "$bucket": bucket,
    "$bucketAuto": bucket_auto,
    "$sample": _sample,
    "$limit": _limit,
    "$skip": _skip,
    "$count": _count,
}
_NOT_IN_FACET = frozenset(
    {"$collStats", "$facet", "$geoNear", "$indexStats", "$merge", "$out", "$planCacheStats"}
)
_KNOWN_STAGES = frozenset(
    {
        "$changeStreamSplitLargeEvent", "$collStats", "$currentOp", "$densify", "$documents",
        "$fill", "$geoNear", "$graphLookup", "$indexStats", "$listLocalSessions", "$listSessions",
        "$merge", "$out", "$planCacheStats", "$redact", "$search", "$searchMeta",
        "$setWindowFields", "$shardedDataDistribution", "$vectorSearch",
    }
)  # fmt: skip


def updated_by_pipeline(document: Document, stages: list[object]) -> Document:
    """An update that is a pipeline, on one document."""
    documents = [document]
    for stage in stages:
        name, operand = _name_and_operand(stage)
        if name not in _STAGES.keys() | _KNOWN_STAGES | {"$lookup", "$facet", "$unionWith"}:
            raise Refusal(40324, f"Unrecognized pipeline stage name: '{name}'")
        if name not in _OF_UPDATES:
            raise Refusal(72, f"{name} is not allowed to be used within an update")
        documents = _STAGES[name](documents, operand)
    return documents[0]
