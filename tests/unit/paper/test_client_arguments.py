"""Every refusal that comes before the connection is looked at, as MetaTrader's module answered.

No server runs here. A call that is in order ends with -10004 (symbols_*: -5), a call that is not
ends with -2, a TypeError or a SystemError. The tables follow recorded answers of the real module.
"""

import enum
import types
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest

from paper.module.arguments import moment_s
from tests.client_copies import fresh_client

OFFLINE = (-10004, "No IPC connection")
OLD = (
    -5,
    "Terminal: Incompatible versions, please install the latest version of Terminal and "
    "Python module",
)
INVALID = (-2, "Invalid arguments")
NUMBER = (-2, "Invalid number of arguments")
UNNAMED = (-2, "Unnamed arguments not allowed")
NOW = datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
REQUEST: dict[str, Any] = {
    "action": 1, "symbol": "EURUSD", "volume": 0.1, "type": 0, "price": 1.1, "sl": 0.0, "tp": 0.0,
    "deviation": 20, "magic": 234000, "comment": "x", "type_time": 0, "type_filling": 1,
}  # fmt: skip

Call = Callable[[Any], Any]


class NumpyLike:
    """An integer that is no int, as numpy's are."""

    def __index__(self) -> int:
        return 5


class Half(float):
    """A float subclass, as numpy.float64 is."""


class Deal(enum.IntEnum):
    DEAL = 1


@pytest.fixture
def mt5() -> ModuleType:
    return fresh_client()


def bad(key: str) -> tuple[int, str]:
    return (-2, f'Invalid "{key}" argument')


def unnamed(ordinal: str) -> tuple[int, str]:
    return (-2, f"Invalid {ordinal} unnamed argument")


def test_last_error_starts_empty_and_is_not_touched_by_reading(mt5: ModuleType) -> None:
    assert mt5.last_error() == (0, "")
    mt5.positions_get("EURUSD")
    assert mt5.last_error() == mt5.last_error() == UNNAMED


def test_every_call_starts_from_success(mt5: ModuleType) -> None:
    mt5.positions_get("EURUSD")
    assert mt5.shutdown() is True
    assert mt5.last_error() == (1, "Success")


ANSWERS: list[tuple[str, Call, Any, tuple[int, str]]] = [
    ("version", lambda m: m.version(), (0, 0, ""), OFFLINE),
    ("terminal_info", lambda m: m.terminal_info(), None, OFFLINE),
    ("account_info", lambda m: m.account_info(), None, OFFLINE),
    ("symbols_total", lambda m: m.symbols_total(), None, OLD),
    ("symbols_get", lambda m: m.symbols_get(), None, OLD),
    ("symbols_get positional", lambda m: m.symbols_get("*USD*"), None, OLD),
    ("symbols_get group", lambda m: m.symbols_get(group="*USD*"), None, OLD),
    ("symbols_get unknown keyword", lambda m: m.symbols_get(foo="*"), None, OLD),
    ("symbols_get group 1997", lambda m: m.symbols_get(group="S" * 1997), None, OLD),
    ("symbols_get group 1998", lambda m: m.symbols_get(group="S" * 1998), False, bad("group")),
    ("symbols_get group number", lambda m: m.symbols_get(group=5), False, bad("group")),
    ("symbols_get positional number", lambda m: m.symbols_get(5), False, unnamed("1st")),
    ("symbol_info nothing", lambda m: m.symbol_info(), None, INVALID),
    ("symbol_info", lambda m: m.symbol_info("EURUSD"), None, OFFLINE),
    ("symbol_info number", lambda m: m.symbol_info(1), None, INVALID),
    ("symbol_info 29 units", lambda m: m.symbol_info("S" * 29), None, OFFLINE),
    ("symbol_info 30 units", lambda m: m.symbol_info("S" * 30), None, INVALID),
    ("symbol_info_tick", lambda m: m.symbol_info_tick("EURUSD"), None, OFFLINE),
    ("symbol_info_tick nothing", lambda m: m.symbol_info_tick(), None, INVALID),
    ("symbol_select", lambda m: m.symbol_select("EURUSD"), False, OFFLINE),
    ("symbol_select truth", lambda m: m.symbol_select("EURUSD", "x"), False, OFFLINE),
    ("symbol_select nothing", lambda m: m.symbol_select(), False, INVALID),
    ("symbol_select 30 units", lambda m: m.symbol_select("S" * 30, True), False, INVALID),
    ("symbol_select three", lambda m: m.symbol_select("EURUSD", True, 1), False, INVALID),
    ("positions_total", lambda m: m.positions_total(), None, OFFLINE),
    ("orders_total", lambda m: m.orders_total(), None, OFFLINE),
    ("positions_get", lambda m: m.positions_get(), None, OFFLINE),
    ("positions_get positional", lambda m: m.positions_get("EURUSD"), None, UNNAMED),
    ("positions_get symbol", lambda m: m.positions_get(symbol="EURUSD"), None, OFFLINE),
    ("positions_get symbol None", lambda m: m.positions_get(symbol=None), None, bad("symbol")),
    ("positions_get symbol 30", lambda m: m.positions_get(symbol="S" * 30), None, bad("symbol")),
    ("positions_get ticket", lambda m: m.positions_get(ticket=123), None, OFFLINE),
    ("positions_get ticket text", lambda m: m.positions_get(ticket="x"), None, bad("ticket")),
    ("positions_get ticket None", lambda m: m.positions_get(ticket=None), None, bad("ticket")),
    ("positions_get numpy", lambda m: m.positions_get(ticket=NumpyLike()), None, bad("ticket")),
    ("positions_get unknown keyword", lambda m: m.positions_get(foo=1), None, OFFLINE),
    ("positions_get ticket wins", lambda m: m.positions_get(symbol=5, ticket=1), None, OFFLINE),
    ("positions_get group 1997", lambda m: m.positions_get(group="S" * 1997), None, OFFLINE),
    ("positions_get group 1998", lambda m: m.positions_get(group="S" * 1998), None, bad("group")),
    ("orders_get", lambda m: m.orders_get(), None, OFFLINE),
    ("orders_get ticket float", lambda m: m.orders_get(ticket=5.0), None, bad("ticket")),
    ("orders_get magic", lambda m: m.orders_get(magic=5.0), None, OFFLINE),
    ("history total", lambda m: m.history_orders_total(NOW, NOW), None, OFFLINE),
    ("history total nothing", lambda m: m.history_orders_total(), None, INVALID),
    ("history total backwards", lambda m: m.history_deals_total(9, 1), None, OFFLINE),
    ("history nothing", lambda m: m.history_deals_get(), None, INVALID),
    ("history dates", lambda m: m.history_deals_get(NOW, NOW), None, OFFLINE),
    ("history ints", lambda m: m.history_deals_get(0, 1), None, OFFLINE),
    ("history floats", lambda m: m.history_deals_get(1.5, 2.5), None, OFFLINE),
    ("history texts", lambda m: m.history_deals_get("a", "b"), None, INVALID),
    ("history days", lambda m: m.history_deals_get(date(2024, 1, 2), NOW), None, INVALID),
    ("history numpy", lambda m: m.history_deals_get(NumpyLike(), NOW), None, INVALID),
    ("history one date", lambda m: m.history_deals_get(NOW), None, INVALID),
    ("history three", lambda m: m.history_deals_get(NOW, NOW, "*"), None, INVALID),
    ("history keywords", lambda m: m.history_deals_get(date_from=NOW, date_to=NOW), None, INVALID),
    ("history group only", lambda m: m.history_deals_get(group="*"), None, INVALID),
    ("history group", lambda m: m.history_deals_get(NOW, NOW, group="*"), None, OFFLINE),
    ("history position", lambda m: m.history_deals_get(position=1), None, OFFLINE),
    ("history position text", lambda m: m.history_deals_get(position="1"), None, bad("position")),
    ("history ticket", lambda m: m.history_orders_get(ticket=1), None, OFFLINE),
    ("history ticket wins", lambda m: m.history_deals_get(ticket=1, position="1"), None, OFFLINE),
    ("history dates win", lambda m: m.history_deals_get(NOW, NOW, ticket="1"), None, OFFLINE),
    ("margin ints", lambda m: m.order_calc_margin(0, "EURUSD", 1, 1), None, OFFLINE),
    ("margin missing", lambda m: m.order_calc_margin(0, "EURUSD", 1), None, INVALID),
    ("profit ints", lambda m: m.order_calc_profit(0, "EURUSD", 1, 1, 1), None, OFFLINE),
    ("order_send", lambda m: m.order_send(REQUEST), None, OFFLINE),
    ("order_send nothing", lambda m: m.order_send(), None, NUMBER),
    ("order_send empty", lambda m: m.order_send({}), None, OFFLINE),
    ("order_send None", lambda m: m.order_send(None), None, INVALID),
    ("order_send request=", lambda m: m.order_send(request=REQUEST), None, OFFLINE),
    ("order_send keywords", lambda m: m.order_send(**REQUEST), None, OFFLINE),
    ("order_send two", lambda m: m.order_send(REQUEST, REQUEST), None, NUMBER),
    ("order_send mixed", lambda m: m.order_send(REQUEST, action=1), None, UNNAMED),
    ("order_send ordered", lambda m: m.order_send(OrderedDict(REQUEST)), None, OFFLINE),
    ("order_send proxy", lambda m: m.order_send(types.MappingProxyType(REQUEST)), None, INVALID),
    ("order_send list", lambda m: m.order_send([1]), None, INVALID),
    ("order_send request", lambda m: m.order_send(m.TradeRequest(range(17))), None, INVALID),
    ("order_send odd key", lambda m: m.order_send({1: 2}), None, OFFLINE),
    ("order_check", lambda m: m.order_check({**REQUEST, "volume": 1}), None, bad("volume")),
    ("login nothing", lambda m: m.login(), False, bad("login")),
    ("login", lambda m: m.login(1), False, OFFLINE),
    ("login bool", lambda m: m.login(True), False, OFFLINE),
    ("login largest", lambda m: m.login(2**64 - 1), False, OFFLINE),
    ("login text", lambda m: m.login("1"), False, unnamed("1st")),
    ("login float", lambda m: m.login(1.0), False, unnamed("1st")),
    ("login three", lambda m: m.login(1, "p", "s"), False, OFFLINE),
    ("login four", lambda m: m.login(1, "a", "b", 5), False, NUMBER),
    ("login second number", lambda m: m.login(1, 5), False, unnamed("2nd")),
    ("login third number", lambda m: m.login(1, "p", 5), False, unnamed("3rd")),
    ("login password number", lambda m: m.login(1, password=1), False, bad("password")),
    ("login password 253", lambda m: m.login(1, password="p" * 253), False, OFFLINE),
    ("login password 254", lambda m: m.login(1, password="p" * 254), False, bad("password")),
    ("login server 254", lambda m: m.login(1, server="p" * 254), False, bad("server")),
    ("login timeout", lambda m: m.login(1, timeout=5), False, OFFLINE),
    ("login timeout text", lambda m: m.login(1, timeout="5"), False, bad("timeout")),
    ("login unknown keyword", lambda m: m.login(1, otp="1"), False, OFFLINE),
    ("initialize number", lambda m: m.initialize(1), False, unnamed("1st")),
    ("initialize two", lambda m: m.initialize("a", "b"), False, NUMBER),
    ("initialize path number", lambda m: m.initialize(path=1), False, bad("path")),
    ("initialize path 258", lambda m: m.initialize(path="p" * 258), False, bad("path")),
    ("initialize login text", lambda m: m.initialize(login="x"), False, bad("login")),
    ("initialize timeout", lambda m: m.initialize(timeout="x"), False, bad("timeout")),
    ("initialize password", lambda m: m.initialize(password=1), False, bad("password")),
    ("initialize server", lambda m: m.initialize(server=1), False, bad("server")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "result", "error"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS]
)
def test_a_call_without_terminal_answers_as_metatraders_module(
    mt5: ModuleType, call: Call, result: Any, error: tuple[int, str]
) -> None:
    answer = call(mt5)
    assert (answer, type(answer)) == (result, type(result))
    assert mt5.last_error() == error


NO_ARGUMENTS = [
    "shutdown", "version", "last_error", "terminal_info", "account_info", "symbols_total",
    "orders_total", "positions_total",
]  # fmt: skip
POSITIONAL = [
    "symbol_info", "symbol_info_tick", "symbol_select", "history_orders_total",
    "history_deals_total", "order_calc_margin", "order_calc_profit",
]  # fmt: skip


@pytest.mark.parametrize("name", NO_ARGUMENTS)
def test_a_function_without_arguments_says_so_and_leaves_last_error_alone(
    mt5: ModuleType, name: str
) -> None:
    text = rf"^MetaTrader5\._core\.{name}\(\) takes no arguments \(1 given\)$"
    with pytest.raises(TypeError, match=text):
        getattr(mt5, name)(1)
    with pytest.raises(TypeError, match=rf"{name}\(\) takes no keyword arguments$"):
        getattr(mt5, name)(a=1)
    assert mt5.last_error() == (0, "")


@pytest.mark.parametrize("name", POSITIONAL)
def test_a_positional_function_takes_no_keywords(mt5: ModuleType, name: str) -> None:
    with pytest.raises(TypeError, match=rf"^{name}\(\) takes no keyword arguments$"):
        getattr(mt5, name)(symbol="EURUSD")
    assert mt5.last_error() == (0, "")


UNREPRESENTABLE: list[tuple[str, str, Call, tuple[int, str]]] = [
    ("negative ticket", "positions_get", lambda m: m.positions_get(ticket=-1), bad("ticket")),
    ("negative login", "login", lambda m: m.login(-1), unnamed("1st")),
    ("login too large", "login", lambda m: m.login(2**64), unnamed("1st")),
    ("negative timeout", "initialize", lambda m: m.initialize(timeout=-1), bad("timeout")),
    ("action text", "order_calc_margin", lambda m: m.order_calc_margin("0", "E", 1, 1), INVALID),
    ("price text", "order_calc_margin", lambda m: m.order_calc_margin(0, "E", 1, "1"), INVALID),
    ("price None", "order_calc_profit", lambda m: m.order_calc_profit(0, "E", 1, 1, None), INVALID),
    ("date too large", "history_deals_get", lambda m: m.history_deals_get(0, 2**31), OFFLINE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "call", "error"),
    [row[1:] for row in UNREPRESENTABLE],
    ids=[row[0] for row in UNREPRESENTABLE],
)
def test_what_c_cannot_hold_is_a_system_error(
    mt5: ModuleType, name: str, call: Call, error: tuple[int, str]
) -> None:
    expected = rf"^<built-in function {name}> returned a result with an exception set$"
    with pytest.raises(SystemError, match=expected):
        call(mt5)
    assert mt5.last_error() == error


ACCEPTED: list[tuple[str, Any]] = [
    ("volume", Half(0.1)), ("volume", float("nan")), ("volume", -1.0), ("price", float("inf")),
    ("stoplimit", 0.0), ("action", Deal.DEAL), ("action", True), ("action", 99),
    ("magic", 2**63), ("magic", 2**64 - 1), ("magic", 0), ("deviation", 2**31),
    ("deviation", 2**32), ("expiration", -1), ("expiration", 2**40), ("expiration", 1700000000),
    ("comment", ""), ("comment", "c" * 29), ("comment", "日本語"), ("comment", "😀" * 14),
    ("symbol", ""), ("symbol", "S" * 29), ("position_by", 1), ("zzz", 1),
]  # fmt: skip
REFUSED: list[tuple[str, Any]] = [
    ("volume", "0.1"), ("volume", 1), ("volume", Decimal("0.1")), ("volume", None), ("price", 1),
    ("price", None), ("sl", 0), ("sl", None), ("tp", 0), ("stoplimit", 0), ("action", "1"),
    ("type", 1.0), ("type", None), ("type", NumpyLike()), ("type_filling", None), ("magic", "1"),
    ("magic", None), ("magic", 1.0), ("magic", NumpyLike()), ("order", NumpyLike()),
    ("deviation", 1.5), ("position", "1"), ("position", 12.0), ("position", None),
    ("position_by", "1"), ("expiration", NOW), ("expiration", 1.5), ("symbol", 5),
    ("symbol", None), ("symbol", "S" * 30), ("comment", None), ("comment", 5), ("comment", b"x"),
    ("comment", "c" * 30), ("comment", "😀" * 15),
]  # fmt: skip
OUT_OF_RANGE: list[tuple[str, Any]] = [
    ("magic", -1), ("magic", 2**64), ("deviation", -1), ("deviation", 2**64), ("type", -1),
    ("type", 2**32), ("action", 2**32), ("type_time", 2**32), ("position", -1),
    ("expiration", 2**63),
]  # fmt: skip


def named(rows: list[tuple[str, Any]]) -> list[str]:
    return [f"{key}={value!r:.20} {type(value).__name__}" for key, value in rows]


@pytest.mark.parametrize("send", ["order_send", "order_check"])
@pytest.mark.parametrize(("key", "value"), ACCEPTED, ids=named(ACCEPTED))
def test_a_request_field_in_order_goes_on_to_the_connection(
    mt5: ModuleType, send: str, key: str, value: Any
) -> None:
    assert getattr(mt5, send)({**REQUEST, key: value}) is None
    assert mt5.last_error() == OFFLINE


@pytest.mark.parametrize(("key", "value"), REFUSED, ids=named(REFUSED))
def test_a_request_field_of_the_wrong_type_or_length_is_refused(
    mt5: ModuleType, key: str, value: Any
) -> None:
    assert mt5.order_send({**REQUEST, key: value}) is None
    assert mt5.last_error() == bad(key)


@pytest.mark.parametrize(("key", "value"), OUT_OF_RANGE, ids=named(OUT_OF_RANGE))
def test_a_request_number_that_c_cannot_hold_is_a_system_error(
    mt5: ModuleType, key: str, value: Any
) -> None:
    with pytest.raises(SystemError, match="<built-in function order_send> returned a result"):
        mt5.order_send({**REQUEST, key: value})
    assert mt5.last_error() == bad(key)


@pytest.mark.parametrize("missing", REQUEST)
def test_no_request_field_is_required(mt5: ModuleType, missing: str) -> None:
    request = {key: value for key, value in REQUEST.items() if key != missing}
    assert mt5.order_send(request) is None
    assert mt5.last_error() == OFFLINE


EPOCH_S = 1704164645


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (NOW, EPOCH_S), (NOW.astimezone(timezone(timedelta(hours=3))), EPOCH_S),
        (NOW.astimezone().replace(tzinfo=None), EPOCH_S), (EPOCH_S, EPOCH_S),
        (EPOCH_S + 0.9, EPOCH_S), (Half(5.9), 5), (-1.5, -1), (float("nan"), -(2**31)),
    ],
    ids=["aware", "aware elsewhere", "naive is local", "int", "float", "subclass", "before", "nan"],
)  # fmt: skip
def test_a_date_becomes_whole_seconds(given: object, seconds: int) -> None:
    assert moment_s(given) == seconds
