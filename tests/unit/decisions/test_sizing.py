"""How large a copy is."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from decisions.size_modes import SizeCase, figures_needed
from decisions.sizing import Sized, size_copy
from domain.copy_settings import RATIOS, SHARES, Beyond, Size, SizeMode
from domain.market import Funds
from domain.orders import Denied
from domain.reasons import Reason
from tests.builders import a_spec

lots = st.decimals("0.01", "200", places=2)
money = st.decimals("0.01", "10000000", places=2)
factors = st.decimals("0.001", "100", places=3)
steps = st.sampled_from(["0.01", "0.02", "0.05", "0.1", "0.25", "1"])

OURS = Funds(
    currency="USD",
    balance=Decimal(50_000),
    equity=Decimal(40_000),
    margin_free=Decimal(30_000),
)
THEIRS = Funds(
    currency="USD",
    balance=Decimal(100_000),
    equity=Decimal(160_000),
    margin_free=Decimal(90_000),
)
GOLD_OF_100, FOREX = Decimal(100), Decimal(100_000)
LIKE_EURUSD = {"contract_size": "100000", "tick_size": "0.00001", "point": "0.00001"}


def a_case(volume: object = "1.00", spec: dict[str, Any] | None = None, **changes: Any) -> SizeCase:
    """A copy of a lot of EURUSD with a stop of 50 pips; `size` by its fields."""
    numbers = ("price", "factor", "rate", "stop_distance", "loss_per_lot", "tick_value", "max_lot")
    exact = {n: Decimal(changes.pop(n)) for n in numbers if changes.get(n) is not None}
    own_fields = {f.name for f in msgspec.structs.fields(SizeCase)}
    size = {name: changes.pop(name) for name in list(changes) if name not in own_fields}
    size = {n: Decimal(v) if _is_number(n) and v is not None else v for n, v in size.items()}
    case = SizeCase(
        size=Size(**size),
        master_volume=Decimal(str(volume)),
        spec=a_spec(**(LIKE_EURUSD | (spec or {}))),
        price=Decimal("1.10000"),
        own=OURS,
        master=THEIRS,
        master_age_ms=0,
        master_contract_size=FOREX,
        rate=Decimal(1),
        tick_value=Decimal(1),
        stop_distance=Decimal("0.00500"),
        loss_per_lot=Decimal(500),
    )
    return msgspec.structs.replace(case, **exact, **changes)


def _is_number(name: str) -> bool:
    default = next(f.default for f in msgspec.structs.fields(Size) if f.name == name)
    return default is None or isinstance(default, Decimal)


def volume(*args: Any, **changes: Any) -> Decimal:
    found = size_copy(a_case(*args, **changes))
    assert isinstance(found, Sized), found
    return found.volume


def why_not(*args: Any, **changes: Any) -> Reason:
    found = size_copy(a_case(*args, **changes))
    assert isinstance(found, Denied), found
    return found.reason


NOTIONAL_GOLD = {"master_contract_size": GOLD_OF_100, "spec": {"contract_size": "10"}}


@pytest.mark.parametrize(
    ("changes", "copied"),
    [
        pytest.param({}, "1.00", id="one to one"),
        pytest.param({"multiplier": "0.35"}, "0.35", id="a multiple"),
        pytest.param({"factor": "0.1"}, "0.10", id="lots per lot, of the symbol map"),
        pytest.param({"multiplier": "0.5", "factor": "0.5"}, "0.25", id="both"),
        pytest.param({"mode": SizeMode.NOTIONAL} | NOTIONAL_GOLD, "10.00", id="100 oz against 10"),
        pytest.param(NOTIONAL_GOLD, "1.00", id="one to one knows no contract sizes"),
        pytest.param({"mode": SizeMode.BALANCE}, "0.50", id="balances"),
        pytest.param({"mode": SizeMode.EQUITY}, "0.25", id="equities"),
        pytest.param({"mode": SizeMode.FREE_MARGIN}, "0.33", id="free margins"),
        pytest.param({"mode": SizeMode.BALANCE, "multiplier": "2"}, "1.00", id="twice the share"),
        pytest.param({"mode": SizeMode.BALANCE} | NOTIONAL_GOLD, "5.00", id="of other contracts"),
        pytest.param(
            {"mode": SizeMode.BALANCE, "ignore_contract_size": True} | NOTIONAL_GOLD,
            "0.50",
            id="of other contracts, which shall not count",
        ),
        pytest.param({"mode": SizeMode.BALANCE, "rate": "1.25"}, "0.40", id="another currency"),
        pytest.param(
            {"mode": SizeMode.BALANCE, "rate": "1.25", "ignore_currency": True},
            "0.50",
            id="another currency, which shall not count",
        ),
        pytest.param(
            {"mode": SizeMode.EQUITY, "master_reference": "80000"}, "0.50", id="theirs frozen"
        ),
        pytest.param({"mode": SizeMode.EQUITY, "own_reference": "80000"}, "0.50", id="ours frozen"),
        pytest.param({"mode": SizeMode.FIXED, "fixed_lot": "0.07"}, "0.07", id="a fixed lot"),
        pytest.param(
            {"mode": SizeMode.FIXED, "fixed_lot": "0.07", "factor": "3"},
            "0.07",
            id="a fixed lot is of our symbol",
        ),
        pytest.param({"mode": SizeMode.RISK_PERCENT, "risk_percent": "1"}, "1.00", id="a percent"),
        pytest.param(
            {"mode": SizeMode.RISK_PERCENT, "risk_percent": "1", "percent_of": "equity"},
            "0.80",
            id="a percent of the equity",
        ),
        pytest.param(
            {"mode": SizeMode.RISK_PERCENT, "risk_percent": "1", "own_reference": "10000"},
            "0.20",
            id="a percent of what was frozen",
        ),
        pytest.param({"mode": SizeMode.RISK_MONEY, "risk_money": "250"}, "0.50", id="money"),
        pytest.param(
            {"mode": SizeMode.RISK_MONEY, "risk_money": "253.5", "cost_per_lot": "7"},
            "0.50",
            id="money, with what a lot costs",
        ),
        pytest.param({"mode": SizeMode.LEVERAGE, "times_equity": "11"}, "4.00", id="leverage"),
        pytest.param(
            {"mode": SizeMode.FORMULA, "formula": "master_lots * balance / master_balance / 5"},
            "0.10",
            id="a formula",
        ),
    ],
)
def test_what_each_mode_gives(changes: dict[str, Any], copied: str) -> None:
    assert volume(**changes) == Decimal(copied)


RISK = {"mode": SizeMode.RISK_MONEY, "risk_money": "250"}
BALANCES = {"mode": SizeMode.BALANCE}
FORMULA = {"mode": SizeMode.FORMULA}
NO_CONTRACT = {"master_contract_size": None}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param(BALANCES | {"master": None}, Reason.MASTER_MONEY_UNKNOWN, id="theirs unknown"),
        pytest.param(BALANCES | {"own": None}, Reason.OWN_MONEY_UNKNOWN, id="ours unknown"),
        pytest.param(
            BALANCES | {"master_age_ms": 60_001}, Reason.MASTER_MONEY_STALE, id="theirs is old"
        ),
        pytest.param(BALANCES | {"rate": None}, Reason.RATE_UNKNOWN, id="no rate"),
        pytest.param(
            BALANCES | {"master_contract_size": None}, Reason.CONTRACT_UNKNOWN, id="contract"
        ),
        pytest.param(
            {"mode": SizeMode.NOTIONAL, "master_contract_size": None},
            Reason.CONTRACT_UNKNOWN,
            id="same",
        ),
        pytest.param(RISK | {"stop_distance": "0"}, Reason.NO_STOP, id="no stop"),
        pytest.param(RISK | {"stop_distance": "-0.001"}, Reason.NO_STOP, id="a stop that wins"),
        pytest.param(RISK | {"loss_per_lot": None}, Reason.RISK_UNKNOWN, id="loss unknown"),
        pytest.param(RISK | {"loss_per_lot": "0"}, Reason.RISK_UNKNOWN, id="loss of nothing"),
        pytest.param(RISK | {"tick_value": "1.06"}, Reason.RISK_UNKNOWN, id="two stories"),
        pytest.param(
            {"mode": SizeMode.LEVERAGE, "times_equity": "3", "tick_value": None},
            Reason.RISK_UNKNOWN,
            id="worth unknown",
        ),
        pytest.param({"mode": SizeMode.FIXED}, Reason.BAD_DOCUMENT, id="no fixed lot"),
        pytest.param({"mode": SizeMode.RISK_PERCENT}, Reason.BAD_DOCUMENT, id="no percent"),
        pytest.param({"mode": SizeMode.LEVERAGE}, Reason.BAD_DOCUMENT, id="no leverage"),
        pytest.param(
            {"mode": SizeMode.RISK_PERCENT, "risk_percent": "1", "own": None},
            Reason.OWN_MONEY_UNKNOWN,
            id="a percentage of what nobody knows",
        ),
        pytest.param(
            {"mode": SizeMode.LEVERAGE, "times_equity": "3", "own": None},
            Reason.OWN_MONEY_UNKNOWN,
            id="a leverage of what nobody knows",
        ),
        pytest.param(FORMULA | {"formula": "1 / 0"}, Reason.FORMULA_FAILED, id="no formula"),
        pytest.param(
            FORMULA | {"formula": "master_balance / 100000", "master": None},
            Reason.FORMULA_FAILED,
            id="a formula of what nobody knows",
        ),
        pytest.param(
            FORMULA | {"formula": "master_equity / 100000", "master_age_ms": 60_001},
            Reason.MASTER_MONEY_STALE,
            id="a formula of what is old",
        ),
        pytest.param(FORMULA | {"formula": "-1"}, Reason.VOLUME_TOO_SMALL, id="less than nothing"),
    ],
)
def test_what_cannot_be_known_is_no_volume(changes: dict[str, Any], reason: Reason) -> None:
    assert why_not(**changes) is reason


def test_a_tick_value_that_is_nearly_right_or_nothing_does_not_stand_in_the_way() -> None:
    assert volume(**RISK, tick_value="1.05") == Decimal("0.50")
    assert volume(**RISK, tick_value="0.95") == Decimal("0.50")
    assert volume(**RISK, tick_value="0") == Decimal("0.50")


def test_old_figures_of_the_master_matter_only_where_they_are_used() -> None:
    assert volume(**BALANCES, master_age_ms=60_000) == Decimal("0.50")
    assert volume(**BALANCES, master_age_ms=99_000, master_reference="100000") == Decimal("0.50")
    assert volume(**FORMULA, formula="master_lots * 0.5", master_age_ms=99_000) == Decimal("0.50")
    assert volume(master=None, own=None, rate=None, master_contract_size=None) == Decimal("1.00")


@pytest.mark.parametrize(
    ("master", "changes", "copied"),
    [
        pytest.param("0.37", {"spec": {"volume_step": "0.1"}}, "0.3", id="on the step"),
        pytest.param("80", {}, "50", id="the broker's maximum"),
        pytest.param("0.10", {"spec": {"volume_min": "0.1"}}, "0.10", id="exactly the minimum"),
        pytest.param("0.09", {"spec": {"volume_min": "0.1"}}, Reason.VOLUME_TOO_SMALL, id="below"),
        pytest.param("0.29", {}, "0.29", id="29 steps of 0.01"),
        pytest.param("2", {"max_lot": "2"}, "2.00", id="exactly the most"),
        pytest.param("2.01", {"max_lot": "2"}, Reason.MAX_LOT, id="above the most"),
        pytest.param(
            "2.01", {"max_lot": "2", "above_max_lot": Beyond.CLAMP}, "2.00", id="held to the most"
        ),
        pytest.param(
            "3",
            {"max_lot": "2.05", "above_max_lot": Beyond.CLAMP, "spec": {"volume_step": "0.1"}},
            "2.0",
            id="held to the most, on the step",
        ),
        pytest.param("0.5", {"min_lot": "0.5"}, "0.50", id="exactly the least"),
        pytest.param("0.49", {"min_lot": "0.5"}, Reason.MIN_LOT, id="below the least"),
        pytest.param(
            "0.49", {"min_lot": "0.5", "below_min_lot": Beyond.CLAMP}, "0.50", id="the least"
        ),
        pytest.param(
            "0.08", {"spec": {"volume_min": "0.1"}, "bump_at_most": "1.25"}, "0.1", id="bumped"
        ),
        pytest.param(
            "0.07",
            {"spec": {"volume_min": "0.1"}, "bump_at_most": "1.25"},
            Reason.VOLUME_TOO_SMALL,
            id="too far to be bumped",
        ),
        pytest.param(
            "0.001",
            {"min_lot": "0.0001", "below_min_lot": Beyond.CLAMP, "bump_at_most": "1.5"},
            Reason.VOLUME_TOO_SMALL,
            id="a least below the broker's own raises nothing to that",
        ),
        pytest.param(
            "0.001",
            {"min_lot": "0.008", "below_min_lot": Beyond.CLAMP, "bump_at_most": "1.5"},
            "0.01",
            id="a bump counts from the least that it is raised to",
        ),
        pytest.param(
            "0.08",
            {"spec": {"volume_min": "0.1"}, "bump_at_most": "5", "max_lot": "0.09"},
            Reason.VOLUME_TOO_SMALL,
            id="bumped above the most",
        ),
    ],
)
def test_within_limits_and_on_steps(
    master: str, changes: dict[str, Any], copied: str | Reason
) -> None:
    if isinstance(copied, Reason):
        assert why_not(master, **changes) is copied
    else:
        assert volume(master, **changes) == Decimal(copied)


def test_what_held_a_volume_back_is_said() -> None:
    def note(*args: Any, **changes: Any) -> str:
        found = size_copy(a_case(*args, **changes))
        assert isinstance(found, Sized)
        return found.note

    assert note("0.377") == ""
    assert note("80") == "80 lots, held to 50"
    assert note("3", max_lot="2", above_max_lot=Beyond.CLAMP) == "3 lots, held to 2"
    bumped = note("0.08", spec={"volume_min": "0.1"}, bump_at_most="2")
    assert bumped == "0.08 lots, raised to the broker's minimum"


@given(lots, steps, factors, st.sampled_from(sorted(SHARES)), money, money)
def test_a_share_is_never_more_than_exactly_due_and_less_by_under_a_step(
    master: Decimal, step: str, multiplier: Decimal, mode: SizeMode, ours: Decimal, theirs: Decimal
) -> None:
    own = Funds(currency="USD", balance=ours, equity=ours, margin_free=ours)
    other = Funds(currency="USD", balance=theirs, equity=theirs, margin_free=theirs)
    spec = {"volume_step": step, "volume_min": step, "volume_max": "1000000000000"}
    case = a_case(master, spec=spec, mode=mode, multiplier=multiplier, own=own, master=other)
    ratio = Fraction(ours) / Fraction(theirs) if mode in RATIOS else 1
    due = Fraction(master) * Fraction(multiplier) * ratio
    assume(due < 10**12)
    found = size_copy(case)
    if isinstance(found, Denied):
        assert found.reason is Reason.VOLUME_TOO_SMALL
        assert due < Fraction(step)
    else:
        assert found.volume % Decimal(step) == 0
        assert due - Fraction(step) < Fraction(found.volume) <= due


@given(
    lots,
    steps,
    st.none() | lots,
    st.fixed_dictionaries(
        {
            "min_lot": st.none() | lots,
            "below_min_lot": st.sampled_from(Beyond),
            "above_max_lot": st.sampled_from(Beyond),
            "bump_at_most": st.none() | st.decimals("1", "10", places=1),
        }
    ),
)
def test_no_limit_is_ever_broken(
    master: Decimal, step: str, most: Decimal | None, limits: dict[str, Any]
) -> None:
    spec = {"volume_step": step, "volume_min": step, "volume_max": "50"}
    case = a_case(master, spec=spec, max_lot=most, **limits)
    found = size_copy(case)
    if isinstance(found, Sized):
        assert found.volume % Decimal(step) == 0
        assert Decimal(step) <= found.volume <= min(most or Decimal(50), Decimal(50))


@given(money, st.decimals("0.01", "100000", places=2), st.decimals("0", "50", places=2))
def test_a_risk_is_never_more_than_was_wanted(risk: Decimal, loss: Decimal, cost: Decimal) -> None:
    """With what a round turn costs: what is lost at the stop."""
    spec = {"volume_step": "0.01", "volume_min": "0.01", "volume_max": "1000000000"}
    mode = {"mode": SizeMode.RISK_MONEY, "risk_money": risk, "cost_per_lot": cost}
    found = size_copy(a_case(spec=spec, loss_per_lot=loss, tick_value="0", **mode))
    if isinstance(found, Sized):
        assert found.volume * (loss + cost) <= risk
        assert (found.volume + Decimal("0.01")) * (loss + cost) > risk
    else:
        assert Decimal("0.01") * (loss + cost) > risk


def test_the_broker_is_asked_only_for_what_a_size_needs() -> None:
    def asked(**size: Any) -> set[str]:
        return {figure.name for figure in figures_needed(Size(**size))}

    assert asked() == asked(mode=SizeMode.NOTIONAL) == asked(mode=SizeMode.FIXED) == set()
    assert asked(mode=SizeMode.EQUITY) == {"RATE"}
    assert asked(mode=SizeMode.EQUITY, ignore_currency=True) == set()
    assert asked(mode=SizeMode.RISK_PERCENT) == {"LOSS", "TICK_VALUE"}
    assert asked(mode=SizeMode.LEVERAGE) == {"TICK_VALUE"}
    assert asked(mode=SizeMode.FORMULA, formula="rate * master_lots") == {"RATE"}
    assert asked(mode=SizeMode.FORMULA, formula="100 / loss_per_lot") == {"LOSS"}
