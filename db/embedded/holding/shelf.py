"""Documents kept as their BSON bytes, an eighth of what they take as objects."""

from collections.abc import Iterable, Iterator

import bson

from db.embedded.values import CODEC, Document


class Shelf:
    """Record number to document, in the order they came; each look decodes a fresh copy."""

    def __init__(self) -> None:
        self._bodies: dict[int, bytes] = {}

    def __getitem__(self, record: int) -> Document:
        return bson.decode(self._bodies[record], CODEC)

    def __iter__(self) -> Iterator[int]:
        return iter(self._bodies)

    def __len__(self) -> int:
        return len(self._bodies)

    def items(self) -> Iterator[tuple[int, Document]]:
        """All documents with their records, decoded one at a time."""
        return ((record, bson.decode(body, CODEC)) for record, body in self._bodies.items())

    def values(self) -> Iterator[Document]:
        """All documents, decoded one at a time."""
        return (bson.decode(body, CODEC) for body in self._bodies.values())

    def body(self, record: int) -> bytes:
        """The document as it is stored."""
        return self._bodies[record]

    def bodies(self) -> Iterable[tuple[int, bytes]]:
        """All documents as they are stored."""
        return self._bodies.items()

    def put(self, record: int, body: bytes) -> None:
        """A document is new or different; a known record keeps its place."""
        self._bodies[record] = body

    def remove(self, record: int) -> None:
        """A document is gone."""
        del self._bodies[record]
