"""The brokers there are: what each promises, and that it keeps it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.mt5_words import (
    CalcMode,
    ChartMode,
    Execution,
    Filling,
    FillingFlag,
    MarginMode,
    OrderType,
    Retcode,
    StopOutMode,
    SwapMode,
    SymbolTradeMode,
)
from paper.broker.brokers import BrokerProfile, SymbolProfile
from paper.broker.profiles.by_name import SHOPS, profile_for
from paper.service.world import ServerRefusal
from paper.wire.mt5_fields import FIELDS
from tests.unit.paper.desk import DIGITS, Desk, named

OpenDesk = Callable[..., Desk]
HEDGING, NETTING, EXCHANGE = "hedging", "netting", "exchange"
A_WEDNESDAY_NOON = int(datetime(2026, 11, 25, 9, 30, tzinfo=UTC).timestamp()) * 1000

OPEN_BOOK = {"limit_orders": 200, "fifo_close": False, "margin_so_mode": 0}
BROKERS: dict[str, tuple[str, dict[str, Any]]] = {
    "FTMO-Demo": (HEDGING, {**OPEN_BOOK, "margin_so_call": 50.0, "margin_so_so": 30.0}),
    "Apex-Demo": (HEDGING, {**OPEN_BOOK, "margin_so_call": 50.0, "margin_so_so": 30.0}),
    "Harbor-Demo": (HEDGING, {**OPEN_BOOK, "margin_so_call": 50.0, "margin_so_so": 30.0}),
    "Union-Demo": (HEDGING, {**OPEN_BOOK, "margin_so_call": 50.0, "margin_so_so": 30.0}),
    "Minnow-Demo": (HEDGING, {**OPEN_BOOK, "margin_so_call": 50.0, "margin_so_so": 30.0}),
    "Liberty-Demo": (HEDGING, {"fifo_close": True, "margin_so_so": 100.0, "margin_mode": 2}),
    "Meridian-Demo": (HEDGING, {**OPEN_BOOK, "margin_so_so": 20.0}),
    "Kontor-Demo": (NETTING, {"margin_so_mode": 1, "margin_so_so": 500.0, "margin_mode": 0}),
    "Bourse-Demo": (EXCHANGE, {**OPEN_BOOK, "margin_so_so": 50.0, "margin_mode": 1}),
    "Warden-Demo": (HEDGING, {"limit_orders": 3, "trade_mode": 1, "margin_so_so": 30.0}),
}
"""Broker, the kind of account to open there, and what account_info() says."""

SYMBOLS: dict[str, dict[str, tuple[int, CalcMode, Execution, SwapMode, float, float]]] = {
    "Liberty-Demo": {
        "EURUSD": (5, CalcMode.FOREX, Execution.MARKET, SwapMode.POINTS, 100_000.0, 0.01),
        "XAUUSD": (
            2, CalcMode.CFD_LEVERAGE, Execution.MARKET, SwapMode.CURRENCY_SYMBOL, 10.0, 0.1,
        ),
    },
    "Meridian-Demo": {
        "EURUSD_m": (5, CalcMode.FOREX, Execution.REQUEST, SwapMode.POINTS, 100_000.0, 0.01),
        "XAUUSD_m": (2, CalcMode.CFD_LEVERAGE, Execution.REQUEST, SwapMode.POINTS, 100.0, 0.01),
    },
    "Kontor-Demo": {
        "EURUSD.k": (
            5, CalcMode.FOREX, Execution.MARKET, SwapMode.CURRENCY_SYMBOL, 100_000.0, 0.01,
        ),
        "EURUSD.cash": (
            5, CalcMode.FOREX_NO_LEVERAGE, Execution.MARKET, SwapMode.CURRENCY_DEPOSIT,
            100_000.0, 0.01,
        ),
        "USDJPY.k": (
            3, CalcMode.FOREX, Execution.INSTANT, SwapMode.REOPEN_CURRENT, 100_000.0, 0.01,
        ),
        "XAUEUR": (
            2, CalcMode.CFD_LEVERAGE, Execution.MARKET, SwapMode.CURRENCY_MARGIN, 100.0, 0.01,
        ),
        "OIL": (2, CalcMode.CFD, Execution.MARKET, SwapMode.INTEREST_OPEN, 100.0, 0.1),
        "GER30": (1, CalcMode.CFD_INDEX, Execution.MARKET, SwapMode.INTEREST_CURRENT, 1.0, 0.1),
        "GOLD.f": (1, CalcMode.FUTURES, Execution.MARKET, SwapMode.REOPEN_BID, 100.0, 1.0),
    },
    "Bourse-Demo": {
        "AURX": (2, CalcMode.EXCH_STOCKS, Execution.EXCHANGE, SwapMode.DISABLED, 10.0, 1.0),
        "EU-12": (4, CalcMode.EXCH_FUTURES, Execution.EXCHANGE, SwapMode.DISABLED, 1_000.0, 1.0),
        "BND29": (2, CalcMode.EXCH_BONDS, Execution.EXCHANGE, SwapMode.DISABLED, 1.0, 1.0),
    },
}  # fmt: skip
"""Digits, way of counting, execution, swap, contract size, volume step."""


def at(open_desk: OpenDesk, broker: str) -> Desk:
    """An account there, in the middle of a week."""
    desk = open_desk(broker, margin_mode=BROKERS[broker][0])
    desk.utc_ms = A_WEDNESDAY_NOON
    for feed, (bid, ask) in desk.prices.items():
        desk.quote(feed, bid, ask)
    return desk


def symbols(desk: Desk) -> dict[str, Any]:
    rows = (named("SymbolInfo", row) for row in desk.ask("symbols_get"))
    return {row.name: row for row in rows}


@pytest.mark.parametrize("broker", BROKERS)
def test_an_account_shows_its_brokers_rules(open_desk: OpenDesk, broker: str) -> None:
    account = at(open_desk, broker).account()
    shown = {name: getattr(account, name) for name in BROKERS[broker][1]}
    assert shown == BROKERS[broker][1]
    assert account.server == broker


def test_every_broker_is_in_the_tables() -> None:
    assert set(SHOPS) == set(BROKERS)


@pytest.mark.parametrize("broker", SYMBOLS)
def test_a_broker_sells_these_symbols(open_desk: OpenDesk, broker: str) -> None:
    sold = {
        name: (
            row.digits, row.trade_calc_mode, row.trade_exemode, row.swap_mode,
            row.trade_contract_size, row.volume_step,
        )
        for name, row in symbols(at(open_desk, broker)).items()
    }  # fmt: skip
    assert sold == SYMBOLS[broker]


def all_symbols() -> list[Any]:
    return [
        pytest.param(name, symbol.name, id=f"{name} {symbol.name}")
        for name in SHOPS
        for symbol in profile_for(name, DIGITS).symbols
        if symbol.trade_mode in (SymbolTradeMode.FULL, SymbolTradeMode.LONG_ONLY)
    ]


@pytest.mark.parametrize(("broker", "symbol"), all_symbols())
def test_every_symbol_can_be_bought_and_sold_again(
    open_desk: OpenDesk, broker: str, symbol: str
) -> None:
    desk = at(open_desk, broker)
    row = symbols(desk)[symbol]
    filling = Filling.FOK if row.filling_mode & FillingFlag.FOK else Filling.IOC
    order = {"symbol": symbol, "volume": row.volume_min, "type_filling": filling}
    bought = desk.send(**order, price=row.ask)
    (position,) = desk.positions()
    assert bought.retcode == Retcode.DONE
    assert desk.account().margin > 0
    sold = desk.send(**order, price=row.bid, type=OrderType.SELL, position=position.ticket)
    assert sold.retcode == Retcode.DONE
    assert desk.positions() == []


@pytest.mark.parametrize("broker", [*SHOPS, "Somebody-Live"])
def test_every_symbol_shows_all_its_fields(open_desk: OpenDesk, broker: str) -> None:
    desk = at(open_desk, broker) if broker in BROKERS else open_desk(broker)
    kinds = {"i": int, "f": float, "s": str, "b": bool}
    wanted = [kinds[field.partition(":")[2]] for field in FIELDS["SymbolInfo"].split()]
    for row in desk.ask("symbols_get"):
        assert [type(value) for value in row] == wanted
    for row in symbols(desk).values():
        assert row.description
        assert row.path.endswith(f"\\{row.name}")
        assert row.trade_tick_value_loss >= row.trade_tick_value == row.trade_tick_value_profit > 0
        assert row.bid <= row.ask
        assert len(row.name) <= 29
        assert len(row.description) <= 63


@pytest.mark.parametrize(
    ("broker", "symbol", "fields"),
    [
        pytest.param(
            "Meridian-Demo",
            "EURUSD_m",
            {
                "trade_stops_level": 20, "trade_freeze_level": 10, "swap_long": -7.5,
                "swap_short": 2.3, "swap_rollover3days": 3, "margin_hedged": 50_000.0,
                "margin_hedged_use_leg": False, "path": "Forex\\Majors\\EURUSD_m",
                "currency_base": "EUR", "currency_profit": "USD", "currency_margin": "EUR",
            },
            id="forex",
        ),
        pytest.param(
            "Bourse-Demo",
            "AURX",
            {
                "chart_mode": ChartMode.LAST, "ticks_bookdepth": 10, "filling_mode": 7,
                "category": "Mining", "exchange": "BRS", "isin": "XS0000000017",
                "currency_base": "USD", "currency_profit": "USD", "currency_margin": "USD",
                "bid": 128.6, "ask": 128.63, "last": 128.63,
            },
            id="stock",
        ),
        pytest.param(
            "Bourse-Demo",
            "EU-12",
            {
                "trade_tick_size": 0.0005, "trade_tick_value": 0.5, "margin_initial": 80.0,
                "margin_maintenance": 60.0, "volume_limit": 500.0, "bid": 1.386, "ask": 1.386,
            },
            id="future",
        ),
        pytest.param("Bourse-Demo", "BND29", {"trade_face_value": 1_000.0}, id="bond"),
        pytest.param(
            "Kontor-Demo", "XAUEUR",
            {"bid": 927.78, "ask": 928.07, "currency_profit": "EUR", "currency_margin": "EUR"},
            id="cross",
        ),
        pytest.param(
            "Kontor-Demo", "USDJPY.k",
            {"bid": 101.724, "ask": 101.732, "currency_base": "USD", "currency_margin": "USD"},
            id="a pair turned over",
        ),
        pytest.param(
            "Warden-Demo", "EURUSD.market",
            {"order_mode": 49, "expiration_mode": 1, "volume_limit": 1.0},
            id="market orders only",
        ),
        pytest.param("Warden-Demo", "EURUSD.day", {"order_gtc_mode": 1}, id="good for a day"),
        pytest.param(
            "Warden-Demo", "XAUUSD.off", {"trade_mode": SymbolTradeMode.DISABLED}, id="off"
        ),
    ],
)  # fmt: skip
def test_a_symbol_shows_what_makes_it_special(
    open_desk: OpenDesk, broker: str, symbol: str, fields: dict[str, Any]
) -> None:
    row = symbols(at(open_desk, broker))[symbol]
    assert {name: getattr(row, name) for name in fields} == fields


@pytest.mark.parametrize(
    ("broker", "wanted", "use"),
    [
        ("Kontor-Demo", "hedging", "'netting'"),
        ("Bourse-Demo", "netting", "'exchange'"),
        ("Liberty-Demo", "exchange", "'hedging'"),
        ("Meridian-Demo", 1, "'hedging' or 'netting'"),
    ],
)
def test_a_kind_of_account_that_is_not_offered_is_refused_with_what_is(
    open_desk: OpenDesk, broker: str, wanted: str | int, use: str
) -> None:
    with pytest.raises(ServerRefusal, match=f"use {use}"):
        open_desk(broker, margin_mode=wanted)


def test_without_a_feed_nothing_made_from_it_is_sold() -> None:
    sold = {symbol.name for symbol in profile_for("Kontor-Demo", {"EURUSD": 5}).symbols}
    assert sold == {"EURUSD.k", "EURUSD.cash", "USDJPY.k", "GER30"}


def test_feeds_nobody_thought_of_are_sold_plainly() -> None:
    feeds = {**DIGITS, "GBPUSD": 5}
    assert "GBPUSD" in {symbol.name for symbol in profile_for("Liberty-Demo", feeds).symbols}
    assert "GBPUSD.c" in {symbol.name for symbol in profile_for("Apex-Demo", feeds).symbols}
    assert "GBPUSD" not in {symbol.name for symbol in profile_for("Bourse-Demo", feeds).symbols}


def test_a_stranger_sells_plainly() -> None:
    stranger = profile_for("Somebody-Live", DIGITS)
    assert [symbol.name for symbol in stranger.symbols] == ["EURUSD", "XAUUSD"]
    assert stranger.margin_modes == tuple(MarginMode)


@pytest.mark.parametrize(
    ("kind", "wanted", "of"),
    [
        (CalcMode, {0, 1, 2, 3, 4, 5, 32, 33, 37}, "calc_mode"),
        (Execution, set(Execution), "execution"),
        (SymbolTradeMode, set(SymbolTradeMode), "trade_mode"),
        (SwapMode, set(SwapMode), "swap_mode"),
        (ChartMode, set(ChartMode), "chart_mode"),
    ],
)
def test_every_kind_is_on_sale_somewhere(kind: type, wanted: set[int], of: str) -> None:
    sold = {getattr(symbol, of) for house in houses() for symbol in house.symbols}
    assert sold == wanted


def test_every_house_rule_is_kept_somewhere() -> None:
    assert any(house.fifo_close and not house.hedging_allowed for house in houses())
    assert any(house.renumbers_at_rollover for house in houses())
    assert any(not house.shows_fill_price for house in houses())
    assert any(house.requests_per_second and house.limit_positions for house in houses())
    assert {house.stop_out_mode for house in houses()} == set(StopOutMode)
    assert len({house.clock_offset_ms for house in houses()}) == 4


def houses() -> list[BrokerProfile]:
    return [profile_for(name, DIGITS) for name in SHOPS]


def test_a_profile_knows_its_smallest_steps() -> None:
    symbol = SymbolProfile(name="x", feed="EURUSD", digits=4, tick_points=5, contract_size=1_000.0)
    assert (symbol.point, symbol.tick_size, symbol.tick_worth) == (0.0001, 0.0005, 0.5)
