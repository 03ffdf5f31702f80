"""How much of a copy stays after a reduction."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.reducing import volume_after_reduction
from tests.builders import a_book_order, a_leg, a_spec, a_target

ZERO = Decimal(0)
lots = st.decimals("0.01", "200", places=2)


@pytest.mark.parametrize(
    ("master_has", "of", "filled", "held", "keep", "stays"),
    [
        pytest.param("0.5", "1", "1", "1", True, "0.5", id="half of it"),
        pytest.param(
            "0.5",
            "1",
            "0.30",
            "0.30",
            True,
            "0.15",
            id="of what was filled",
            marks=pytest.mark.history(17),
        ),
        pytest.param(
            "0.99",
            "1",
            "0.01",
            "0.01",
            True,
            "0.01",
            id="the minimum stays",
            marks=pytest.mark.history(16),
        ),
        pytest.param("0.99", "1", "0.01", "0.01", False, "0", id="the minimum is closed"),
        pytest.param("0.333", "1", "1", "1", True, "0.33", id="rounded down to the step"),
        pytest.param("0", "1", "1", "1", True, "0", id="the last one sweeps the rest"),
        pytest.param("0", "1", "1", "0.004", True, "0", id="even what no step fits"),
        pytest.param("1", "1", "1", "0.4", True, "0.4", id="never topped up"),
        pytest.param("0.5", "1", "1", "0.4", True, "0.4", id="reduced by hand already"),
    ],
)
def test_law_2_what_stays_of_a_copy(
    master_has: str, of: str, filled: str, held: str, keep: bool, stays: str
) -> None:
    target = a_target(volume=master_has, initial_volume=of)
    leg = a_leg(target=target, filled_volume=filled, keep_minimum=keep)
    assert volume_after_reduction(leg, Decimal(held), a_spec()) == Decimal(stays)


def test_law_2_the_ratio_is_of_what_the_master_held_when_it_was_copied() -> None:
    """First seen at half of its opening: that half was copied, and there was no reduction since."""
    target = a_target(volume="0.50", initial_volume="1.00")
    leg = a_leg(target=target, filled_volume="0.50", master_volume_copied=Decimal("0.50"))
    assert volume_after_reduction(leg, Decimal("0.50"), a_spec()) == Decimal("0.50")


@given(lots, lots, lots, lots, st.booleans())
def test_law_2_a_reduction_never_tops_up_and_keeps_the_minimum_while_the_master_holds_some(
    initial: Decimal, left: Decimal, filled: Decimal, held: Decimal, keep: bool
) -> None:
    target = a_target(volume=min(left, initial), initial_volume=initial)
    leg = a_leg(target=target, filled_volume=filled, keep_minimum=keep)
    stays = volume_after_reduction(leg, held, a_spec())
    assert ZERO <= stays <= held
    if keep:
        assert stays >= min(a_spec().volume_min, held)


@pytest.mark.parametrize(
    ("has", "of", "waits", "there", "filled", "stays"),
    [
        pytest.param(
            "0.15", "0.15", "0.35", True, "0.15", "0.15", id="both filled in the same part"
        ),
        pytest.param(
            "0.11", "0.15", "0.35", True, "0.15", "0.11", id="reduced before the rest filled"
        ),
        pytest.param(
            "0.15", "0.15", "0.35", True, "0.50", "0.50", id="ours is whole, theirs fills yet"
        ),
        pytest.param("0.15", "0.15", "0.35", True, "0.30", "0.30", id="ours is ahead, and in part"),
        pytest.param(
            "0.15", "0.30", "0.20", True, "0.50", "0.35", id="half of what came is taken off"
        ),
        pytest.param(
            "0.15", "0.15", "0", True, "0.50", "0.15", id="the rest of theirs was withdrawn"
        ),
        pytest.param("0.15", "0.15", "0.10", True, "0.50", "0.50", id="some of it is not told yet"),
        pytest.param(
            "0.10", "0.50", "0.10", False, "0.06", "0.06", id="a part netted, the rest waits"
        ),
        pytest.param("0.50", "0.50", "0", True, "0.50", "0.50", id="both whole"),
    ],
)
def test_law_15_what_waits_yet_of_an_order_was_not_taken_off(
    has: str, of: str, waits: str, *, there: bool, filled: str, stays: str
) -> None:
    order = a_book_order(volume=waits, initial_volume="0.50") if Decimal(waits) else None
    leg = a_leg(
        filled_volume=filled,
        wanted_volume=Decimal("0.50"),
        master_volume_copied=Decimal("0.50"),
        terms_sent=a_book_order(initial_volume="0.50"),
        target=a_target(volume=has, initial_volume=of, there=there, order=order),
    )
    assert volume_after_reduction(leg, Decimal(filled), a_spec()) == Decimal(stays)
