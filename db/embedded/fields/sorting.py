"""Sorting as MongoDB does it: an array counts by its smallest or largest element."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeAlias, TypeVar

from db.embedded.errors import Refusal
from db.embedded.fields.paths import as_mapping, position_in, values_at
from db.embedded.values import MISSING, Document, Key, key_of

T = TypeVar("T")
Ways: TypeAlias = list[tuple[tuple[str, ...], int]]


class _Leaf(NamedTuple):
    """The key at a path's end."""

    key: Key


Column: TypeAlias = _Leaf | tuple[object, tuple[str, ...]]
_UNDEFINED: Key = (4,)
_ABSENT = _Leaf(key_of(MISSING))


def sort_directions(specification: object) -> Ways:
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
    order = sorted_records(enumerate(documents), specification)
    return [documents[place] for place in order]


def sorted_records(numbered: Iterable[tuple[int, object]], specification: object) -> list[int]:
    """The records of documents in order; of each document only what orders it is kept."""
    ways = sort_directions(specification)
    rows = [(record, _ordering(document, ways)) for record, document in numbered]
    _order(rows, ways, lambda row: row[1])
    return [record for record, _ in rows]


def _order(rows: list[T], ways: Ways, keys: Callable[[T], list[Key]]) -> None:
    for place, (_, way) in reversed(list(enumerate(ways))):
        rows.sort(key=lambda row, place=place: keys(row)[place], reverse=way < 0)  # type: ignore[misc]


def _ordering(document: object, ways: Ways) -> list[Key]:
    """What a document counts by: of the keys an array gives it, those that come first."""
    if len(ways) > 1 and any(_meets_array(document, parts) for parts, _ in ways):
        found = _rows_of([(document, parts) for parts, _ in ways])
        _order(found, ways, lambda row: row)
        return found[0]
    return [_first_key(document, parts, way) for parts, way in ways]


def _meets_array(node: object, parts: tuple[str, ...]) -> bool:
    for part in parts:
        held = as_mapping(node)
        if held is None or part not in held:
            break
        node = held[part]
    return isinstance(node, list)


def _first_key(document: object, parts: tuple[str, ...], way: int) -> Key:
    keys: list[Key] = []
    for value in values_at(document, parts):
        if isinstance(value, list):
            keys += [key_of(item) for item in value] or [_UNDEFINED]
        else:
            keys.append(key_of(value))
    return (min if way > 0 else max)(keys, default=key_of(None))


def _rows_of(columns: list[Column]) -> list[list[Key]]:
    """Columns that go through the same array go through it together, element by element."""
    walked = [column if isinstance(column, _Leaf) else _walked(*column) for column in columns]
    arrays = [column[0] for column in walked if not isinstance(column, _Leaf)]
    if not arrays:
        return [[column.key for column in walked if isinstance(column, _Leaf)]]
    array = arrays[0]
    if not isinstance(array, list) or any(other is not array for other in arrays):
        raise Refusal(2, "cannot sort with keys that are parallel arrays")
    items = [[_of_item(column, item) for column in walked] for item in array]
    rows = [_rows_of(item) for item in items or [[_of_nothing(column) for column in walked]]]
    return [row for found in rows for row in found]


def _walked(node: object, parts: tuple[str, ...]) -> Column:
    """The value at the path's end, or the first array on the way; an element's place leads on."""
    while parts and not isinstance(node, list):
        held = as_mapping(node)
        if held is None or parts[0] not in held:
            return _ABSENT
        node, parts = held[parts[0]], parts[1:]
    if not isinstance(node, list):
        return _Leaf(key_of(node))
    at = position_in(parts[0]) if parts else None
    if at is None:
        return node, parts
    return _walked(node[at], parts[1:]) if at < len(node) else _ABSENT


def _of_item(column: Column, item: object) -> Column:
    if isinstance(column, _Leaf):
        return column
    if not column[1]:
        return _Leaf(key_of(item))
    return _ABSENT if isinstance(item, list) else (item, column[1])


def _of_nothing(column: Column) -> Column:
    """What an empty array counts by."""
    if isinstance(column, _Leaf):
        return column
    return _ABSENT if column[1] else _Leaf(_UNDEFINED)


def sort_items(items: list[object], specification: object) -> list[object]:
    """Elements of an array, by value (1, -1) or by fields of theirs."""
    if not isinstance(specification, Mapping):
        way = _direction("$sort", specification)
        return sorted(items, key=key_of, reverse=way < 0)
    return [items[place] for place in sorted_records(enumerate(items), specification)]
