"""Expression operators that need nothing but their arguments' values."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import localcontext
from typing import TypeAlias

from bson import Decimal128, Int64
from bson.datetime_ms import DatetimeMS
from bson.decimal128 import create_decimal128_context

from db.embedded.arithmetic import combine
from db.embedded.errors import Refusal, not_implemented
from db.embedded.values import (
    MISSING,
    Key,
    Missing,
    is_number,
    key_of,
    milliseconds,
    type_name,
)

Values: TypeAlias = list[object]
Work: TypeAlias = Callable[[Values], object]
_MANY = 1_000_000
_MISSING_KEY: Key = (4,)


def one_or_more(operand: object) -> Values:
    """Arguments are given as a list, or one alone."""
    return operand if isinstance(operand, list) else [operand]


def place_of(value: object) -> Key:
    """The value's place in an expression's order, where a missing field comes before null."""
    return _MISSING_KEY if isinstance(value, Missing) else key_of(value)


def is_nothing(value: object) -> bool:
    """Null or not there."""
    return value is None or isinstance(value, Missing)


def _compare(test: Callable[[Key, Key], object]) -> Work:
    return lambda values: test(place_of(values[0]), place_of(values[1]))


def _on_numbers(name: str, work: Callable[[Values], object]) -> Work:
    def checked(values: Values) -> object:
        if any(is_nothing(value) for value in values):
            return None
        for value in values:
            if not is_number(value):
                raise Refusal(14, f"{name} only supports numeric types, not {type_name(value)}")
        return work(values)

    return checked


def total(values: Values) -> object:
    """The sum in the widest type."""
    result: object = 0
    for value in values:
        result = combine(result, value, multiply=False)
    return result


def _product(values: Values) -> object:
    result: object = 1
    for value in values:
        result = combine(result, value, multiply=True)
    return result


def _subtract(values: Values) -> object:
    left, right = values
    if isinstance(left, (datetime, DatetimeMS)) and isinstance(right, (datetime, DatetimeMS)):
        return Int64(milliseconds(left) - milliseconds(right))
    return _difference(values)


def _minus(values: Values) -> object:
    return combine(values[0], combine(-1, values[1], multiply=True), multiply=False)


_difference = _on_numbers("$subtract", _minus)


def quotient(left: object, right: object) -> object:
    """A double, or a decimal where one takes part."""
    if isinstance(left, Decimal128) or isinstance(right, Decimal128):
        exact = [v.to_decimal() if isinstance(v, Decimal128) else v for v in (left, right)]
        with localcontext(create_decimal128_context()) as context:
            numbers = [context.create_decimal(str(v)) for v in exact]
            if numbers[1] == 0:
                raise Refusal(2, "can't $divide by zero")
            return Decimal128(context.divide(*numbers))
    if not isinstance(left, (int, float)) or not isinstance(right, (int, float)):
        raise Refusal(14, "$divide only supports numeric types")
    if right == 0:
        raise Refusal(2, "can't $divide by zero")
    return float(left) / float(right)


def _remainder(values: Values) -> object:
    left, right = values
    if not isinstance(left, (int, float)) or not isinstance(right, (int, float)):
        raise not_implemented("$mod on decimals")
    if right == 0:
        raise Refusal(16610, "can't $mod by zero")
    if isinstance(left, float) or isinstance(right, float):
        return math.fmod(left, right)
    size = abs(left) % abs(right)
    return size if left >= 0 else -size


def _rounded(name: str, work: Callable[[float], float]) -> Work:
    def on_number(values: Values) -> object:
        (value,) = values
        if isinstance(value, Decimal128):
            raise not_implemented(f"{name} on decimals")
        finite = isinstance(value, float) and math.isfinite(value)
        return float(work(value)) if isinstance(value, float) and finite else value

    return _on_numbers(name, on_number)


def _magnitude(values: Values) -> object:
    (value,) = values
    return combine(-1, value, multiply=True) if key_of(value) < key_of(0) else value


def _concat(values: Values) -> object:
    if any(is_nothing(value) for value in values):
        return None
    parts = [value for value in values if isinstance(value, str)]
    if len(parts) != len(values):
        raise Refusal(16702, "$concat only supports strings")
    return "".join(parts)


def _text(name: str, work: Callable[[str], str]) -> Work:
    def on_text(values: Values) -> object:
        (value,) = values
        if is_nothing(value):
            return ""
        if not isinstance(value, str):
            raise not_implemented(f"{name} on a value of type {type_name(value)}")
        return work(value)

    return on_text


def _size(values: Values) -> object:
    (value,) = values
    if not isinstance(value, list):
        raise Refusal(17124, f"The argument to $size must be an array, not {type_name(value)}")
    return len(value)


def _is_in(values: Values) -> object:
    wanted, array = values
    if not isinstance(array, list):
        raise Refusal(40081, f"$in requires an array as a second argument, not {type_name(array)}")
    return key_of(wanted) in {key_of(item) for item in array}


def _element(values: Values) -> object:
    array, index = values
    if is_nothing(array) or is_nothing(index):
        return None
    if not isinstance(array, list) or not isinstance(index, int) or isinstance(index, bool):
        raise Refusal(28689, "$arrayElemAt needs an array and a whole number")
    return array[index] if -len(array) <= index < len(array) else MISSING


def _merged(values: Values) -> object:
    result: dict[str, object] = {}
    for value in values:
        if isinstance(value, Mapping):
            result.update(value)
        elif not is_nothing(value):
            raise Refusal(40400, f"$mergeObjects requires objects, not {type_name(value)}")
    return result


_DATE_PARTS = re.compile(r"%(.)", re.DOTALL)
_DATE_WORDS = frozenset("mdHMSj")


def _date_text(values: Values) -> object:
    date, shape = values
    if is_nothing(date):
        return None
    if not isinstance(date, datetime) or not isinstance(shape, str):
        raise Refusal(16006, f"can't convert from {type_name(date)} to Date")
    return _DATE_PARTS.sub(lambda found: _date_part(date, found.group(1)), shape)


def _date_part(date: datetime, letter: str) -> str:
    if letter == "%":
        return "%"
    if letter == "L":
        return f"{date.microsecond // 1000:03}"
    if letter == "Y":
        return f"{date.year:04}"
    if letter not in _DATE_WORDS:
        raise Refusal(18536, f"Invalid format character '%{letter}' in format string")
    return (
        date.astimezone(UTC).strftime(f"%{letter}") if date.tzinfo else date.strftime(f"%{letter}")
    )


def _part_of_date(name: str, work: Callable[[datetime], int]) -> Work:
    def on_date(values: Values) -> object:
        (value,) = values
        if is_nothing(value):
            return None
        if not isinstance(value, datetime):
            raise Refusal(16006, f"{name} can't convert from {type_name(value)} to Date")
        return work(value)

    return on_date


def _in_words(values: Values) -> object:
    return "missing" if isinstance(values[0], Missing) else type_name(values[0])


EAGER: dict[str, tuple[Work, int, int]] = {
    "$eq": (_compare(lambda a, b: a == b), 2, 2),
    "$ne": (_compare(lambda a, b: a != b), 2, 2),
    "$gt": (_compare(lambda a, b: a > b), 2, 2),
    "$gte": (_compare(lambda a, b: a >= b), 2, 2),
    "$lt": (_compare(lambda a, b: a < b), 2, 2),
    "$lte": (_compare(lambda a, b: a <= b), 2, 2),
    "$cmp": (_compare(lambda a, b: (a > b) - (a < b)), 2, 2),
    "$add": (_on_numbers("$add", total), 0, _MANY),
    "$multiply": (_on_numbers("$multiply", _product), 0, _MANY),
    "$subtract": (_subtract, 2, 2),
    "$divide": (_on_numbers("$divide", lambda values: quotient(*values)), 2, 2),
    "$mod": (_on_numbers("$mod", _remainder), 2, 2),
    "$abs": (_on_numbers("$abs", _magnitude), 1, 1),
    "$ceil": (_rounded("$ceil", math.ceil), 1, 1),
    "$floor": (_rounded("$floor", math.floor), 1, 1),
    "$trunc": (_rounded("$trunc", math.trunc), 1, 1),
    "$round": (_rounded("$round", round), 1, 1),
    "$concat": (_concat, 0, _MANY),
    "$toUpper": (_text("$toUpper", str.upper), 1, 1),
    "$toLower": (_text("$toLower", str.lower), 1, 1),
    "$size": (_size, 1, 1),
    "$in": (_is_in, 2, 2),
    "$arrayElemAt": (_element, 2, 2),
    "$isArray": (lambda values: isinstance(values[0], list), 1, 1),
    "$isNumber": (lambda values: is_number(values[0]), 1, 1),
    "$type": (_in_words, 1, 1),
    "$mergeObjects": (_merged, 0, _MANY),
    "$dateToString": (_date_text, 2, 2),
    "$year": (_part_of_date("$year", lambda date: date.year), 1, 1),
    "$month": (_part_of_date("$month", lambda date: date.month), 1, 1),
    "$dayOfMonth": (_part_of_date("$dayOfMonth", lambda date: date.day), 1, 1),
    "$hour": (_part_of_date("$hour", lambda date: date.hour), 1, 1),
    "$minute": (_part_of_date("$minute", lambda date: date.minute), 1, 1),
}
