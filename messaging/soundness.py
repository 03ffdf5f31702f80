"""What types alone cannot refuse: numbers nobody can trade with, words outside a vocabulary."""

from collections.abc import Iterable
from decimal import (
    Context,
    Decimal,
    DecimalException,
    Inexact,
    InvalidOperation,
    Overflow,
    Subnormal,
    Underflow,
)

from domain.book import BookPosition
from domain.signals import (
    Fact,
    LegAnswer,
    MasterHeartbeat,
    NotReady,
    Signal,
    Snapshot,
    SnapshotAnswer,
)

MOST_DIGITS = 30
LARGEST_EXPONENT = 20
DEEPEST_DOCUMENT = 32
_FACT_NUMBERS = ("volume", "initial_volume", "price_open", "sl", "tp", "price")
FATES = ("held", "closed", "unknown")

# Adding nothing under this context raises for every finite number beyond the limits, in one call.
_BOUNDED = Context(
    prec=MOST_DIGITS,
    Emin=-LARGEST_EXPONENT,
    Emax=LARGEST_EXPONENT,
    traps=[InvalidOperation, Overflow, Underflow, Subnormal, Inexact],
)
_plus = _BOUNDED.plus


class UnsoundError(ValueError):
    """Well-formed, and yet no message to act on."""


def check_signal(signal: Signal) -> None:
    """Raise UnsoundError where a number of a fact is not finite or beyond all sense."""
    if not isinstance(signal, MasterHeartbeat):
        _check_fact(signal)


def check_answer(answer: SnapshotAnswer) -> None:
    """Raise UnsoundError where the book, a leg's fate or a fact is not to be believed."""
    if isinstance(answer, NotReady):
        return
    for position in answer.book.positions:
        _check_position(position)
    for leg in answer.legs:
        _check_leg(leg)
    for fact in answer.facts:
        _check_fact(fact)
        _check_same_account(fact, answer)


def check_document(document: object) -> None:
    """Raise UnsoundError where an account document is nested deeper than any person writes."""
    _descend(document, DEEPEST_DOCUMENT)


def _check_fact(fact: Fact) -> None:
    at = fact.position
    numbers = (at.volume, at.initial_volume, at.price_open, at.sl, at.tp, fact.price)
    _check_numbers(_FACT_NUMBERS, numbers)


def _check_position(at: BookPosition) -> None:
    _check_numbers(_FACT_NUMBERS, (at.volume, at.initial_volume, at.price_open, at.sl, at.tp))


def _check_leg(leg: LegAnswer) -> None:
    _check_numbers(("price",), (leg.price,))
    if leg.fate not in FATES:
        raise UnsoundError(f"fate {leg.fate[:40]!r} of {leg.opening_order} is none of {FATES}")


def _check_same_account(fact: Fact, snapshot: Snapshot) -> None:
    theirs = (fact.v, fact.master, fact.login, fact.server)
    book = snapshot.book
    if theirs != (snapshot.v, book.master, book.login, book.server):
        raise UnsoundError(f"a fact of {theirs} inside a snapshot of {book.login} on {book.server}")


def _check_numbers(names: tuple[str, ...], numbers: tuple[Decimal, ...]) -> None:
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


def _descend(value: object, levels: int) -> None:
    if levels < 0:
        raise UnsoundError(f"the document is nested deeper than {DEEPEST_DOCUMENT} levels")
    for child in _children(value):
        _descend(child, levels - 1)


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list | tuple) else ()
