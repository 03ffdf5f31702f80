"""Law 14: what a netting account's deals say of its legs."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.netting import NetLeg, net_left, net_story, shared_out, signed
from domain.market import Deal, Side
from domain.mt5_words import DealEntry, Reason
from tests.builders import a_deal

STEP = Decimal("0.01")
BUY, SELL = Side.BUY, Side.SELL
POSITION = 700
ROLLOVER = int(Reason.ROLLOVER)


def deals(*trades: tuple[Side, str]) -> list[Deal]:
    """Deals of one position, one order each: 1, 2, 3, ..."""
    return [
        a_deal(
            POSITION,
            order=number,
            ticket=1000 + number,
            side=side,
            volume=volume,
            entry=DealEntry.IN,
            price=str(1280 + number),
        )
        for number, (side, volume) in enumerate(trades, start=1)
    ]


def held(*trades: tuple[Side, str]) -> list[tuple[int, Side, Decimal]]:
    return [(leg.order, leg.side, leg.volume) for leg in net_story(deals(*trades), STEP).held]


def lots(text: str) -> Decimal:
    return Decimal(text)


def test_law_14_an_order_that_adds_is_a_leg_of_its_own() -> None:
    assert held((BUY, "1"), (BUY, "0.5")) == [(1, BUY, lots("1")), (2, BUY, lots("0.5"))]


def of_orders(*trades: tuple[int, Side, str]) -> list[Deal]:
    """Deals of one position, with the orders that made them."""
    made = deals(*((side, volume) for _, side, volume in trades))
    return [
        msgspec.structs.replace(deal, order=order)
        for deal, (order, _, _) in zip(made, trades, strict=True)
    ]


def test_law_14_the_parts_of_one_order_are_one_leg_whatever_came_in_between() -> None:
    story = net_story(of_orders((8, BUY, "0.4"), (9, BUY, "1"), (8, BUY, "0.6")), STEP)
    told = [(leg.order, leg.volume, leg.initial_volume) for leg in story.held]
    assert told == [(8, lots("1"), lots("1")), (9, lots("1"), lots("1"))]
    assert story.orders == {8, 9}


def test_law_15_a_later_part_of_a_leg_that_has_ended_is_held_again() -> None:
    story = net_story(of_orders((8, BUY, "0.4"), (9, SELL, "0.4"), (8, BUY, "0.6")), STEP)
    assert [(leg.order, leg.volume) for leg in story.held] == [(8, lots("0.6"))]
    assert [leg.order for leg in story.ended] == [8]
    assert story.holds(8)
    assert not story.holds(9)


@given(
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from(Side), st.integers(1, 9)), max_size=12)
)
def test_law_14_an_order_is_one_leg_at_most_and_the_legs_add_up(
    trades: list[tuple[int, Side, int]],
) -> None:
    made = of_orders(*((order, side, f"0.{steps}") for order, side, steps in trades))
    story = net_story(made, STEP)
    held_orders = [leg.order for leg in story.held]
    assert len(set(held_orders)) == len(held_orders)
    assert story.signed_volume == sum((signed(d.side, d.volume) for d in made), Decimal(0))


def test_law_14_a_reduction_takes_from_all_legs_in_proportion() -> None:
    assert held((BUY, "1"), (BUY, "0.5"), (SELL, "0.6")) == [
        (1, BUY, lots("0.6")),
        (2, BUY, lots("0.3")),
    ]


@pytest.mark.history(28)
def test_law_14_a_reversal_closes_every_leg_and_opens_one() -> None:
    story = net_story(deals((BUY, "1"), (BUY, "0.5"), (SELL, "2")), STEP)
    assert [(leg.order, leg.side, leg.volume) for leg in story.held] == [(3, SELL, lots("0.5"))]
    assert [(leg.order, leg.volume, leg.price) for leg in story.ended] == [
        (1, lots("0"), lots("1283")),
        (2, lots("0"), lots("1283")),
    ]


def test_what_was_closed_is_no_leg_any_more_and_the_next_order_is_a_new_one() -> None:
    story = net_story(deals((SELL, "1"), (BUY, "1"), (SELL, "0.3")), STEP)
    assert [(leg.order, leg.initial_volume) for leg in story.held] == [(3, lots("0.3"))]
    ended = story.ending_of(1)
    assert ended is not None
    assert ended.price == lots("1282")
    assert story.ending_of(3) is None


def test_two_deals_of_one_order_are_one_leg() -> None:
    first = a_deal(POSITION, order=1, ticket=1, volume="0.3")
    second = a_deal(POSITION, order=1, ticket=2, volume="0.7")
    (leg,) = net_story([second, first], STEP).held
    assert (leg.order, leg.volume, leg.initial_volume) == (1, lots("1"), lots("1"))


def test_deals_are_read_in_the_order_they_were_made_whatever_a_clock_said_meanwhile() -> None:
    """A broker's clock goes back by an hour in autumn; its tickets only grow."""
    told = deals((BUY, "1"), (SELL, "1"), (SELL, "0.4"))
    assert net_story(list(reversed(told)), STEP) == net_story(told, STEP)


def test_no_deal_is_no_leg() -> None:
    assert net_story([], STEP).signed_volume == 0


volumes = st.lists(st.integers(1, 500).map(lambda n: Decimal(n) / 100), min_size=1, max_size=6)


@given(volumes, st.data())
def test_law_14_what_is_shared_out_adds_up_in_whole_steps_and_nobody_gains(
    before: list[Decimal], data: Any
) -> None:
    total = sum(before, Decimal(0))
    left = data.draw(st.integers(0, int(total * 100)).map(lambda n: Decimal(n) / 100))
    after = shared_out(before, left, STEP)
    assert sum(after, Decimal(0)) == left
    assert all(kept % STEP == 0 for kept in after)
    assert all(0 <= kept <= had for kept, had in zip(after, before, strict=True))
    exact = [had * left / total for had in before]
    assert all(abs(kept - due) <= STEP for kept, due in zip(after, exact, strict=True))


def test_of_equal_losers_the_oldest_gets_the_step_that_is_over() -> None:
    """0.07 and 0.99 of 4.60 lots lose the same by rounding 4.30; as quotients they differ."""
    before = ["0.07", "0.06", "0.99", "0.47", "1.41", "0.70", "0.30", "0.30", "0.30"]
    after = shared_out([Decimal(one) for one in before], Decimal("4.30"), STEP)
    assert (after[0], after[2]) == (Decimal("0.07"), Decimal("0.92"))


trades = st.lists(
    st.tuples(st.sampled_from(Side), st.integers(1, 300).map(lambda n: str(Decimal(n) / 100))),
    max_size=12,
)


@given(trades)
def test_law_14_the_legs_add_up_to_the_position_after_every_deal(
    made: list[tuple[Side, str]],
) -> None:
    told = deals(*made)
    for count in range(len(told) + 1):
        story = net_story(told[:count], STEP)
        net = sum((deal.signed_volume for deal in told[:count]), Decimal(0))
        assert story.signed_volume == net
        assert len({leg.side for leg in story.held}) <= 1
        every = [leg.order for leg in (*story.held, *story.ended)]
        assert len(every) == len(set(every))


@given(trades)
def test_law_14_a_leg_that_has_ended_never_comes_back(made: list[tuple[Side, str]]) -> None:
    told, ended = deals(*made), set[int]()
    for count in range(len(told) + 1):
        story = net_story(told[:count], STEP)
        now = {leg.order for leg in story.ended}
        assert ended <= now
        ended = now


def test_a_leg_knows_how_its_order_was_marked() -> None:
    (leg,) = net_story([a_deal(POSITION, order=4, magic=77, comment="mine")], STEP).held
    assert isinstance(leg, NetLeg)
    assert (leg.magic, leg.comment, signed(leg.side, leg.volume)) == (77, "mine", lots("1"))


@pytest.mark.history(31)
def test_a_rollover_that_closes_and_opens_anew_leaves_every_leg_what_it_was() -> None:
    before = deals((BUY, "1"), (BUY, "0.5"))
    closed = a_deal(POSITION, order=0, ticket=2000, side=SELL, volume="1.5", reason=ROLLOVER)
    anew = a_deal(POSITION, order=0, ticket=2001, side=BUY, volume="1.5", reason=ROLLOVER)
    for deals_so_far in ([*before, closed], [*before, closed, anew]):
        assert net_story(deals_so_far, STEP) == net_story(before, STEP)
        assert net_left(deals_so_far, BUY) == lots("1.5")
