"""Sums and products that keep BSON's number types."""

from collections.abc import Callable
from decimal import Decimal, localcontext
from operator import and_, or_, xor

from bson import Decimal128, Int64
from bson.decimal128 import create_decimal128_context

from db.embedded.errors import Refusal
from db.embedded.values import is_number, type_name

_INT32 = 2**31
_INT64 = 2**63


def combine(left: object, right: object, *, multiply: bool) -> object:
    """Sum or product, in the wider of the two types."""
    if isinstance(left, Decimal128) or isinstance(right, Decimal128):
        return _exact(_decimal(left), _decimal(right), multiply=multiply)
    if not isinstance(left, (int, float)) or not isinstance(right, (int, float)):
        raise Refusal(14, f"Cannot apply arithmetic to a value of type {type_name(left)}")
    result = left * right if multiply else left + right
    if isinstance(result, float):
        return result
    return _whole(result, wide="long" in (type_name(left), type_name(right)))


def bitwise(name: str, left: object, right: object) -> object:
    """and, or or xor of two whole numbers, in the wider of the two types."""
    if name not in _BITWISE:
        raise Refusal(2, f"The $bit modifier only supports 'and', 'or' and 'xor', not '{name}'")
    types = (type_name(left), type_name(right))
    if not isinstance(left, int) or not isinstance(right, int) or not {*types} <= {"int", "long"}:
        raise Refusal(2, f"Cannot apply $bit to values of types {types[0]} and {types[1]}")
    return _whole(_BITWISE[name](left, right), wide="long" in types)


_BITWISE: dict[str, Callable[[int, int], int]] = {"and": and_, "or": or_, "xor": xor}


def _whole(result: int, *, wide: bool) -> int:
    if not -_INT64 <= result < _INT64:
        raise Refusal(2, "integer overflow: the result does not fit into 64 bits")
    if wide or not -_INT32 <= result < _INT32:
        return Int64(result)
    return result


def _decimal(value: object) -> Decimal:
    if isinstance(value, Decimal128):
        return value.to_decimal()
    if isinstance(value, float):
        return Decimal(format(value, ".15g"))
    if is_number(value) and isinstance(value, int):
        return Decimal(value)
    raise Refusal(14, f"Cannot apply arithmetic to a value of type {type_name(value)}")


def _exact(left: Decimal, right: Decimal, *, multiply: bool) -> Decimal128:
    with localcontext(create_decimal128_context()) as context:
        result = context.multiply(left, right) if multiply else context.add(left, right)
        return Decimal128(result)


def truncated(value: object) -> int | None:
    """A number without what stands behind its point; None for NaN, infinity and other types."""
    number = value.to_decimal() if isinstance(value, Decimal128) else value
    if isinstance(value, bool) or not isinstance(number, (int, float, Decimal)):
        return None
    try:
        return int(number)
    except (ValueError, OverflowError):
        return None
