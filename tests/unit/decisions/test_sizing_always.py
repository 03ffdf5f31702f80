"""What holds of every size, whatever the mode, the limits and the broker's steps."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from decisions.size_modes import SizeCase, raw_lots
from decisions.sizing import Sized, size_copy
from domain.copy_settings import Beyond, Size, SizeMode
from domain.market import Funds, SymbolSpec
from domain.orders import Denied
from tests.builders import a_spec

D = Decimal
ONE = Decimal(1)
lots = st.decimals("0.001", "500", places=3)
money = st.decimals("0.01", "10000000", places=2)
#: Clever and silly ones: steps that 1 is no multiple of, and least volumes of several steps.
steps = st.sampled_from(["0.001", "0.01", "0.03", "0.07", "0.1", "0.25", "0.3", "1", "5"])
FORMULAS = ("master_lots * 0.37", "master_lots * equity / master_equity / 3", "balance / 100000")
FIGURES = {
    SizeMode.FIXED: {"fixed_lot": lots},
    SizeMode.RISK_PERCENT: {"risk_percent": st.decimals("0.01", "100", places=2)},
    SizeMode.RISK_MONEY: {"risk_money": money},
    SizeMode.LEVERAGE: {"times_equity": st.decimals("0.01", "500", places=2)},
    SizeMode.FORMULA: {"formula": st.sampled_from(FORMULAS)},
}
FOLLOW_THE_MASTER = sorted(mode for mode in SizeMode if mode.is_share)


@st.composite
def specs(draw: st.DrawFn) -> SymbolSpec:
    step = D(draw(steps))
    least = step * draw(st.integers(1, 20))
    most = least + step * draw(st.integers(0, 10_000))
    return a_spec(volume_step=step, volume_min=least, volume_max=most)


@st.composite
def sizes(draw: st.DrawFn, modes: Any = SizeMode) -> Size:
    mode = draw(st.sampled_from(list(modes)))
    figures = {name: draw(values) for name, values in FIGURES.get(mode, {}).items()}
    if mode.is_share:
        figures["multiplier"] = draw(st.none() | st.decimals("0.001", "100", places=3))
    return Size(
        mode=mode,
        min_lot=draw(st.none() | lots),
        below_min_lot=draw(st.sampled_from(Beyond)),
        above_max_lot=draw(st.sampled_from(Beyond)),
        bump_at_most=draw(st.none() | st.decimals("1", "10", places=1)),
        **figures,
    )


@st.composite
def funds(draw: st.DrawFn) -> Funds:
    return Funds(currency="USD", balance=draw(money), equity=draw(money), margin_free=draw(money))


@st.composite
def cases(draw: st.DrawFn, modes: Any = SizeMode) -> SizeCase:
    """Everything is known; the broker and its tick value agree."""
    loss = draw(st.decimals("0.01", "100000", places=2))
    spec = draw(specs())
    return SizeCase(
        size=draw(sizes(modes)),
        master_volume=draw(lots),
        spec=spec,
        price=draw(st.decimals("0.5", "50000", places=2)),
        factor=draw(st.decimals("0.01", "100", places=2)),
        own=draw(funds()),
        master=draw(funds()),
        master_age_ms=0,
        master_contract_size=draw(st.sampled_from([D(1), D(10), D(100_000)])),
        rate=draw(st.decimals("0.005", "200", places=3)),
        tick_value=loss / 100,
        stop_distance=spec.tick_size * 100,
        loss_per_lot=loss,
        max_lot=draw(st.none() | lots),
    )


@given(cases())
def test_a_size_is_on_the_step_and_within_every_limit(case: SizeCase) -> None:
    found = size_copy(case)
    if isinstance(found, Denied):
        return
    spec, size = case.spec, case.size
    assert isinstance(found.volume, Decimal)
    assert found.volume % spec.volume_step == 0
    assert spec.volume_min <= found.volume <= spec.volume_max
    assert case.max_lot is None or found.volume <= case.max_lot
    assert size.min_lot is None or found.volume >= size.min_lot


@given(cases())
def test_a_size_is_never_more_than_its_mode_gives_unless_it_is_raised_to_a_least(
    case: SizeCase,
) -> None:
    found, raw = size_copy(case), raw_lots(case)
    if isinstance(found, Denied) or isinstance(raw, Denied):
        return
    if Fraction(found.volume) <= raw:
        return
    size, step = case.size, case.spec.volume_step
    of_its_own = size.below_min_lot is Beyond.CLAMP and size.min_lot is not None
    wanted = max(raw, Fraction(size.min_lot or 0)) if of_its_own else raw
    is_raised = of_its_own and found.volume - step < (size.min_lot or 0)
    is_bumped = found.volume == case.spec.volume_min and Fraction(
        found.volume
    ) <= wanted * Fraction(size.bump_at_most or 0)
    assert is_raised or is_bumped
    assert "raised" in found.note


@given(cases(), lots)
def test_more_on_the_master_is_never_less_here(case: SizeCase, more: Decimal) -> None:
    """Unless it is so much more that it is skipped."""
    larger = msgspec.structs.replace(case, master_volume=case.master_volume + more)
    smaller_copy, larger_copy = size_copy(case), size_copy(larger)
    if isinstance(smaller_copy, Sized) and isinstance(larger_copy, Sized):
        assert smaller_copy.volume <= larger_copy.volume
    if isinstance(smaller_copy, Sized) and case.size.above_max_lot is Beyond.CLAMP:
        assert isinstance(larger_copy, Sized)


@given(cases(FOLLOW_THE_MASTER), st.integers(2, 50))
def test_a_share_grows_exactly_as_the_masters_volume_does(case: SizeCase, times: int) -> None:
    """Before limits and rounding, and exactly: nothing is lost on the way."""
    larger = msgspec.structs.replace(case, master_volume=case.master_volume * times)
    once, often = raw_lots(case), raw_lots(larger)
    assert isinstance(once, Fraction)
    assert isinstance(often, Fraction)
    assert often == once * times


@given(cases())
def test_a_volume_that_is_written_otherwise_is_sized_the_same(case: SizeCase) -> None:
    """1.5 and 1.500 are one number."""
    written = msgspec.structs.replace(
        case, master_volume=case.master_volume.quantize(D("0.000001"))
    )
    assert size_copy(written) == size_copy(case)


@given(cases([SizeMode.RISK_MONEY, SizeMode.RISK_PERCENT]))
def test_a_risk_is_never_more_than_was_wanted_but_by_the_bump_that_is_allowed(
    case: SizeCase,
) -> None:
    assume(case.size.min_lot is None)
    found = size_copy(case)
    assert case.loss_per_lot is not None
    assert case.own is not None
    if isinstance(found, Sized):
        percent, amount = case.size.risk_percent, case.size.risk_money
        wanted = amount or (percent or D(0)) * case.own.balance / 100
        times = case.size.bump_at_most if found.volume == case.spec.volume_min else None
        assert found.volume * case.loss_per_lot <= wanted * (times or ONE)
