"""Where a copy's stops belong."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.stops import Levels, own_levels, stops_of
from domain.market import PendingKind, Side
from domain.terms import CopyTerms, StopKind, StopRule
from tests.builders import a_book_order, a_leg, a_target

D = Decimal
THEIRS = Levels(D("1280"), D("1295"))
prices = st.decimals("1000", "2000", places=2)
distances = st.decimals("0.01", "100", places=2)


def levels(
    terms: CopyTerms,
    side: Side = Side.BUY,
    theirs: Levels = THEIRS,
    at: tuple[str, str] = ("1285.10", "1285.00"),
) -> tuple[str, str]:
    """Of a copy asked at the first price, of a master's position opened at the second."""
    found = own_levels(terms, side, D(at[0]), D(at[1]), theirs)
    return f"{found.sl.normalize():f}", f"{found.tp.normalize():f}"


def both(**rule: object) -> CopyTerms:
    exact = {name: v if isinstance(v, StopKind) else D(str(v)) for name, v in rule.items()}
    made = StopRule(**exact)  # type: ignore[arg-type]
    return CopyTerms(stop_loss=made, take_profit=made)


NO_STOPS = Levels(D(0), D(0))


@pytest.mark.parametrize(
    ("terms", "buy", "sell"),
    [
        pytest.param(both(), ("1280", "1295"), ("1280", "1295"), id="exactly"),
        pytest.param(
            both(kind=StopKind.DISTANCE),
            ("1280.1", "1295.1"),
            ("1280.1", "1295.1"),
            id="as far away as theirs",
        ),
        pytest.param(
            both(kind=StopKind.OWN, distance="4"),
            ("1281.1", "1289.1"),
            ("1289.1", "1281.1"),
            id="own",
        ),
        pytest.param(both(kind=StopKind.NONE), ("0", "0"), ("0", "0"), id="none"),
        pytest.param(
            both(offset="0.5"), ("1279.5", "1295.5"), ("1280.5", "1294.5"), id="further away"
        ),
        pytest.param(both(offset="-0.5"), ("1280.5", "1294.5"), ("1279.5", "1295.5"), id="nearer"),
    ],
)
def test_levels_of_each_kind(terms: CopyTerms, buy: tuple[str, str], sell: tuple[str, str]) -> None:
    assert levels(terms) == buy
    assert levels(terms, Side.SELL) == sell


def test_a_reversed_copy_has_its_stop_where_the_masters_target_is() -> None:
    exact = CopyTerms(reversed=True)
    assert levels(exact, Side.SELL) == ("1295", "1280")
    rule = StopRule(kind=StopKind.DISTANCE)
    apart = CopyTerms(reversed=True, stop_loss=rule, take_profit=rule)
    assert levels(apart, Side.SELL) == ("1295.1", "1280.1")


def test_where_the_master_has_none_a_protective_stop_takes_its_place() -> None:
    terms = CopyTerms(stop_loss=StopRule(otherwise=D(10)))
    assert levels(terms, theirs=NO_STOPS) == ("1275.1", "0")
    assert levels(terms, Side.SELL, theirs=NO_STOPS) == ("1295.1", "0")
    assert levels(terms) == ("1280", "1295")


def test_an_offset_makes_no_stop_where_there_is_none() -> None:
    assert levels(both(offset="5"), theirs=NO_STOPS) == ("0", "0")


def test_a_level_below_zero_is_none() -> None:
    assert levels(both(kind=StopKind.OWN, distance="2000")) == ("0", "3285.1")


@given(prices, prices, distances, distances, st.sampled_from(Side), st.booleans())
def test_a_distance_is_kept_whatever_the_two_prices_are(
    anchor: Decimal, master_price: Decimal, below: Decimal, above: Decimal, side: Side, turned: bool
) -> None:
    """Of the master's two stops each lies as far from its price as ours from our own."""
    rule = StopRule(kind=StopKind.DISTANCE)
    terms = CopyTerms(reversed=turned, stop_loss=rule, take_profit=rule)
    theirs = Levels(master_price - below, master_price + above)
    found = own_levels(terms, side, anchor, master_price, theirs)
    assert {found.sl - anchor, found.tp - anchor} == {-below, above}


@given(prices, distances, distances, st.sampled_from(Side))
def test_stops_of_its_own_lie_on_their_sides_and_follow_nothing(
    anchor: Decimal, loss: Decimal, gain: Decimal, side: Side
) -> None:
    terms = CopyTerms(
        stop_loss=StopRule(kind=StopKind.OWN, distance=loss),
        take_profit=StopRule(kind=StopKind.OWN, distance=gain),
    )
    found = own_levels(terms, side, anchor, D(1), THEIRS)
    up = 1 if side is Side.BUY else -1
    assert (found.sl, found.tp) == (anchor - up * loss, anchor + up * gain)


def test_a_leg_aims_by_its_own_terms_and_not_by_any_settings() -> None:
    rule = StopRule(kind=StopKind.DISTANCE)
    terms = CopyTerms(anchor=D("1285.10"), stop_loss=rule, take_profit=rule)
    leg = a_leg(terms=terms, master_price=D("1285.00"), target=a_target(sl="1281", tp="0"))
    assert stops_of(leg) == Levels(D("1281.10"), D(0))


def test_an_order_that_waits_takes_its_stops_along_when_its_price_is_moved() -> None:
    rule = StopRule(kind=StopKind.OWN, distance=D(3))
    terms = CopyTerms(anchor=D("1270"), stop_loss=rule)
    leg = a_leg(terms=terms, terms_sent=a_book_order(price="1275", sl="0", tp="0"))
    assert stops_of(leg).sl == D(1272)
    limit = a_book_order(
        kind=PendingKind.BUY_STOP_LIMIT, price="1290", stop_limit_price="1288", sl="0", tp="0"
    )
    assert stops_of(msgspec.structs.replace(leg, terms_sent=limit)).sl == D(1285)
