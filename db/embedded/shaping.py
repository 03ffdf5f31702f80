"""Stages that give documents another shape: $project, $addFields, $unset, $unwind, $replaceRoot."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from db.embedded.errors import Refusal, not_implemented
from db.embedded.expressions import Expression, compile_expression, reached
from db.embedded.places import Parts, copied_document, find_place, make_place
from db.embedded.projecting import compile_projection
from db.embedded.values import Document, Missing, is_number, type_name

Documents: TypeAlias = list[Document]


def project(documents: Documents, operand: object) -> Documents:
    """Keep, drop or compute fields."""
    if not isinstance(operand, Mapping) or not operand:
        raise Refusal(51272, "Invalid $project: the specification must have at least one field")
    flags = {name: said for name, said in operand.items() if _is_flag(said)}
    computed = {name: _computed(name, said) for name, said in operand.items() if name not in flags}
    kept = _kept(flags, computed=bool(computed))
    return [_with(kept(document), document, computed) for document in documents]


def _is_flag(stated: object) -> bool:
    return isinstance(stated, bool) or is_number(stated)


def _kept(flags: dict[str, object], *, computed: bool) -> Callable[[Document], Document]:
    if not computed:
        return compile_projection(flags)
    dropped = [name for name, said in flags.items() if not said]
    if dropped and dropped != ["_id"]:
        raise Refusal(31254, "Cannot do exclusion on a field in inclusion projection")
    if list(flags) == ["_id"]:
        return lambda document: {k: v for k, v in document.items() if k == "_id" and not dropped}
    return compile_projection(flags or {"_id": 1})


def _computed(name: str, stated: object) -> Expression:
    if not name or "." in name or name.startswith("$"):
        raise not_implemented(f"a computed field named '{name}' in $project")
    if isinstance(stated, Mapping) and _has_flags(stated):
        raise not_implemented(f"nested inclusion under '{name}': write it as a dotted path")
    return compile_expression(stated)


def _has_flags(stated: Mapping[str, object]) -> bool:
    if next(iter(stated), "").startswith("$"):
        return False
    return any(
        _is_flag(part) or (isinstance(part, Mapping) and _has_flags(part))
        for part in stated.values()
    )


def _with(kept: Document, document: Document, computed: dict[str, Expression]) -> Document:
    values = {name: part(document) for name, part in computed.items()}
    return {**kept, **{k: v for k, v in values.items() if not isinstance(v, Missing)}}


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
            make_place(result, path).put(value)
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
    shown = compile_projection(dict.fromkeys(names, 0))
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


_UNWIND_WORDS = frozenset({"path", "preserveNullAndEmptyArrays"})


def unwind(documents: Documents, operand: object) -> Documents:
    """One document for each element of an array."""
    options = operand if isinstance(operand, Mapping) else {"path": operand}
    for word in options:
        if word not in _UNWIND_WORDS:
            raise not_implemented(f"the $unwind option '{word}'")
    path = options.get("path")
    if not isinstance(path, str) or not path.startswith("$") or path[1:2] in ("", "$"):
        raise Refusal(28818, "the path of $unwind must be a string that starts with a $")
    parts = tuple(path[1:].split("."))
    keep = bool(options.get("preserveNullAndEmptyArrays"))
    return [new for document in documents for new in _unwound(document, parts, keep=keep)]


def _unwound(document: Document, parts: Parts, *, keep: bool) -> Iterator[Document]:
    place = find_place(document, parts)
    value = place.value() if place else None
    if isinstance(value, list) and value:
        for item in value:
            new = copied_document(document)
            make_place(new, parts).put(item)
            yield new
    elif value is not None and not isinstance(value, (Missing, list)):
        yield document
    elif keep:
        new = copied_document(document)
        if isinstance(value, list) and (found := find_place(new, parts)):
            found.remove()
        yield new
