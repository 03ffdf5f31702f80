"""Aggregation expressions as functions of a document; what is not known is refused."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from db.embedded.errors import Refusal, not_implemented
from db.embedded.expression_operators import EAGER, one_or_more
from db.embedded.paths import as_mapping
from db.embedded.values import MISSING, Document, Missing

Expression: TypeAlias = Callable[[Document], object]


def compile_expression(stated: object) -> Expression:
    """A function from a document to a value, or to MISSING."""
    if isinstance(stated, str) and stated.startswith("$"):
        return _variable(stated[2:]) if stated.startswith("$$") else _field(stated[1:])
    if isinstance(stated, Mapping):
        return _operator_or_object(stated)
    if isinstance(stated, list):
        parts = [compile_expression(part) for part in stated]
        return lambda document: [_or_null(part(document)) for part in parts]
    return lambda _: stated


def truth(value: object) -> bool:
    """What counts as true: all but false, null, a missing field and any zero."""
    return not (value is None or isinstance(value, Missing) or value is False or _is_zero(value))


def _is_zero(value: object) -> bool:
    return isinstance(value, (int, float)) and value == 0


def _or_null(value: object) -> object:
    return None if isinstance(value, Missing) else value


def _field(path: str) -> Expression:
    parts = tuple(path.split("."))
    if not all(parts) or any(part.startswith("$") for part in parts):
        raise Refusal(15998, f"'{path}' is no field path")
    return lambda document: reached(document, parts)


def _variable(text: str) -> Expression:
    name, _, path = text.partition(".")
    if name == "REMOVE" and not path:
        return lambda _: MISSING
    if name not in ("ROOT", "CURRENT"):
        raise Refusal(17276, f"Use of undefined variable: {name}")
    return _field(path) if path else lambda document: document


def reached(node: object, parts: tuple[str, ...]) -> object:
    """What a field path leads to; through an array it leads to an array."""
    if not parts:
        return node
    if isinstance(node, list):
        found = [reached(item, parts) for item in node]
        return [item for item in found if not isinstance(item, Missing)]
    document = as_mapping(node)
    if document is None or parts[0] not in document:
        return MISSING
    return reached(document[parts[0]], parts[1:])


def _operator_or_object(stated: Mapping[str, object]) -> Expression:
    name = next(iter(stated), "")
    if not any(key.startswith("$") for key in stated):
        return _object(stated)
    if len(stated) != 1:
        raise Refusal(15983, "An object representing an expression must have exactly one field")
    if name == "$literal":
        return lambda _: stated[name]
    if name in _LAZY:
        return _LAZY[name](stated[name])
    if name in EAGER:
        return _eager(name, stated[name])
    raise not_implemented(f"the expression operator {name}")


def _object(stated: Mapping[str, object]) -> Expression:
    parts = {name: compile_expression(part) for name, part in stated.items()}

    def build(document: Document) -> object:
        values = {name: part(document) for name, part in parts.items()}
        return {name: v for name, v in values.items() if not isinstance(v, Missing)}

    return build


def _eager(name: str, operand: object) -> Expression:
    work, least, most = EAGER[name]
    parts = [compile_expression(part) for part in one_or_more(operand)]
    if not least <= len(parts) <= most:
        raise Refusal(16020, f"Expression {name} takes {least} to {most} arguments")
    return lambda document: work([part(document) for part in parts])


def _cond(operand: object) -> Expression:
    words = ("if", "then", "else")
    if isinstance(operand, Mapping):
        if set(operand) != set(words):
            raise Refusal(17080, "$cond takes if, then and else")
        operand = [operand[word] for word in words]
    if not isinstance(operand, list) or len(operand) != len(words):
        raise Refusal(16020, "Expression $cond takes exactly 3 arguments")
    test, yes, no = (compile_expression(part) for part in operand)
    return lambda document: yes(document) if truth(test(document)) else no(document)


def _if_null(operand: object) -> Expression:
    parts = [compile_expression(part) for part in one_or_more(operand)]
    if len(parts) < 2:  # noqa: PLR2004 - a value and what stands in for it
        raise Refusal(1257300, "$ifNull needs at least two arguments")

    def choose(document: Document) -> object:
        for part in parts[:-1]:
            value = part(document)
            if value is not None and not isinstance(value, Missing):
                return value
        return parts[-1](document)

    return choose


def _and(operand: object) -> Expression:
    parts = [compile_expression(part) for part in one_or_more(operand)]
    return lambda document: all(truth(part(document)) for part in parts)


def _or(operand: object) -> Expression:
    parts = [compile_expression(part) for part in one_or_more(operand)]
    return lambda document: any(truth(part(document)) for part in parts)


def _not(operand: object) -> Expression:
    (stated,) = operand if isinstance(operand, list) and len(operand) == 1 else [operand]
    part = compile_expression(stated)
    return lambda document: not truth(part(document))


def _date_to_string(operand: object) -> Expression:
    if not isinstance(operand, Mapping) or not {"date"} <= set(operand) <= {"date", "format"}:
        raise not_implemented("$dateToString with anything but date and format")
    date = compile_expression(operand["date"])
    shape = operand.get("format", "%Y-%m-%dT%H:%M:%S.%LZ")
    work = EAGER["$dateToString"][0]
    return lambda document: work([date(document), shape])


_LAZY: dict[str, Callable[[object], Expression]] = {
    "$cond": _cond,
    "$ifNull": _if_null,
    "$and": _and,
    "$or": _or,
    "$not": _not,
    "$dateToString": _date_to_string,
}
