"""What a query demands of single fields, as far as an index or a look at the bytes can tell."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias, TypeGuard

from bson import Decimal128, ObjectId
from bson.datetime_ms import DatetimeMS

from db.embedded.finding.matching import is_operator_document
from db.embedded.holding.keys import after, number_head, packed
from db.embedded.values import milliseconds, type_name

Span: TypeAlias = tuple[bytes, bytes]

_MOST_VALUES = 1000
_RANGED = frozenset({"int", "long", "double", "decimal", "string", "date", "objectId"})
_LONG = struct.Struct("<q")
_INT = struct.Struct("<i")


@dataclass(slots=True)
class Bounds:
    """From the lower to the upper of what one path may be; either may be open."""

    low: bytes | None = None
    high: bytes | None = None

    def span(self, *, one_sided: bool) -> Span:
        """All keys within; of an array's elements one may satisfy each side."""
        known = self.low if self.low is not None else self.high or b""
        bracket = known[:1]
        low = self.low if self.low is not None else bracket
        open_above = self.high is None or (one_sided and self.low is not None)
        return low, after(bracket) if open_above or self.high is None else after(self.high)


@dataclass(slots=True)
class Conditions:
    """By path: the few values it must be equal to, its bounds, the values it must not have."""

    equal: dict[str, list[object]] = field(default_factory=dict)
    bounds: dict[str, Bounds] = field(default_factory=dict)
    unlike: dict[str, list[object]] = field(default_factory=dict)


def conditions_of(query: Mapping[str, object]) -> Conditions:
    """What must hold for every document that matches; the rest is not said here."""
    found = Conditions()
    for path, wanted in _clauses(query):
        if not isinstance(wanted, Mapping) or not is_operator_document(wanted):
            _note_equal(found, path, [wanted])
        else:
            _note_operators(found, path, wanted)
    return found


def _clauses(query: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for path, wanted in query.items():
        if path == "$and" and isinstance(wanted, list):
            for branch in wanted:
                if isinstance(branch, Mapping):
                    yield from _clauses(branch)
        elif not path.startswith("$"):
            yield path, wanted


def _note_operators(found: Conditions, path: str, wanted: Mapping[str, object]) -> None:
    _note_equal(found, path, [wanted["$eq"]] if "$eq" in wanted else wanted.get("$in"))
    unlike = [wanted["$ne"]] if "$ne" in wanted else wanted.get("$nin")
    if _plain(unlike):
        found.unlike.setdefault(path, unlike)
    bounds = _bounds(wanted)
    if bounds is not None:
        found.bounds.setdefault(path, bounds)


def _note_equal(found: Conditions, path: str, values: object) -> None:
    if _plain(values):
        found.equal.setdefault(path, values)


def _plain(values: object) -> TypeGuard[list[object]]:
    if not isinstance(values, list) or len(values) > _MOST_VALUES:
        return False
    return not any(type_name(value) in ("array", "regex") for value in values)


def _bounds(wanted: Mapping[str, object]) -> Bounds | None:
    low = _edge(wanted["$gt"] if "$gt" in wanted else wanted.get("$gte"))
    high = _edge(wanted["$lt"] if "$lt" in wanted else wanted.get("$lte"))
    if low is None and high is None:
        return None
    if low is not None and high is not None and low[:1] != high[:1]:
        high = None
    return Bounds(low, high)


def _edge(value: object) -> bytes | None:
    """The key's start that no wanted value is beyond; None where no order is known."""
    if type_name(value) not in _RANGED:
        return None
    if isinstance(value, (int, float, Decimal128)):
        exact = value.to_decimal() if isinstance(value, Decimal128) else value
        return None if _is_nan(exact) else number_head(float(exact) + 0.0)
    return packed(value)


def _is_nan(value: float | Decimal) -> bool:
    return value.is_nan() if isinstance(value, Decimal) else value != value  # noqa: PLR0124 - only NaN is unlike itself


def needles_of(found: Conditions) -> list[list[bytes]]:
    """For each condition bytes of which one must stand in every document that matches."""
    stated = [[_needle(value) for value in values] for values in found.equal.values()]
    return [[n for n in needles if n] for needles in stated if all(needles)]


def _needle(value: object) -> bytes:
    if type(value) is str and isinstance(value, str):
        raw = value.encode("utf-8")
        return _INT.pack(len(raw) + 1) + raw + b"\0"
    if isinstance(value, ObjectId):
        return value.binary
    if isinstance(value, (datetime, DatetimeMS)):
        return _LONG.pack(milliseconds(value))
    return b""
