"""Whatever a script sends, the broker lives on: odd numbers and texts that pass the client."""

import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from paper.admin import Admin
from paper.starting import answering, ensure_running
from tests.client_copies import fresh_client
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]

CALLS = 500
INTS = (0, 1, -1, 2, 5, 100, 2**31 - 1, -(2**31), 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)
FLOATS = (0.0, -0.0, 0.01, 1.0, -1.0, 1e-320, 1e20, 1e300, 1.7e308, math.inf, -math.inf, math.nan)
TEXTS = (
    "",
    "EURUSD",
    "eurusd",
    "*",
    "!*",
    "\0",
    "EURUSD\0x",
    "😀" * 10,
    "\ud800",
    "a" * 29,
    "\n",
    ",",
)
SYMBOLS = ("EURUSD", "XAUUSD", "NOPE", "", "\n")
FIELDS: dict[str, tuple[Any, ...]] = {
    "action": (1, 1, 1, 1, 5, 5, 6, 7, 8, 10, 0, 2**32 - 1),
    "symbol": SYMBOLS[:2] * 5 + SYMBOLS,
    "volume": (0.01,) * 20 + FLOATS,
    "price": (0.0,) * 20 + (1.38, 1.39, 1290.0) + FLOATS,
    "stoplimit": FLOATS,
    "sl": FLOATS,
    "tp": FLOATS,
    "deviation": INTS,
    "type": (0, 1, *range(10), 2**32 - 1),
    "type_filling": (0, 1, 2, 3, 99),
    "type_time": (0, 1, 2, 3, 99),
    "expiration": (0, 1, 2**31, 2**40, 2**63 - 1, -(2**63)),
    "magic": INTS,
    "comment": TEXTS,
    "position": INTS,
    "position_by": INTS,
    "order": INTS,
}
ALWAYS_MEANT = ("action", "symbol", "volume", "price", "type")


@pytest.fixture
def mt5(tmp_path: Path) -> Iterator[Any]:
    """A client that is connected to a broker of its own, which must answer at the end."""
    address = ensure_running(tmp_path)
    module = fresh_client()
    module._connect_to(address.host, address.port)
    with Admin(address.host, address.port) as admin:
        admin.ensure_account(
            "odd", "Plain-Demo", deposit=1e6, currency="USD", leverage=100, margin_mode="hedging"
        )
        assert module.initialize("odd")
        yield module
        module.shutdown()
        admin.shutdown()
    eventually(lambda: answering(tmp_path) is None)


def request(draw: random.Random, mt5: Any) -> dict[str, Any]:
    made = {
        key: draw.choice(odd)
        for key, odd in FIELDS.items()
        if draw.random() < (0.9 if key in ALWAYS_MEANT else 0.06)
    }
    for key, held in (("position", mt5.positions_get()), ("order", mt5.orders_get())):
        if held and draw.random() < 0.5:
            made[key] = draw.choice(held).ticket
    return made


def odd_calls(draw: random.Random, mt5: Any) -> list[Callable[[], Any]]:
    number, text, real = draw.choice(INTS), draw.choice(TEXTS), draw.choice(FLOATS)
    symbol = draw.choice((*SYMBOLS, text))
    return [
        *(15 * [lambda: mt5.order_send(request(draw, mt5))]),
        lambda: mt5.order_check(request(draw, mt5)),
        lambda: mt5.login(number, text, text),
        lambda: mt5.initialize("odd", login=number, server=text),
        lambda: mt5.symbol_info(symbol),
        lambda: mt5.symbol_select(symbol, draw.choice((True, False))),
        lambda: mt5.symbols_get(text),
        lambda: mt5.market_book_add(symbol),
        lambda: mt5.market_book_get(symbol),
        lambda: mt5.copy_rates_from_pos(symbol, number, draw.choice(INTS), draw.choice(INTS)),
        lambda: mt5.copy_rates_range(symbol, 16408, number, draw.choice(INTS)),
        lambda: mt5.copy_ticks_from(symbol, number, 100, draw.choice(INTS)),
        lambda: mt5.order_calc_margin(number, symbol, real, draw.choice(FLOATS)),
        lambda: mt5.order_calc_profit(number, symbol, real, 1.38, draw.choice(FLOATS)),
        lambda: mt5.history_deals_get(number, draw.choice(INTS), group=text),
        lambda: mt5.history_orders_get(position=number),
        lambda: mt5.positions_get(ticket=number),
    ]


@pytest.mark.parametrize("seed", [1, 2])
def test_no_call_ends_the_broker_or_the_connection(mt5: Any, seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - the same calls every time
    for _ in range(CALLS):
        call = draw.choice(odd_calls(draw, mt5))
        try:
            call()
        except SystemError:  # as MetaTrader's module says of numbers that C cannot hold
            continue
        if not mt5.positions_total() and mt5.last_error()[0] != 1:
            assert mt5.initialize("odd"), mt5.last_error()  # after an initialize that was refused
    deals = mt5.history_deals_get(0, 2**31 - 1)
    booked = sum(deal.profit + deal.commission + deal.swap + deal.fee for deal in deals)
    assert mt5.account_info().balance == pytest.approx(booked)
    assert len(deals) > 1
