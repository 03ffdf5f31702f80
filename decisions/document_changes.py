"""What differs between two states of an account document, and what of it may be shown."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from domain.account_fields import BOOKKEEPING
from domain.fields import SECRET_NAMES, SECRET_PATTERN

Document = Mapping[str, Any]

NOT_SHOWN = "(not shown)"
UPDATED_AT = "updated_at"
UPDATED_BY = "updated_by"
#: What programs note beside the settings; `legacy` is a person's, and counts.
NO_CHANGE = (BOOKKEEPING | {UPDATED_BY}) - {"legacy"}

_SECRET_NAME = re.compile(SECRET_NAMES, re.IGNORECASE)


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """One field, dotted within sections; None where it did not stand, or was null."""

    field: str
    before: Any
    after: Any


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """Who a document says to have changed it last: `by` whom, `via` what."""

    by: str
    via: str


def field_changes(before: Document | None, after: Document | None) -> tuple[FieldChange, ...]:
    """Every field that differs; null is as good as absent."""
    return tuple(_differences("", _settings(before), _settings(after)))


def shown(document: Document) -> dict[str, Any]:
    """The document without anything that might be a password written down."""
    return {name: _shown(name, value) for name, value in document.items()}


def signature_of(text: object) -> Signature:
    """`alice, accounts edit` is alice by way of our command; a text without a comma is a name."""
    if not isinstance(text, str):
        return Signature(by="", via="")
    by, _, via = text.partition(", ")
    return Signature(by=by, via=via)


def same_value(one: object, other: object) -> bool:
    """Equal as a setting: 1 is 1.0, but not true; a NaN is the NaN it was."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return not any(True for _ in _differences("", one, other))
    if _is_list(one) and _is_list(other):
        return _same_items(one, other)  # type: ignore[arg-type] # both were just looked at
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    return bool(one == other) or (one != one and other != other)  # noqa: PLR0124 - NaN alone does


def _settings(document: Document | None) -> dict[str, Any]:
    found = {} if document is None else document
    return {name: value for name, value in found.items() if name not in NO_CHANGE}


def _differences(section: str, before: Document, after: Document) -> list[FieldChange]:
    names = [*before, *(name for name in after if name not in before)]
    return [change for name in names for change in _difference(section, name, before, after)]


def _difference(section: str, name: str, before: Document, after: Document) -> list[FieldChange]:
    dotted = f"{section}.{name}" if section else name
    old, new = before.get(name), after.get(name)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return _differences(dotted, old, new)
    if same_value(old, new):
        return []
    return [FieldChange(field=dotted, before=old, after=new)]


def _same_items(one: Sequence[object], other: Sequence[object]) -> bool:
    pairs = zip(one, other, strict=False)
    return len(one) == len(other) and all(same_value(a, b) for a, b in pairs)


def _shown(name: str, value: object) -> object:
    if _SECRET_NAME.search(name) and not _is_reference(value):
        return NOT_SHOWN
    if isinstance(value, Mapping):
        return shown(value)
    return [_shown("", item) for item in value] if isinstance(value, list) else value


def _is_reference(value: object) -> bool:
    return value is None or (isinstance(value, str) and bool(re.match(SECRET_PATTERN, value)))


def _is_list(value: object) -> bool:
    return isinstance(value, (list, tuple))
