"""The average true range, as a terminal's bars have it."""

from decimal import Decimal
from typing import Any

import pytest

from domain.market import Unknowable
from tests.unit.terminal.doors import GOLD, door
from tests.unit.terminal.fake_mt5 import FakeMt5


def bars(*ranges: tuple[float, float, float]) -> list[dict[str, float]]:
    """High, low and close of each, oldest first."""
    return [{"open": low, "high": high, "low": low, "close": close} for high, low, close in ranges]


#: True ranges after the first: 4, 6 (from the close before, over a gap), 2.
GAPPED = bars((12, 8, 10), (13, 9, 9), (15, 12, 14), (15, 13, 14))


def average(told: Any, period: int = 2, timeframe: str = "H1") -> Decimal | Unknowable:
    module = FakeMt5()
    module.bars = told
    return door(module).average_true_range(GOLD, timeframe, period)


def test_a_gap_is_part_of_the_range_and_older_bars_count_less_and_less() -> None:
    """Wilder: the mean of the first two (4, 6) is 5; then (5 + 2) / 2."""
    assert average(GAPPED) == Decimal("3.5")


def test_closed_bars_are_asked_for_and_enough_to_be_sure() -> None:
    module = FakeMt5()
    module.bars = GAPPED
    door(module).average_true_range(GOLD, "M15", 3)
    (args,) = [args for name, args, _ in module.calls if name == "copy_rates_from_pos"]
    assert args == (GOLD, 15, 1, 30)


@pytest.mark.parametrize("told", [[], GAPPED[:2]])
def test_too_few_bars_are_said_to_be_too_few(told: Any) -> None:
    answer = average(told)
    assert isinstance(answer, Unknowable)
    assert "an average over 2 needs 3" in answer.why


def test_a_number_that_is_none_is_no_range() -> None:
    assert isinstance(average(bars(*[(float("nan"), 1.0, 1.0)] * 5)), Unknowable)


def test_no_answer_and_no_symbol_are_no_range() -> None:
    module = FakeMt5()
    module.failures["copy_rates_from_pos"] = (-10004, "No IPC connection")
    assert isinstance(door(module).average_true_range(GOLD, "H1", 14), Unknowable)
    assert isinstance(door(FakeMt5()).average_true_range("XYZ", "H1", 14), Unknowable)
