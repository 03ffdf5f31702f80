"""What is gathered over many values: sums, averages, extremes, lists."""

import math
from collections.abc import Callable, Mapping
from typing import TypeAlias

from db.embedded.errors import Refusal
from db.embedded.expressions.expression_operators import exactly, is_nothing, quotient, total
from db.embedded.values import Missing, is_number, key_of, type_name

Values: TypeAlias = list[object]
Gather: TypeAlias = Callable[[Values], object]


def _numbers(values: Values) -> Values:
    return [value for value in values if is_number(value)]


def _sum(values: Values) -> object:
    return total(_numbers(values))


def _average(values: Values) -> object:
    numbers = _numbers(values)
    return quotient(total(numbers), len(numbers)) if numbers else None


def _present(values: Values) -> Values:
    return [value for value in values if not isinstance(value, Missing)]


def _smallest(values: Values) -> object:
    return min((v for v in values if not is_nothing(v)), key=key_of, default=None)


def _greatest(values: Values) -> object:
    return max((v for v in values if not is_nothing(v)), key=key_of, default=None)


def _different(values: Values) -> object:
    kept: dict[object, object] = {}
    for value in _present(values):
        kept.setdefault(key_of(value), value)
    return list(kept.values())


def _or_null(value: object) -> object:
    return None if isinstance(value, Missing) else value


def _merged(values: Values) -> object:
    result: dict[str, object] = {}
    for value in values:
        if isinstance(value, Mapping):
            result.update(value)
        elif not is_nothing(value):
            raise Refusal(40400, f"$mergeObjects requires objects, not {type_name(value)}")
    return result


def _deviation(values: Values, without: int) -> object:
    """Of the whole population, or of a sample of it, which counts one member less."""
    numbers = [float(exactly(value)) for value in _numbers(values)]
    if len(numbers) <= without:
        return None
    mean = math.fsum(numbers) / len(numbers)
    squares = math.fsum((number - mean) ** 2 for number in numbers)
    return math.sqrt(squares / (len(numbers) - without))


OVER_ARRAYS: dict[str, Gather] = {
    "$sum": _sum,
    "$avg": _average,
    "$min": _smallest,
    "$max": _greatest,
    "$stdDevPop": lambda values: _deviation(values, 0),
    "$stdDevSamp": lambda values: _deviation(values, 1),
}
IN_GROUPS: dict[str, Gather] = {
    **OVER_ARRAYS,
    "$first": lambda values: _or_null(values[0]),
    "$last": lambda values: _or_null(values[-1]),
    "$push": _present,
    "$addToSet": _different,
    "$mergeObjects": _merged,
}
