"""Expression operators that need nothing but their arguments' values."""

import math
from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    Decimal,
    InvalidOperation,
    localcontext,
)
from typing import TypeAlias

from bson import Decimal128, Int64
from bson.decimal128 import create_decimal128_context

from db.embedded.errors import Refusal
from db.embedded.expressions.array_operators import ARRAYS
from db.embedded.expressions.conversions import CONVERSIONS, to_long
from db.embedded.expressions.moments import is_date, moment_of, of_milliseconds
from db.embedded.expressions.text_operators import TEXT
from db.embedded.fields.arithmetic import combine
from db.embedded.values import Key, Missing, is_number, key_of, milliseconds, type_name

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


def _add(values: Values) -> object:
    dates = [value for value in values if is_date(value)]
    if any(is_nothing(value) for value in values):
        return None
    if not dates:
        return _sum(values)
    if len(dates) > 1:
        raise Refusal(16612, "only one date allowed in an $add expression")
    return _moved(dates[0], _sum([value for value in values if not is_date(value)]))


def _moved(date: object, by: object) -> object:
    return of_milliseconds(milliseconds(moment_of(date, "$add")) + int(to_long(by)))


def _subtract(values: Values) -> object:
    left, right = values
    if is_nothing(left) or is_nothing(right) or not is_date(left):
        return _difference(values)
    if is_date(right):
        moments = [milliseconds(moment_of(value, "$subtract")) for value in values]
        return Int64(moments[0] - moments[1])
    return _moved(left, combine(-1, right, multiply=True))


def _minus(values: Values) -> object:
    return combine(values[0], combine(-1, values[1], multiply=True), multiply=False)


_difference = _on_numbers("$subtract", _minus)
_sum = _on_numbers("$add", total)


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
    if key_of(right) == key_of(0):
        raise Refusal(16610, "can't $mod by zero")
    if isinstance(left, Decimal128) or isinstance(right, Decimal128):
        with localcontext(create_decimal128_context()) as context:
            return Decimal128(context.remainder(exactly(left), exactly(right)))
    if not isinstance(left, (int, float)) or not isinstance(right, (int, float)):
        raise Refusal(16611, "$mod only supports numeric types")
    if isinstance(left, float) or isinstance(right, float):
        return math.fmod(left, right)
    size = abs(left) % abs(right)
    return like(left, right)(size if left >= 0 else -size)


def like(*numbers: object) -> Callable[[int], object]:
    """Makes a whole number a long where one of these is."""
    return Int64 if any(isinstance(number, Int64) for number in numbers) else int


def exactly(number: object) -> Decimal:
    """A number as a decimal; a double by the digits it is shown with."""
    if isinstance(number, Decimal128):
        return number.to_decimal()
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(str(number))


def _rounded(name: str, rounding: str) -> Work:
    def on_numbers(values: Values) -> object:
        value, places = values[0], _places(name, values[1:])
        exact = exactly(value)
        if not exact.is_finite() or (isinstance(value, int) and places >= 0):
            return value
        with localcontext(create_decimal128_context()) as context:
            context.prec, context.Emax, context.Emin = 400, 999999, -999999
            rounded = exact.quantize(Decimal(1).scaleb(-places), rounding=rounding)
        if isinstance(value, int):
            return like(value)(int(rounded))
        return float(rounded) if isinstance(value, float) else Decimal128(rounded)

    return _on_numbers(name, on_numbers)


def _places(name: str, stated: Values) -> int:
    places = to_long(stated[0]) if stated else 0
    if not -20 <= places <= 100:  # noqa: PLR2004 - the manual's limits
        raise Refusal(51083, f"{name}: the place must be between -20 and 100")
    return int(places)


def _on_reals(
    name: str, work: Callable[[float], float], exact: Callable[[Decimal], Decimal], code: int
) -> Work:
    def on_number(values: Values) -> object:
        (value,) = values
        try:
            if isinstance(value, Decimal128):
                with localcontext(create_decimal128_context()):
                    return Decimal128(exact(value.to_decimal()))
            return work(float(exactly(value)))
        except OverflowError:
            return math.inf
        except (ValueError, InvalidOperation) as reason:
            raise Refusal(code, f"{name}: {value} is out of its range") from reason

    return _on_numbers(name, on_number)


def _logarithm(values: Values) -> object:
    number, base = (float(exactly(value)) for value in values)
    if number <= 0:
        raise Refusal(28758, "$log's argument must be a positive number")
    if base <= 0 or base == 1:
        raise Refusal(28759, "$log's base must be a positive number not equal to 1")
    return math.log(number) / math.log(base)


def _power(values: Values) -> object:
    base, exponent = values
    if key_of(base) == key_of(0) and key_of(exponent) < key_of(0):
        raise Refusal(28764, "$pow cannot take a base of 0 and a negative exponent")
    if isinstance(base, Decimal128) or isinstance(exponent, Decimal128):
        with localcontext(create_decimal128_context()) as context:
            return Decimal128(context.power(exactly(base), exactly(exponent)))
    if isinstance(base, int) and isinstance(exponent, int) and 0 <= exponent < 64:  # noqa: PLR2004 - beyond it only 0 and 1 fit
        return _whole_power(int(base), int(exponent), like(base, exponent))
    return _real_power(float(exactly(base)), float(exactly(exponent)))


def _whole_power(base: int, exponent: int, narrow: Callable[[int], object]) -> object:
    result = base**exponent
    if not -(2**63) <= result < 2**63:
        return float(result)
    return narrow(result) if -(2**31) <= result < 2**31 else Int64(result)


def _real_power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan


def _magnitude(values: Values) -> object:
    (value,) = values
    return combine(-1, value, multiply=True) if key_of(value) < key_of(0) else value


def _in_words(values: Values) -> object:
    return "missing" if isinstance(values[0], Missing) else type_name(values[0])


def _converted(name: str) -> Work:
    work = CONVERSIONS[name]
    return lambda values: None if is_nothing(values[0]) else work(values[0])


EAGER: dict[str, tuple[Work, int, int]] = {
    "$eq": (_compare(lambda a, b: a == b), 2, 2),
    "$ne": (_compare(lambda a, b: a != b), 2, 2),
    "$gt": (_compare(lambda a, b: a > b), 2, 2),
    "$gte": (_compare(lambda a, b: a >= b), 2, 2),
    "$lt": (_compare(lambda a, b: a < b), 2, 2),
    "$lte": (_compare(lambda a, b: a <= b), 2, 2),
    "$cmp": (_compare(lambda a, b: (a > b) - (a < b)), 2, 2),
    "$add": (_add, 0, _MANY),
    "$multiply": (_on_numbers("$multiply", _product), 0, _MANY),
    "$subtract": (_subtract, 2, 2),
    "$divide": (_on_numbers("$divide", lambda values: quotient(*values)), 2, 2),
    "$mod": (_on_numbers("$mod", _remainder), 2, 2),
    "$abs": (_on_numbers("$abs", _magnitude), 1, 1),
    "$ceil": (_rounded("$ceil", ROUND_CEILING), 1, 1),
    "$floor": (_rounded("$floor", ROUND_FLOOR), 1, 1),
    "$trunc": (_rounded("$trunc", ROUND_DOWN), 1, 2),
    "$round": (_rounded("$round", ROUND_HALF_EVEN), 1, 2),
    "$sqrt": (_on_reals("$sqrt", math.sqrt, Decimal.sqrt, 28714), 1, 1),
    "$exp": (_on_reals("$exp", math.exp, Decimal.exp, 28765), 1, 1),
    "$ln": (_on_reals("$ln", math.log, Decimal.ln, 28766), 1, 1),
    "$log10": (_on_reals("$log10", math.log10, Decimal.log10, 28761), 1, 1),
    "$log": (_on_numbers("$log", _logarithm), 2, 2),
    "$pow": (_on_numbers("$pow", _power), 2, 2),
    "$isNumber": (lambda values: is_number(values[0]), 1, 1),
    "$type": (_in_words, 1, 1),
    "$toString": (_converted("string"), 1, 1),
    "$toInt": (_converted("int"), 1, 1),
    "$toLong": (_converted("long"), 1, 1),
    "$toDouble": (_converted("double"), 1, 1),
    "$toDecimal": (_converted("decimal"), 1, 1),
    "$toBool": (_converted("bool"), 1, 1),
    "$toDate": (_converted("date"), 1, 1),
    "$toObjectId": (_converted("objectId"), 1, 1),
    **TEXT,
    **ARRAYS,
}
