"""How strictly MetaTrader's module takes its arguments, before anything is sent."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from paper.module.failures import BadArgument, Unrepresentable

INVALID: Final = "Invalid arguments"
WRONG_NUMBER: Final = "Invalid number of arguments"
NAMED_ONLY: Final = "Unnamed arguments not allowed"
SYMBOL_LIMIT: Final = 29
GROUP_LIMIT: Final = 1997

_ORDINALS: Final = ("1st", "2nd", "3rd")
_I64_LOWEST: Final = -(2**63)
_I64_HIGHEST: Final = 2**63 - 1


def named(key: str) -> str:
    """The refusal of an argument given by keyword."""
    return f'Invalid "{key}" argument'


def unnamed(position: int) -> str:
    """The refusal of an argument given by position, counted from 0."""
    return f"Invalid {_ORDINALS[position]} unnamed argument"


def text(value: object, refusal: str, limit: int = SYMBOL_LIMIT) -> str:
    """A str of at most so many UTF-16 units: an emoji counts two."""
    if not isinstance(value, str):
        raise BadArgument(refusal)
    units = value.encode("utf-16-le", "surrogatepass")
    if len(units) > 2 * limit:
        raise BadArgument(refusal)
    return units.decode("utf-16-le", "replace")


def unsigned(value: object, refusal: str, bits: int = 64) -> int:
    """An int or a subclass (bool, IntEnum); numpy's integers are none."""
    if not isinstance(value, int):
        raise BadArgument(refusal)
    if not 0 <= value < 2**bits:
        raise Unrepresentable(refusal)
    return int(value)


def signed_64(value: object, refusal: str) -> int:
    """An int or a subclass that fits 64 bits with a sign."""
    if not isinstance(value, int):
        raise BadArgument(refusal)
    if not _I64_LOWEST <= value <= _I64_HIGHEST:
        raise Unrepresentable(refusal)
    return int(value)


def real(value: object, refusal: str) -> float:
    """A float or a subclass (numpy.float64); an int is refused, as in a trade request."""
    if not isinstance(value, float):
        raise BadArgument(refusal)
    return float(value)


def convertible(value: Any) -> float:  # noqa: ANN401 - whatever has __float__, as C converts it
    """Anything C can turn into a double, as order_calc_margin and order_calc_profit take it."""
    if isinstance(value, str | bytes):
        raise Unrepresentable(INVALID)
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError) as found:
        raise Unrepresentable(INVALID) from found


def whole(value: Any) -> int:  # noqa: ANN401 - whatever has __index__, as C converts it
    """Anything with __index__ that fits 32 bits without a sign, numpy's integers included."""
    try:
        number = int(value.__index__())
    except (AttributeError, TypeError) as found:
        raise Unrepresentable(INVALID) from found
    return unsigned(number, INVALID, 32)


def moment_s(value: object) -> int:
    """A date as whole seconds since 1970: a naive datetime is read in the process's own zone."""
    if isinstance(value, datetime):
        return _timestamp_s(value)
    if isinstance(value, float):
        # C casts what does not fit to the lowest number there is.
        return int(value) if math.isfinite(value) and abs(value) <= _I64_HIGHEST else _I64_LOWEST
    return signed_64(value, INVALID)


def _timestamp_s(value: datetime) -> int:
    try:
        return int(value.timestamp())
    except (OSError, OverflowError, ValueError) as found:
        raise Unrepresentable(INVALID) from found


def window_s(values: Sequence[object]) -> list[int]:
    """Exactly a from and a to; a from after its to is the server's business."""
    if len(values) != 2:  # noqa: PLR2004 - from and to
        raise BadArgument(INVALID)
    return [moment_s(value) for value in values]
