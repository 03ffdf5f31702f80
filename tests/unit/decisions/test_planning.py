"""What a leg needs next: its master's position against what the broker holds."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.marking import magic_for_intent
from decisions.planning import (
    MOST_OUT,
    is_looser,
    plan_leg,
    with_stops_confirmed,
    with_stops_found,
    with_stops_in_force,
    with_stops_out,
    with_stops_sent,
)
from domain.legs import Leg
from domain.market import Position, Side
from domain.orders import ClosePosition, ModifyPosition, Nothing
from domain.policies import TradingState
from domain.reasons import Reason
from tests.builders import a_leg, a_spec, a_target, held_of

ACTIVE, REDUCING, HALTED = TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED
SPEC = a_spec()


def plan(
    leg: Leg, held: Position | None = None, state: TradingState = ACTIVE, spec: Any = SPEC
) -> Any:
    return plan_leg(leg, held or held_of(leg), spec, state, "intent-1")


def aiming(**target: Any) -> Leg:
    return a_leg(target=a_target(**target))


def test_a_leg_that_is_as_its_master_is_needs_nothing() -> None:
    assert plan(a_leg()) == Nothing(Reason.ALREADY_AS_WANTED)


def test_a_leg_that_is_not_held_is_never_opened_again() -> None:
    assert plan_leg(a_leg(), None, SPEC, ACTIVE, "i") == Nothing(Reason.ALREADY_CLOSED_HERE)


def test_a_close_closes_all_that_is_held_and_carries_the_mark_of_its_intent() -> None:
    leg = aiming(volume=0)
    assert plan(leg, held_of(leg, volume="0.73")) == ClosePosition(
        leg=leg.key,
        identifier=leg.identifier,
        symbol=leg.symbol,
        side=Side.BUY,
        volume=Decimal("0.73"),
        whole=True,
        filling=1,
        magic=magic_for_intent(234000, "intent-1"),
        comment="501",
    )


@pytest.mark.parametrize("state", TradingState)
def test_law_5_no_state_keeps_a_close_or_a_reduction_from_the_broker(state: TradingState) -> None:
    whole = plan(aiming(volume=0), state=state)
    half = plan(aiming(volume="0.5"), state=state)
    assert isinstance(whole, ClosePosition)
    assert whole.whole
    assert isinstance(half, ClosePosition)
    assert (half.volume, half.whole) == (Decimal("0.5"), False)


def test_law_2_a_copy_smaller_than_the_masters_is_not_topped_up() -> None:
    assert isinstance(plan(a_leg(), held_of(a_leg(), volume="0.20")), Nothing)


@pytest.mark.history(4)
def test_law_2_the_symbol_of_an_order_is_the_legs_own() -> None:
    """The suffix was changed since; the close still reaches the old symbol."""
    leg = a_leg(target=a_target(volume=0), symbol="GOLD.old")
    assert plan(leg).symbol == "GOLD.old"


def test_a_reduction_below_the_brokers_smallest_order_is_kept_with_a_reason() -> None:
    spec = a_spec(volume_min="0.10")
    planned = plan(aiming(volume="0.95"), spec=spec)
    assert isinstance(planned, Nothing)
    assert planned.reason is Reason.BELOW_MINIMUM_KEPT
    assert planned.detail == "0.05 lots are too few for an order"


def test_stops_still_move_while_a_reduction_is_too_small_to_order() -> None:
    planned = plan(aiming(volume="0.95", sl="1281.00"), spec=a_spec(volume_min="0.10"))
    assert isinstance(planned, ModifyPosition)


@pytest.mark.history(16)
def test_the_minimum_is_closed_where_the_leg_was_opened_under_that_choice() -> None:
    """`partial_below_min: close`."""
    leg = a_leg(
        target=a_target(volume="0.5"), filled_volume="0.01", volume="0.01", keep_minimum=False
    )
    planned = plan(leg)
    assert isinstance(planned, ClosePosition)
    assert planned.whole


def test_a_reduction_goes_before_new_stops() -> None:
    assert isinstance(plan(aiming(volume="0.5", sl="1281.00")), ClosePosition)


def test_new_stops_are_sent_rounded_to_the_slaves_ticks() -> None:
    planned = plan(aiming(sl="1281.37", tp=0), spec=a_spec(tick_size="0.25"))
    assert isinstance(planned, ModifyPosition)
    assert (planned.sl, planned.tp) == (Decimal("1281.25"), Decimal(0))


def test_stops_that_differ_by_less_than_a_tick_are_the_same() -> None:
    leg = a_leg(target=a_target(sl="1280.004"))
    assert plan(leg) == Nothing(Reason.ALREADY_AS_WANTED)


@pytest.mark.history(30)
def test_law_2_a_stop_moved_by_hand_is_left_alone_until_the_masters_own_changes() -> None:
    leg = a_leg()
    by_hand = held_of(leg, sl="1283.00")
    assert isinstance(plan(leg, by_hand), Nothing)
    moved_since = msgspec.structs.replace(leg, target=a_target(sl="1281.00"))
    assert plan(moved_since, by_hand).sl == Decimal("1281.00")


@pytest.mark.parametrize(
    ("by_hand", "by_master", "wanted"),
    [
        pytest.param({"sl": "1284"}, {"tp": "1299"}, ("1284", "1299"), id="the stop by hand stays"),
        pytest.param({"tp": "1290"}, {"sl": "1281"}, ("1281", "1290"), id="the target stays"),
    ],
)
def test_law_2_a_stop_moved_by_hand_stays_when_the_master_moves_the_other_one(
    by_hand: dict[str, str], by_master: dict[str, str], wanted: tuple[str, str]
) -> None:
    leg = aiming(**by_master)
    held = held_of(leg, **by_hand)
    planned = plan(leg, held)
    assert (planned.sl, planned.tp) == (Decimal(wanted[0]), Decimal(wanted[1]))
    after, moved = obeyed(planned, leg, held, SPEC)
    assert plan(after, moved) == Nothing(Reason.ALREADY_AS_WANTED)


def test_stops_that_the_broker_left_out_at_the_open_are_sent_and_later_ones_by_hand_are_not() -> (
    None
):
    leg = a_leg(stops_confirmed=False)
    bare = held_of(leg, sl=0, tp=0)
    confirmed = with_stops_confirmed(leg, bare)
    planned = plan(confirmed, bare)
    assert (planned.sl, planned.tp) == (Decimal("1280.00"), Decimal("1295.00"))
    after, moved = obeyed(planned, confirmed, bare, SPEC)
    assert moved is not None
    assert after.stops_confirmed
    assert isinstance(plan(after, msgspec.structs.replace(moved, sl=Decimal(1283))), Nothing)


def test_law_2_a_stop_that_is_as_the_masters_already_counts_as_sent() -> None:
    leg = aiming(sl="1281.00", tp="1299.00")
    after = with_stops_in_force(leg, held_of(leg, sl="1281.00"), SPEC)
    assert (after.sl_sent, after.tp_sent) == (Decimal("1281.00"), Decimal("1295.00"))


STOPS = {
    # state: what is sent for (tighter SL, looser SL, no SL, other TP); None for nothing
    ACTIVE: ("1282.00", "1270.00", "0", "1300.00"),
    REDUCING: ("1282.00", None, None, "1300.00"),
    HALTED: ("1282.00", None, None, None),
}


@pytest.mark.parametrize("state", TradingState)
def test_which_stops_a_state_lets_through(state: TradingState) -> None:
    """design.md section 2, the middle and the last column."""
    targets = ({"sl": "1282.00"}, {"sl": "1270.00"}, {"sl": "0"}, {"tp": "1300.00"})
    for target, wanted in zip(targets, STOPS[state], strict=True):
        planned = plan(aiming(**target), state=state)
        if wanted is None:
            assert planned == Nothing(Reason.LOOSER_STOP_HELD), target
        else:
            name = next(iter(target))
            assert getattr(planned, name) == Decimal(wanted), target


def test_halted_moves_the_tighter_stop_and_leaves_the_target_for_later() -> None:
    planned = plan(aiming(sl="1282.00", tp="1300.00"), state=HALTED)
    assert (planned.sl, planned.tp) == (Decimal("1282.00"), Decimal("1295.00"))


def test_what_a_state_held_back_is_sent_when_it_is_lifted() -> None:
    leg = aiming(sl="1270.00")
    assert isinstance(plan(leg, state=HALTED), Nothing)
    assert plan(leg, state=ACTIVE).sl == Decimal("1270.00")


@pytest.mark.parametrize(
    ("side", "before", "after", "looser"),
    [
        (Side.BUY, "1280", "1279", True),
        (Side.BUY, "1280", "1281", False),
        (Side.BUY, "1280", "1280", False),
        (Side.BUY, "1280", "0", True),
        (Side.BUY, "0", "1280", False),
        (Side.BUY, "0", "0", False),
        (Side.SELL, "1290", "1291", True),
        (Side.SELL, "1290", "1289", False),
        (Side.SELL, "1290", "0", True),
        (Side.SELL, "0", "1290", False),
    ],
)
def test_which_stop_is_looser(side: Side, before: str, after: str, looser: bool) -> None:
    assert is_looser(side, Decimal(before), Decimal(after)) is looser


volumes = st.decimals("0.01", "20", places=2)
prices = st.just(Decimal(0)) | st.decimals("1200", "1400", places=3)


@st.composite
def legs_and_positions(draw: st.DrawFn) -> tuple[Leg, Position]:
    initial = draw(volumes)
    target = a_target(
        volume=draw(st.just(Decimal(0)) | st.decimals("0.01", initial, places=2)),
        initial_volume=initial,
        sl=draw(prices),
        tp=draw(prices),
    )
    side = draw(st.sampled_from(Side))
    leg = a_leg(
        target=target, side=side, filled_volume=draw(volumes), keep_minimum=draw(st.booleans())
    )
    held = held_of(leg, volume=draw(volumes), sl=draw(prices), tp=draw(prices))
    return leg, held


def obeyed(command: Any, leg: Leg, held: Position, spec: Any) -> tuple[Leg, Position | None]:
    """The broker did what was asked, and the leg knows."""
    if isinstance(command, ModifyPosition):
        sent = with_stops_sent(leg, command, spec)
        return sent, msgspec.structs.replace(held, sl=command.sl, tp=command.tp)
    left = held.volume - command.volume
    if left == 0:
        return leg, None
    return leg, msgspec.structs.replace(held, volume=left)


@given(
    legs_and_positions(), st.sampled_from(TradingState), st.sampled_from(["0.01", "0.02", "0.1"])
)
def test_law_2_a_plan_that_was_carried_out_leaves_nothing_to_plan(
    pair: tuple[Leg, Position], state: TradingState, smallest: str
) -> None:
    """At most a reduction and then stops; after that the same question has no answer."""
    leg, start = pair
    held: Position | None = start
    spec = a_spec(volume_min=smallest, tick_size="0.01")
    kinds: list[type] = []
    for _ in range(4):
        planned = plan_leg(leg, held, spec, state, "i")
        if isinstance(planned, Nothing):
            break
        assert held is not None
        kinds.append(type(planned))
        leg, held = obeyed(planned, leg, held, spec)
    assert kinds in ([], [ClosePosition], [ModifyPosition], [ClosePosition, ModifyPosition])


@given(legs_and_positions(), st.sampled_from([REDUCING, HALTED]))
def test_law_5_a_state_that_is_not_active_never_adds_risk(
    pair: tuple[Leg, Position], state: TradingState
) -> None:
    leg, held = pair
    planned = plan_leg(leg, held, SPEC, state, "i")
    if isinstance(planned, ModifyPosition):
        assert not is_looser(held.side, held.sl, planned.sl)
        assert state is REDUCING or planned.tp == held.tp
    if isinstance(planned, ClosePosition):
        assert Decimal(0) < planned.volume <= held.volume


LATE = ModifyPosition(
    leg=a_leg().key, identifier=9501, symbol="XAUUSD", sl=Decimal(1270), tp=Decimal(0)
)


def test_law_2_stops_of_an_order_that_came_late_are_nobodys_hand_and_are_set_right() -> None:
    leg = with_stops_out(a_leg(), LATE)
    late = held_of(leg, sl=LATE.sl, tp=LATE.tp)
    found = with_stops_found(leg, late)
    planned = plan(found, late)
    assert (planned.sl, planned.tp) == (Decimal("1280.00"), Decimal("1295.00"))
    after, moved = obeyed(planned, found, late, SPEC)
    assert moved is not None
    assert plan(after, moved) == Nothing(Reason.ALREADY_AS_WANTED)
    by_hand = held_of(after, sl=LATE.sl, tp=LATE.tp)
    assert with_stops_found(after, by_hand) == after
    assert plan(after, by_hand) == Nothing(Reason.ALREADY_AS_WANTED)


def test_the_first_of_two_orders_for_the_same_stops_may_come_after_the_second() -> None:
    leg = with_stops_out(a_leg(), LATE)
    taken = msgspec.structs.replace(leg, sl_sent=LATE.sl, tp_sent=LATE.tp)
    in_force = held_of(leg, sl=LATE.sl, tp=LATE.tp)
    assert with_stops_found(taken, in_force) == taken
    assert with_stops_found(leg, in_force) == msgspec.structs.replace(taken, stops_out=())


def test_only_the_newest_orders_for_stops_are_remembered() -> None:
    leg = a_leg()
    for points in range(20):
        leg = with_stops_out(leg, msgspec.structs.replace(LATE, sl=Decimal(1270 + points)))
    assert [sl for sl, _ in leg.stops_out] == [Decimal(1290 - n) for n in range(MOST_OUT, 0, -1)]
