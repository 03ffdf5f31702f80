"""The bitwise query operators, on whole numbers of any type and on binary data."""

from collections.abc import Callable
from typing import TypeAlias

from bson import Decimal128

from db.embedded.errors import Refusal
from db.embedded.values import type_name

Decide: TypeAlias = Callable[[list[bool]], bool]
_INT64 = 2**63


def bits_test(name: str, wanted: object) -> Callable[[object], bool]:
    """A function that says whether a value's bits are as wanted."""
    positions, decide = _positions(name, wanted), _DECIDING[name]

    def test(value: object) -> bool:
        number = _bits_of(value)
        return number is not None and decide([bool(number >> at & 1) for at in positions])

    return test


def _positions(name: str, wanted: object) -> list[int]:
    if isinstance(wanted, list):
        return [_not_negative(name, position) for position in wanted]
    if isinstance(wanted, bytes):
        mask = int.from_bytes(wanted, "little")
    else:
        mask = _not_negative(name, wanted)
    return [at for at in range(mask.bit_length()) if mask >> at & 1]


def _not_negative(name: str, stated: object) -> int:
    number = None if isinstance(stated, bytes) else _bits_of(stated)
    if number is None or number < 0:
        raise Refusal(
            2, f"{name} takes whole numbers from 0, or binary data, not {type_name(stated)}"
        )
    return number


def _bits_of(value: object) -> int | None:
    """A number in two's complement without end, so that a negative one's high bits are set."""
    if isinstance(value, bytes):
        return int.from_bytes(value, "little")
    exact = value.to_decimal() if isinstance(value, Decimal128) else value
    if isinstance(exact, bool) or type_name(value) not in ("int", "long", "double", "decimal"):
        return None
    return _whole(exact)


def _whole(number: object) -> int | None:
    try:
        whole = int(number)  # type: ignore[call-overload]
    except (ValueError, OverflowError):
        return None
    return int(whole) if whole == number and -_INT64 <= whole < _INT64 else None


_DECIDING: dict[str, Decide] = {
    "$bitsAllSet": all,
    "$bitsAnySet": any,
    "$bitsAllClear": lambda bits: not any(bits),
    "$bitsAnyClear": lambda bits: not all(bits),
}
OPERATORS = frozenset(_DECIDING)
