"""Indexes in memory: they find documents by equality and keep unique what must be unique."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import TypeAlias

from db.embedded.errors import Refusal, not_implemented
from db.embedded.matching import compile_filter
from db.embedded.paths import value_at, values_at
from db.embedded.values import MISSING, Document, Key, is_number, key_of, same

Entry: TypeAlias = tuple[Key, ...]

_OPTIONS = frozenset(
    {
        "v", "key", "name", "unique", "sparse", "partialFilterExpression", "expireAfterSeconds",
        "background", "ns",
    }
)  # fmt: skip
_PARTIAL_WORDS = frozenset(
    {"$eq", "$gt", "$gte", "$lt", "$lte", "$in", "$type", "$exists", "$and", "$or"}
)
_EMPTY_ARRAY: Key = (4,)
_MOST_TTL_S = 2**31 - 1


class Index:
    """One index of one collection."""

    def __init__(self, namespace: str, specification: Document) -> None:
        self.namespace = namespace
        self.specification = checked_specification(specification)
        self.name = str(self.specification["name"])
        self.pattern: Document = _mapping(self.specification["key"], "key")
        self.unique = bool(self.specification.get("unique")) or self.name == "_id_"
        self.sparse = bool(self.specification.get("sparse"))
        partial = self.specification.get("partialFilterExpression")
        self._covers = None if partial is None else compile_filter(partial)
        self._paths = {path: tuple(path.split(".")) for path in self.pattern}
        self._holders: dict[Entry, set[int]] = {}

    @property
    def expires_after_s(self) -> float | None:
        """For a TTL index, how long a document lives after its date."""
        seconds = self.specification.get("expireAfterSeconds")
        return float(seconds) if isinstance(seconds, (int, float)) else None

    def entries(self, document: Document) -> set[Entry]:
        """What the document is found under."""
        if self._covers is not None and not self._covers(document):
            return set()
        columns = [_column(document, parts) for parts in self._paths.values()]
        if self.sparse and all(found == {key_of(None)} for found in columns):
            fields = self._paths.values()
            if all(value is MISSING for parts in fields for value in values_at(document, parts)):
                return set()
        return set(product(*columns))

    def check(self, document: Document, record: int, entries: set[Entry]) -> None:
        """Refuse a second document under a unique key."""
        if not self.unique:
            return
        for entry in entries:
            if self._holders.get(entry, frozenset()) - {record}:
                raise self._duplicate(document)

    def _duplicate(self, document: Document) -> Refusal:
        values = {path: _shown(document, parts) for path, parts in self._paths.items()}
        shown = ", ".join(f"{path}: {value!r}" for path, value in values.items())
        text = f"E11000 duplicate key error collection: {self.namespace} index: {self.name}"
        details: Document = {"keyPattern": dict(self.pattern), "keyValue": values}
        return Refusal(11000, f"{text} dup key: {{ {shown} }}", details)

    def add(self, record: int, entries: set[Entry]) -> None:
        """The document is now found under these."""
        for entry in entries:
            self._holders.setdefault(entry, set()).add(record)

    def drop(self, record: int, entries: set[Entry]) -> None:
        """The document is no longer found under these."""
        for entry in entries:
            holders = self._holders.get(entry, set())
            holders.discard(record)
            if not holders:
                self._holders.pop(entry, None)

    def candidates(self, equal: Mapping[str, list[object]]) -> set[int] | None:
        """Records that may have these values; None when this index cannot tell."""
        if not self._paths.keys() <= equal.keys() or not self._knows(equal):
            return None
        keys = [[key_of(value) for value in equal[path]] for path in self._paths]
        return {
            record for entry in product(*keys) for record in self._holders.get(entry, frozenset())
        }

    def _knows(self, equal: Mapping[str, list[object]]) -> bool:
        if self.sparse and any(None in values for values in equal.values()):
            return False
        if self._covers is None:
            return True
        return all(
            self._covers({path: value for path, value in zip(equal, chosen, strict=True)})  # noqa: C416 - dict(zip()) loses its type here
            for chosen in product(*equal.values())
        )

    def same_as(self, other: Document) -> bool:
        """An index with the same key and options."""
        mine = {k: v for k, v in self.specification.items() if k != "name"}
        theirs = {k: v for k, v in other.items() if k != "name"}
        return same(mine, theirs) or all(
            same(mine.get(k), theirs.get(k)) for k in mine.keys() | theirs.keys()
        )


def _column(document: Document, parts: tuple[str, ...]) -> set[Key]:
    keys: set[Key] = set()
    for value in values_at(document, parts):
        if isinstance(value, list):
            keys |= {key_of(item) for item in value} or {_EMPTY_ARRAY}
        else:
            keys.add(key_of(value))
    return keys or {key_of(None)}


def _shown(document: Document, parts: tuple[str, ...]) -> object:
    value = value_at(document, parts)
    return None if value is MISSING else value


def _mapping(value: object, what: str) -> Document:
    if not isinstance(value, dict) or not value:
        raise Refusal(67, f"an index's {what} must be an object that is not empty")
    return value


def checked_specification(asked: Document) -> Document:
    """The index's description as listIndexes shows it."""
    for option in asked:
        if option not in _OPTIONS:
            raise not_implemented(f"the index option '{option}'")
    pattern = _mapping(asked.get("key"), "key")
    for path, way in pattern.items():
        _check_column(path, way)
    partial = asked.get("partialFilterExpression")
    if partial is not None:
        _check_partial(partial)
        if asked.get("sparse"):
            raise Refusal(67, "cannot mix partialFilterExpression and sparse options")
    _check_ttl(asked, pattern)
    name = asked.get("name") or "_".join(f"{path}_{way}" for path, way in pattern.items())
    rest = {k: v for k, v in asked.items() if k not in ("v", "key", "name", "background", "ns")}
    return {
        "v": 2,
        "key": pattern,
        "name": name,
        **{k: v for k, v in rest.items() if v is not False},
    }


def _check_column(path: str, way: object) -> None:
    if not all(path.split(".")) or path.startswith("$") or "$**" in path:
        raise not_implemented(f"an index on '{path}'")
    if not is_number(way) or way == 0:
        raise not_implemented(f"an index of kind {way!r} on '{path}'")


def _check_partial(partial: object) -> None:
    for word in _words(partial):
        if word not in _PARTIAL_WORDS:
            raise Refusal(67, f"unsupported expression in partial index: {word}")
    compile_filter(partial)


def _words(node: object) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _words(item)
    elif isinstance(node, Mapping):
        if node.get("$exists", True) is False:
            yield "$exists: false"
        for name, item in node.items():
            if name.startswith("$"):
                yield name
            yield from _words(item)


def _check_ttl(asked: Document, pattern: Document) -> None:
    seconds = asked.get("expireAfterSeconds")
    if seconds is None:
        return
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise Refusal(67, "expireAfterSeconds must be a number")
    if not 0 <= seconds <= _MOST_TTL_S:
        raise Refusal(67, f"expireAfterSeconds must be within 0 and {_MOST_TTL_S}")
    if len(pattern) != 1 or "_id" in pattern:
        raise Refusal(67, "TTL indexes are single-field indexes, and not on _id")
