"""How large, long and late whatever a message holds may be, and the words for what is beyond."""

from collections.abc import Iterable, Mapping
from decimal import (
    Clamped,
    Context,
    Decimal,
    DecimalException,
    Inexact,
    InvalidOperation,
    Overflow,
    Rounded,
    Subnormal,
    Underflow,
)
from math import isfinite

from domain.book import Stamp

Wholes = tuple[tuple[str, int, int], ...]
"""Names of whole numbers, each with the least and the most it may be."""

MOST_DIGITS = 30
LARGEST_EXPONENT = 20
DEEPEST_DOCUMENT = 32
LARGEST_WHOLE = 2**63 - 1
#: Far beyond any clock, and small enough for every language's and database's numbers.
LAST_EPOCH = 2**53
LAST_SEQ = 10**12 - 1
LONGEST_TEXT = 1_000
MOST_LEGS = 10_000
#: Moments end where the year 3000 begins: dates, in databases and on pages, can show all of them.
LAST_MOMENT_MS = 32_503_680_000_000 - 1
LAST_MOMENT_US = LAST_MOMENT_MS * 1000 + 999

# Adding nothing under this context raises for every finite number beyond the limits, in one call:
# a zero with an exponent of a billion as well, whose digits nobody could write out.
_BOUNDED = Context(
    prec=MOST_DIGITS,
    Emin=-LARGEST_EXPONENT,
    Emax=LARGEST_EXPONENT,
    traps=[InvalidOperation, Overflow, Underflow, Subnormal, Inexact, Rounded, Clamped],
)
_plus = _BOUNDED.plus


class UnsoundError(ValueError):
    """Well-formed, and yet no message to act on."""


def check_order(order: int) -> None:
    """Asked for position 0, a terminal shows the account's deposits."""
    if not 1 <= order <= LARGEST_WHOLE:
        raise UnsoundError(f"{order} is no order's number")


def check_stamp(stamp: Stamp, last_epoch: int = LAST_EPOCH) -> None:
    """A place in a story, as a journal can sort it."""
    if not (0 <= stamp.epoch <= last_epoch and 0 <= stamp.seq <= LAST_SEQ):
        raise UnsoundError(f"epoch {stamp.epoch}, seq {stamp.seq} is no place in a story")


def check_wholes(message: object, wholes: Wholes) -> None:
    """Each of these fields lies between its least and its most."""
    for name, least, most in wholes:
        value = getattr(message, name)
        if not least <= value <= most:
            raise UnsoundError(f"{name} is {value}; at least {least}, at most {most}")


def check_texts(message: object, names: Iterable[str]) -> None:
    """Each of these fields can be shown, and handed to a terminal, which takes no NUL."""
    for name in names:
        text = getattr(message, name)
        if len(text) > LONGEST_TEXT:
            raise UnsoundError(f"{name} has {len(text)} characters; at most {LONGEST_TEXT}")
        if "\0" in text:
            raise UnsoundError(f"{name} has a NUL inside")


def check_figures(figures: Mapping[str, float]) -> None:
    """Pages and databases can show them."""
    for name, value in figures.items():
        if not isfinite(value):
            raise UnsoundError(f"figure {name[:40]!r} is {value}")


def check_numbers(names: tuple[str, ...], numbers: tuple[Decimal, ...]) -> None:
    """On the way of every signal, hence one pass in C; which number it was is found afterwards."""
    if not _tradable(*numbers):
        wrong = next(place for place, number in enumerate(numbers) if not _tradable(number))
        shown = str(numbers[wrong])[:40]
        raise UnsoundError(f"{names[wrong]} is {shown}, which is no number to trade with")


def _tradable(*numbers: Decimal) -> bool:
    try:
        return all(map(Decimal.is_finite, map(_plus, numbers)))
    except DecimalException:
        return False


def check_depth(value: object, levels: int) -> None:
    """Nested no deeper than any person writes."""
    if levels < 0:
        raise UnsoundError(f"the document is nested deeper than {DEEPEST_DOCUMENT} levels")
    for child in _children(value):
        check_depth(child, levels - 1)


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list | tuple) else ()
