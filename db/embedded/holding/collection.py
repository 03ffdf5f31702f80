"""One collection in memory: its documents, indexes and rules, and the changes to be stored."""

from collections.abc import Iterator, Mapping
from typing import Protocol

import bson
from bson import ObjectId

from db.embedded.errors import Refusal
from db.embedded.finding.matching import compile_filter
from db.embedded.holding.conditions import Conditions, conditions_of, needles_of
from db.embedded.holding.indexes import Index
from db.embedded.holding.shelf import Shelf
from db.embedded.validators.validation import Validator
from db.embedded.values import CODEC, MAX_DEPTH, Document, same, too_deep, type_name

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024


class Recorder(Protocol):
    """Takes every change down, in order; they are committed together before any reply."""

    def next_record(self) -> int:
        """A number no document has had."""
        ...

    def put(self, collection: int, record: int, body: bytes) -> None:
        """A document is new or different."""
        ...

    def remove(self, record: int) -> None:
        """A document is gone."""
        ...

    def describe(self, collection: int, description: Document) -> None:
        """The collection's options or indexes are different."""
        ...


class Collection:
    """Documents in the order they came."""

    def __init__(self, number: int, namespace: str, description: Document) -> None:
        self.number = number
        self.namespace = namespace
        self.options: Document = dict(_mapping(description.get("options")))
        self.identity = description["uuid"]
        self.documents = Shelf()
        self.validator = Validator(self.options)
        specifications = description.get("indexes")
        stated = specifications if isinstance(specifications, list) else []
        self.indexes: dict[str, Index] = {}
        for specification in stated or [{"key": {"_id": 1}, "name": "_id_"}]:
            index = Index(namespace, specification)
            self.indexes[index.name] = index

    def description(self) -> Document:
        """What the store keeps about the collection itself."""
        return {
            "uuid": self.identity,
            "options": self.options,
            "indexes": [index.specification for index in self.indexes.values()],
        }

    def load(self, record: int, body: bytes) -> None:
        """A document from the store: already checked when it was written."""
        self.documents.put(record, body)

    def loaded(self) -> None:
        """The last document has come: find them by their indexes from now on."""
        found: dict[str, list[bytes]] = {name: [] for name in self.indexes}
        for record, document in self.documents.items():
            for name, index in self.indexes.items():
                found[name] += index.numbered(record, index.entries(document))
        for name, index in self.indexes.items():
            index.fill(found[name])

    def insert(self, document: Document, recorder: Recorder, *, check: bool = True) -> Document:
        """Store a new document and return it as stored."""
        new = with_id_first(document)
        _refuse_bad_names(new)
        if check:
            self.validator.check(new)
        record = recorder.next_record()
        self._write(record, new, recorder, {})
        return new

    def replace(
        self, record: int, new: Document, recorder: Recorder, *, check: bool = True
    ) -> None:
        """Store a document's next state."""
        old = self.documents[record]
        if not same(old["_id"], new.get("_id")):
            text = "Performing an update on the path '_id' would modify the immutable field '_id'"
            raise Refusal(66, text)
        _refuse_bad_names(new)
        if check:
            self.validator.check(new, old)
        before = {name: index.entries(old) for name, index in self.indexes.items()}
        self._write(record, new, recorder, before)

    def _write(
        self, record: int, new: Document, recorder: Recorder, before: dict[str, set[bytes]]
    ) -> None:
        body = encoded(new)
        after = {name: index.entries(new) for name, index in self.indexes.items()}
        for name, index in self.indexes.items():
            index.check(new, record, after[name])
        for name, index in self.indexes.items():
            old = before.get(name, set())
            if old != after[name]:
                index.drop(record, old - after[name])
                index.add(record, after[name] - old)
        self.documents.put(record, body)
        recorder.put(self.number, record, body)

    def remove(self, record: int, recorder: Recorder) -> None:
        """Forget a document."""
        old = self.documents[record]
        for index in self.indexes.values():
            index.drop(record, index.entries(old))
        self.documents.remove(record)
        recorder.remove(record)

    def find(self, query: Mapping[str, object]) -> Iterator[tuple[int, Document]]:
        """Documents that match, in the order they came."""
        wanted = compile_filter(query)
        likely = ((record, self.documents[record]) for record in self._likely(query))
        return ((record, document) for record, document in likely if wanted(document))

    def matching(self, query: Mapping[str, object]) -> Iterator[int]:
        """The records of documents that match, in the order they came."""
        if query:
            return (record for record, _ in self.find(query))
        return iter(list(self.documents))

    def _likely(self, query: Mapping[str, object]) -> list[int]:
        """The records worth a look."""
        plan = self.plan(query)
        if plan is not None:
            plan[0].uses += 1
            return sorted(plan[1])
        bodies = list(self.documents.bodies())
        for choice in needles_of(conditions_of(query)):
            bodies = _holding(bodies, choice)
        return [record for record, _ in bodies]

    def plan(self, query: Mapping[str, object]) -> tuple[Index, set[int]] | None:
        """The index that leaves the fewest documents to look at, and these; None: all of them."""
        branches = query.get("$or")
        best = self._best(conditions_of(query))
        if best is not None or not isinstance(branches, list) or not branches:
            return best
        ways = [self.plan(branch) for branch in branches if isinstance(branch, Mapping)]
        known = [way for way in ways if way is not None]
        if len(known) < len(branches):
            return None
        return known[0][0], set().union(*(records for _, records in known))

    def _best(self, wanted: Conditions) -> tuple[Index, set[int]] | None:
        found = [(index, index.spans(wanted)) for index in self.indexes.values()]
        known = [(index, spans) for index, spans in found if spans is not None]
        if not known:
            return None
        index, spans = min(known, key=lambda way: way[0].count(way[1]))
        return index, index.records(spans)

    def add_index(self, specification: Document, recorder: Recorder) -> bool:
        """Build an index; false when it was there already."""
        index = Index(self.namespace, specification)
        if self._has(index):
            return False
        index.fill(
            entry
            for record, document in self.documents.items()
            for entry in index.numbered(record, index.entries(document))
        )
        twice = index.first_pair() if index.unique else None
        if twice is not None:
            raise index.duplicate(self.documents[twice])
        self.indexes[index.name] = index
        recorder.describe(self.number, self.description())
        return True

    def _has(self, new: Index) -> bool:
        for old in self.indexes.values():
            alike = old.same_as(new.specification)
            if alike and old.name == new.name:
                return True
            if old.name == new.name:
                text = f"An existing index has the same name as the requested index: {old.name}"
                raise Refusal(86, text)
            if list(old.pattern.items()) == list(new.pattern.items()):
                if old.name == "_id_" and not new.specification.get("expireAfterSeconds"):
                    return True
                raise Refusal(85, f"Index already exists with a different name: {old.name}")
        return False

    def drop_index(self, name: str, recorder: Recorder) -> None:
        """Forget an index."""
        if name == "_id_":
            raise Refusal(72, "cannot drop _id index")
        if name not in self.indexes:
            raise Refusal(27, f"index not found with name [{name}]")
        del self.indexes[name]
        recorder.describe(self.number, self.description())

    def set_rules(self, changes: Document, recorder: Recorder) -> None:
        """Change the validator, its level or its action."""
        options = {**self.options, **changes}
        self.validator = Validator(options)
        self.options = options
        recorder.describe(self.number, self.description())


def _holding(bodies: list[tuple[int, bytes]], choice: list[bytes]) -> list[tuple[int, bytes]]:
    """Those in which one of the byte strings stands."""
    if len(choice) == 1:
        needle = choice[0]
        return [(record, body) for record, body in bodies if needle in body]
    return [(record, body) for record, body in bodies if any(n in body for n in choice)]


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def with_id_first(document: Document) -> Document:
    """The document as stored: `_id` in front, made if it is missing."""
    identity = document["_id"] if "_id" in document else ObjectId()
    if type_name(identity) in ("array", "regex", "undefined"):
        raise Refusal(53, f"The '_id' value cannot be of type {type_name(identity)}")
    rest = {name: value for name, value in document.items() if name != "_id"}
    return {"_id": identity, **rest}


def _refuse_bad_names(document: Document) -> None:
    for name in document:
        if name.startswith("$"):
            raise Refusal(52, f"The dollar ($) prefixed field '{name}' is not valid for storage")
    if too_deep(document):
        raise Refusal(15, f"a document may be nested {MAX_DEPTH} deep at most")


def encoded(document: Document) -> bytes:
    """The document's bytes, within MongoDB's limit."""
    try:
        body = bson.encode(document, codec_options=CODEC)
    except (bson.errors.InvalidDocument, OverflowError, RecursionError) as reason:
        raise Refusal(2, f"the document cannot be stored: {reason}") from reason
    if len(body) > MAX_DOCUMENT_BYTES:
        text = f"BSONObj size: {len(body)} is invalid. Size must be at most {MAX_DOCUMENT_BYTES}"
        raise Refusal(10334, text)
    return body
