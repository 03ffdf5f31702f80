"""Where an update writes: one field of a document or one element of an array."""

from typing import TypeAlias

from db.embedded.errors import Refusal
from db.embedded.fields.paths import position_in
from db.embedded.values import MISSING, Document, type_name

Parts: TypeAlias = tuple[str, ...]
_MOST_PADDING = 1_500_000


def copied(value: object) -> object:
    """A copy that shares nothing that can be changed."""
    if isinstance(value, dict):
        return {name: copied(item) for name, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value


def copied_document(document: Document) -> Document:
    """A copy of a whole document."""
    return {name: copied(item) for name, item in document.items()}


class Place:
    """One spot in a document that may or may not hold a value."""

    def __init__(self, container: dict[str, object] | list[object], name: str) -> None:
        self._container = container
        self._name = name

    def value(self) -> object:
        """What is there, or MISSING."""
        if isinstance(self._container, dict):
            return self._container.get(self._name, MISSING)
        index = int(self._name)
        return self._container[index] if index < len(self._container) else MISSING

    def put(self, value: object) -> None:
        """Write; an array grows with nulls up to the index."""
        if isinstance(self._container, dict):
            self._container[self._name] = value
            return
        index = int(self._name)
        self._container.extend([None] * (index + 1 - len(self._container)))
        self._container[index] = value

    def remove(self) -> None:
        """Take a field out; an array's element becomes null instead."""
        if isinstance(self._container, dict):
            self._container.pop(self._name, None)
        elif int(self._name) < len(self._container):
            self._container[int(self._name)] = None


def find_place(document: Document, parts: Parts) -> Place | None:
    """The place, if the way to it exists."""
    node: object = document
    for part in parts[:-1]:
        node = _child(node, part)
    if isinstance(node, dict):
        return Place(node, parts[-1])
    if isinstance(node, list) and position_in(parts[-1]) is not None:
        return Place(node, parts[-1])
    return None


def _child(node: object, part: str) -> object:
    if isinstance(node, dict):
        return node.get(part, MISSING)
    at = position_in(part) if isinstance(node, list) else None
    return node[at] if isinstance(node, list) and at is not None and at < len(node) else MISSING


def make_place(document: Document, parts: Parts) -> Place:
    """The place, with the documents on the way to it made where they are missing."""
    node: object = document
    for part in parts[:-1]:
        step = _place_in(node, part, parts)
        if step.value() is MISSING:
            step.put({})
        node = step.value()
    return _place_in(node, parts[-1], parts)


def _place_in(node: object, part: str, parts: Parts) -> Place:
    if isinstance(node, dict):
        return Place(node, part)
    at = position_in(part) if isinstance(node, list) else None
    if isinstance(node, list) and at is not None:
        if at > len(node) + _MOST_PADDING:
            raise Refusal(2, f"index {part} is too far beyond the array's end")
        return Place(node, part)
    path = ".".join(parts)
    raise Refusal(
        28, f"Cannot create field '{part}' of '{path}' in a value of type {type_name(node)}"
    )


def refuse_dead_end(document: Document, parts: Parts) -> None:
    """A way that ends at a value which holds no fields can never be gone."""
    node: object = document
    for part in parts:
        if node is MISSING:
            return
        _place_in(node, part, parts)
        node = _child(node, part)


def leads_through_array(document: Document, parts: Parts) -> bool:
    """An array is on the way; what stands at its end may be one."""
    ends = (parts[:length] for length in range(1, len(parts)))
    places = (find_place(document, end) for end in ends)
    return any(place is not None and isinstance(place.value(), list) for place in places)
