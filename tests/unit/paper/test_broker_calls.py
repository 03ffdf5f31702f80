"""What the other calls show: accounts, symbols, history, logins, and refusals by code."""

from collections.abc import Callable

import pytest

from domain.mt5_words import OrderType
from paper.service.world import ServerRefusal, Wish
from paper.wire.mt5_fields import FIELDS
from tests.unit.paper.desk import KEY, Desk, named

OpenDesk = Callable[..., Desk]
KINDS = {"i": int, "f": float, "s": str, "b": bool}
DAY_S = 86_400


def wish(**fields: object) -> Wish:
    usual: dict[str, object] = {
        "key": "other", "broker": "FTMO-Demo", "deposit": 1_000.0, "currency": "USD",
        "leverage": 100, "margin_mode": "hedging",
    }  # fmt: skip
    return Wish(**{**usual, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("verb", "args", "kind"),
    [
        ("account_info", (), "AccountInfo"),
        ("terminal_info", (), "TerminalInfo"),
        ("symbol_info", ("XAUUSD",), "SymbolInfo"),
        ("symbol_info_tick", ("EURUSD",), "Tick"),
    ],
)
def test_a_row_has_metatraders_fields_and_their_types(
    desk: Desk, verb: str, args: tuple[str, ...], kind: str
) -> None:
    row = desk.ask(verb, *args)
    wanted = [KINDS[field.partition(":")[2]] for field in FIELDS[kind].split()]
    assert [type(value) for value in row] == wanted


@pytest.mark.parametrize(
    ("verb", "kind"),
    [
        ("positions_get", "TradePosition"),
        ("history_orders_get", "TradeOrder"),
        ("history_deals_get", "TradeDeal"),
    ],
)
def test_lists_have_metatraders_fields_and_their_types(desk: Desk, verb: str, kind: str) -> None:
    desk.send()
    how = ("all", None) if verb == "positions_get" else ("window", [0, 2**40])
    wanted = [KINDS[field.partition(":")[2]] for field in FIELDS[kind].split()]
    for row in desk.ask(verb, *how):
        assert [type(value) for value in row] == wanted


@pytest.mark.parametrize(
    ("broker", "symbols"),
    [
        ("FTMO-Demo", {"EURUSD": (5, 100_000.0), "XAUUSD": (2, 100.0)}),
        ("Apex-Demo", {"EURUSD.c": (5, 100_000.0), "GOLD": (2, 100.0)}),
        ("Harbor-Demo", {"EURUSDm": (5, 100_000.0), "XAUUSDm": (3, 100.0)}),
        ("Union-Demo", {"EURUSD.pro": (5, 100_000.0), "GOLD.pro": (2, 10.0)}),
        ("Somebody-Live", {"EURUSD": (5, 100_000.0), "XAUUSD": (2, 100.0)}),
    ],
)
def test_brokers_differ_in_names_digits_and_contracts(
    open_desk: OpenDesk, broker: str, symbols: dict[str, tuple[int, float]]
) -> None:
    rows = [named("SymbolInfo", row) for row in open_desk(broker).ask("symbols_get")]
    assert {row.name: (row.digits, row.trade_contract_size) for row in rows} == symbols


def test_prices_are_rounded_to_the_brokers_digits(desk: Desk) -> None:
    desk.quote("XAUUSD", 1286.076, 1286.432)
    tick = named("Tick", desk.ask("symbol_info_tick", "XAUUSD"))
    assert (tick.bid, tick.ask) == (1286.08, 1286.43)


def test_symbols_are_found_by_group(desk: Desk) -> None:
    assert len(desk.ask("symbols_get", "*USD,!XAU*")) == 1


@pytest.mark.parametrize("verb", ["symbol_info", "symbol_info_tick"])
def test_an_unknown_symbol_is_not_found(desk: Desk, verb: str) -> None:
    with pytest.raises(ServerRefusal) as refused:
        desk.ask(verb, "NOPE")
    assert refused.value.code == -4


def test_margin_and_profit_follow_the_formulas(desk: Desk) -> None:
    assert desk.ask("order_calc_margin", 0, "EURUSD", 1.0, 1.1) == 1100.0
    assert desk.ask("order_calc_margin", 0, "XAUUSD", 1.0, 1286.0) == 1286.0
    assert desk.ask("order_calc_profit", 0, "XAUUSD", 1.0, 1280.0, 1281.0) == 100.0
    assert desk.ask("order_calc_profit", 1, "EURUSD", 0.5, 1.1, 1.101) == -50.0


def test_another_currency_is_reached_through_the_quotes(desk: Desk) -> None:
    desk.world.ensure_account(wish(currency="EUR"), desk.utc_ms)
    desk.ask("initialize", "other", 0, "", "", 1000)
    profit = desk.ask("order_calc_profit", 0, "EURUSD", 1.0, 1.1, 1.101)
    assert profit == round(100 / 1.3861, 2)
    assert desk.ask("order_calc_margin", 0, "EURUSD", 1.0, 1.1) == 1000.0


def test_of_opposite_positions_only_the_larger_side_needs_margin(desk: Desk) -> None:
    desk.send(volume=0.3)
    alone = desk.account().margin
    desk.send(volume=0.2, type=OrderType.SELL)
    assert desk.account().margin == alone


def test_margin_level_is_zero_without_margin(desk: Desk) -> None:
    assert desk.account().margin_level == 0.0


def test_history_windows_include_both_ends_in_server_time(desk: Desk) -> None:
    desk.send()
    second = desk.deals()[-1].time
    assert desk.ask("history_deals_total", [second, second]) == 2
    assert desk.ask("history_orders_total", [second, second]) == 1
    assert desk.ask("history_deals_total", [second + 1, second + DAY_S]) == 0


def test_a_deal_is_found_by_its_ticket_and_by_its_orders(desk: Desk) -> None:
    answer = desk.send()
    by_deal = desk.ask("history_deals_get", "ticket", [answer.deal])
    by_order = desk.ask("history_deals_get", "ticket", [answer.order])
    assert by_deal == by_order != []
    assert desk.ask("history_deals_get", "ticket", [1]) == []


def test_positions_are_found_by_ticket_and_symbol(desk: Desk) -> None:
    ticket = desk.send().order
    assert len(desk.ask("positions_get", "ticket", ticket)) == 1
    assert desk.ask("positions_get", "ticket", 1) == []
    assert desk.ask("positions_get", "symbol", "XAUUSD") == []
    assert desk.ask("positions_total") == 1
    assert desk.ask("orders_get", "all", None) == []


def test_a_held_symbol_stays_in_market_watch(desk: Desk) -> None:
    desk.send()
    with pytest.raises(ServerRefusal):
        desk.ask("symbol_select", "EURUSD", False)
    assert desk.ask("symbol_select", "XAUUSD", False) is True
    assert named("SymbolInfo", desk.ask("symbol_info", "XAUUSD")).select is False


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("symbol_info", ()),
        ("symbol_info", (5,)),
        ("positions_get", ("colour", 1)),
        ("history_deals_get", ("window", [])),
        ("order_send", ([1, "x"],)),
        ("order_calc_margin", (0, "EURUSD", "much", 1.1)),
    ],
)
def test_arguments_of_the_wrong_kind_answer_minus_2(
    desk: Desk, verb: str, args: tuple[object, ...]
) -> None:
    with pytest.raises(ServerRefusal) as refused:
        desk.ask(verb, *args)
    assert refused.value.code == -2


def test_an_unknown_call_is_unsupported(desk: Desk) -> None:
    with pytest.raises(ServerRefusal) as refused:
        desk.ask("no_such_call")
    assert refused.value.code == -7


def test_an_account_is_made_once_per_terminal(desk: Desk) -> None:
    again = desk.world.ensure_account(wish(key=KEY), desk.utc_ms)
    assert again is desk.terminal
    assert desk.account().balance == 100_000.0


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param(
            {"key": KEY, "broker": "Apex-Demo"}, "belongs to FTMO-Demo", id="other broker"
        ),
        pytest.param({"key": KEY, "login": 5}, "holds login", id="other login"),
        pytest.param({"login": 10_000_001}, "already taken", id="login taken"),
        pytest.param({"margin_mode": "sideways"}, "wanted one of", id="unknown margin mode"),
        pytest.param({"currency": "JPY"}, "needs rates", id="no rate"),
        pytest.param({"leverage": 0}, "leverage of 1 or more", id="no leverage"),
        pytest.param({"deposit": float("nan")}, "deposit of 0 or more", id="no number"),
    ],
)
def test_an_account_that_cannot_be_had_is_refused_with_words(
    desk: Desk, fields: dict[str, object], words: str
) -> None:
    with pytest.raises(ServerRefusal, match=words) as refused:
        desk.world.ensure_account(wish(**fields), desk.utc_ms)
    assert refused.value.code == -2
    assert "other" not in desk.world.terminals


def test_a_terminal_that_is_not_there_cannot_be_started(desk: Desk) -> None:
    with pytest.raises(ServerRefusal, match="'nowhere'"):
        desk.ask("initialize", "nowhere", 0, "", "", 1000)


def test_a_login_switches_the_terminal_for_everybody(desk: Desk) -> None:
    other = desk.world.ensure_account(wish(), desk.utc_ms)
    desk.ask("login", other.login, "", "", 1000)
    assert desk.account().login == other.login == desk.terminal.login


def test_a_wrong_login_is_refused_and_changes_nothing(desk: Desk) -> None:
    before = desk.account().login
    with pytest.raises(ServerRefusal) as refused:
        desk.ask("login", 4, "", "", 1000)
    assert refused.value.code == -6
    assert desk.account().login == before


def test_two_brokers_count_their_tickets_apart(desk: Desk, open_desk: OpenDesk) -> None:
    other = open_desk("Apex-Demo")
    assert abs(desk.send().order - other.send(symbol="EURUSD.c", type_filling=0).order) > 1_000_000
