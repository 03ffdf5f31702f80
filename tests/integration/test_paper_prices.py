"""Bars, ticks and market depth as a script gets them: the client module at a real server."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import psutil
import pytest

from paper.admin import Admin
from paper.service.answers.prices import MAX_BARS
from paper.starting import ensure_running
from tests.client_copies import fresh_client

pytestmark = pytest.mark.integration

OK = (1, "Success")
DAY_S = 86_400


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Admin]:
    """One for all: nothing here changes it but the tape, which is held."""
    address = ensure_running(tmp_path_factory.mktemp("paper"))
    with Admin(address.host, address.port) as admin:
        for key, broker, mode in (
            ("plain", "FTMO-Demo", "hedging"),
            ("gold", "Apex-Demo", "hedging"),
            ("bourse", "Bourse-Demo", "exchange"),
        ):
            admin.ensure_account(key, broker, margin_mode=mode)
        admin.pause()
        yield admin
        admin.shutdown()
    psutil.Process(address.pid).wait(10)


@pytest.fixture
def plain(server: Admin) -> Iterator[ModuleType]:
    yield from at(server, "plain")


@pytest.fixture
def gold(server: Admin) -> Iterator[ModuleType]:
    yield from at(server, "gold")


@pytest.fixture
def bourse(server: Admin) -> Iterator[ModuleType]:
    yield from at(server, "bourse")


def at(server: Admin, key: str) -> Iterator[ModuleType]:
    module = fresh_client()
    module._connect_to("127.0.0.1", server.status()["port"])
    assert module.initialize(key)
    yield module
    module.shutdown()


def test_500_hours_are_there_right_after_the_start(plain: ModuleType) -> None:
    hours = plain.copy_rates_from_pos("EURUSD", plain.TIMEFRAME_H1, 0, 500)
    assert len(hours) == 500
    assert (np.diff(hours["time"]) == 3600).all()
    assert not hours.flags.writeable
    assert hours["close"][-1] == plain.symbol_info_tick("EURUSD").bid
    assert plain.last_error() == OK


def test_a_day_of_ticks_is_there_up_to_the_present_one(plain: ModuleType) -> None:
    now = plain.symbol_info_tick("XAUUSD")
    ticks = plain.copy_ticks_range("XAUUSD", now.time - DAY_S, now.time + 1, plain.COPY_TICKS_ALL)
    assert len(ticks) > 50_000
    assert ticks["time_msc"][0] - (now.time - DAY_S) * 1000 < 60_000
    assert tuple(ticks[-1].tolist()) == tuple(now)


def test_positions_count_back_from_the_current_bar(plain: ModuleType) -> None:
    minutes = plain.copy_rates_from_pos("EURUSD", plain.TIMEFRAME_M1, 0, 100)
    older = plain.copy_rates_from_pos("EURUSD", plain.TIMEFRAME_M1, 90, 10)
    assert (older == minutes[:10]).all()


def test_from_counts_backwards_from_its_date_and_range_has_both_ends(plain: ModuleType) -> None:
    bars = plain.copy_rates_from_pos("EURUSD", plain.TIMEFRAME_M5, 0, 50)
    moment = int(bars["time"][30])
    counted = plain.copy_rates_from("EURUSD", plain.TIMEFRAME_M5, moment + 299, 10)
    assert (counted == bars[21:31]).all()
    first = int(bars["time"][10])
    between = plain.copy_rates_range("EURUSD", plain.TIMEFRAME_M5, first, moment)
    assert (between == bars[10:31]).all()


def test_ticks_are_counted_forward_from_their_date(plain: ModuleType) -> None:
    now = plain.symbol_info_tick("EURUSD").time
    ticks = plain.copy_ticks_from("EURUSD", now - 3600, 50, plain.COPY_TICKS_INFO)
    assert len(ticks) == 50
    assert ticks["time"][0] >= now - 3600
    whole = plain.copy_ticks_range(
        "EURUSD", now - 3600, int(ticks["time"][-1]) + 1, plain.COPY_TICKS_ALL
    )
    assert (whole[:50] == ticks).all()


def test_every_broker_shows_its_own_prices(plain: ModuleType, gold: ModuleType) -> None:
    theirs = plain.copy_rates_from_pos("XAUUSD", plain.TIMEFRAME_H1, 0, 10)
    ours = gold.copy_rates_from_pos("GOLD", gold.TIMEFRAME_H1, 0, 10)
    assert (ours["close"] == theirs["close"]).all()
    assert (ours["spread"] == theirs["spread"] + 2).all()


def test_a_symbol_charted_by_trades_has_volumes_and_trade_ticks(bourse: ModuleType) -> None:
    bars = bourse.copy_rates_from_pos("AURX", bourse.TIMEFRAME_M15, 0, 20)
    assert (bars["real_volume"] > 0).all()
    now = bourse.symbol_info_tick("AURX").time
    trades = bourse.copy_ticks_from("AURX", now - 3600, 100, bourse.COPY_TICKS_TRADE)
    assert len(trades) == 100
    assert (trades["last"] > 0).all()


def test_where_nobody_trades_there_are_no_trade_ticks(plain: ModuleType) -> None:
    now = plain.symbol_info_tick("EURUSD").time
    assert len(plain.copy_ticks_range("EURUSD", now - 60, now, plain.COPY_TICKS_TRADE)) == 0
    assert plain.last_error() == OK
    # Looking through ten years for one takes longer than a test may.
    assert len(plain.copy_ticks_from("EURUSD", 0, 100, plain.COPY_TICKS_TRADE)) == 0


def test_an_empty_time_is_an_empty_array_and_no_failure(plain: ModuleType) -> None:
    now = plain.symbol_info_tick("EURUSD").time
    for empty in (
        plain.copy_rates_range("EURUSD", plain.TIMEFRAME_H1, now, now - DAY_S),
        plain.copy_rates_range("EURUSD", plain.TIMEFRAME_H1, now + DAY_S, now + 2 * DAY_S),
        plain.copy_ticks_range("EURUSD", now + 60, now + 120, plain.COPY_TICKS_ALL),
    ):
        assert (len(empty), plain.last_error()) == (0, OK)


FAIL, PARAMS, NOT_FOUND = (
    (-1, "Terminal: Call failed"),
    (-2, "Terminal: Invalid params"),
    (-4, "Terminal: Not found"),
)


@pytest.mark.parametrize(
    ("call", "arguments", "error"),
    [
        ("copy_rates_from_pos", ("NOSUCH", 1, 0, 1), FAIL),
        ("copy_rates_from", ("NOSUCH", 1, 10**9, 1), FAIL),
        ("copy_rates_range", ("NOSUCH", 1, 0, 60), FAIL),
        ("copy_ticks_from", ("NOSUCH", 0, 1, -1), NOT_FOUND),
        ("copy_ticks_range", ("NOSUCH", 0, 1, -1), NOT_FOUND),
        ("copy_rates_from_pos", ("EURUSD", 1, MAX_BARS, 1), FAIL),
        ("copy_rates_from_pos", ("EURUSD", 1, -1, 1), FAIL),
        ("copy_rates_from_pos", ("EURUSD", 1, 0, MAX_BARS), PARAMS),
        ("copy_rates_from", ("EURUSD", 1, 10**9, MAX_BARS), PARAMS),
        ("copy_rates_range", ("EURUSD", 1, 0, MAX_BARS * 60 + 1), PARAMS),
        ("copy_rates_from_pos", ("EURUSD", 7, 0, 1), PARAMS),
        ("copy_rates_from_pos", ("EURUSD", 1, 0, 0), PARAMS),
        ("copy_ticks_from", ("EURUSD", 0, 1, 4), PARAMS),
        ("copy_ticks_from", ("EURUSD", 0, 0, -1), PARAMS),
        ("copy_ticks_range", ("EURUSD", 0, 2**31 - 1, -1), (-3, "Terminal: Out of memory")),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_cannot_be_had_is_refused(
    plain: ModuleType, call: str, arguments: tuple[Any, ...], error: tuple[int, str]
) -> None:
    assert getattr(plain, call)(*arguments) is None
    assert plain.last_error() == error


def test_as_many_bars_as_the_terminal_says(plain: ModuleType) -> None:
    assert plain.terminal_info().maxbars == MAX_BARS
    assert len(plain.copy_rates_from_pos("EURUSD", 1, 0, MAX_BARS - 1)) == MAX_BARS - 1


def test_market_depth_comes_to_who_asked_for_it(bourse: ModuleType) -> None:
    assert bourse.market_book_get("AURX") is None
    assert bourse.market_book_add("AURX")
    rows = bourse.market_book_get("AURX")
    kinds, prices = [row.type for row in rows], [row.price for row in rows]
    assert kinds == [bourse.BOOK_TYPE_SELL] * 10 + [bourse.BOOK_TYPE_BUY] * 10
    assert prices == sorted(prices, reverse=True)
    quote = bourse.symbol_info_tick("AURX")
    assert (prices[9], prices[10]) == (quote.ask, quote.bid)
    assert all(row.volume == row.volume_dbl > 0 for row in rows)
    assert bourse.market_book_get("AURX") == rows
    assert bourse.market_book_release("AURX")
    assert bourse.market_book_get("AURX") is None


def test_a_broker_without_depth_says_no(plain: ModuleType) -> None:
    assert plain.market_book_add("EURUSD") is False
    assert plain.last_error() == OK
    assert plain.market_book_add("NOSUCH") is False


def test_another_client_of_the_terminal_has_not_asked_for_the_depth(
    server: Admin, bourse: ModuleType
) -> None:
    assert bourse.market_book_add("AURX")
    for other in at(server, "bourse"):
        assert other.market_book_get("AURX") is None
