"""Reading dotted paths, which go through arrays as well as documents."""

from collections.abc import Iterator, Mapping

from bson import DBRef

from db.embedded.values import MISSING

_MOST_DIGITS = 9


def position_in(part: str) -> int | None:
    """The place in an array that a path's part names: 0, 1, 2 ..., without leading zeros."""
    if not (part.isascii() and part.isdecimal()) or len(part) > _MOST_DIGITS:
        return None
    return None if part[0] == "0" and len(part) > 1 else int(part)


def as_mapping(node: object) -> Mapping[str, object] | None:
    """The node as a document, if it is one."""
    if isinstance(node, DBRef):
        return node.as_doc()
    return node if isinstance(node, Mapping) else None


def values_at(node: object, parts: tuple[str, ...]) -> Iterator[object]:
    """Every value the path leads to; MISSING where it leads nowhere."""
    if not parts:
        yield node
        return
    document = as_mapping(node)
    if document is not None:
        if parts[0] in document:
            yield from values_at(document[parts[0]], parts[1:])
        else:
            yield MISSING
    elif isinstance(node, (list, tuple)):
        yield from _values_in_array(node, parts)
    else:
        yield MISSING


def _values_in_array(
    array: list[object] | tuple[object, ...], parts: tuple[str, ...]
) -> Iterator[object]:
    at = position_in(parts[0])
    if at is not None and at < len(array):
        yield from values_at(array[at], parts[1:])
    for item in array:
        if as_mapping(item) is not None:
            yield from values_at(item, parts)


def value_at(node: object, parts: tuple[str, ...]) -> object:
    """The one value a path without arrays leads to, or MISSING."""
    for part in parts:
        document = as_mapping(node)
        if document is None or part not in document:
            return MISSING
        node = document[part]
    return node


def candidates(node: object, parts: tuple[str, ...]) -> Iterator[object]:
    """What a condition is tried on: each value, and each element of a value that is an array."""
    for value in values_at(node, parts):
        yield value
        if isinstance(value, (list, tuple)):
            yield from value
