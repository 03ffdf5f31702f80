"""Which documents a command means: those that match, in its order, without those it skips."""

from collections.abc import Iterable, Mapping
from itertools import islice

from db.embedded.errors import Refusal
from db.embedded.fields.sorting import sorted_records
from db.embedded.holding.collection import Collection

_MOST = 2**62


def chosen_records(
    collection: Collection,
    query: Mapping[str, object],
    sort: object = None,
    *,
    skip: int = 0,
    limit: int | None = None,
) -> list[int]:
    """Their records; documents are looked at one at a time."""
    found = _ordered(collection, query, sort or {})
    end = None if limit is None else min(skip + limit, _MOST)
    return list(islice(found, min(skip, _MOST), end))


def _ordered(collection: Collection, query: Mapping[str, object], sort: object) -> Iterable[int]:
    if not isinstance(sort, Mapping):
        raise Refusal(14, "a sort specification must be an object")
    if "$natural" in sort:
        return _natural(collection.matching(query), sort)
    if sort:
        return sorted_records(collection.find(query), sort)
    return collection.matching(query)


def _natural(found: Iterable[int], sort: Mapping[str, object]) -> Iterable[int]:
    if sort["$natural"] not in (1, -1) or len(sort) != 1:
        raise Refusal(2, "$natural sort cannot be set to a value other than -1 or 1")
    return reversed(list(found)) if sort["$natural"] == -1 else found
