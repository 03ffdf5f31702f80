"""A document from a database as plain values, fit for a journal and for the wire."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bson import Decimal128, Int64


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
    return value if isinstance(value, (str, bool, int, float)) or value is None else str(value)


def _number(value: Decimal128) -> int | float:
    """Up to 15 digits survive the way through a float and back to text."""
    exact = value.to_decimal()
    return int(exact) if exact.is_finite() and exact == int(exact) else float(exact)
