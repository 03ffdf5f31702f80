"""Why one condition of a validator is not met by a document, in MongoDB's own words."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bson import Regex

from db.embedded.fields.paths import values_at
from db.embedded.values import NUMBER_TYPES, Document, Missing, type_name

MOST_VALUES = 10
BITS = ("$bitsAllClear", "$bitsAllSet", "$bitsAnyClear", "$bitsAnySet")


class Reasons(NamedTuple):
    """What is told of an operator that failed, of one that held though it was not to.

    `types` are all it can hold for; `whole` means that it looks at an array and not into it.
    """

    failed: str
    held: str
    types: frozenset[str] = frozenset()
    whole: bool = False
    shows_types: bool = False


_COMPARED = Reasons("comparison failed", "comparison succeeded")
_LISTED = Reasons("no matching value found in array", "matching value found in array")
_ANY = Reasons("condition did not match", "condition did match")
_ARRAY = frozenset({"array"})
REASONS: Mapping[str, Reasons] = {
    **dict.fromkeys(("$eq", "$ne", "$gt", "$gte", "$lt", "$lte"), _COMPARED),
    **dict.fromkeys(("$in", "$nin"), _LISTED),
    "$regex": Reasons(
        "regular expression did not match",
        "regular expression did match",
        frozenset({"string", "symbol", "regex"}),
    ),
    "$mod": Reasons(
        "$mod did not evaluate to expected remainder",
        "$mod did evaluate to expected remainder",
        NUMBER_TYPES,
    ),
    "$type": Reasons("type did not match", "type did match", shows_types=True),
    "$size": Reasons(
        "array length was not equal to given size",
        "array length was equal to given size",
        _ARRAY,
        whole=True,
    ),
    "$elemMatch": Reasons(
        "array did not satisfy the child predicate",
        "array did satisfy the child predicate",
        _ARRAY,
        whole=True,
    ),
    "$all": Reasons(
        "array did not contain all specified values",
        "array did contain all specified values",
        whole=True,
    ),
    **dict.fromkeys(
        BITS,
        Reasons(
            "bitwise operator failed to match",
            "bitwise operator matched successfully",
            NUMBER_TYPES | {"binData"},
        ),
    ),
}


def leaf(path: str, operator: str, stated: object, document: Document, *, held: bool) -> Document:
    """What is told of one operator on one path."""
    told: Document = {"operatorName": operator, "specifiedAs": {path: stated}}
    if operator == "$exists":
        return {**told, "reason": f"path does{'' if held else ' not'} exist"}
    return {**told, **_found(REASONS.get(operator, _ANY), path, document, held=held)}


def operator_of(wanted: object) -> str:
    """The operator of a condition that names none."""
    return "$regex" if isinstance(wanted, Regex) else "$eq"


def _found(reasons: Reasons, path: str, document: Document, *, held: bool) -> Document:
    reached = [value for value in values_at(document, tuple(path.split("."))) if _is_there(value)]
    if not reached:
        return {"reason": "field was missing"}
    values = reached if reasons.whole else list(_looked_into(reached))
    if values and reasons.types and not any(type_name(value) in reasons.types for value in values):
        return _of_other_types(reasons.types, values)
    reason = reasons.held if held else reasons.failed
    types = _considered_types(values) if reasons.shows_types else {}
    return {"reason": reason, **_considered(values), **types}


def _is_there(value: object) -> bool:
    return not isinstance(value, Missing)


def _looked_into(values: list[object]) -> Iterator[object]:
    for value in values:
        if isinstance(value, list):
            yield from value
        else:
            yield value


def _of_other_types(wanted: frozenset[str], values: list[object]) -> Document:
    expected = sorted(wanted)
    told = {"expectedTypes": expected} if len(expected) > 1 else {"expectedType": expected[0]}
    reason: Document = {"reason": "type did not match", **_considered_types(values), **told}
    return {**reason, **_considered(values)}


def _considered(values: list[object]) -> Document:
    if len(values) == 1:
        return {"consideredValue": values[0]}
    cut: Document = {"consideredValuesTruncated": True} if len(values) > MOST_VALUES else {}
    return {"consideredValues": values[:MOST_VALUES], **cut}


def _considered_types(values: list[object]) -> Document:
    found = sorted({type_name(value) for value in values})
    if not found:
        return {}
    return {"consideredTypes": found} if len(found) > 1 else {"consideredType": found[0]}
