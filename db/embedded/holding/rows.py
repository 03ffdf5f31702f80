"""The index keys of a document: one for each element where a path leads through an array."""

from itertools import product
from typing import TypeAlias

from db.embedded.errors import Refusal
from db.embedded.fields.paths import as_mapping, values_at
from db.embedded.holding.keys import EMPTY_ARRAY, packed
from db.embedded.values import MISSING, Document

Parts: TypeAlias = tuple[str, ...]
Column: TypeAlias = bytes | tuple[object, Parts]


def rows(document: Document, paths: tuple[Parts, ...]) -> set[bytes]:
    """The document's keys, the columns joined."""
    plain = _plain_row(document, paths)
    if plain is not None:
        return {plain}
    if any(part.isdecimal() for parts in paths for part in parts):
        return _rows_by_position(document, paths)
    return _expanded([(document, parts) for parts in paths])


def _plain_row(document: Document, paths: tuple[Parts, ...]) -> bytes | None:
    """The usual case, without walking: fields of the document itself that hold no arrays."""
    columns = []
    for parts in paths:
        value = document.get(parts[0], MISSING)
        if len(parts) > 1 or isinstance(value, list):
            return None
        columns.append(packed(value))
    return b"".join(columns)


def _expanded(columns: list[Column]) -> set[bytes]:
    walked = [column if isinstance(column, bytes) else _walked(*column) for column in columns]
    arrays = [column[0] for column in walked if not isinstance(column, bytes)]
    if not arrays:
        return {b"".join(column for column in walked if isinstance(column, bytes))}
    array = arrays[0]
    if any(other is not array for other in arrays):
        raise Refusal(171, "cannot index parallel arrays")
    items = array if isinstance(array, list) and array else [_NO_ITEM]
    return set().union(*(_expanded([_of_item(c, item) for c in walked]) for item in items))


def _walked(node: object, parts: Parts) -> Column:
    """The key of the value at the path's end, or the first array on the way."""
    for at, part in enumerate(parts):
        if isinstance(node, list):
            return node, parts[at:]
        held = as_mapping(node)
        node = held[part] if held is not None and part in held else MISSING
    return (node, ()) if isinstance(node, list) else packed(node)


class _NoItem:
    """Stands for the elements of an empty array."""


_NO_ITEM = _NoItem()


def _of_item(column: Column, item: object) -> Column:
    if isinstance(column, bytes):
        return column
    parts = column[1]
    if isinstance(item, _NoItem):
        return packed(MISSING) if parts else EMPTY_ARRAY
    if not parts:
        return packed(item)
    return packed(MISSING) if isinstance(item, list) else (item, parts)


def _rows_by_position(document: Document, paths: tuple[Parts, ...]) -> set[bytes]:
    """A path with a number in it may mean an element or a field: both are found."""
    columns = [_column(document, parts) for parts in paths]
    return {b"".join(row) for row in product(*columns)}


def _column(document: Document, parts: Parts) -> set[bytes]:
    keys: set[bytes] = set()
    for value in values_at(document, parts):
        if isinstance(value, list):
            keys |= {packed(item) for item in value} or {EMPTY_ARRAY}
        else:
            keys.add(packed(value))
    return keys or {packed(MISSING)}


def is_absent(document: Document, parts: Parts) -> bool:
    """Nothing is there, not even null."""
    return all(value is MISSING for value in values_at(document, parts))
