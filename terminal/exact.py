"""The floats of a terminal, made exact."""

from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Final

from terminal.calls import NoAnswerError

_MOST_DIGITS: Final = 8
_MONEY_DIGITS: Final = 2
_TOO_MUCH: Final = 1e18
"""No broker shows such a figure, and decimals of eight digits behind it would not be exact."""
_REMEMBERED: Final = 4_096
"""A list of positions shows the same prices and volumes at every look."""
_OFF_STEP: Final = Decimal("0.001")
"""Share of a step by which a volume may miss the grid and still be meant to lie on it."""


def number(value: float) -> Decimal:
    """The shortest decimal that reads back as this float, without the noise behind it."""
    if not abs(value) < _TOO_MUCH:  # so that NaN is caught as well
        raise NoAnswerError(f"the terminal gave {value!r} where a number belongs")
    found = Decimal(repr(float(value)))
    if found.as_tuple().exponent >= -_MOST_DIGITS:  # type: ignore[operator] # finite: an int
        return _plain(found)
    return _plain(found.quantize(_unit(_MOST_DIGITS), ROUND_HALF_EVEN))


@lru_cache(_REMEMBERED)
def price(value: float, digits: int) -> Decimal:
    """A price with exactly the symbol's digits."""
    found = number(value).quantize(_unit(digits), ROUND_HALF_EVEN)
    return found or abs(found)


@lru_cache(_REMEMBERED)
def volume(value: float, step: Decimal) -> Decimal:
    """A volume on the symbol's step; left as it is where it clearly lies beside the step."""
    found = number(value)
    if step <= 0:
        return found
    steps = (found / step).quantize(Decimal(1), ROUND_HALF_EVEN)
    return steps * step if abs(steps * step - found) <= step * _OFF_STEP else found


@lru_cache(_REMEMBERED)
def money(value: float) -> Decimal:
    """An amount with at least cents, and with what a broker books beyond them."""
    found = number(value)
    digits = -int(found.as_tuple().exponent)
    return found if digits >= _MONEY_DIGITS else found.quantize(_unit(_MONEY_DIGITS))


def _unit(digits: int) -> Decimal:
    return Decimal(1).scaleb(-digits)


def _plain(value: Decimal) -> Decimal:
    """Without trailing zeros, a positive exponent (100, not 1E+2) or a minus before zero."""
    bare = value.normalize() or Decimal(0)
    return bare if int(bare.as_tuple().exponent) <= 0 else bare.quantize(Decimal(1))
