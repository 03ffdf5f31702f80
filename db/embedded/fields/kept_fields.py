"""Fields kept or left out, by their paths."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from db.embedded.errors import Refusal, not_implemented
from db.embedded.values import Document, is_number

Shape: TypeAlias = dict[str, "Shape | bool"]


def compile_kept(projection: object) -> Callable[[Document], Document]:
    """A function from the document to what is kept of it: paths with true, or with false."""
    if not projection:
        return lambda document: document
    if not isinstance(projection, Mapping):
        raise Refusal(14, "a projection must be an object")
    flags = {path: _flag(path, value) for path, value in projection.items()}
    including = _including(flags)
    shape = _shape([path for path, shown in flags.items() if shown == including and path != "_id"])
    if flags.get("_id", True) == including:
        shape["_id"] = True
    if including:
        return lambda document: _kept(document, shape)
    return lambda document: _without(document, shape)


def _flag(path: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and is_number(value):
        return value != 0
    raise Refusal(2, f"a field is kept or left out with 1 or 0, not {value!r} ('{path}')")


def _including(flags: dict[str, bool]) -> bool:
    others = {shown for path, shown in flags.items() if path != "_id"}
    if len(others) > 1:
        raise Refusal(31254, "Cannot do exclusion on a field in inclusion projection")
    return others.pop() if others else flags["_id"]


def _shape(paths: list[str]) -> Shape:
    shape: Shape = {}
    for path in paths:
        if any(not part or part.startswith("$") for part in path.split(".")):
            raise not_implemented(f"the projection path '{path}'")
        _add(shape, path)
    return shape


def _add(shape: Shape, path: str) -> None:
    *way, last = path.split(".")
    for part in way:
        inner = shape.setdefault(part, {})
        if isinstance(inner, bool):
            raise Refusal(31249, f"Path collision at {path}")
        shape = inner
    if last in shape:
        raise Refusal(31250, f"Path collision at {path}")
    shape[last] = True


def _kept(document: Mapping[str, object], shape: Shape) -> Document:
    result: Document = {}
    for name, value in document.items():
        inner = shape.get(name)
        if inner is True:
            result[name] = value
        elif isinstance(inner, dict) and isinstance(value, (dict, list)):
            result[name] = _kept_inside(value, inner)
    return result


def _kept_inside(value: object, shape: Shape) -> object:
    if isinstance(value, dict):
        return _kept(value, shape)
    if isinstance(value, list):
        return [_kept_inside(item, shape) for item in value if isinstance(item, (dict, list))]
    return value


def _without(document: Mapping[str, object], shape: Shape) -> Document:
    return {
        name: _without_inside(value, shape.get(name))
        for name, value in document.items()
        if shape.get(name) is not True
    }


def _without_inside(value: object, shape: "Shape | bool | None") -> object:
    if not isinstance(shape, dict):
        return value
    if isinstance(value, dict):
        return _without(value, shape)
    if isinstance(value, list):
        return [_without_inside(item, shape) for item in value]
    return value
