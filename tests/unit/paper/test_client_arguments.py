"""What becomes of an argument once it was found to be in order.

Which ones are refused, and how, is in the table of tests/contract/mt5/calls.py.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from paper.module import arguments
from paper.module.failures import Unrepresentable
from tests.client_copies import fresh_client

UNNAMED = (-2, "Unnamed arguments not allowed")
NOW = datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
EPOCH_S = 1704164645
LOWEST = -(2**31)


class Half(float):
    """A float subclass, as numpy.float64 is."""


@pytest.fixture
def mt5() -> ModuleType:
    return fresh_client()


def test_last_error_starts_empty_and_is_not_touched_by_reading(mt5: ModuleType) -> None:
    assert mt5.last_error() == (0, "")
    mt5.positions_get("EURUSD")
    assert mt5.last_error() == mt5.last_error() == UNNAMED


def test_a_call_in_the_wrong_form_leaves_last_error_alone(mt5: ModuleType) -> None:
    mt5.positions_get("EURUSD")
    for call in (lambda: mt5.version(1), lambda: mt5.symbol_info(symbol="E"), mt5.Buy):
        with pytest.raises(TypeError):
            call()
    assert mt5.last_error() == UNNAMED


def test_every_call_starts_from_success(mt5: ModuleType) -> None:
    mt5.positions_get("EURUSD")
    assert mt5.shutdown() is True
    assert mt5.last_error() == (1, "Success")


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (NOW, EPOCH_S), (NOW.astimezone(timezone(timedelta(hours=3))), EPOCH_S),
        (NOW.astimezone().replace(tzinfo=None), EPOCH_S), (EPOCH_S, EPOCH_S),
        (EPOCH_S + 0.9, EPOCH_S), (Half(5.9), 5), (np.float64(5.9), 5), (-1.5, -1), (True, 1),
        (datetime(1969, 12, 31, 23, 59, 58, 500_000, tzinfo=UTC), -1),
        (2**31 - 1, 2**31 - 1), (2**31 - 0.5, 2**31 - 1),
        (datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC), 2**31 - 1),
        (datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC), LOWEST),
        (datetime(2050, 1, 1, tzinfo=UTC), LOWEST),
        (2.0**31, LOWEST), (-1e300, LOWEST), (float("nan"), LOWEST), (float("inf"), LOWEST),
        (2**31, -1), (-(2**31) - 1, -1), (2**63, -1),
    ],
    ids=lambda value: str(value)[:32],
)  # fmt: skip
def test_a_date_becomes_whole_seconds_of_32_bits(given: object, seconds: int) -> None:
    assert arguments.moment_s(given) == seconds


@pytest.mark.parametrize(
    ("moment", "is_taken"),
    [((1970, 1, 1), False), ((1969, 6, 1), False), ((1970, 1, 4), True), ((2037, 12, 31), True),
     ((3001, 6, 1), False)],
    ids=str,
)  # fmt: skip
def test_a_wall_clock_that_windows_cannot_read_is_refused_everywhere(
    moment: tuple[int, int, int], is_taken: bool
) -> None:
    given = datetime(*moment)  # noqa: DTZ001 - a wall clock without a zone is what this is about
    if is_taken:
        assert arguments.moment_s(given) == int(given.timestamp())
    else:
        with pytest.raises(Unrepresentable):
            arguments.moment_s(given)


CONVERSIONS: list[tuple[str, Callable[[Any], Any], Any, Any]] = [
    ("a NUL ends a text", lambda value: arguments.text(value, "no"), "E\0F", "E"),
    ("half an emoji is replaced", lambda value: arguments.text(value, "no"), "\ud83d", "\ufffd"),
    ("an emoji stays", lambda value: arguments.text(value, "no"), "😀", "😀"),
    ("numpy's text is a text", lambda value: arguments.text(value, "no"), np.str_("E"), "E"),
    ("a decimal becomes a double", arguments.double, Decimal("0.1"), 0.1),
    ("numpy's float becomes a double", arguments.double, np.float32(0.5), 0.5),
    ("an int becomes a double", arguments.double, 3, 3.0),
    ("numpy's integer is an index", arguments.int_32, np.uint8(200), 200),
    ("a negative flag stays", arguments.int_32, -1, -1),
    ("an action keeps 32 bits", arguments.masked_32, 2**32 + 1, 1),
    ("a negative action wraps", arguments.masked_32, -1, 2**32 - 1),
    ("a bool is a ticket", lambda value: arguments.unsigned(value, "no"), True, 1),
    ("numpy's double is a price", lambda value: arguments.real(value, "no"), np.float64(1.5), 1.5),
]


@pytest.mark.parametrize(
    ("convert", "given", "made"),
    [row[1:] for row in CONVERSIONS],
    ids=[row[0] for row in CONVERSIONS],
)
def test_an_argument_is_converted_as_c_does(
    convert: Callable[[Any], Any], given: Any, made: Any
) -> None:
    found = convert(given)
    assert found == made
    assert type(found) is type(made)
