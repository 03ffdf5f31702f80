"""Values of one BSON type made of another: $convert and its short forms."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation, localcontext

from bson import Decimal128, Int64, ObjectId, Timestamp
from bson.decimal128 import create_decimal128_context

from db.embedded.errors import Refusal
from db.embedded.expressions.moments import is_date, iso_text, moment_of, of_milliseconds, parsed
from db.embedded.values import Missing, is_number, milliseconds, type_name

_INT32, _INT64 = 2**31, 2**63
_WHOLE = re.compile(r"[+-]?\d+")
_EXACT_WHOLE = 1e15


def failed(value: object, wanted: str, why: str = "") -> Refusal:
    """MongoDB's ConversionFailure."""
    text = f"Unsupported conversion from {type_name(value)} to {wanted} in $convert"
    return Refusal(241, f"Failed to convert {value!r} to {wanted}: {why}" if why else text)


def to_text(value: object) -> str:
    """$toString."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _double_text(value)
    if is_date(value):
        return iso_text(moment_of(value, "$toString"))
    if is_number(value) or isinstance(value, ObjectId):
        return str(value)
    raise failed(value, "string")


def _double_text(value: float) -> str:
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value == int(value) and abs(value) < _EXACT_WHOLE else repr(value)


def to_int(value: object) -> object:
    """$toInt."""
    return _whole(value, "int", _INT32)


def to_long(value: object) -> Int64:
    """$toLong."""
    if isinstance(value, datetime):
        return Int64(milliseconds(value))
    return Int64(_whole(value, "long", _INT64))


def _whole(value: object, wanted: str, beyond: int) -> int:
    if isinstance(value, str):
        if not _WHOLE.fullmatch(value):
            raise failed(value, wanted, "it is not a whole number in base 10")
        number: object = int(value)
    elif isinstance(value, Decimal128):
        number = value.to_decimal()
    else:
        number = value
    if not isinstance(number, (int, float, Decimal)):
        raise failed(value, wanted)
    try:
        whole = int(number)
    except (ValueError, OverflowError) as reason:
        raise failed(value, wanted, "it is not finite") from reason
    if not -beyond <= whole < beyond:
        raise failed(value, wanted, "it does not fit")
    return whole


def to_double(value: object) -> object:
    """$toDouble."""
    if isinstance(value, datetime):
        return float(milliseconds(value))
    exact = value.to_decimal() if isinstance(value, Decimal128) else value
    if not isinstance(exact, (int, float, Decimal, str)):
        raise failed(value, "double")
    try:
        return float(exact)
    except (ValueError, OverflowError) as reason:
        raise failed(value, "double", "it is not a number") from reason


def to_decimal(value: object) -> object:
    """$toDecimal."""
    if isinstance(value, Decimal128):
        return value
    if isinstance(value, datetime):
        return Decimal128(Decimal(milliseconds(value)))
    if not isinstance(value, (int, float, str)):
        raise failed(value, "decimal")
    stated = (
        format(value, ".15g")
        if isinstance(value, float)
        else str(int(value) if isinstance(value, bool) else value)
    )
    try:
        with localcontext(create_decimal128_context()):
            return Decimal128(stated)
    except (InvalidOperation, ValueError) as reason:
        raise failed(value, "decimal", "it is not a number") from reason


def to_bool(value: object) -> object:
    """$toBool."""
    if isinstance(value, (bool, int, float)):
        return bool(value)
    return bool(value.to_decimal()) if isinstance(value, Decimal128) else True


def to_date(value: object) -> object:
    """$toDate."""
    if isinstance(value, str):
        return parsed(value)
    if isinstance(value, (datetime, Timestamp, ObjectId)):
        return moment_of(value, "$toDate")
    if isinstance(value, (Int64, float, Decimal128)):
        return of_milliseconds(_whole(value, "date", _INT64))
    raise failed(value, "date")


def to_object_id(value: object) -> object:
    """$toObjectId."""
    if isinstance(value, ObjectId):
        return value
    if not isinstance(value, str) or not re.fullmatch("[0-9a-fA-F]{24}", value):
        raise failed(value, "objectId", "it is not 24 hexadecimal digits")
    return ObjectId(value)


CONVERSIONS: dict[str, Callable[[object], object]] = {
    "string": to_text,
    "int": to_int,
    "long": to_long,
    "double": to_double,
    "decimal": to_decimal,
    "bool": to_bool,
    "date": to_date,
    "objectId": to_object_id,
}
_BY_CODE = {
    1: "double",
    2: "string",
    7: "objectId",
    8: "bool",
    9: "date",
    16: "int",
    18: "long",
    19: "decimal",
}


def convert(said: Mapping[str, object]) -> object:
    """$convert, with what stands in for null and for a failure."""
    value, wanted = said["input"], said["to"]
    if value is None or isinstance(value, Missing):
        return said.get("onNull")
    name = _BY_CODE.get(wanted, "") if isinstance(wanted, int) else wanted
    if not isinstance(name, str) or name not in CONVERSIONS:
        raise Refusal(2, f"Unknown type name: {wanted!r}")
    try:
        return CONVERSIONS[name](value)
    except Refusal:
        if "onError" in said:
            return said["onError"]
        raise
