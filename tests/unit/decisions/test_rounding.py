"""Exact arithmetic on volume steps and price ticks."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.rounding import floor_to_step, plain, to_tick

volumes = st.decimals("0", "1000", places=4)
steps = st.sampled_from([Decimal(s) for s in ("0.01", "0.05", "0.1", "0.25", "1")])
ticks = st.sampled_from([Decimal(t) for t in ("0.00001", "0.01", "0.05", "0.25", "1")])
prices = st.decimals("0.5", "100000", places=5)


@given(volumes, steps)
def test_a_volume_is_rounded_down_by_less_than_a_step(volume: Decimal, step: Decimal) -> None:
    rounded = floor_to_step(volume, step)
    assert rounded % step == 0
    assert 0 <= volume - rounded < step


@given(prices, ticks)
def test_a_price_is_rounded_to_the_nearest_tick(price: Decimal, tick: Decimal) -> None:
    rounded = to_tick(price, tick)
    assert rounded % tick == 0
    assert abs(price - rounded) <= tick / 2
    assert to_tick(rounded, tick) == rounded


def test_no_stop_stays_no_stop() -> None:
    assert to_tick(Decimal(0), Decimal("0.25")) == 0


def test_three_tenths_are_three_steps_of_a_tenth() -> None:
    """As floats they are not."""
    assert floor_to_step(Decimal("0.3"), Decimal("0.1")) == Decimal("0.3")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("1.10", "1.1"),
        ("1.1", "1.1"),
        ("1E+2", "100"),
        ("100", "100"),
        ("0.00", "0"),
        ("-0.0", "0"),
        ("-0", "0"),
        ("0.00001", "0.00001"),
        ("1E-7", "0.0000001"),
        ("-12.50", "-12.5"),
    ],
)
def test_equal_numbers_are_the_same_text(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8))
def test_the_text_of_a_number_is_that_number(number: Decimal) -> None:
    assert Decimal(plain(number)) == number
    assert "E" not in plain(number)
