"""A master's waiting order at another broker."""

from decimal import Decimal

import pytest

from decisions.order_terms import OrderPrices, lifetime_here, order_prices
from domain.market import Lifetime, Side
from domain.mt5_words import TimeInForce
from domain.terms import CopyTerms
from tests.builders import SERVER_MS, a_book_order, a_spec

HOUR_MS = 3_600_000


def test_prices_are_put_on_the_slaves_ticks_and_none_stays_none() -> None:
    order = a_book_order(price="1280.37", sl="1275.13", tp="0", stop_limit_price="0")
    assert order_prices(order, a_spec(tick_size="0.25"), CopyTerms(), Side.BUY) == OrderPrices(
        Decimal("1280.25"), Decimal(0), Decimal("1275.25"), Decimal(0)
    )


@pytest.mark.parametrize(
    ("lasts", "age_ms", "newest_ms", "here"),
    [
        pytest.param((TimeInForce.GTC, 0), 0, SERVER_MS, Lifetime(), id="until cancelled"),
        pytest.param(
            (TimeInForce.DAY, 0), 0, SERVER_MS, Lifetime(kind=TimeInForce.DAY), id="the day"
        ),
        pytest.param(
            (TimeInForce.SPECIFIED, HOUR_MS),
            600_000,
            SERVER_MS,
            Lifetime(kind=TimeInForce.SPECIFIED, until_server_ms=SERVER_MS + 3_000_000),
            id="as long as the master's has yet to live",
        ),
        pytest.param(
            (TimeInForce.SPECIFIED_DAY, HOUR_MS),
            2 * HOUR_MS,
            SERVER_MS,
            Lifetime(kind=TimeInForce.SPECIFIED_DAY, until_server_ms=SERVER_MS),
            id="over already",
        ),
        pytest.param(
            (TimeInForce.SPECIFIED, HOUR_MS), 0, 0, Lifetime(), id="no clock: the master ends it"
        ),
    ],
)
def test_how_long_it_waits_on_this_brokers_clock(
    lasts: tuple[TimeInForce, int], age_ms: int, newest_ms: int, here: Lifetime
) -> None:
    order = a_book_order(time_in_force=int(lasts[0]), lasts_ms=lasts[1])
    assert lifetime_here(order, age_ms, newest_ms) == here
