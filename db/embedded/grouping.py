"""$group: documents with the same key, and what is gathered over them."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from db.embedded.errors import Refusal, not_implemented
from db.embedded.expression_operators import is_nothing, quotient, total
from db.embedded.expressions import Expression, compile_expression
from db.embedded.values import Document, Key, Missing, is_number, key_of

Values: TypeAlias = list[object]
Gather: TypeAlias = Callable[[Values], object]


def group(documents: list[Document], operand: object) -> list[Document]:
    """One document for each key, in the order the keys were first seen."""
    if not isinstance(operand, Mapping) or "_id" not in operand:
        raise Refusal(15955, "a group specification must be an object with an _id")
    identity = compile_expression(operand["_id"])
    fields = {name: _accumulator(name, said) for name, said in operand.items() if name != "_id"}
    members: dict[Key, list[Document]] = {}
    names: dict[Key, object] = {}
    for document in documents:
        value = identity(document)
        shown = None if isinstance(value, Missing) else value
        names.setdefault(key_of(shown), shown)
        members.setdefault(key_of(shown), []).append(document)
    return [_gathered(names[key], found, fields) for key, found in members.items()]


def _gathered(
    identity: object, members: list[Document], fields: dict[str, tuple[Gather, Expression]]
) -> Document:
    gathered = {
        name: gather([part(member) for member in members])
        for name, (gather, part) in fields.items()
    }
    return {"_id": identity, **gathered}


def _accumulator(name: str, stated: object) -> tuple[Gather, Expression]:
    if "." in name or name.startswith("$"):
        raise Refusal(40235, f"The field name '{name}' cannot be used in $group")
    if not isinstance(stated, Mapping) or len(stated) != 1:
        raise Refusal(40234, f"The field '{name}' must be an accumulator object")
    word, operand = next(iter(stated.items()))
    if word == "$count":
        return len, compile_expression(1)
    if word not in _GATHERERS:
        raise not_implemented(f"the group operator {word}")
    return _GATHERERS[word], compile_expression(operand)


def _numbers(values: Values) -> Values:
    return [value for value in values if is_number(value)]


def _average(values: Values) -> object:
    numbers = _numbers(values)
    return quotient(total(numbers), len(numbers)) if numbers else None


def _present(values: Values) -> Values:
    return [value for value in values if not isinstance(value, Missing)]


def _smallest(values: Values) -> object:
    return min((v for v in values if not is_nothing(v)), key=key_of, default=None)


def _greatest(values: Values) -> object:
    return max((v for v in values if not is_nothing(v)), key=key_of, default=None)


def _different(values: Values) -> object:
    return list({key_of(value): value for value in _present(values)}.values())


def _or_null(value: object) -> object:
    return None if isinstance(value, Missing) else value


_GATHERERS: dict[str, Gather] = {
    "$sum": lambda values: total(_numbers(values)),
    "$avg": _average,
    "$min": _smallest,
    "$max": _greatest,
    "$first": lambda values: _or_null(values[0]),
    "$last": lambda values: _or_null(values[-1]),
    "$push": _present,
    "$addToSet": _different,
}
