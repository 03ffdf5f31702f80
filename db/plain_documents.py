"""A document from a database as plain values, fit for a journal and for the wire."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bson import Decimal128, Int64, ObjectId

LONGEST_WHOLE = 2**63
PLAIN = frozenset({str, bool, int, float})


def plain(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same document; only the database's own types are replaced."""
    return {str(name): _plain(value) for name, value in document.items()}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return plain(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal128):
        return _number(value)
    if isinstance(value, Int64):
        return int(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or type(value) in PLAIN else _named(value)


def _named(value: object) -> object:
    """JavaScript comes as a text of its own kind; neither it nor others shall pass for a text."""
    text = str(value)
    return text if isinstance(value, ObjectId) else {f"${type(value).__name__}": text}


def _number(value: Decimal128) -> int | float:
    """Up to 15 digits survive the way through a float and back to text.

    A whole number longer than the wire carries becomes a float as well.
    """
    exact = value.to_decimal()
    if not exact.is_finite() or abs(exact) >= LONGEST_WHOLE or exact != int(exact):
        return float("nan") if exact.is_nan() else float(exact)
    return int(exact)
