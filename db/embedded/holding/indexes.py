"""Indexes in memory: they find documents by value and keep unique what must be unique."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from bson import ObjectId

from db.embedded.errors import Refusal, not_implemented
from db.embedded.fields.paths import value_at
from db.embedded.finding.matching import compile_filter
from db.embedded.holding.conditions import Conditions, Span
from db.embedded.holding.entries import OrderedEntries
from db.embedded.holding.keys import after, packed
from db.embedded.holding.rows import is_absent, rows
from db.embedded.values import MISSING, Document, is_number, same, type_name

_OPTIONS = frozenset(
    {
        "v", "key", "name", "unique", "sparse", "partialFilterExpression", "expireAfterSeconds",
        "background", "ns",
    }
)  # fmt: skip
_KINDS: tuple[tuple[str, tuple[type, ...], str], ...] = (
    ("unique", (bool, int, float), "a bool"),
    ("sparse", (bool, int, float), "a bool"),
    ("name", (str,), "a string"),
)
_PARTIAL_WORDS = frozenset(
    {"$eq", "$gt", "$gte", "$lt", "$lte", "$in", "$type", "$exists", "$and", "$or"}
)
_MOST_HEADS = 1000
_RECORD_BYTES = 6
_MOST_TTL_S = 2**31 - 1


class Index:
    """One index of one collection: its entries are a key's bytes and the record that has it."""

    def __init__(self, namespace: str, specification: Document) -> None:
        self.namespace = namespace
        self.specification = checked_specification(specification)
        self.name = str(self.specification["name"])
        self.pattern: Document = _mapping(self.specification["key"], "key")
        self.unique = bool(self.specification.get("unique")) or self.name == "_id_"
        self.sparse = bool(self.specification.get("sparse"))
        self._partial = self.specification.get("partialFilterExpression")
        self._covers = None if self._partial is None else compile_filter(self._partial)
        self._paths = {path: tuple(path.split(".")) for path in self.pattern}
        self.uses = 0
        self._has_arrays = False
        self._held = OrderedEntries()

    @property
    def expires_after_s(self) -> float | None:
        """For a TTL index, how long a document lives after its date."""
        seconds = self.specification.get("expireAfterSeconds")
        return float(seconds) if isinstance(seconds, (int, float)) else None

    def covers(self, document: Document) -> bool:
        """Whether a partial index speaks of the document; any other speaks of all."""
        return self._covers is None or self._covers(document)

    def entries(self, document: Document) -> set[bytes]:
        """The keys the document is found under."""
        if not self.covers(document):
            return set()
        paths = tuple(self._paths.values())
        if self.sparse and all(is_absent(document, parts) for parts in paths):
            return set()
        return rows(document, paths)

    def check(self, document: Document, record: int, entries: set[bytes]) -> None:
        """Refuse a second document under a unique key."""
        if not self.unique:
            return
        mine = _record_bytes(record)
        for entry in entries:
            if any(e[-_RECORD_BYTES:] != mine for e in self._held.between(entry, after(entry))):
                raise self.duplicate(document)

    def duplicate(self, document: Document) -> Refusal:
        """What to say of a key that another document has."""
        values = {path: _shown(document, parts) for path, parts in self._paths.items()}
        shown = ", ".join(f"{path}: {_text(value)}" for path, value in values.items())
        text = f"E11000 duplicate key error collection: {self.namespace} index: {self.name}"
        details: Document = {"keyPattern": dict(self.pattern), "keyValue": values}
        return Refusal(11000, f"{text} dup key: {{ {shown} }}", details)

    def numbered(self, record: int, entries: set[bytes]) -> list[bytes]:
        """The entries as they are held, with the record behind the key."""
        self._has_arrays = self._has_arrays or len(entries) > 1
        return [entry + _record_bytes(record) for entry in entries]

    def fill(self, numbered: Iterable[bytes]) -> None:
        """Hold exactly these."""
        self._held.fill(numbered)

    def add(self, record: int, entries: set[bytes]) -> None:
        """The document is now found under these."""
        for entry in self.numbered(record, entries):
            self._held.add(entry)

    def drop(self, record: int, entries: set[bytes]) -> None:
        """The document is no longer found under these."""
        for entry in entries:
            self._held.discard(entry + _record_bytes(record))

    def held(self) -> list[bytes]:
        """All entries in order, each with its record behind the key."""
        return list(self._held.between(b"", b"\xff"))

    def first_pair(self) -> int | None:
        """A record whose key another record has as well, if there is one."""
        last = b""
        for entry in self.held():
            if entry[:-_RECORD_BYTES] == last:
                return int.from_bytes(entry[-_RECORD_BYTES:], "big")
            last = entry[:-_RECORD_BYTES]
        return None

    def spans(self, wanted: Conditions) -> list[Span] | None:
        """Where every document that meets the conditions is found; None: it may be anywhere."""
        if not self._knows(wanted.equal):
            return None
        heads, used = self._heads(wanted.equal)
        path = self._path_after(used)
        bounds = None if path is None else wanted.bounds.get(path)
        if bounds is not None:
            low, high = bounds.span(one_sided=self._has_arrays)
            return [(head + low, head + high) for head in heads]
        if used:
            return [(head, after(head)) for head in heads]
        return self._gaps(wanted.unlike)

    def _heads(self, equal: Mapping[str, list[object]]) -> tuple[list[bytes], int]:
        heads, used = [b""], 0
        for path in self._paths:
            values = {packed(value) for value in equal.get(path, [])}
            if path not in equal or len(heads) * len(values) > _MOST_HEADS:
                break
            heads, used = [head + value for head in heads for value in values], used + 1
            if self._has_arrays:
                break
        return heads, used

    def _path_after(self, used: int) -> str | None:
        """The next column, where it may narrow the search further."""
        if used == len(self._paths) or (used and self._has_arrays):
            return None
        return list(self._paths)[used]

    def _gaps(self, excluded: Mapping[str, list[object]]) -> list[Span] | None:
        path, parts = next(iter(self._paths.items()))
        unlike = excluded.get(path)
        if unlike is None or None in unlike or self.sparse:
            return None
        # An element chosen by its place is unlike its own items, which are all its keys.
        if any(part.isdecimal() for part in parts):
            return None
        edges = sorted({packed(value) for value in unlike})
        lows, highs = [b"", *map(after, edges)], [*edges, b"\xff"]
        return list(zip(lows, highs, strict=True))

    def _knows(self, equal: Mapping[str, list[object]]) -> bool:
        if self.sparse and any(None in equal.get(path, []) for path in self._paths):
            return False
        return self._covers is None or self._is_covered(equal)

    def _is_covered(self, equal: Mapping[str, list[object]]) -> bool:
        """Whether the query lets only documents through that the partial index holds."""
        named = sorted(set(_fields(self._partial)))
        if any("." in path or None in equal.get(path, [None]) for path in named):
            return False
        covers = self._covers or (lambda _: True)
        chosen = product(*(equal[path][:_MOST_HEADS] for path in named))
        return all(covers(dict(zip(named, values, strict=True))) for values in chosen)

    def count(self, spans: list[Span]) -> int:
        """How many entries the spans hold."""
        return sum(self._held.count(low, high) for low, high in spans)

    def records(self, spans: list[Span]) -> set[int]:
        """The records of the spans."""
        return {
            int.from_bytes(entry[-_RECORD_BYTES:], "big")
            for low, high in spans
            for entry in self._held.between(low, high)
        }

    def same_as(self, other: Document) -> bool:
        """An index with the same key and options."""
        mine = {k: v for k, v in self.specification.items() if k != "name"}
        theirs = {k: v for k, v in other.items() if k != "name"}
        return same(mine, theirs) or all(
            same(mine.get(k), theirs.get(k)) for k in mine.keys() | theirs.keys()
        )


def _record_bytes(record: int) -> bytes:
    return record.to_bytes(_RECORD_BYTES, "big")


def _shown(document: Document, parts: tuple[str, ...]) -> object:
    value = value_at(document, parts)
    return None if value is MISSING else value


def _text(value: object) -> str:
    """A value as MongoDB writes it into the message of a duplicate key."""
    if isinstance(value, (bool, str)) or value is None:
        return json.dumps(value, ensure_ascii=False)
    return f"ObjectId('{value}')" if isinstance(value, ObjectId) else repr(value)


def _mapping(value: object, what: str) -> Document:
    if not isinstance(value, dict) or not value:
        raise Refusal(67, f"an index's {what} must be an object that is not empty")
    return value


def checked_specification(asked: Document) -> Document:
    """The index's description as listIndexes shows it."""
    for option in asked:
        if option not in _OPTIONS:
            raise not_implemented(f"the index option '{option}'")
    _check_kinds(asked)
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


def _check_kinds(asked: Document) -> None:
    for word, kinds, wanted in _KINDS:
        stated = asked.get(word)
        if stated is not None and not isinstance(stated, kinds):
            text = f"the index option '{word}' must be {wanted}, found {type_name(stated)}"
            raise Refusal(14, text)
    if asked.get("name") == "*":
        raise Refusal(2, "The index name '*' is not valid.")


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


def _fields(partial: object) -> Iterator[str]:
    """The paths a partial filter speaks of."""
    for name, item in partial.items() if isinstance(partial, Mapping) else ():
        if not name.startswith("$"):
            yield name
        for branch in item if name.startswith("$") and isinstance(item, list) else ():
            yield from _fields(branch)


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
