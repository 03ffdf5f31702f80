"""Law 2 for partial closes, whatever the master does and however often its word is lost.

A broker here takes what brokers take: whole steps, no order below the least volume unless it
closes everything, and never more than is held.
"""

from decimal import Decimal
from fractions import Fraction

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from decisions.planning import plan_leg
from domain.legs import Leg
from domain.market import SymbolSpec
from domain.orders import ClosePosition
from domain.policies import TradingState
from tests.builders import a_leg, a_spec, a_target, held_of

D = Decimal
ZERO = D(0)
steps = st.sampled_from(["0.001", "0.01", "0.03", "0.07", "0.1", "0.25", "0.3", "1"])


@st.composite
def specs(draw: st.DrawFn, most_steps: int = 20) -> SymbolSpec:
    step = D(draw(steps))
    return a_spec(
        volume_step=step, volume_min=step * draw(st.integers(1, most_steps)), volume_max="100000"
    )


class Copy(msgspec.Struct):
    """A copy at a broker, and the orders it took."""

    leg: Leg
    spec: SymbolSpec
    held: Decimal
    orders: int = 0

    def follow(self, left: Decimal, of: Decimal) -> None:
        """The master holds `left` lots by now; asked until there is nothing to do."""
        self.leg = msgspec.structs.replace(
            self.leg, target=a_target(volume=left, initial_volume=of, sl=0, tp=0)
        )
        for _ in range(3):
            held = held_of(self.leg, volume=self.held)
            plan = None
            if self.held:
                plan = plan_leg(self.leg, held, self.spec, TradingState.ACTIVE, "i")
            if not isinstance(plan, ClosePosition):
                return
            self._take(plan)
        raise AssertionError("it does not come to rest")

    def _take(self, order: ClosePosition) -> None:
        assert ZERO < order.volume <= self.held
        assert order.whole is (order.volume == self.held)
        if not order.whole:
            assert order.volume % self.spec.volume_step == 0
            assert order.volume >= self.spec.volume_min
            assert self.held - order.volume >= self.spec.volume_min
        self.held -= order.volume
        self.orders += 1
        self.leg = msgspec.structs.replace(self.leg, volume=self.held)

    def due(self, left: Decimal, of: Decimal) -> Fraction:
        return Fraction(self.leg.filled_volume) * Fraction(left) / Fraction(of)


class Story(msgspec.Struct, frozen=True):
    """What a master held, one after the other, from its open to its close."""

    initial: Decimal
    left: tuple[Decimal, ...]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    initial = draw(st.decimals("0.01", "100", places=2))
    shares = draw(st.lists(st.fractions(0, 1), max_size=12))
    levels = {(initial * f.numerator / f.denominator).quantize(D("0.01")) for f in shares}
    return Story(initial, tuple(sorted(levels - {ZERO, initial}, reverse=True)))


@st.composite
def copies(draw: st.DrawFn, most_steps: int = 20, *, keep: bool | None = None) -> Copy:
    spec = draw(specs(most_steps))
    filled = spec.volume_min + spec.volume_step * draw(st.integers(0, 400))
    keeps = draw(st.booleans()) if keep is None else keep
    leg = a_leg(filled_volume=filled, volume=filled, keep_minimum=keeps, sl_sent=0, tp_sent=0)
    return Copy(leg, spec, filled)


def again(copy: Copy) -> Copy:
    return Copy(copy.leg, copy.spec, copy.held)


@given(copies(), stories())
def test_law_2_nothing_is_closed_too_early_and_nothing_stays_when_the_master_is_flat(
    copy: Copy, story: Story
) -> None:
    for left in story.left:
        copy.follow(left, story.initial)
        due, step = copy.due(left, story.initial), Fraction(copy.spec.volume_step)
        if copy.leg.keep_minimum:
            assert copy.held >= copy.spec.volume_min
        if copy.held:
            assert Fraction(copy.held) > due - step
        else:
            # All of it at once, only because what is due is less than may be held.
            assert not copy.leg.keep_minimum
            assert due < copy.spec.volume_min
    copy.follow(ZERO, story.initial)
    assert copy.held == ZERO


@given(copies(), stories())
def test_law_2_too_much_is_never_left_by_more_than_an_order_is_at_least(
    copy: Copy, story: Story
) -> None:
    for left in story.left:
        copy.follow(left, story.initial)
        due = max(copy.due(left, story.initial), Fraction(copy.spec.volume_min))
        assert Fraction(copy.held) < due + Fraction(copy.spec.volume_min)


@given(copies(most_steps=1), stories(), st.sets(st.integers(0, 11)))
def test_law_2_it_does_not_matter_how_reductions_are_batched(
    copy: Copy, story: Story, heard: set[int]
) -> None:
    """Where every step may be an order; lost or late words leave the copy where all would have."""
    told_all, told_some = copy, again(copy)
    for number, left in enumerate(story.left):
        told_all.follow(left, story.initial)
        if number in heard or left == story.left[-1]:
            told_some.follow(left, story.initial)
            assert told_some.held == told_all.held
    told_all.follow(ZERO, story.initial)
    told_some.follow(ZERO, story.initial)
    assert told_some.held == told_all.held == ZERO


@given(copies(), stories(), st.sets(st.integers(0, 11)))
def test_law_2_where_small_orders_are_not_taken_batches_differ_by_less_than_one(
    copy: Copy, story: Story, heard: set[int]
) -> None:
    told_all, told_some = copy, again(copy)
    for number, left in enumerate(story.left):
        told_all.follow(left, story.initial)
        if number in heard:
            told_some.follow(left, story.initial)
            if told_all.held and told_some.held:
                assert abs(told_some.held - told_all.held) < copy.spec.volume_min


@given(copies(), stories())
def test_law_2_the_same_word_again_sends_nothing(copy: Copy, story: Story) -> None:
    for left in story.left:
        copy.follow(left, story.initial)
        orders = copy.orders
        copy.follow(left, story.initial)
        assert copy.orders == orders
