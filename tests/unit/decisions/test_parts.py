"""A copy above its broker's largest order: what its parts add up to, and what is due of each."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.parts import MOST_PARTS, Begun, split
from decisions.planning import plan_leg
from decisions.reducing import volume_after_reduction
from decisions.rounding import floor_to_step
from domain.legs import Leg, LegState
from domain.market import SymbolSpec
from domain.orders import ClosePosition
from domain.policies import TradingState
from tests.builders import a_key, a_leg, a_spec, a_target, held_of

D = Decimal
ZERO = D(0)


def parts_of(volume: Decimal, spec: SymbolSpec, **changes: object) -> list[Leg]:
    """The legs that a copy of so many lots is, all filled."""
    legs, before = [], ZERO
    for number, part in enumerate(split(volume, spec)):
        leg = a_leg(
            key=msgspec.structs.replace(a_key(), part=number),
            wanted_volume=part,
            filled_volume=part,
            volume=part,
            copy_volume=volume,
            parts_before=before,
            **changes,
        )
        legs.append(leg)
        before += part
    return legs


def test_130_lots_where_50_are_the_most_are_50_50_and_30() -> None:
    assert split(D(130), a_spec()) == (D(50), D(50), D(30))


def test_what_one_order_may_bring_is_not_split() -> None:
    assert split(D(50), a_spec()) == (D(50),)


def test_a_last_part_is_never_below_the_minimum() -> None:
    assert split(D("10.5"), a_spec(volume_min="1", volume_step="0.5", volume_max="5")) == (
        D(5),
        D("4.5"),
        D(1),
    )


def test_more_than_so_many_orders_bring_is_held_to_that() -> None:
    assert sum(split(D(10_000), a_spec())) == 50 * MOST_PARTS
    assert split(D(130), a_spec(), most=1) == (D(50),)


def test_where_parts_of_no_size_add_up_to_it_it_is_held_to_what_fits() -> None:
    assert split(D(55), a_spec(volume_min="30", volume_step="5")) == (D(50),)


specs = st.builds(
    lambda step, least, more: a_spec(
        volume_step=step, volume_min=D(step) * least, volume_max=D(step) * (least + more)
    ),
    st.sampled_from(["0.01", "0.1", "0.25", "1", "100"]),
    st.integers(1, 40),
    st.integers(0, 500),
)


@given(specs, st.integers(1, 12_000))
def test_parts_add_up_each_within_the_brokers_limits_and_on_its_steps(
    spec: SymbolSpec, steps: int
) -> None:
    volume = spec.volume_step * steps
    parts = split(volume, spec)
    assert sum(parts) <= volume
    if volume > spec.volume_max:
        assert all(spec.volume_min <= part <= spec.volume_max for part in parts)
        assert all(part % spec.volume_step == 0 for part in parts)
        assert len(parts) <= MOST_PARTS
        assert list(parts) == sorted(parts, reverse=True)
        # No copy in one piece more would fit.
        held_back = volume - sum(parts)
        small = held_back < spec.volume_min
        assert held_back == 0 or small or len(parts) == MOST_PARTS


@given(specs, st.integers(2, 12_000), st.integers(1, 99))
def test_law_2_what_parts_keep_together_is_what_one_position_would(
    spec: SymbolSpec, steps: int, percent: int
) -> None:
    spec = msgspec.structs.replace(spec, volume_min=spec.volume_step)
    target = a_target(initial_volume="100", volume=percent)
    legs = parts_of(spec.volume_step * steps, spec, target=target)
    whole = sum((leg.volume for leg in legs), ZERO)
    kept = sum((volume_after_reduction(leg, leg.volume, spec) for leg in legs), ZERO)
    due = floor_to_step(whole * percent / 100, spec.volume_step)
    assert due <= kept
    if all(leg.volume * percent / 100 >= 2 * spec.volume_step for leg in legs):
        assert kept == due
    else:
        # Each part keeps the smallest volume while the master holds on.
        assert kept <= due + spec.volume_min * len(legs)


def test_a_master_that_closes_leaves_nothing_due_of_any_part() -> None:
    legs = parts_of(D(130), a_spec(), target=a_target(volume="0"))
    assert [volume_after_reduction(leg, leg.volume, a_spec()) for leg in legs] == [0, 0, 0]


def test_a_close_above_the_largest_order_takes_several() -> None:
    leg = a_leg(volume="130", filled_volume="130", target=a_target(volume="0"))
    spec, sizes, left = a_spec(), [], D(130)
    while left:
        order = plan_leg(leg, held_of(leg, volume=left), spec, TradingState.ACTIVE, "i")
        assert isinstance(order, ClosePosition)
        assert order.more is not order.whole
        sizes.append(order.volume)
        left -= order.volume
    assert sizes == [50, 50, 30]
    assert order.whole


def test_what_was_never_asked_for_is_still_to_be_opened() -> None:
    first, second, _ = parts_of(D(130), a_spec())
    begun = Begun.of([first, second])
    assert begun is not None
    assert (begun.rest, begun.part, begun.has_ended) == (D(30), 2, False)
    assert Begun.of(parts_of(D(130), a_spec())) is None
    assert Begun.of([a_leg()]) is None
    assert Begun.of([]) is None


def test_nothing_is_added_once_a_part_has_ended() -> None:
    first, second, _ = parts_of(D(130), a_spec())
    begun = Begun.of([msgspec.structs.replace(first, state=LegState.CLOSED), second])
    assert begun is not None
    assert begun.has_ended


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param({"volume_max": "0.05", "volume_min": "0.10"}, id="most below least"),
        pytest.param({"volume_max": "0.04", "volume_step": "0.10"}, id="most below a step"),
    ],
)
def test_a_broker_whose_limits_let_nothing_through_gets_no_order(limits: dict[str, str]) -> None:
    assert split(D(1), a_spec(**limits)) == ()
