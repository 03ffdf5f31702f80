"""How far the market has gone from the master's price."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.slippage import slippage_points
from domain.market import Side
from domain.policies import SlippageMode

BUY, SELL = Side.BUY, Side.SELL
EITHER, ADVERSE = SlippageMode.EITHER, SlippageMode.ADVERSE
prices = st.decimals("1000", "2000", places=2)
POINT = Decimal("0.01")


@pytest.mark.parametrize(
    ("side", "price", "mode", "points"),
    [
        pytest.param(BUY, "1285.60", EITHER, 50, id="a buy, dearer"),
        pytest.param(BUY, "1284.60", EITHER, 50, id="a buy, cheaper"),
        pytest.param(BUY, "1284.60", ADVERSE, 0, id="a buy, cheaper, does not count"),
        pytest.param(BUY, "1285.60", ADVERSE, 50, id="a buy, dearer, counts"),
        pytest.param(SELL, "1284.60", ADVERSE, 50, id="a sell, cheaper, counts"),
        pytest.param(SELL, "1285.60", ADVERSE, 0, id="a sell, dearer, does not count"),
        pytest.param(SELL, "1285.60", EITHER, 50, id="a sell, dearer"),
        pytest.param(BUY, "1285.10", EITHER, 0, id="the same price"),
    ],
)
def test_points_from_the_masters_price(
    side: Side, price: str, mode: SlippageMode, points: int
) -> None:
    assert slippage_points(side, Decimal(price), Decimal("1285.10"), POINT, mode) == points


@given(st.sampled_from(Side), prices, prices)
def test_adverse_is_never_stricter_than_either_and_neither_is_negative(
    side: Side, price: Decimal, master: Decimal
) -> None:
    either = slippage_points(side, price, master, POINT, EITHER)
    assert 0 <= slippage_points(side, price, master, POINT, ADVERSE) <= either


@given(prices, prices)
def test_what_is_adverse_for_a_buy_is_not_for_a_sell(price: Decimal, master: Decimal) -> None:
    buy = slippage_points(BUY, price, master, POINT, ADVERSE)
    sell = slippage_points(SELL, price, master, POINT, ADVERSE)
    assert 0 in (buy, sell)
    assert max(buy, sell) == slippage_points(BUY, price, master, POINT, EITHER)
