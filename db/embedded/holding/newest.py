"""Which document of each value of a field came last, without looking at all of them each time."""

from collections.abc import Iterator
from typing import Protocol

from db.embedded.fields.paths import value_at
from db.embedded.values import Document, Key, key_of


class Documents(Protocol):
    """Documents by record, in the order they came."""

    def __getitem__(self, record: int) -> Document:
        """The document; KeyError where it is gone."""
        ...

    def __iter__(self) -> Iterator[int]:
        """Their records."""
        ...


class Newest:
    """Documents are numbered in the order they came, so only new ones need a look."""

    def __init__(self, path: str) -> None:
        self._path = tuple(path.split(".")) if path else ()
        self._documents: Documents = {}
        self._by_value: dict[Key, int] = {}
        self._seen_up_to = 0

    def look_at(self, documents: Documents) -> None:
        """Take note of what came since the last look."""
        self._documents = documents
        if not self._path:
            return
        newer: dict[Key, int] = {}
        last = self._seen_up_to
        for record in reversed(list(documents)):
            if record <= self._seen_up_to:
                break
            newer.setdefault(self._value_of(documents[record]), record)
            last = max(last, record)
        self._by_value |= newer
        self._seen_up_to = last

    def is_one(self, record: int, document: Document) -> bool:
        """Nothing with the same value came after it."""
        if not self._path:
            return False
        value = self._value_of(document)
        if not self._knows(record, value):
            self._by_value, self._seen_up_to = {}, 0
            self.look_at(self._documents)
        return self._by_value[value] == record

    def _knows(self, record: int, value: Key) -> bool:
        """Deleting and changing documents makes what was noted wrong."""
        newest = self._by_value.get(value, 0)
        if newest == record:
            return True
        try:
            return newest > record and self._value_of(self._documents[newest]) == value
        except KeyError:
            return False

    def _value_of(self, document: Document) -> Key:
        return key_of(value_at(document, self._path))
