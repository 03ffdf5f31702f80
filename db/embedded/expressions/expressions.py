"""Aggregation expressions as functions of a document; what is not known is refused."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import TypeAlias

from db.embedded.errors import Refusal, not_implemented
from db.embedded.expressions import moments
from db.embedded.expressions.expression_operators import EAGER, one_or_more
from db.embedded.expressions.gathering import OVER_ARRAYS, Gather
from db.embedded.expressions.named_operators import ABSENT, NAMED
from db.embedded.fields.paths import as_mapping
from db.embedded.values import MISSING, Document, Missing, is_number, key_of, type_name
from utils.randomness import unseeded

Expression: TypeAlias = Callable[[Document], object]


class Cell:
    """What a variable holds while the expression that reads it is computed."""

    def __init__(self) -> None:
        self.value: object = MISSING


_visible: ContextVar[Mapping[str, Cell]] = ContextVar("_visible", default=MappingProxyType({}))


_now_ms: ContextVar[int | None] = ContextVar("_now_ms", default=None)


def now_is(utc_ms: int) -> None:
    """What $$NOW stands for in the command that is about to run."""
    _now_ms.set(utc_ms)


def _now(_: Document) -> object:
    utc_ms = _now_ms.get()
    if utc_ms is None:
        raise Refusal(17276, "Use of undefined variable: NOW outside of a command")
    return moments.of_milliseconds(utc_ms)


@contextmanager
def naming(cells: Mapping[str, Cell]) -> Iterator[None]:
    """Expressions compiled inside may read these variables."""
    for name in cells:
        if not name[:1].islower() and not name[:1] > "\x7f" and name != "CURRENT":
            raise Refusal(16867, f"'{name}' starts with an invalid character for a user variable")
    before = _visible.set({**_visible.get(), **cells})
    try:
        yield
    finally:
        _visible.reset(before)


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
    return is_number(value) and key_of(value) == key_of(0)


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
    if name == "NOW" and not path:
        return _now
    cell = _visible.get().get(name)
    if cell is not None:
        parts = tuple(path.split(".")) if path else ()
        return lambda _: reached(cell.value, parts)
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
    if name in ("$literal", "$const"):
        return lambda _: stated[name]
    if name in _LAZY:
        return _LAZY[name](stated[name])
    if name in EAGER:
        return _eager(name, stated[name])
    if name in NAMED:
        return _named(name, stated[name])
    if name in ABSENT:
        raise not_implemented(f"the expression operator {name}")
    raise Refusal(168, f"Unrecognized expression '{name}'")


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


def _words(
    name: str, operand: object, needed: frozenset[str], free: frozenset[str]
) -> Mapping[str, object]:
    if not isinstance(operand, Mapping):
        raise Refusal(40517, f"{name} takes an object as its argument, found {type_name(operand)}")
    for word in operand:
        if word not in needed | free:
            raise Refusal(40518, f"Unrecognized argument to {name}: {word}")
    for word in sorted(needed - operand.keys()):
        raise Refusal(40516, f"Missing '{word}' parameter to {name}")
    return operand


def _named(name: str, operand: object) -> Expression:
    work, needed, free = NAMED[name]
    stated = _words(name, operand, needed, free)
    parts = {word: compile_expression(part) for word, part in stated.items()}
    return lambda document: work({word: part(document) for word, part in parts.items()})


def _part_of_date(name: str) -> Callable[[object], Expression]:
    def compiled(operand: object) -> Expression:
        if not isinstance(operand, Mapping) or "date" not in operand:
            (alone,) = operand if isinstance(operand, list) and len(operand) == 1 else [operand]
            operand = {"date": alone}
        stated = _words(name, operand, frozenset({"date"}), frozenset({"timezone"}))
        parts = {word: compile_expression(part) for word, part in stated.items()}
        return lambda d: moments.part(name, {word: part(d) for word, part in parts.items()})

    return compiled


def _gathered(work: Gather) -> Callable[[object], Expression]:
    """An accumulator outside of $group: over an array, or over its arguments."""

    def compiled(operand: object) -> Expression:
        if not isinstance(operand, list) or len(operand) == 1:
            (alone,) = operand if isinstance(operand, list) and len(operand) == 1 else [operand]
            part = compile_expression(alone)
            return lambda document: work(_as_list(part(document)))
        parts = [compile_expression(part) for part in operand]
        return lambda document: work([part(document) for part in parts])

    return compiled


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _switch(operand: object) -> Expression:
    stated = _words("$switch", operand, frozenset({"branches"}), frozenset({"default"}))
    branches = stated["branches"]
    if not isinstance(branches, list) or not branches:
        raise Refusal(40068, "$switch requires at least one branch")
    words = frozenset({"case", "then"})
    cases = [_words("$switch", branch, words, frozenset()) for branch in branches]
    pairs = [(compile_expression(c["case"]), compile_expression(c["then"])) for c in cases]
    other = compile_expression(stated["default"]) if "default" in stated else None

    def choose(document: Document) -> object:
        for test, result in pairs:
            if truth(test(document)):
                return result(document)
        if other is None:
            raise Refusal(40066, "$switch could not find a matching branch, and has no default")
        return other(document)

    return choose


def _let(operand: object) -> Expression:
    stated = _words("$let", operand, frozenset({"vars", "in"}), frozenset())
    variables = stated["vars"]
    if not isinstance(variables, Mapping):
        raise Refusal(16876, "invalid parameter: expected an object (vars)")
    parts = {name: compile_expression(part) for name, part in variables.items()}
    cells = {name: Cell() for name in parts}
    with naming(cells):
        inner = compile_expression(stated["in"])

    def run(document: Document) -> object:
        for name, value in {name: part(document) for name, part in parts.items()}.items():
            cells[name].value = value
        return inner(document)

    return run


def _each(
    name: str, operand: object, word: str, free: frozenset[str] = frozenset()
) -> tuple[Expression, Cell, Expression, Mapping[str, object]]:
    """The array, the variable for its elements, and what is computed for each."""
    stated = _words(name, operand, frozenset({"input", word}), free | {"as"})
    cell = Cell()
    with naming({str(stated.get("as", "this")): cell}):
        inner = compile_expression(stated[word])
    return compile_expression(stated["input"]), cell, inner, stated


def _items(value: object, name: str, code: int) -> list[object] | None:
    if value is None or isinstance(value, Missing):
        return None
    if not isinstance(value, list):
        raise Refusal(code, f"input to {name} must be an array not {type_name(value)}")
    return value


def _map(operand: object) -> Expression:
    source, cell, inner, _ = _each("$map", operand, "in")

    def run(document: Document) -> object:
        items = _items(source(document), "$map", 16883)
        return None if items is None else [_or_null(_with(cell, v, inner, document)) for v in items]

    return run


def _with(cell: Cell, value: object, inner: Expression, document: Document) -> object:
    cell.value = value
    return inner(document)


def _filter(operand: object) -> Expression:
    source, cell, inner, stated = _each("$filter", operand, "cond", frozenset({"limit"}))
    most = compile_expression(stated.get("limit"))

    def run(document: Document) -> object:
        items = _items(source(document), "$filter", 28651)
        if items is None:
            return None
        found = [value for value in items if truth(_with(cell, value, inner, document))]
        limit = most(document)
        return found[:limit] if isinstance(limit, int) else found

    return run


def _reduce(operand: object) -> Expression:
    words = frozenset({"input", "initialValue", "in"})
    stated = _words("$reduce", operand, words, frozenset())
    source, start = (compile_expression(stated[word]) for word in ("input", "initialValue"))
    so_far, this = Cell(), Cell()
    with naming({"value": so_far, "this": this}):
        inner = compile_expression(stated["in"])

    def run(document: Document) -> object:
        items = _items(source(document), "$reduce", 40080)
        value = start(document)
        for item in items or ():
            so_far.value, this.value = value, item
            value = inner(document)
        return None if items is None else value

    return run


def _rand(operand: object) -> Expression:
    if operand not in ({}, []):
        raise Refusal(3040501, "$rand does not currently accept arguments")
    dice = unseeded()
    return lambda _: dice.random()


def _get_field(operand: object) -> Expression:
    if not isinstance(operand, Mapping) or "field" not in operand:
        operand = {"field": operand}
    stated = _words("$getField", operand, frozenset({"field"}), frozenset({"input"}))
    name = compile_expression(stated["field"])
    source = compile_expression(stated.get("input", "$$CURRENT"))

    def run(document: Document) -> object:
        field, holder = name(document), as_mapping(source(document))
        if not isinstance(field, str):
            raise Refusal(3041704, "$getField requires 'field' to evaluate to a string")
        return MISSING if holder is None else holder.get(field, MISSING)

    return run


def _elements(name: str, operand: object) -> Expression:
    (alone,) = operand if isinstance(operand, list) and len(operand) == 1 else [operand]
    part = compile_expression(alone)

    def run(document: Document) -> object:
        value = part(document)
        if not isinstance(value, list):
            raise Refusal(17040, f"{name}'s argument must be an array, but is {type_name(value)}")
        return value

    return run


def _all_elements(operand: object) -> Expression:
    part = _elements("$allElementsTrue", operand)
    return lambda document: all(truth(item) for item in _as_list(part(document)))


def _any_element(operand: object) -> Expression:
    part = _elements("$anyElementTrue", operand)
    return lambda document: any(truth(item) for item in _as_list(part(document)))


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


_LAZY: dict[str, Callable[[object], Expression]] = {
    "$cond": _cond,
    "$ifNull": _if_null,
    "$and": _and,
    "$or": _or,
    "$not": _not,
    "$switch": _switch,
    "$let": _let,
    "$map": _map,
    "$filter": _filter,
    "$reduce": _reduce,
    "$rand": _rand,
    "$getField": _get_field,
    "$allElementsTrue": _all_elements,
    "$anyElementTrue": _any_element,
    **{name: _part_of_date(name) for name in moments.PARTS},
    **{name: _gathered(work) for name, work in OVER_ARRAYS.items()},
}
