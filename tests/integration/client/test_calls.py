"""The client against a stand-in server: what it asks, and what it makes of the answers."""

import gc
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest

from tests.integration.client.answers import hang_up, refuse
from tests.stand_in_terminal import Refusal, StandInTerminal, row
from tests.waiting import eventually

pytestmark = pytest.mark.integration

OK = (1, "Success")
LOST_IN_CALL = (-10002, "IPC recv failed")
OFFLINE = (-10004, "No IPC connection")
WHEN = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
WHEN_S = 1704164645
REQUEST: dict[str, Any] = {
    "action": 1, "symbol": "EURUSD", "volume": 0.1, "type": 0, "price": 1.1, "sl": 1.0, "tp": 1.2,
    "deviation": 20, "magic": 234000, "comment": "python script open", "type_time": 0,
    "type_filling": 1, "zzz": 5,
}  # fmt: skip
REQUEST_ROW = [
    1, 234000, 0, "EURUSD", 0.1, 1.1, 0.0, 1.0, 1.2, 20, 0, 1, 0, 0, "python script open", 0, 0,
]  # fmt: skip
EMPTY_REQUEST_ROW = [0, 0, 0, "", 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0, 0, 0, 0, "", 0, 0]

CALLS: dict[str, tuple[str, Any]] = {
    "positions_get": ("positions_get", lambda m: m.positions_get()),
    "positions_get symbol": ("positions_get", lambda m: m.positions_get(symbol="X")),
    "positions_total": ("positions_total", lambda m: m.positions_total()),
    "orders_get": ("orders_get", lambda m: m.orders_get()),
    "symbols_get": ("symbols_get", lambda m: m.symbols_get()),
    "symbol_info": ("symbol_info", lambda m: m.symbol_info("X")),
    "tick": ("symbol_info_tick", lambda m: m.symbol_info_tick("X")),
    "deals": ("history_deals_get", lambda m: m.history_deals_get(WHEN, WHEN)),
    "deals position": ("history_deals_get", lambda m: m.history_deals_get(position=1)),
    "orders history": ("history_orders_get", lambda m: m.history_orders_get(WHEN, WHEN)),
    "deals total": ("history_deals_total", lambda m: m.history_deals_total(WHEN, WHEN)),
    "order_send": ("order_send", lambda m: m.order_send(REQUEST)),
    "order_check": ("order_check", lambda m: m.order_check(REQUEST)),
    "margin": ("order_calc_margin", lambda m: m.order_calc_margin(0, "X", 1.0, 1.0)),
    "account": ("account_info", lambda m: m.account_info()),
    "terminal": ("terminal_info", lambda m: m.terminal_info()),
    "symbols_total": ("symbols_total", lambda m: m.symbols_total()),
    "symbols group": ("symbols_get", lambda m: m.symbols_get(group="E*")),
    "orders_total": ("orders_total", lambda m: m.orders_total()),
    "orders group": ("orders_get", lambda m: m.orders_get(group="E*")),
    "orders history position": (
        "history_orders_get", lambda m: m.history_orders_get(position=1),
    ),
    "orders history group": (
        "history_orders_get", lambda m: m.history_orders_get(WHEN, WHEN, group="*"),
    ),
    "orders history total": (
        "history_orders_total", lambda m: m.history_orders_total(WHEN, WHEN),
    ),
    "profit": ("order_calc_profit", lambda m: m.order_calc_profit(0, "X", 1.0, 1.0, 1.0)),
    "book": ("market_book_get", lambda m: m.market_book_get("X")),
}  # fmt: skip
BY_TICKET: dict[str, tuple[str, Any]] = {
    "positions": ("positions_get", lambda m: m.positions_get(ticket=1)),
    "orders": ("orders_get", lambda m: m.orders_get(ticket=1)),
    "deals": ("history_deals_get", lambda m: m.history_deals_get(ticket=1)),
    "orders history": ("history_orders_get", lambda m: m.history_orders_get(ticket=1)),
}
TEXTS = {
    -1: "Terminal: Call failed", -2: "Terminal: Invalid params", -3: "Terminal: Out of memory",
    -4: "Terminal: Not found", -6: "Terminal: Authorization failed",
    -5: "Terminal: Incompatible versions, please install the latest version of Terminal and "
    "Python module",
    -7: "Terminal: Unsupported function", -8: "Terminal: Call failed",
    -9: "Terminal: Call failed", -10000: "IPC call failed", -10005: "IPC timeout",
}  # fmt: skip
NO_ROBOTS = "Auto-Trading using Python API disabled in Terminal"
OTP = "Unsupported authorization mode, OTP or certificate password needed"


def test_initialize_says_hello_and_hands_over_path_and_login(
    server: StandInTerminal, offline: ModuleType
) -> None:
    assert offline.initialize("ftmo", login=12345, password="pw", server="Demo", timeout=3000)
    assert offline.last_error() == OK
    assert [verb for verb, _ in server.asked] == ["hello", "initialize"]
    assert server.asked_for("hello")[0][0] == 1
    assert server.asked_for("initialize") == [["ftmo", 12345, "pw", "Demo", 3000]]


def test_initialize_without_timeout_waits_the_usual_minute(
    server: StandInTerminal, offline: ModuleType
) -> None:
    assert offline.initialize(path="ftmo", portable=True, unknown=5)
    assert server.asked_for("initialize") == [["ftmo", 0, "", "", 60000]]


def test_without_a_server_initialize_says_what_it_could_not_start(
    server: StandInTerminal, offline: ModuleType
) -> None:
    server.close()
    assert offline.initialize("ftmo") is False
    assert offline.last_error() == (-10003, "IPC initialize failed, Process create failed 'ftmo'")
    assert offline.initialize() is False
    assert offline.last_error() == (-10003, "IPC initialize failed, MetaTrader 5 x64 not found")
    assert offline.account_info() is None
    assert offline.last_error() == OFFLINE


@pytest.mark.parametrize(
    ("code", "payload", "error"),
    [
        (-10005, "", (-10005, "IPC timeout")), (-6, "", (-6, "Terminal: Authorization failed")),
        (-7, "", (-7, OTP)), (-1, "", (-1, "Terminal: Call failed")), (-5, "", (-5, TEXTS[-5])),
        (-10003, "Path too long", (-10003, "IPC initialize failed, Path too long")),
    ],
    ids=["never authorised", "refused", "needs OTP", "other", "old version", "no terminal"],
)  # fmt: skip
def test_a_failed_initialize_leaves_no_connection(
    server: StandInTerminal, offline: ModuleType, code: int, payload: str, error: tuple[int, str]
) -> None:
    server.answer("initialize", refuse(code, payload))
    assert offline.initialize("ftmo") is False
    assert offline.last_error() == error
    assert offline.positions_total() is None
    assert offline.last_error() == OFFLINE


@pytest.mark.parametrize(("code", "text"), [(-6, TEXTS[-6]), (-7, OTP), (-10005, "IPC timeout")])
def test_a_failed_login_leaves_the_connection_usable(
    server: StandInTerminal, online: ModuleType, code: int, text: str
) -> None:
    server.answer("login", refuse(code))
    server.answer("positions_total", 3)
    assert online.login(5, "p", "s") is False
    assert online.last_error() == (code, text)
    assert server.asked_for("login") == [[5, "p", "s", 60000]]
    assert online.positions_total() == 3


def test_results_have_metatraders_types_and_fields(
    terminal: StandInTerminal, client: ModuleType
) -> None:
    answers: dict[str, Any] = {
        "version": [500, 6231, "20 Nov 2026"], "symbols_total": 11, "positions_total": 7,
        "orders_total": 8, "history_orders_total": 9, "history_deals_total": 10,
        "order_calc_margin": 12.34, "order_calc_profit": -5.5, "symbol_select": True,
        "symbols_get": [row("SymbolInfo")], "symbol_info": row("SymbolInfo"),
        "symbol_info_tick": row("Tick"), "positions_get": [row("TradePosition")],
        "orders_get": [row("TradeOrder")], "history_orders_get": [row("TradeOrder")],
        "history_deals_get": [row("TradeDeal")], "account_info": row("AccountInfo"),
        "terminal_info": row("TerminalInfo"),
    }  # fmt: skip
    for verb, payload in answers.items():
        terminal.answer(verb, payload)
    assert client.version() == (500, 6231, "20 Nov 2026")
    assert client.symbols_total() == 11
    assert client.positions_total() == 7
    assert client.orders_total() == 8
    assert client.history_orders_total(WHEN, WHEN) == 9
    assert client.history_deals_total(0, 1.5) == 10
    assert client.order_calc_margin(0, "EURUSD", 1, 1.1) == 12.34
    assert client.order_calc_profit(0, "EURUSD", 1.0, 1.1, 1.2) == -5.5
    assert client.symbol_select("EURUSD") is True
    (position,) = client.positions_get()
    assert type(position) is client.TradePosition
    assert (position.ticket, position.volume, position.comment) == (1, 9.5, "s_comment")
    assert type(client.orders_get(symbol="EURUSD")[0]) is client.TradeOrder
    assert type(client.history_orders_get(WHEN, WHEN)[0]) is client.TradeOrder
    assert type(client.history_deals_get(position=9)[0]) is client.TradeDeal
    assert type(client.symbols_get("*USD*")[0]) is client.SymbolInfo
    assert client.symbol_info("EURUSD").spread_float is True
    assert repr(client.symbol_info_tick("EURUSD")) == (
        "Tick(time=1, bid=1.5, ask=2.5, last=3.5, volume=5, time_msc=6, flags=7, volume_real=7.5)"
    )
    assert client.account_info().trade_allowed is True
    assert client.terminal_info().connected is False
    assert client.last_error() == OK


ASKED: list[tuple[str, Any, str, list[Any]]] = [
    ("ticket", lambda m: m.positions_get(ticket=5, symbol="X"), "positions_get", ["ticket", 5]),
    ("symbol", lambda m: m.orders_get(symbol="X", group="*"), "orders_get", ["symbol", "X"]),
    ("group", lambda m: m.positions_get(group="*"), "positions_get", ["all", None]),
    ("all", lambda m: m.positions_get(), "positions_get", ["all", None]),
    ("window", lambda m: m.history_deals_get(WHEN, 1.9), "history_deals_get",
     ["window", [WHEN_S, 1]]),
    ("dates win", lambda m: m.history_deals_get(1, 2, ticket=3, position=4), "history_deals_get",
     ["window", [1, 2]]),
    ("ticket wins", lambda m: m.history_deals_get(ticket=3, position=9), "history_deals_get",
     ["ticket", [3]]),
    ("position", lambda m: m.history_orders_get(position=9), "history_orders_get",
     ["position", [9]]),
    ("window total", lambda m: m.history_orders_total(1, 2), "history_orders_total", [[1, 2]]),
    ("symbols", lambda m: m.symbols_get(), "symbols_get", ["*"]),
    ("symbols group", lambda m: m.symbols_get(group="E*,!X"), "symbols_get", ["E*,!X"]),
    ("symbols of an empty group", lambda m: m.symbols_get(group=""), "symbols_get", ["*"]),
    ("symbols, named last", lambda m: m.symbols_get("A*", group="B*"), "symbols_get", ["B*"]),
    ("hide", lambda m: m.symbol_select("E", 0), "symbol_select", ["E", False]),
    ("margin", lambda m: m.order_calc_margin(1, "E", 2, 3), "order_calc_margin",
     [1, "E", 2.0, 3.0]),
    ("send", lambda m: m.order_send(REQUEST), "order_send", [REQUEST_ROW]),
    ("send keywords", lambda m: m.order_send(**REQUEST), "order_send", [REQUEST_ROW]),
    ("send request=", lambda m: m.order_send(request=REQUEST), "order_send", [EMPTY_REQUEST_ROW]),
    ("check", lambda m: m.order_check({}), "order_check", [EMPTY_REQUEST_ROW]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "verb", "args"), [case[1:] for case in ASKED], ids=[case[0] for case in ASKED]
)
def test_the_server_is_asked_exactly_what_was_meant(
    terminal: StandInTerminal, client: ModuleType, call: Any, verb: str, args: list[Any]
) -> None:
    terminal.answer(verb, refuse(-1))
    call(client)
    assert client.last_error() == (-1, "Terminal: Call failed")
    assert terminal.asked_for(verb) == [args]


def test_an_order_result_echoes_the_parsed_request(
    terminal: StandInTerminal, client: ModuleType
) -> None:
    terminal.answer("order_send", lambda args: row("OrderSendResult", request=args[0]))
    terminal.answer("order_check", lambda args: row("OrderCheckResult", request=args[0]))
    sent = client.order_send(REQUEST)
    assert repr(sent) == (
        "OrderSendResult(retcode=1, deal=2, order=3, volume=3.5, price=4.5, bid=5.5, ask=6.5, "
        "comment='s_comment', request_id=9, retcode_external=10, request=TradeRequest(action=1, "
        "magic=234000, order=0, symbol='EURUSD', volume=0.1, price=1.1, stoplimit=0.0, sl=1.0, "
        "tp=1.2, deviation=20, type=0, type_filling=1, type_time=0, expiration=0, "
        "comment='python script open', position=0, position_by=0))"
    )
    assert client.order_send(sent.request._asdict()).request == sent.request
    assert client.order_check(REQUEST).request == sent.request


def test_groups_are_filtered_here_and_an_empty_answer_is_a_success(
    terminal: StandInTerminal, client: ModuleType
) -> None:
    held = [row("TradePosition", symbol=symbol) for symbol in ("EURUSD", "XAUUSD", "EURUSD")]
    terminal.answer("positions_get", held)
    terminal.answer("history_deals_get", [row("TradeDeal", symbol="XAUUSD")])
    assert len(client.positions_get(group="*,!XAU*")) == 2
    assert client.positions_get(group="") == ()
    assert len(client.history_deals_get(1, 2, group="XAU*")) == 1
    assert client.history_deals_get(1, 2, group="*ZZ*") == ()
    assert client.last_error() == OK
    terminal.answer("positions_get", [])
    assert client.positions_get() == ()
    assert client.last_error() == OK


@pytest.mark.parametrize("name", CALLS)
def test_every_server_code_becomes_none_and_its_text(
    terminal: StandInTerminal, client: ModuleType, name: str
) -> None:
    verb, call = CALLS[name]
    for code, usual in TEXTS.items():
        terminal.answer(verb, refuse(code))
        text = NO_ROBOTS if (name, code) == ("order_send", -8) else usual
        assert call(client) is None
        assert client.last_error() == (code, text)


@pytest.mark.parametrize("name", BY_TICKET)
def test_an_unknown_ticket_is_an_empty_success(
    terminal: StandInTerminal, client: ModuleType, name: str
) -> None:
    verb, call = BY_TICKET[name]
    terminal.answer(verb, refuse(-4))
    assert call(client) == ()
    assert client.last_error() == OK
    terminal.answer(verb, refuse(-1))
    assert call(client) is None
    assert client.last_error() == (-1, "Terminal: Call failed")


OTHERWISE: dict[str, tuple[str, Any, Any]] = {
    "version": ("version", lambda m: m.version(), (0, 0, "")),
    "select": ("symbol_select", lambda m: m.symbol_select("X"), False),
    "login": ("login", lambda m: m.login(1), False),
}


@pytest.mark.parametrize("name", [*CALLS, *BY_TICKET, *OTHERWISE])
def test_any_call_answered_with_something_else_is_a_failed_receive(
    terminal: StandInTerminal, client: ModuleType, name: str
) -> None:
    table: dict[str, Any] = {**CALLS, **BY_TICKET, **OTHERWISE}
    verb, call, failure = (*table[name], None)[:3]
    payloads: tuple[Any, ...] = (b"", {}, [[[]]], "text", None)
    for payload in payloads:
        terminal.answer(verb, payload)
        assert call(client) == failure, payload
        assert client.last_error() == LOST_IN_CALL, payload


@pytest.mark.parametrize("name", OTHERWISE)
def test_some_calls_fail_with_another_value_than_none(
    terminal: StandInTerminal, client: ModuleType, name: str
) -> None:
    verb, call, failure = OTHERWISE[name]
    for code, usual in TEXTS.items():
        terminal.answer(verb, refuse(code))
        assert call(client) == failure
        text = OTP if (name, code) == ("login", -7) else usual
        assert client.last_error() == (code, text)


@pytest.mark.parametrize("answer", [refuse(0), refuse(3), refuse(7), [[1, 2]], "text"])
def test_a_malformed_answer_is_a_failed_receive_and_the_connection_stays(
    terminal: StandInTerminal, client: ModuleType, answer: Any
) -> None:
    terminal.answer("positions_get", answer)
    assert client.positions_get() is None
    assert client.last_error() == LOST_IN_CALL
    terminal.answer("positions_get", [])
    assert client.positions_get() == ()


def test_a_server_that_dies_in_a_call_leaves_the_outcome_unknown(
    server: StandInTerminal, online: ModuleType
) -> None:
    server.answer("order_send", hang_up)
    assert online.order_send(REQUEST) is None
    assert online.last_error() == LOST_IN_CALL
    for _ in range(2):
        assert online.order_send(REQUEST) is None
        assert online.last_error() == OFFLINE
    assert len(server.asked_for("order_send")) == 1
    assert online.initialize("ftmo") is True
    server.answer("positions_total", 1)
    assert online.positions_total() == 1


@pytest.mark.parametrize("name", ["account_info", "terminal_info", "symbol_info_tick"])
def test_pushed_figures_do_not_outlive_the_server(
    server: StandInTerminal, online: ModuleType, name: str
) -> None:
    args = ["EURUSD"] if name == "symbol_info_tick" else []
    server.wait_for_subscriptions()
    server.push_account(balance=5.0)
    server.push_tick("EURUSD", 1.5)
    assert eventually(lambda: quietly(server, online, name, args))
    server.hang_up()
    eventually(lambda: getattr(online, name)(*args) is None)
    assert online.last_error() == OFFLINE


def quietly(server: StandInTerminal, mt5: ModuleType, name: str, args: list[Any]) -> Any:
    """The answer, once it comes without asking the server."""
    server.answer(name, refuse(-1))
    return getattr(mt5, name)(*args)


def test_pushed_figures_are_read_without_asking(
    server: StandInTerminal, online: ModuleType
) -> None:
    server.wait_for_subscriptions()
    server.push_account(balance=5.0)
    server.push_tick("EURUSD", 1.5)
    assert eventually(lambda: quietly(server, online, "symbol_info_tick", ["EURUSD"])).bid == 1.5
    server.asked.clear()
    assert online.account_info().balance == 5.0
    assert online.terminal_info().company == "s_company"
    assert server.asked == []
    server.push_account(balance=6.0)
    eventually(lambda: online.account_info().balance == 6.0)
    assert server.asked == []


def test_before_the_first_push_figures_are_asked_for_every_time(
    server: StandInTerminal, online: ModuleType
) -> None:
    server.answer("account_info", row("AccountInfo", balance=1.0))
    assert online.account_info().balance == 1.0
    server.answer("account_info", row("AccountInfo", balance=2.0))
    assert online.account_info().balance == 2.0


def test_a_quiet_symbol_is_asked_for_once_when_nothing_can_be_missed_any_more(
    server: StandInTerminal, online: ModuleType
) -> None:
    server.wait_for_subscriptions()
    server.push_tick("EURUSD", 1.5)
    eventually(lambda: quietly(server, online, "symbol_info_tick", ["EURUSD"]))
    server.answer("symbol_info_tick", row("Tick", bid=9.0))
    server.asked.clear()
    assert online.symbol_info_tick("XAUUSD").bid == 9.0
    assert online.symbol_info_tick("XAUUSD").bid == 9.0
    assert len(server.asked) == 1


def test_a_topic_that_only_begins_like_ours_is_not_ours(
    server: StandInTerminal, online: ModuleType
) -> None:
    server.wait_for_subscriptions()
    server.push(b"t:Stand-In-2", ["EURUSD", 1, 7.0, 7.1, 0.0, 0, 1000, 6, 0.0])
    server.push_tick("EURUSD", 1.5)
    assert eventually(lambda: quietly(server, online, "symbol_info_tick", ["EURUSD"])).bid == 1.5


def test_a_change_of_positions_is_told_once(server: StandInTerminal, online: ModuleType) -> None:
    server.wait_for_subscriptions()
    assert online._positions_changed() is False
    for positions in (False, True):
        server.push_account(balance=5.0, positions=positions)
        assert online._hint_socket().poll(5000)
        eventually(online._positions_changed)
        assert online._positions_changed() is False


def test_a_push_without_a_change_of_positions_is_no_hint(
    server: StandInTerminal, online: ModuleType
) -> None:
    server.wait_for_subscriptions()
    server.push_account(balance=5.0)
    eventually(online._positions_changed)
    server.push_account(balance=6.0)
    eventually(lambda: quietly(server, online, "account_info", []).balance == 6.0)
    assert online._positions_changed() is False


def test_login_moves_the_ear_to_the_other_account(
    server: StandInTerminal, online: ModuleType
) -> None:
    hint = online._hint_socket()
    server.wait_for_subscriptions()
    server.push_account(balance=5.0)
    eventually(lambda: quietly(server, online, "account_info", []))
    server.answer("login", {"pub_port": server.pub_port, "key": "other", "broker": "Other"})
    server.answer("account_info", row("AccountInfo", balance=77.0))
    assert online.login(2) is True
    assert online.account_info().balance == 77.0
    assert online._hint_socket() is hint


def test_a_second_initialize_drops_the_first_connection(
    server: StandInTerminal, online: ModuleType
) -> None:
    assert online.initialize("other") is True
    server.answer("positions_total", 1)
    assert online.positions_total() == 1
    assert [args[0] for args in server.asked_for("initialize")] == ["ftmo", "other"]


def test_an_answer_to_an_interrupted_call_is_not_taken_for_the_next_one(
    server: StandInTerminal, online: ModuleType
) -> None:
    def interrupt(_: list[Any]) -> int:
        raise Refusal(1, 7)

    server.answer("positions_total", interrupt)
    connection = online._session._connection
    connection._send([connection._last_id + 1, "positions_total", []])
    connection._last_id += 1
    server.answer("orders_total", 8)
    assert online.orders_total() == 8


def test_shutdown_gives_everything_back(server: StandInTerminal, online: ModuleType) -> None:
    hint = online._hint_socket()
    assert online.shutdown() is True
    assert online.last_error() == OK
    assert hint.closed
    assert online.positions_get() is None
    assert online.last_error() == OFFLINE
    assert online.symbols_total() is None
    assert online.last_error() == OFFLINE
    gc.collect()
