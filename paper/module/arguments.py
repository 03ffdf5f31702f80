"""How strictly MetaTrader's module takes its arguments, before anything is sent."""

import ctypes
import errno
import operator
from collections.abc import Mapping, Sequence
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
_I32_LOWEST: Final = -(2**31)
_I32_HIGHEST: Final = 2**31 - 1
_U32: Final = 2**32 - 1
# Between these two, Windows can say what a wall clock without a zone means.
_WALL_CLOCK_FROM_S: Final = 86_400
_WALL_CLOCK_TO_S: Final = 32_535_215_999


def named(key: str) -> str:
    """The refusal of an argument given by keyword."""
    return f'Invalid "{key}" argument'


def unnamed(position: int) -> str:
    """The refusal of an argument given by position, counted from 0."""
    return f"Invalid {_ORDINALS[position]} unnamed argument"


def exactly(count: int, values: Sequence[Any]) -> Sequence[Any]:
    """The values, if there are so many."""
    if len(values) != count:
        raise BadArgument(INVALID)
    return values


def symbol(value: object) -> str:
    """A symbol that was given by position."""
    return text(value, INVALID)


def group(keywords: Mapping[str, object]) -> str | None:
    """The group filter, where one is given by keyword."""
    if "group" not in keywords:
        return None
    return text(keywords["group"], named("group"), GROUP_LIMIT)


def text(value: object, refusal: str, limit: int = SYMBOL_LIMIT) -> str:
    """A str of at most so many UTF-16 units: an emoji counts two."""
    if not isinstance(value, str):
        raise BadArgument(refusal)
    units = value.encode("utf-16-le", "surrogatepass")
    if len(units) > 2 * limit:
        raise BadArgument(refusal)
    # C ends a text at its first NUL; only the length above counts what follows.
    return units.decode("utf-16-le", "replace").partition("\0")[0]


def unsigned(value: object, refusal: str, bits: int = 64) -> int:
    """An int or a subclass (bool, IntEnum); numpy's integers are none."""
    if not isinstance(value, int):
        raise BadArgument(refusal)
    if not 0 <= value < 2**bits:
        raise Unrepresentable(refusal) from OverflowError(f"{value} does not fit {bits} bits")
    return int(value)


def signed_64(value: object, refusal: str) -> int:
    """An int or a subclass that fits 64 bits with a sign."""
    if not isinstance(value, int):
        raise BadArgument(refusal)
    if not _I64_LOWEST <= value <= _I64_HIGHEST:
        raise Unrepresentable(refusal) from OverflowError(f"{value} does not fit 64 bits")
    return int(value)


def real(value: object, refusal: str) -> float:
    """A float or a subclass (numpy.float64); an int is refused, as in a trade request."""
    if not isinstance(value, float):
        raise BadArgument(refusal)
    return float(value)


def double(value: Any) -> float:  # noqa: ANN401 - whatever C converts
    """Anything C can turn into a double: int, Decimal and numpy's numbers, but no text."""
    try:
        return ctypes.c_double(value).value
    except Exception as found:  # whatever the value's own __float__ raises
        raise Unrepresentable(INVALID) from found


def int_32(value: Any) -> int:  # noqa: ANN401 - as above
    """Anything with __index__ that fits 32 bits with a sign, numpy's integers included."""
    try:
        number = operator.index(value)
    except Exception as found:  # whatever the value's own __index__ raises
        raise Unrepresentable(INVALID) from found
    if overflows(number):
        raise Unrepresentable(INVALID) from OverflowError(f"{number} does not fit 32 bits")
    return number


def masked_32(value: object) -> int:
    """The lowest 32 bits of an int or a subclass; numpy's integers are none."""
    if not isinstance(value, int):
        raise Unrepresentable(INVALID) from TypeError(f"{type(value).__name__} is no int")
    return value & _U32


def truth(value: object) -> bool:
    """Whether a value counts as true; one that cannot say so is a SystemError."""
    try:
        return bool(value)
    except Exception as found:  # whatever the value's own __bool__ raises
        raise Unrepresentable(INVALID) from found


def moment_s(value: object, *, is_late: bool = False) -> int:
    """A date as whole seconds since 1970 in 32 bits, as MetaTrader's module computes it.

    A datetime without a zone is read in the process's own. What lies beyond January 2038 becomes
    the lowest number there is, so a window that ends there is empty; a Python int that large is
    -1 and overflows (see `overflows`). After such an int a datetime cannot be converted any more.
    """
    if isinstance(value, datetime):
        if is_late:
            raise Unrepresentable(INVALID) from SystemError("timestamp() after an overflow")
        return _in_32_bits(_timestamp_s(value))
    if isinstance(value, float):
        return _in_32_bits(float(value))
    if not isinstance(value, int):
        raise BadArgument(INVALID)
    return -1 if overflows(value) else int(value)


def overflows(value: object) -> bool:
    """Whether a date is an int that 32 bits cannot hold.

    MetaTrader's module notices it only when the call is over: the call is made all the same, and
    then ends in a SystemError.
    """
    return isinstance(value, int) and not _I32_LOWEST <= value <= _I32_HIGHEST


def _in_32_bits(seconds: float) -> int:
    return int(seconds) if _I32_LOWEST - 1 < seconds < _I32_HIGHEST + 1 else _I32_LOWEST


def _timestamp_s(value: datetime) -> float:
    try:
        seconds = value.timestamp()
    except Exception as found:  # whatever a subclass raises
        raise Unrepresentable(INVALID) from found
    if _is_wall_clock(value) and not _WALL_CLOCK_FROM_S <= seconds <= _WALL_CLOCK_TO_S:
        # Windows refuses it, other systems do not: a script shall fail on both.
        raise Unrepresentable(INVALID) from OSError(errno.EINVAL, "no such wall clock on Windows")
    return double(seconds)


def _is_wall_clock(value: datetime) -> bool:
    """Whether the system is asked what the date means; a pandas.Timestamp knows by itself."""
    return value.tzinfo is None and type(value).timestamp is datetime.timestamp
