from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal import exact
from terminal.calls import NoAnswerError


@pytest.mark.parametrize(
    ("value", "step", "found"),
    [
        (0.30000000000000004, "0.01", "0.30"),
        (0.1 + 0.7, "0.1", "0.8"),
        (1.0, "0.01", "1.00"),
        (3.0, "1", "3"),
        (250.0, "10", "250"),
        (0.015, "0.01", "0.015"),
        (0.5, "0", "0.5"),
    ],
)
def test_volumes_lie_on_their_step(value: float, step: str, found: str) -> None:
    assert str(exact.volume(value, Decimal(step))) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (0.0, "0.00"),
        (-0.0, "0.00"),
        (-1e-12, "0.00"),
        (100.0, "100.00"),
        (41.8, "41.80"),
        (99553.220000000001, "99553.22"),
        (0.1 + 0.2, "0.30"),
        (0.00012345, "0.00012345"),
        (1e16, "10000000000000000.00"),
    ],
)
def test_money_has_two_to_eight_digits(value: float, found: str) -> None:
    assert str(exact.money(value)) == found


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 1e300], ids=str)
def test_what_is_no_number_is_no_answer(value: float) -> None:
    with pytest.raises(NoAnswerError):
        exact.number(value)


@pytest.mark.parametrize("value", [0.0, -0.0, -0.001])
def test_no_price_is_zero_without_a_sign(value: float) -> None:
    exact.price.cache_clear()
    assert str(exact.price(value, 2)) == "0.00"


@given(st.integers(0, 10**9), st.integers(0, 5))
def test_a_price_survives_the_way_through_a_float(points: int, digits: int) -> None:
    price = Decimal(points).scaleb(-digits)
    assert exact.price(float(price), digits) == price


@given(st.integers(0, 10**6), st.sampled_from(["0.01", "0.1", "1", "0.001", "0.05"]))
def test_a_volume_survives_the_noise_of_floats(steps: int, step: str) -> None:
    volume = steps * Decimal(step)
    noisy = sum([float(step)] * (steps % 50), float((steps - steps % 50) * Decimal(step)))
    assert exact.volume(noisy, Decimal(step)) == volume
