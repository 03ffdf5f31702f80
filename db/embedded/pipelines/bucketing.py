"""$bucket and $bucketAuto: groups by ranges instead of by single keys."""

from bisect import bisect_right
from collections.abc import Mapping

from db.embedded.errors import Refusal, not_implemented
from db.embedded.expressions.expressions import compile_expression
from db.embedded.pipelines.grouping import Fields, accumulators, gathered
from db.embedded.values import Document, Missing, key_of

_COUNT: Document = {"count": {"$sum": 1}}


def bucket(documents: list[Document], operand: object) -> list[Document]:
    """Groups between stated boundaries, the lower one belonging to the group."""
    stated = _words(operand, {"groupBy", "boundaries"}, {"default", "output"}, 40197)
    boundaries = _boundaries(stated["boundaries"])
    keys = [key_of(boundary) for boundary in boundaries]
    value_of, fields = compile_expression(stated["groupBy"]), _fields(stated)
    members: list[list[Document]] = [[] for _ in keys]
    for document in documents:
        key = key_of(value_of(document))
        at = bisect_right(keys, key) - 1 if keys[0] <= key < keys[-1] else -1
        members[at].append(document)
    _check_default(stated, outside=bool(members[-1]))
    names = [*boundaries[:-1], stated.get("default")]
    filled = [(name, held) for name, held in zip(names, members, strict=True) if held]
    return [gathered(name, held, fields) for name, held in filled]


def _check_default(stated: Mapping[str, object], *, outside: bool) -> None:
    if outside and "default" not in stated:
        raise Refusal(40066, "$bucket could not find a bucket for a value, and has no default")


def _words(operand: object, needed: set[str], free: set[str], code: int) -> Mapping[str, object]:
    if not isinstance(operand, Mapping) or not needed <= operand.keys() <= needed | free:
        wanted = ", ".join(sorted(needed | free))
        raise Refusal(code, f"the stage takes an object of {wanted}")
    return operand


def _boundaries(stated: object) -> list[object]:
    if not isinstance(stated, list) or len(stated) < 2:  # noqa: PLR2004 - one bucket has two ends
        raise Refusal(40192, "$bucket needs at least two boundaries")
    values = [compile_expression(boundary)({}) for boundary in stated]
    keys = [key_of(value) for value in values]
    if any(keys[at] >= keys[at + 1] for at in range(len(keys) - 1)):
        raise Refusal(40194, "$bucket needs its boundaries in ascending order")
    return values


def _fields(stated: Mapping[str, object]) -> Fields:
    output = stated.get("output", _COUNT)
    if not isinstance(output, Mapping):
        raise Refusal(40196, "the output of buckets must be an object")
    return accumulators(output)


def bucket_auto(documents: list[Document], operand: object) -> list[Document]:
    """A number of groups of about the same size, in order of their values."""
    stated = _words(operand, {"groupBy", "buckets"}, {"output", "granularity"}, 40246)
    if "granularity" in stated:
        raise not_implemented("$bucketAuto with granularity")
    count = stated["buckets"]
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise Refusal(40243, "$bucketAuto needs a number of buckets greater than 0")
    value_of, fields = compile_expression(stated["groupBy"]), _fields(stated)
    valued = [(_or_null(value_of(document)), document) for document in documents]
    valued.sort(key=lambda pair: key_of(pair[0]))
    return _evenly(valued, count, fields)


def _or_null(value: object) -> object:
    return None if isinstance(value, Missing) else value


def _evenly(valued: list[tuple[object, Document]], count: int, fields: Fields) -> list[Document]:
    size = max(int(len(valued) / count + 0.5), 1)
    found: list[Document] = []
    start = 0
    while start < len(valued):
        last = len(found) == count - 1
        end = len(valued) if last else min(start + size, len(valued))
        while end < len(valued) and key_of(valued[end][0]) == key_of(valued[end - 1][0]):
            end += 1
        above = valued[end][0] if end < len(valued) else valued[-1][0]
        border = {"min": valued[start][0], "max": above}
        found.append(gathered(border, [document for _, document in valued[start:end]], fields))
        start = end
    return found
