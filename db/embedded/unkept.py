"""Say why bytes would not come back exactly as they came: such documents are refused."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

_INT = struct.Struct("<i")
_STRING, _OBJECT, _ARRAY, _BINARY = 2, 3, 4, 5
_REGEX, _POINTER, _SCOPED = 11, 12, 15
_FIXED = {1: 8, 6: 0, 7: 12, 8: 1, 9: 8, 10: 0, 16: 4, 17: 8, 18: 8, 19: 16, 127: 0, 255: 0}
_RETIRED = {6: "undefined", 12: "dbPointer", 14: "symbol"}
_TEXTS = frozenset({_STRING, 13, 14})


class Element(NamedTuple):
    """One field of a document, as bytes."""

    kind: int
    name: bytes
    value: bytes


def why_not_kept(data: bytes) -> str:
    """The first thing in the document that another program's bytes have and ours have not."""
    return next(_reasons(data, "", array=False), "it is not written as BSON's description says")


def _reasons(data: bytes, path: str, *, array: bool) -> Iterator[str]:
    seen: set[bytes] = set()
    for place, element in enumerate(_elements(data)):
        here = f"{path}.{_shown(element.name)}" if path else _shown(element.name)
        if element.name in seen:
            yield f"the field '{here}' comes twice"
        seen.add(element.name)
        if array and element.name != str(place).encode():
            yield f"the array '{path}' counts its elements '{_shown(element.name)}' for {place}"
        yield from _reasons_of_value(element, here)


def _reasons_of_value(element: Element, here: str) -> Iterator[str]:
    if element.kind in _RETIRED:
        yield f"the field '{here}' has the deprecated type {_RETIRED[element.kind]}"
    elif element.kind == _REGEX:
        yield from _reasons_of_flags(element.value.split(b"\0")[1], here)
    elif element.kind in (_OBJECT, _ARRAY):
        yield from _reasons(element.value, here, array=element.kind == _ARRAY)
        yield from _reasons_of_reference(element.value, here)
    elif element.kind == _SCOPED:
        text = 8 + int(_INT.unpack_from(element.value, 4)[0])
        yield from _reasons(element.value[text:], here, array=False)


def _reasons_of_flags(flags: bytes, here: str) -> Iterator[str]:
    if bytes(sorted(set(flags))) != flags or set(flags) - set(b"ilmsux"):
        yield (
            f"the regular expression '{here}' has the flags '{_shown(flags)}': they must be of "
            "'ilmsux', in this order"
        )


def _reasons_of_reference(data: bytes, here: str) -> Iterator[str]:
    names = [element.name for element in _elements(data)]
    usual = [name for name in (b"$ref", b"$id", b"$db") if name in names]
    if len(usual) > 1 and names[: len(usual)] != usual:
        yield f"the reference '{here}' must start with $ref, $id and $db in this order"


def _elements(data: bytes) -> Iterator[Element]:
    at, end = 4, len(data) - 1
    while at < end:
        kind, stop = data[at], data.index(b"\0", at + 1)
        start = stop + 1
        size = _size(kind, data, start)
        yield Element(kind, data[at + 1 : stop], data[start : start + size])
        at = start + size


def _size(kind: int, data: bytes, start: int) -> int:
    if kind in _FIXED:
        return _FIXED[kind]
    if kind == _REGEX:
        middle = data.index(b"\0", start) + 1
        return data.index(b"\0", middle) + 1 - start
    stated = int(_INT.unpack_from(data, start)[0])
    if kind in _TEXTS:
        return stated + 4
    if kind == _BINARY:
        return stated + 5
    return stated + 4 + 12 if kind == _POINTER else stated


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "replace")
