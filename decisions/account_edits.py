"""Fields that a person typed as texts -> a new account document, or what is wrong with them."""

import copy
import difflib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from decisions.field_values import wanted
from domain.account_fields import ACCOUNT_FIELDS
from domain.fields import Field, Kind
from domain.problems import Problem

LEGACY = "legacy"
NULL = "null"
TRUE = frozenset({"true", "yes", "on"})
FALSE = frozenset({"false", "no", "off"})
LARGEST = 2**63 - 1
LOOKS_ALIKE = 0.6

Document = dict[str, Any]

_FIELDS = {field.name: field for field in ACCOUNT_FIELDS}


class _Place(NamedTuple):
    """Where a name leads to; an entry of a map may hold dots in its own name."""

    field: Field | None
    path: tuple[str, ...]


def edited(
    document: Mapping[str, Any], assignments: Iterable[str] = (), unset: Iterable[str] = ()
) -> Document | tuple[Problem, ...]:
    """The document with `field=value` texts taken up and others taken out, or every fault."""
    fresh: Document = copy.deepcopy(dict(document))
    faults = [_take_out(fresh, name.strip()) for name in unset]
    faults += [_take_up(fresh, text) for text in assignments]
    found = tuple(fault for fault in faults if fault is not None)
    return found or fresh


def put(document: Document, path: Sequence[str], value: object) -> None:
    """Write a value at a place, making the sections that lead there."""
    for section in path[:-1]:
        inner = document.get(section)
        document[section] = inner if isinstance(inner, dict) else {}
        document = document[section]
    document[path[-1]] = value


def plain_number(exact: Decimal) -> int | float:
    """A number as documents hold it: whole where it is whole."""
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def exact_number(text: str) -> Decimal | None:
    """The number a text stands for, where it is one that a document can hold."""
    try:
        exact = Decimal(text.strip())
    except InvalidOperation:
        return None
    return exact if exact.is_finite() and abs(exact) <= LARGEST else None


def _take_up(document: Document, text: str) -> Problem | None:
    name, equals, value = text.partition("=")
    if not equals:
        # What was typed is not repeated: it may be a password.
        todo = "Write it like max_lot=5."
        return _problem(document, "field=value", "field=value", "no equals sign", todo)
    place = _place(name.strip())
    if place is None:
        return _unknown(document, name.strip())
    read = value.strip() if place.field is None else _read(place.field, value)
    put(document, place.path, read)
    return None


def _take_out(document: Document, name: str) -> Problem | None:
    legacy = name.partition(".")[0] == LEGACY
    place = _Place(None, tuple(name.split("."))) if legacy else _place(name)
    if place is None:
        return _unknown(document, name)
    if place.field is not None and place.field.required:
        todo = "Give it another value instead."
        return _problem(document, name, wanted(place.field), "an order to remove it", todo)
    drop(document, place.path)
    return None


def _place(name: str) -> _Place | None:
    if name in _FIELDS:
        return _Place(_FIELDS[name], tuple(name.split(".")))
    for field in ACCOUNT_FIELDS:
        entry = name.removeprefix(f"{field.name}.")
        if field.kind is Kind.TEXT_MAP and entry not in {name, ""}:
            return _Place(None, (*field.name.split("."), entry))
    return None


def drop(document: Document, path: Sequence[str]) -> None:
    """What does not stand there need not be taken out."""
    for section in path[:-1]:
        inner = document.get(section)
        if not isinstance(inner, dict):
            return
        document = inner
    document.pop(path[-1], None)


def _read(field: Field, text: str) -> object:
    """The value in the field's type; a text that is none stays one, and is refused as such."""
    if field.may_be_null and text.strip() == NULL:
        return None
    reader = _READERS.get(field.kind)
    return text if reader is None else reader(text.strip())


def _switch(text: str) -> object:
    word = text.lower()
    return word in TRUE if word in TRUE | FALSE else text


def _number(text: str) -> object:
    exact = exact_number(text)
    return text if exact is None else plain_number(exact)


def _names(text: str) -> object:
    if text.startswith("["):
        return _json(text)
    return [part.strip() for part in text.split(",") if part.strip()]


def _map(text: str) -> object:
    if text.startswith("{"):
        return _json(text)
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if not all(equals for _, equals, _ in pairs):
        return text
    return {name.strip(): value.strip() for name, _, value in pairs}


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


_READERS: Mapping[Kind, Callable[[str], object]] = {
    Kind.SWITCH: _switch,
    Kind.WHOLE: _number,
    Kind.NUMBER: _number,
    Kind.NAMES: _names,
    Kind.TEXT_MAP: _map,
    Kind.SECTION: _json,
    Kind.RULES: _json,
}


def _unknown(document: Mapping[str, Any], name: str) -> Problem:
    alike = difflib.get_close_matches(name, _FIELDS, n=1, cutoff=LOOKS_ALIKE)
    todo = f"Did you mean {alike[0]}?" if alike else "docs/ACCOUNTS.md lists every field."
    return _problem(document, name, "a field of an account document", "a name nobody knows", todo)


def _problem(
    document: Mapping[str, Any], field: str, wanted: str, found: str, what_to_do: str
) -> Problem:
    account = str(document.get("name", ""))
    return Problem(account=account, field=field, wanted=wanted, found=found, what_to_do=what_to_do)
