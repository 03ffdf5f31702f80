"""Sorting as MongoDB does it: an array counts by its smallest or largest element."""

from collections.abc import Callable, Iterable, Mapping

from db.embedded.errors import Refusal
from db.embedded.fields.paths import values_at
from db.embedded.values import Document, Key, key_of

_UNDEFINED: Key = (4,)


def sort_directions(specification: object) -> list[tuple[tuple[str, ...], int]]:
    """Paths with 1 or -1."""
    if not isinstance(specification, Mapping):
        raise Refusal(14, "a sort specification must be an object")
    return [(tuple(path.split(".")), _direction(path, way)) for path, way in specification.items()]


def _direction(path: str, way: object) -> int:
    if isinstance(way, bool) or way not in (1, -1):
        raise Refusal(15975, f"$sort key ordering must be 1 (ascending) or -1 (descending): {path}")
    return 1 if way == 1 else -1


def sort_documents(documents: list[Document], specification: object) -> list[Document]:
    """A sorted copy."""
    ordered = list(documents)
    for parts, way in reversed(sort_directions(specification)):
        ordered.sort(key=_sort_key(parts, way), reverse=way < 0)
    return ordered


def sorted_records(numbered: Iterable[tuple[int, Document]], specification: object) -> list[int]:
    """The records of documents in order; of each document only what orders it is kept."""
    ways = sort_directions(specification)
    keys = [_sort_key(parts, way) for parts, way in ways]
    rows = [(record, [key(document) for key in keys]) for record, document in numbered]
    for place, (_, way) in reversed(list(enumerate(ways))):
        rows.sort(key=lambda row, place=place: row[1][place], reverse=way < 0)  # type: ignore[misc]
    return [record for record, _ in rows]


def _sort_key(parts: tuple[str, ...], way: int) -> Callable[[object], Key]:
    choose = min if way > 0 else max

    def key(document: object) -> Key:
        keys: list[Key] = []
        for value in values_at(document, parts):
            if isinstance(value, list):
                keys += [key_of(item) for item in value] or [_UNDEFINED]
            else:
                keys.append(key_of(value))
        return choose(keys, default=key_of(None))

    return key


def sort_items(items: list[object], specification: object) -> list[object]:
    """Elements of an array, by value (1, -1) or by fields of theirs."""
    if not isinstance(specification, Mapping):
        way = _direction("$sort", specification)
        return sorted(items, key=key_of, reverse=way < 0)
    ordered = list(items)
    for parts, way in reversed(sort_directions(specification)):
        ordered.sort(key=_sort_key(parts, way), reverse=way < 0)
    return ordered
