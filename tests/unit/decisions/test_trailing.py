"""A copy's own stop on the way with the price."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.repairing import next_repair
from decisions.repairs import Send, Settled, Shown, Sight
from decisions.stops import stops_of
from decisions.trailing import tighter, trailed
from domain.legs import Leg
from domain.market import Quote, Side
from domain.orders import ModifyPosition
from domain.policies import TradingState
from domain.terms import CopyTerms
from tests.builders import a_leg, a_quote, a_spec, a_target, held_of

D = Decimal
EVEN = CopyTerms(break_even_at=D(3), break_even_lock=D("0.5"))
TRAIL = CopyTerms(trail_from=D(4), trail_distance=D(2), trail_step=D("0.5"))


def at(price: str, leg: Leg) -> Decimal:
    """With a spread of 0.10, so that it matters which side closes."""
    bid = D(price) if leg.side is Side.BUY else D(price) - D("0.10")
    return trailed(leg, Quote(bid=bid, ask=bid + D("0.10"), server_ms=0))


def a_copy(terms: CopyTerms, side: Side = Side.BUY, trail_sl: str = "0") -> Leg:
    return a_leg(terms=terms, side=side, price_open="100", trail_sl=D(trail_sl))


@pytest.mark.parametrize(
    ("terms", "side", "before", "price", "after"),
    [
        pytest.param(EVEN, Side.BUY, "0", "102.99", "0", id="not enough gain"),
        pytest.param(EVEN, Side.BUY, "0", "103", "100.5", id="break-even"),
        pytest.param(EVEN, Side.BUY, "100.5", "90", "100.5", id="which stays"),
        pytest.param(EVEN, Side.SELL, "0", "97.01", "0", id="not enough gain of a sell"),
        pytest.param(EVEN, Side.SELL, "0", "97", "99.5", id="break-even of a sell"),
        pytest.param(TRAIL, Side.BUY, "0", "103.99", "0", id="it does not follow yet"),
        pytest.param(TRAIL, Side.BUY, "0", "104", "102", id="it follows"),
        pytest.param(TRAIL, Side.BUY, "102", "104.49", "102", id="less than a step"),
        pytest.param(TRAIL, Side.BUY, "102", "104.50", "102.5", id="a step"),
        pytest.param(TRAIL, Side.BUY, "102.5", "101", "102.5", id="and never back"),
        pytest.param(TRAIL, Side.SELL, "0", "96", "98", id="it follows a sell"),
        pytest.param(TRAIL, Side.SELL, "98", "95", "97", id="further down"),
        pytest.param(CopyTerms(), Side.BUY, "0", "200", "0", id="neither"),
    ],
)
def test_where_it_goes(terms: CopyTerms, side: Side, before: str, price: str, after: str) -> None:
    assert at(price, a_copy(terms, side, before)) == D(after)


def test_of_both_the_tighter_one_counts() -> None:
    both = msgspec.structs.replace(TRAIL, break_even_at=D(1), break_even_lock=D(0))
    assert at("101", a_copy(both)) == D(100)
    assert at("105", a_copy(both, trail_sl="100")) == D(103)


@given(
    st.lists(st.decimals("90", "130", places=2), max_size=20),
    st.sampled_from(Side),
    st.sampled_from([EVEN, TRAIL]),
)
def test_whatever_the_price_does_it_only_tightens(
    prices: list[Decimal], side: Side, terms: CopyTerms
) -> None:
    leg = a_copy(terms, side)
    for price in prices:
        moved = at(str(price), leg)
        assert tighter(side, leg.trail_sl, moved) == moved
        leg = msgspec.structs.replace(leg, trail_sl=moved)


@pytest.mark.parametrize(
    ("master", "own", "in_force"),
    [("1280", "1282", "1282"), ("1283", "1282", "1283"), ("0", "1282", "1282")],
)
def test_of_the_masters_stop_and_our_own_the_tighter_one_is_in_force(
    master: str, own: str, in_force: str
) -> None:
    leg = a_leg(trail_sl=D(own), target=a_target(sl=master))
    assert stops_of(leg).sl == D(in_force)


def test_a_stop_that_is_to_move_is_kept_before_it_is_sent() -> None:
    leg = a_leg(terms=CopyTerms(break_even_at=D(1)))
    risen = Sight(
        state=TradingState.ACTIVE,
        now_ms=0,
        now_s=100.0,
        held=held_of(leg),
        spec=a_spec(),
        name="intent-9",
        quote=a_quote("1290.00", "1290.10"),
    )
    repair = next_repair(leg, risen)
    assert isinstance(repair, Shown)
    assert repair.leg.trail_sl == leg.price_open
    sent = next_repair(repair.leg, risen)
    assert isinstance(sent, Send)
    assert isinstance(sent.order, ModifyPosition)
    assert sent.order.sl == leg.price_open


def sight_of(leg: Leg, sl: str, **changes: Any) -> Sight:
    return Sight(
        state=TradingState.ACTIVE,
        now_ms=0,
        now_s=100.0,
        held=held_of(leg, sl=sl, **changes),
        spec=a_spec(),
        name="intent-9",
        quote=a_quote("1290.00", "1290.10"),
    )


@pytest.mark.parametrize(
    ("by_hand", "sent"), [("1284.00", "1285.10"), ("1285.10", None), ("1287.00", None)]
)
def test_it_never_takes_back_what_a_hand_has_tightened(by_hand: str, sent: str | None) -> None:
    leg = a_leg(terms=CopyTerms(break_even_at=D(1)), trail_sl=D("1285.10"))
    repair = next_repair(leg, sight_of(leg, by_hand))
    if sent is None:
        assert isinstance(repair, Settled)
        return
    assert isinstance(repair, Send)
    assert isinstance(repair.order, ModifyPosition)
    assert repair.order.sl == D(sent)


def test_a_fill_whose_price_came_later_is_measured_from_where_it_was_opened() -> None:
    leg = a_leg(terms=CopyTerms(break_even_at=D(3)), price_open="0")
    shown = next_repair(leg, sight_of(leg, "1280.00"))
    assert isinstance(shown, Shown)
    assert (shown.leg.price_open, shown.leg.trail_sl) == (held_of(leg).price_open, 0)
    assert shown.leg.price_open > 0
