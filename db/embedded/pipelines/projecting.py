"""Projections of find: which fields of a document are shown, and how."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from db.embedded.errors import Refusal, not_implemented
from db.embedded.fields.arithmetic import truncated
from db.embedded.fields.kept_fields import compile_kept
from db.embedded.fields.places import Parts, copied_document, find_place
from db.embedded.finding.matching import compile_filter
from db.embedded.finding.positions import with_position
from db.embedded.pipelines.shaping import compile_computed, is_flag, leaves, with_computed
from db.embedded.values import Document, is_number

Shown: TypeAlias = Callable[[Document], Document]
Change: TypeAlias = Callable[[Document, Document], None]
_NOTHING: Mapping[str, object] = {}
_SKIP_AND_LIMIT = 2


@dataclass
class Parted:
    """A projection, parted by what its words mean."""

    flags: dict[str, object] = field(default_factory=dict)
    computed: dict[Parts, object] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    included: list[str] = field(default_factory=list)
    sliced: list[str] = field(default_factory=list)


def compile_projection(projection: object, query: Mapping[str, object] = _NOTHING) -> Shown:
    """A function from the document to what is shown of it."""
    if not projection:
        return lambda document: document
    if not isinstance(projection, Mapping):
        raise Refusal(14, "a projection must be an object")
    parted = _parted(projection, query)
    kept = compile_kept(_flags(parted)) if _flags(parted) else copied_document
    parts = compile_computed(parted.computed)

    def shown(document: Document) -> Document:
        result = with_computed(kept(document), document, parts)
        for change in parted.changes:
            change(result, document)
        return result

    return _copying(shown) if parted.changes else shown


def _copying(shown: Shown) -> Shown:
    """What is changed while it is shown must not be the stored document's own list."""
    return lambda document: shown(copied_document(document))


def _flags(parted: Parted) -> dict[str, object]:
    others = {path: said for path, said in parted.flags.items() if path != "_id"}
    including = bool(parted.included or parted.computed) or any(others.values())
    if not including:
        return parted.flags
    if not all(others.values()):
        raise Refusal(31254, "Cannot do exclusion on a field in inclusion projection")
    wanted = dict.fromkeys([*parted.included, *parted.sliced], True)
    if not wanted and not others:
        return {"_id": True, **parted.flags} if parted.flags.get("_id", True) else _nothing_kept()
    return {**parted.flags, **wanted}


def _nothing_kept() -> dict[str, object]:
    """Computed fields alone: not even the id stays."""
    return {"_id": False, "\0": True}


def _parted(projection: Mapping[str, object], query: Mapping[str, object]) -> Parted:
    parted = Parted()
    plain: Document = {}
    for path, said in projection.items():
        word = next(iter(said), "") if isinstance(said, Mapping) else ""
        if path.endswith(".$"):
            _add_position(parted, path[:-2], query)
        elif word == "$elemMatch" and isinstance(said, Mapping):
            _add_match(parted, path, said[word])
        elif word == "$slice" and isinstance(said, Mapping) and _is_plain_slice(said[word]):
            _add_slice(parted, path, said[word])
        elif word == "$meta":
            raise not_implemented("the projection operator $meta")
        else:
            plain[path] = said
    _add_plain(parted, plain)
    return parted


def _add_plain(parted: Parted, plain: Document) -> None:
    for parts, said in leaves(plain, ()):
        if is_flag(said):
            parted.flags[".".join(parts)] = said
        else:
            parted.computed[parts] = said


def _add_position(parted: Parted, path: str, query: Mapping[str, object]) -> None:
    parts = tuple(path.split("."))

    def change(result: Document, document: Document) -> None:
        place, source = find_place(result, parts), find_place(document, parts)
        array = source.value() if source else None
        if place is None or not isinstance(array, list):
            return
        at = with_position((*parts, "$"), query, document)[-1]
        place.put([array[int(at)]])

    parted.included.append(path)
    parted.changes.append(change)


def _add_match(parted: Parted, path: str, wanted: object) -> None:
    if "." in path:
        raise Refusal(31275, f"Cannot use $elemMatch projection on a nested field: {path}")
    test = compile_filter({"item": {"$elemMatch": wanted}})

    def change(result: Document, document: Document) -> None:
        array = document.get(path)
        items = array if isinstance(array, list) else []
        result.pop(path, None)
        first = next((item for item in items if test({"item": [item]})), None)
        if first is not None:
            result[path] = [first]

    parted.included.append(path)
    parted.changes.append(change)


def _is_plain_slice(stated: object) -> bool:
    numbers = stated if isinstance(stated, list) else [stated]
    return len(numbers) <= _SKIP_AND_LIMIT and all(map(is_number, numbers))


def _add_slice(parted: Parted, path: str, stated: object) -> None:
    numbers = [_place(number) for number in _listed(stated)]
    if len(numbers) == _SKIP_AND_LIMIT and numbers[1] <= 0:
        raise Refusal(28729, "First argument to $slice must be a positive number")
    parts = tuple(path.split("."))
    parted.sliced.append(path)
    parted.changes.append(lambda result, _: _slice_at(result, parts, numbers))


def _place(number: object) -> int:
    whole = truncated(number)
    if whole is None:
        raise Refusal(2, f"$slice takes numbers that are places in an array, not {number}")
    return whole


def _listed(stated: object) -> list[object]:
    return stated if isinstance(stated, list) else [stated]


def _slice_at(node: object, parts: Parts, numbers: list[int]) -> None:
    if isinstance(node, list):
        for item in node:
            _slice_at(item, parts, numbers)
    elif isinstance(node, dict) and parts[0] in node:
        value = node[parts[0]]
        if len(parts) > 1:
            _slice_at(value, parts[1:], numbers)
        elif isinstance(value, list):
            node[parts[0]] = _sliced(value, numbers)


def _sliced(array: list[object], numbers: list[int]) -> list[object]:
    if len(numbers) == 1:
        return array[: numbers[0]] if numbers[0] >= 0 else array[numbers[0] :]
    start = numbers[0] if numbers[0] >= 0 else max(len(array) + numbers[0], 0)
    return array[start : start + numbers[1]]
