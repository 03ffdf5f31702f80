"""Stages that give documents another shape: $project, $addFields, $unset, $unwind, $replaceRoot."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from bson import Int64

from db.embedded.errors import Refusal, not_implemented
from db.embedded.expressions.expressions import Expression, compile_expression, reached
from db.embedded.fields.kept_fields import compile_kept
from db.embedded.fields.places import Parts, Place, copied_document, find_place, make_place
from db.embedded.values import Document, Missing, is_number, type_name

Documents: TypeAlias = list[Document]


def project(documents: Documents, operand: object) -> Documents:
    """Keep, drop or compute fields."""
    if not isinstance(operand, Mapping) or not operand:
        raise Refusal(51272, "Invalid $project: the specification must have at least one field")
    stated = dict(leaves(operand, ()))
    flags = {".".join(path): said for path, said in stated.items() if is_flag(said)}
    computed = compile_computed({path: v for path, v in stated.items() if not is_flag(v)})
    kept = _kept(flags, computed=bool(computed))
    return [with_computed(kept(document), document, computed) for document in documents]


def is_flag(stated: object) -> bool:
    """Whether a field is kept or left out, and not computed."""
    return isinstance(stated, bool) or is_number(stated)


def leaves(stated: Mapping[str, object], above: Parts) -> Iterator[tuple[Parts, object]]:
    """Dotted paths with what is said of them; an object of plain names is a nested one."""
    for name, said in stated.items():
        path = (*above, *name.split("."))
        if not all(path) or any(part.startswith("$") for part in path):
            raise Refusal(16410, f"'{name}' is not a field name to be projected")
        if isinstance(said, Mapping) and not next(iter(said), "$").startswith("$"):
            yield from leaves(said, path)
        elif isinstance(said, Mapping) and not said:
            raise Refusal(51270, "An empty sub-projection is not a valid value")
        else:
            yield path, said


def _kept(flags: dict[str, object], *, computed: bool) -> Callable[[Document], Document]:
    if not computed:
        return compile_kept(flags)
    dropped = [name for name, said in flags.items() if not said]
    if dropped and dropped != ["_id"]:
        raise Refusal(31254, "Cannot do exclusion on a field in inclusion projection")
    if list(flags) == ["_id"]:
        return lambda document: {k: v for k, v in document.items() if k == "_id" and not dropped}
    return compile_kept(flags or {"_id": 1})


def compile_computed(stated: Mapping[Parts, object]) -> dict[Parts, Expression]:
    """Expressions by the paths they are shown under."""
    return {path: compile_expression(said) for path, said in stated.items()}


def with_computed(
    kept: Document, document: Document, computed: dict[Parts, Expression]
) -> Document:
    """What is kept of a document, and what is computed from it."""
    values = {path: part(document) for path, part in computed.items()}
    result = copied_document(kept) if any(len(path) > 1 for path in values) else dict(kept)
    for path, value in values.items():
        if not isinstance(value, Missing):
            _refuse_arrays(result, path)
            _placed(result, path).put(value)
    return result


def _placed(document: Document, path: Parts) -> Place:
    """The place of a computed field; what is no document on the way gives way to one."""
    for length in range(1, len(path)):
        place = make_place(document, path[:length])
        if not isinstance(place.value(), dict):
            place.put({})
    return make_place(document, path)


def add_fields(documents: Documents, operand: object) -> Documents:
    """Compute fields and keep the others."""
    if not isinstance(operand, Mapping):
        raise Refusal(40272, f"$addFields takes an object, not {type_name(operand)}")
    parts = {path: compile_expression(said) for path, said in _flat(operand, ())}
    return [_added(document, parts) for document in documents]


def _flat(stated: Mapping[str, object], above: Parts) -> Iterator[tuple[Parts, object]]:
    for name, said in stated.items():
        path = (*above, *name.split("."))
        if not all(path) or any(part.startswith("$") for part in path):
            raise Refusal(16410, f"'{name}' is not a field name to be set")
        if isinstance(said, Mapping) and said and not next(iter(said)).startswith("$"):
            yield from _flat(said, path)
        else:
            yield path, said


def _added(document: Document, parts: dict[Parts, Expression]) -> Document:
    result = copied_document(document)
    for path, part in parts.items():
        _refuse_arrays(result, path)
        value = part(document)
        if not isinstance(value, Missing):
            _placed(result, path).put(value)
        elif place := find_place(result, path):
            place.remove()
    return result


def _refuse_arrays(document: Document, path: Parts) -> None:
    for length in range(1, len(path)):
        if isinstance(reached(document, path[:length]), list):
            raise not_implemented(f"setting '{'.'.join(path)}' through an array")


def unset(documents: Documents, operand: object) -> Documents:
    """Drop fields."""
    names = operand if isinstance(operand, list) else [operand]
    if not names or not all(isinstance(name, str) for name in names):
        raise Refusal(31120, "$unset specification must be a string or an array of strings")
    shown = compile_kept(dict.fromkeys(names, 0))
    return [shown(document) for document in documents]


def replace_root(documents: Documents, operand: object) -> Documents:
    """Another document instead."""
    if not isinstance(operand, Mapping) or set(operand) != {"newRoot"}:
        raise Refusal(40231, "$replaceRoot takes an object with newRoot alone")
    return replace_with(documents, operand["newRoot"])


def replace_with(documents: Documents, operand: object) -> Documents:
    """Another document instead."""
    part = compile_expression(operand)
    return [_as_root(part(document)) for document in documents]


def _as_root(value: object) -> Document:
    if not isinstance(value, dict):
        text = f"'newRoot' expression must evaluate to an object, found {type_name(value)}"
        raise Refusal(40228, text)
    return value


_UNWIND_WORDS = frozenset({"path", "preserveNullAndEmptyArrays", "includeArrayIndex"})


def unwind(documents: Documents, operand: object) -> Documents:
    """One document for each element of an array."""
    options = operand if isinstance(operand, Mapping) else {"path": operand}
    for word in options:
        if word not in _UNWIND_WORDS:
            raise Refusal(28811, f"unrecognized option to $unwind stage: {word}")
    path = options.get("path")
    if not isinstance(path, str) or not path.startswith("$") or path[1:2] in ("", "$"):
        raise Refusal(28818, "the path of $unwind must be a string that starts with a $")
    index = options.get("includeArrayIndex")
    if index is not None and (not isinstance(index, str) or not index or index.startswith("$")):
        raise Refusal(28810, "includeArrayIndex must be a field name")
    parts = tuple(path[1:].split("."))
    keep = bool(options.get("preserveNullAndEmptyArrays"))
    unwound = [new for document in documents for new in _unwound(document, parts, keep=keep)]
    return [_numbered(new, index, place) for new, place in unwound]


def _numbered(document: Document, index: object, place: int | None) -> Document:
    if not isinstance(index, str):
        return document
    new = copied_document(document)
    make_place(new, tuple(index.split("."))).put(None if place is None else Int64(place))
    return new


def _unwound(
    document: Document, parts: Parts, *, keep: bool
) -> Iterator[tuple[Document, int | None]]:
    place = find_place(document, parts)
    value = place.value() if place else None
    if isinstance(value, list) and value:
        for at, item in enumerate(value):
            new = copied_document(document)
            make_place(new, parts).put(item)
            yield new, at
    elif value is not None and not isinstance(value, (Missing, list)):
        yield document, None
    elif keep:
        new = copied_document(document)
        if isinstance(value, list) and (found := find_place(new, parts)):
            found.remove()
        yield new, None
