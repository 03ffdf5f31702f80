"""Update documents as functions from the old document to the new; the old one is never touched."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import TypeAlias

from bson import Timestamp

from db.embedded.changing import array_updates
from db.embedded.errors import Refusal
from db.embedded.fields.arithmetic import bitwise, combine
from db.embedded.fields.places import (
    Parts,
    Place,
    copied,
    copied_document,
    find_place,
    leads_through_array,
    make_place,
    refuse_dead_end,
)
from db.embedded.finding.matching import Test, compile_filter
from db.embedded.finding.positions import with_position
from db.embedded.values import MISSING, Document, is_number, key_of, same, type_name

_LOGIC = frozenset({"$and", "$or", "$nor"})
Change: TypeAlias = Callable[[Place, object], None]


@dataclass(frozen=True, slots=True)
class Moment:
    """What an update may need to know about the time and the kind of write."""

    utc_ms: int
    inserting: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One operator on one path."""

    operator: str
    parts: Parts
    operand: object


def is_replacement(update: object) -> bool:
    """A whole new document instead of operators."""
    return isinstance(update, Mapping) and not next(iter(update), "").startswith("$")


class Update:
    """Operators checked once and applied to any number of documents."""

    def __init__(
        self,
        update: Mapping[str, object],
        array_filters: object = None,
        query: Mapping[str, object] | None = None,
    ) -> None:
        self._query = query or {}
        self._filters = _compile_array_filters(array_filters)
        self._steps = sorted(_steps(update), key=lambda step: step.parts)
        _refuse_conflicts(self._steps)
        _refuse_unused(self._filters, self._steps)

    def apply(self, old: Document, moment: Moment) -> Document:
        """The new document."""
        new = copied_document(old)
        for step in self._steps:
            if step.operator != "$setOnInsert" or moment.inserting:
                self._apply_step(new, self._positioned(step, old), moment)
        return new

    def _positioned(self, step: Step, old: Document) -> Step:
        if "$" not in step.parts:
            return step
        return replace(step, parts=with_position(step.parts, self._query, old))

    def _apply_step(self, new: Document, step: Step, moment: Moment) -> None:
        for parts in self._expanded(new, step.parts):
            if step.operator == "$rename":
                _rename(new, parts, step.operand)
            elif step.operator in _REMOVING:
                _remove(new, parts, step)
            else:
                _change(make_place(new, parts), step, moment)

    def _expanded(self, document: Document, parts: Parts) -> list[Parts]:
        for at, part in enumerate(parts):
            if part.startswith("$["):
                return [
                    full
                    for index in self._chosen(document, parts[:at], part[2:-1])
                    for full in self._expanded(
                        document, (*parts[:at], str(index), *parts[at + 1 :])
                    )
                ]
        return [parts]

    def _chosen(self, document: Document, parts: Parts, name: str) -> list[int]:
        place = find_place(document, parts)
        array = place.value() if place else MISSING
        if not isinstance(array, list):
            path = ".".join(parts)
            raise Refusal(2, f"The path '{path}' must exist and hold an array for array updates")
        test = self._filters[name] if name else _always
        return [index for index, item in enumerate(array) if test({name: item})]


def _always(_: object) -> bool:
    return True


def _compile_array_filters(filters: object) -> dict[str, Test]:
    compiled: dict[str, Test] = {}
    for item in filters if isinstance(filters, list) else []:
        names = set(_identifiers(item))
        if len(names) != 1:
            raise Refusal(9, "an array filter must speak of exactly one identifier")
        if names & compiled.keys():
            raise Refusal(9, f"Found multiple array filters with the same name {min(names)}")
        compiled[names.pop()] = compile_filter(item)
    return compiled


def _identifiers(item: object) -> Iterator[str]:
    """The names an array filter gives to an element; $and, $or and $nor hold filters as well."""
    for path, wanted in item.items() if isinstance(item, Mapping) else ():
        if not path.startswith("$"):
            yield path.split(".")[0]
        for branch in wanted if path in _LOGIC and isinstance(wanted, list) else ():
            yield from _identifiers(branch)


def _steps(update: Mapping[str, object]) -> Iterator[Step]:
    for operator, fields in update.items():
        if operator not in OPERATORS:
            raise Refusal(9, f"Unknown modifier: {operator}. Expected a valid update modifier")
        if not isinstance(fields, Mapping):
            raise Refusal(9, f"Modifiers operate on fields but we found type {type_name(fields)}")
        for path, operand in fields.items():
            yield Step(operator, _checked_path(path), operand)


def _checked_path(path: str) -> Parts:
    parts = tuple(path.split("."))
    if not all(parts):
        raise Refusal(56, f"The update path '{path}' contains an empty field name")
    for part in parts:
        if (
            part.startswith("$")
            and part != "$"
            and not (part.startswith("$[") and part.endswith("]"))
        ):
            raise Refusal(52, f"The dollar ($) prefixed field '{part}' in '{path}' is not allowed")
    if parts[0].startswith("$"):
        raise Refusal(2, f"Cannot have '{parts[0]}' at the path's start")
    return parts


def _refuse_conflicts(steps: list[Step]) -> None:
    for step in steps:
        if step.operator == "$rename":
            _check_rename(step)
    paths = [step.parts for step in steps]
    paths += [tuple(str(s.operand).split(".")) for s in steps if s.operator == "$rename"]
    paths.sort()
    for left, right in pairwise(paths):
        if right[: len(left)] == left:
            path, other = ".".join(right), ".".join(left)
            raise Refusal(40, f"Updating the path '{path}' would create a conflict at '{other}'")


def _refuse_unused(filters: dict[str, Test], steps: list[Step]) -> None:
    used = {part[2:-1] for step in steps for part in step.parts if part.startswith("$[")}
    for name in used - filters.keys() - {""}:
        raise Refusal(2, f"No array filter found for identifier '{name}'")
    for name in filters.keys() - used:
        raise Refusal(9, f"The array filter for identifier '{name}' was not used in the update")


def _check_rename(step: Step) -> None:
    if not isinstance(step.operand, str):
        raise Refusal(2, "The 'to' field for $rename must be a string")
    target = _checked_path(step.operand)
    if step.parts == target:
        raise Refusal(2, f"The source and target field for $rename must differ: {step.operand}")
    for what, parts in (("source", step.parts), ("destination", target)):
        if any(part.startswith("$") for part in parts):
            text = f"The {what} field for $rename may not be dynamic: {'.'.join(parts)}"
            raise Refusal(2, text)


def _rename(document: Document, parts: Parts, operand: object) -> None:
    refuse_dead_end(document, parts)
    source = find_place(document, parts)
    value = source.value() if source else MISSING
    if source is None or value is MISSING:
        return
    target = _checked_path(str(operand))
    for what, way in (("source", parts), ("destination", target)):
        if leads_through_array(document, way):
            raise Refusal(2, f"The {what} field cannot be an array element, '{'.'.join(way)}' is")
    source.remove()
    make_place(document, target).put(value)


def _remove(document: Document, parts: Parts, step: Step) -> None:
    place = find_place(document, parts)
    if place is None or place.value() is MISSING:
        if step.operator != "$unset":
            refuse_dead_end(document, parts)
        return
    if step.operator == "$unset":
        place.remove()
        return
    array = place.value()
    if not isinstance(array, list):
        code = 14 if step.operator == "$pop" else 2
        path = ".".join(parts)
        raise Refusal(code, f"Cannot apply {step.operator} to a non-array value at '{path}'")
    place.put(array_updates.REMOVING[step.operator](array, step.operand))


def _change(place: Place, step: Step, moment: Moment) -> None:
    if step.operator == "$currentDate":
        place.put(_current_date(step.operand, moment))
    elif step.operator in array_updates.ADDING:
        _add_to_array(place, step)
    else:
        _CHANGES[step.operator](place, step.operand)


def _add_to_array(place: Place, step: Step) -> None:
    array = place.value()
    if array is MISSING:
        array = []
    if not isinstance(array, list):
        path = ".".join(step.parts)
        raise Refusal(2, f"The field '{path}' must be an array but is of type {type_name(array)}")
    place.put(array_updates.ADDING[step.operator](array, step.operand))


def _set(place: Place, operand: object) -> None:
    place.put(copied(operand))


def _set_smaller(place: Place, operand: object) -> None:
    old = place.value()
    if old is MISSING or key_of(operand) < key_of(old):
        place.put(copied(operand))


def _set_greater(place: Place, operand: object) -> None:
    old = place.value()
    if old is MISSING or key_of(operand) > key_of(old):
        place.put(copied(operand))


def _increase(place: Place, operand: object) -> None:
    _calculate(place, operand, "$inc", multiply=False)


def _multiply(place: Place, operand: object) -> None:
    _calculate(place, operand, "$mul", multiply=True)


def _calculate(place: Place, operand: object, operator: str, *, multiply: bool) -> None:
    if not is_number(operand):
        raise Refusal(
            14, f"Cannot {operator[1:]} with a non-numeric argument of type {type_name(operand)}"
        )
    old = place.value()
    if old is MISSING:
        place.put(combine(0, operand, multiply=multiply))
    elif is_number(old):
        place.put(combine(old, operand, multiply=multiply))
    else:
        raise Refusal(
            14, f"Cannot apply {operator} to a value of non-numeric type {type_name(old)}"
        )


def _set_bits(place: Place, operand: object) -> None:
    if not isinstance(operand, Mapping) or not operand:
        raise Refusal(2, "$bit takes an object with and, or or xor")
    value = place.value()
    for name, bits in operand.items():
        value = bitwise(name, 0 if value is MISSING else value, bits)
    place.put(value)


def _current_date(operand: object, moment: Moment) -> object:
    if isinstance(operand, bool) or operand == {"$type": "date"}:
        return datetime.fromtimestamp(moment.utc_ms / 1000, UTC).replace(tzinfo=None)
    if operand == {"$type": "timestamp"}:
        return Timestamp(moment.utc_ms // 1000, 1)
    raise Refusal(2, "$currentDate takes true or {$type: 'date'} or {$type: 'timestamp'}")


_CHANGES: dict[str, Change] = {
    "$set": _set,
    "$setOnInsert": _set,
    "$inc": _increase,
    "$mul": _multiply,
    "$bit": _set_bits,
    "$min": _set_smaller,
    "$max": _set_greater,
}
_REMOVING = frozenset({"$unset", *array_updates.REMOVING})
OPERATORS = frozenset({*_CHANGES, *_REMOVING, *array_updates.ADDING, "$rename", "$currentDate"})


def seed_of_upsert(query: Mapping[str, object]) -> Document:
    """The document an upsert starts from: what the query says must be equal."""
    seed: Document = {}
    for path, wanted in _equalities(query):
        place = make_place(seed, tuple(path.split(".")))
        if place.value() is not MISSING and not same(place.value(), wanted):
            raise Refusal(54, f"cannot infer query fields to set, path '{path}' is matched twice")
        place.put(copied(wanted))
    return seed


def _equalities(query: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for path, wanted in query.items():
        if path == "$and" and isinstance(wanted, list):
            for branch in wanted:
                yield from _equalities(branch)
        elif path == "$or" and isinstance(wanted, list) and len(wanted) == 1:
            yield from _equalities(wanted[0])
        elif not path.startswith("$"):
            yield from _equality(path, wanted)


def _equality(path: str, wanted: object) -> Iterator[tuple[str, object]]:
    if type_name(wanted) == "regex":
        return
    if not isinstance(wanted, Mapping) or not next(iter(wanted), "").startswith("$"):
        yield path, wanted
    elif "$eq" in wanted:
        yield path, wanted["$eq"]
