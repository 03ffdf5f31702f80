"""What MetaTrader's module answers without a terminal: every call, its result, its last_error.

Recorded from the genuine module (5.0.6231). Needs nothing but the standard library, so that the
same table can be put to the genuine module on Windows and to the paper broker's client anywhere:
`differences(module)` says where a module deviates. Cases with numpy's numbers are left out where
numpy is missing.
"""

import collections
import copy
import decimal
import enum
import itertools
import json
import pickle
import types
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, NamedTuple

try:
    import numpy as np
except ImportError:
    np = None

Call = Callable[[Any], Any]
Error = tuple[int, str]


class Case(NamedTuple):
    """One call; `result` is the answer's repr, or the exception as "Type: text"."""

    name: str
    call: Call
    result: str
    error: Error


SUCCESS = (1, "Success")
OFFLINE = (-10004, "No IPC connection")
OLD = (
    -5,
    "Terminal: Incompatible versions, please install the latest version of Terminal and "
    "Python module",
)
INVALID = (-2, "Invalid arguments")
NUMBER = (-2, "Invalid number of arguments")
UNNAMED = (-2, "Unnamed arguments not allowed")
NOT_FOUND_HERE = (-10003, "IPC initialize failed, MetaTrader 5 x64 not found")

NOW = datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
MIDNIGHT_1960 = datetime(1960, 1, 1)  # noqa: DTZ001 - a wall clock without a zone is the case
LAST_WALL_CLOCK = datetime(9999, 12, 31)  # noqa: DTZ001 - as above
REQUEST: dict[str, Any] = {
    "action": 1, "symbol": "EURUSD", "volume": 0.1, "type": 0, "price": 1.1, "sl": 0.0, "tp": 0.0,
    "deviation": 20, "magic": 234000, "comment": "x", "type_time": 0, "type_filling": 1,
}  # fmt: skip


class Indexed:
    """No int, but with an index, as numpy's integers are."""

    def __index__(self) -> int:
        return 5


class Floating:
    """No number, but C can make one of it."""

    def __float__(self) -> float:
        return 1.5


class Undecided:
    """Neither true nor false, as an array of two."""

    def __bool__(self) -> bool:
        raise ValueError("neither")


class Failing:
    """Neither an index nor a number."""

    def __index__(self) -> int:
        raise ValueError("no index")

    def __float__(self) -> float:
        raise ValueError("no number")


class Half(float):
    """A float subclass."""


class Stamp(datetime):
    """A datetime that knows by itself what it means, as pandas.Timestamp does."""

    meaning: Any = 0.0

    def timestamp(self) -> Any:
        if isinstance(self.meaning, Exception):
            raise self.meaning
        return self.meaning


class LateStamp(Stamp):
    """One that cannot say it."""

    meaning = ValueError("no such moment")


class WholeStamp(Stamp):
    """One that says it in whole seconds."""

    meaning = 5


class Text(str):
    """A str subclass."""

    __slots__ = ()


class Deal(enum.IntEnum):
    """An int subclass."""

    DEAL = 1


class Locked(dict):  # type: ignore[type-arg]
    """A dict whose look-up C does not ask."""

    def __getitem__(self, key: Any) -> Any:
        raise KeyError(key)


def bad(key: str) -> Error:
    """The complaint about an argument with a name."""
    return (-2, f'Invalid "{key}" argument')


def unnamed(ordinal: str) -> Error:
    """The complaint about an argument without one."""
    return (-2, f"Invalid {ordinal} unnamed argument")


def not_started(path: str) -> Error:
    """The complaint about a terminal that is not there."""
    return (-10003, f"IPC initialize failed, Process create failed '{path}'")


def system_error(name: str) -> str:
    """What becomes of an argument that C cannot convert."""
    return f"SystemError: <built-in function {name}> returned a result with an exception set"


def calling(name: str, *args: Any, **keywords: Any) -> Call:
    """The call of one function; an empty `**` is something else to MetaTrader's order_send."""
    if keywords:
        return lambda module: getattr(module, name)(*args, **keywords)
    return lambda module: getattr(module, name)(*args)


NO_ARGUMENTS: dict[str, tuple[str, Error]] = {
    "shutdown": ("True", SUCCESS), "version": ("(0, 0, '')", OFFLINE),
    "last_error": ("(1, 'Success')", SUCCESS), "terminal_info": ("None", OFFLINE),
    "account_info": ("None", OFFLINE), "symbols_total": ("None", OLD),
    "orders_total": ("None", OFFLINE), "positions_total": ("None", OFFLINE),
}  # fmt: skip
GOOD: dict[str, tuple[Any, ...]] = {
    "symbol_info": ("EURUSD",), "symbol_info_tick": ("EURUSD",), "symbol_select": ("EURUSD",),
    "market_book_add": ("EURUSD",), "market_book_get": ("EURUSD",),
    "market_book_release": ("EURUSD",), "copy_rates_from": ("EURUSD", 1, NOW, 10),
    "copy_rates_from_pos": ("EURUSD", 1, 0, 10), "copy_rates_range": ("EURUSD", 1, NOW, NOW),
    "copy_ticks_from": ("EURUSD", NOW, 10, -1), "copy_ticks_range": ("EURUSD", NOW, NOW, -1),
    "history_orders_total": (NOW, NOW), "history_deals_total": (NOW, NOW),
    "order_calc_margin": (0, "EURUSD", 0.1, 1.1),
    "order_calc_profit": (0, "EURUSD", 0.1, 1.1, 1.2),
}  # fmt: skip
OFFLINE_ANSWERS: dict[str, tuple[str, Error]] = {
    "symbol_select": ("False", OFFLINE), "market_book_add": ("False", SUCCESS),
    "market_book_release": ("False", SUCCESS),
}  # fmt: skip
SYMBOL_PLACES = {
    **dict.fromkeys(("history_orders_total", "history_deals_total"), -1),
    "order_calc_margin": 1, "order_calc_profit": 1,
}  # fmt: skip
INTEGER_PLACES = {
    "copy_rates_from": (1, 3), "copy_rates_from_pos": (1, 2, 3), "copy_rates_range": (1,),
    "copy_ticks_from": (2, 3), "copy_ticks_range": (3,),
}  # fmt: skip
DATE_PLACES = {
    "copy_rates_from": (2,), "copy_rates_range": (2, 3), "copy_ticks_from": (1,),
    "copy_ticks_range": (1, 2), "history_orders_total": (0, 1), "history_deals_total": (0, 1),
    "history_orders_get": (0, 1), "history_deals_get": (0, 1),
}  # fmt: skip
WORDS = ("1st", "2nd", "3rd", "4th")


def no_argument_cases() -> Iterator[Case]:
    """Functions that take nothing at all."""
    for name, (result, error) in NO_ARGUMENTS.items():
        yield Case(name, calling(name), result, error)
        for count, args in ((1, (1,)), (2, (1, 2))):
            text = f"MetaTrader5._core.{name}() takes no arguments ({count} given)"
            yield Case(f"{name} given {count}", calling(name, *args), f"TypeError: {text}", SUCCESS)
        text = f"TypeError: MetaTrader5._core.{name}() takes no keyword arguments"
        yield Case(f"{name} given a keyword", calling(name, a=1), text, SUCCESS)
        yield Case(f"{name} given both", calling(name, 1, a=2), text, SUCCESS)


def positional_cases() -> Iterator[Case]:
    """Functions whose arguments have no names: their number, and the symbol."""
    for name, args in GOOD.items():
        result, error = OFFLINE_ANSWERS.get(name, ("None", OFFLINE))
        refused = "False" if name == "symbol_select" else "None"
        yield Case(name, calling(name, *args), result, error)
        text = f"TypeError: {name}() takes no keyword arguments"
        yield Case(f"{name} by keyword", calling(name, symbol="EURUSD"), text, SUCCESS)
        yield Case(f"{name} given nothing", calling(name), refused, INVALID)
        if len(args) > 1:
            yield Case(f"{name} given one too few", calling(name, *args[:-1]), refused, INVALID)
        yield Case(f"{name} given too many", calling(name, *args, 1, 1), refused, INVALID)
        yield from symbol_cases(name, args)


def symbol_cases(name: str, args: tuple[Any, ...]) -> Iterator[Case]:
    """What counts as a symbol: a text of at most 29 UTF-16 units."""
    place = SYMBOL_PLACES.get(name, 0)
    if place < 0:
        return
    good = OFFLINE_ANSWERS.get(name, ("None", OFFLINE))
    wrong = ("False" if name == "symbol_select" else "None", INVALID)
    symbols = (
        ("a number", 5, wrong), ("None", None, wrong), ("bytes", b"EURUSD", wrong),
        ("29 units", "S" * 29, good), ("30 units", "S" * 30, wrong), ("empty", "", good),
        ("14 emojis", "😀" * 14, good), ("15 emojis", "😀" * 15, wrong),
        ("a subclass", Text("E"), good),
        ("a NUL inside", "E\0F", good), ("30 units with a NUL", "E\0" + "F" * 28, wrong),
    )  # fmt: skip
    for what, symbol, (result, error) in symbols:
        given = (*args[:place], symbol, *args[place + 1 :])
        yield Case(f"{name} symbol {what}", calling(name, *given), result, error)


def integer_cases() -> Iterator[Case]:
    """Counts, places, flags and timeframes: whatever has an index and fits 32 bits."""
    fine = (
        ("zero", 0), ("negative", -1), ("largest", 2**31 - 1), ("smallest", -(2**31)),
        ("bool", True), ("indexed", Indexed()), ("nonsense", 999),
    )  # fmt: skip
    broken = (
        ("text", "M1"), ("float", 1.0), ("None", None), ("too large", 2**31),
        ("too small", -(2**31) - 1), ("floating", Floating()), ("failing", Failing()),
    )  # fmt: skip
    for name, places in INTEGER_PLACES.items():
        for place in places:
            for what, value in fine:
                given = replaced(GOOD[name], place, value)
                label = f"{name} {WORDS[place]} {what}"
                yield Case(label, calling(name, *given), "None", OFFLINE)
            for what, value in broken:
                given = replaced(GOOD[name], place, value)
                label = f"{name} {WORDS[place]} {what}"
                yield Case(label, calling(name, *given), system_error(name), INVALID)
        given = ("x" * 30, *replaced(GOOD[name], places[0], "x")[1:])
        label = f"{name} looks at integers before the symbol"
        yield Case(label, calling(name, *given), system_error(name), INVALID)


def replaced(args: tuple[Any, ...], place: int, value: Any) -> tuple[Any, ...]:
    """The same arguments with another one in one place."""
    return (*args[:place], value, *args[place + 1 :])


def date_cases() -> Iterator[Case]:
    """Dates: datetime, int and float; an int beyond 32 bits is noticed when the call is over."""
    fine = (
        ("elsewhere", NOW.astimezone(timezone(timedelta(hours=3)))), ("int", 1704164645),
        ("float", 1704164645.9), ("zero", 0), ("before 1970", -1), ("bool", True),
        ("last second", 2**31 - 1), ("first second", -(2**31)), ("after 2038", 1e300),
        ("nan", float("nan")), ("float subclass", Half(5.5)),
        ("year 2050", datetime(2050, 1, 1, tzinfo=UTC)),
        ("1960", MIDNIGHT_1960.replace(tzinfo=UTC)),
        ("wall clock", NOW.replace(tzinfo=None)), ("stamp of 1970", Stamp(1970, 1, 1)),
        ("whole stamp", WholeStamp(1970, 1, 1)),
    )  # fmt: skip
    wrong = (
        ("text", "2020"), ("day", date(2024, 1, 2)), ("None", None), ("indexed", Indexed()),
        ("floating", Floating()), ("Decimal", decimal.Decimal(5)), ("bytes", b"1"),
    )  # fmt: skip
    for name, places in DATE_PLACES.items():
        args = GOOD.get(name, (NOW, NOW))
        for place in places:
            label = f"{name} {WORDS[place]} date"
            # A datetime that comes after it cannot be converted any more.
            overflown = INVALID if place + 1 in places else OFFLINE
            for what, value in fine:
                call = calling(name, *replaced(args, place, value))
                yield Case(f"{label} {what}", call, "None", OFFLINE)
            for what, value in wrong:
                call = calling(name, *replaced(args, place, value))
                yield Case(f"{label} {what}", call, "None", INVALID)
            for what, value, error in (
                ("wall clock of 1960", MIDNIGHT_1960, INVALID),
                ("last wall clock", LAST_WALL_CLOCK, INVALID),
                ("stamp that fails", LateStamp(2024, 1, 2), INVALID),
                ("int beyond 2038", 2**31, overflown),
                ("int before 1901", -(2**31) - 1, overflown),
            ):
                call = calling(name, *replaced(args, place, value))
                yield Case(f"{label} {what}", call, system_error(name), error)


def calculation_cases() -> Iterator[Case]:
    """order_calc_*: C's conversions, all of them before the symbol is looked at."""
    for name, prices in (("order_calc_margin", 1), ("order_calc_profit", 2)):
        rest = (1,) * prices
        for what, value in (
            ("int", 1), ("indexed", Indexed()), ("floating", Floating()), ("nan", float("nan")),
            ("Decimal", decimal.Decimal(1)), ("bool", True), ("negative", -1.0),
        ):  # fmt: skip
            call = calling(name, 0, "EURUSD", value, *rest)
            yield Case(f"{name} volume {what}", call, "None", OFFLINE)
            call = calling(name, 0, "EURUSD", 1.0, *rest[1:], value)
            yield Case(f"{name} price {what}", call, "None", OFFLINE)
        for what, value in (
            ("text", "1"), ("None", None), ("bytes", b"1"), ("bytearray", bytearray(b"1")),
            ("huge", 10**400), ("failing", Failing()),
        ):  # fmt: skip
            call = calling(name, 0, "EURUSD", value, *rest)
            yield Case(f"{name} volume {what}", call, system_error(name), INVALID)
            call = calling(name, 0, "EURUSD", 1.0, *rest[1:], value)
            yield Case(f"{name} price {what}", call, system_error(name), INVALID)
        for what, value in (
            ("negative", -1), ("beyond", 2**32), ("far beyond", 2**64), ("bool", True),
        ):  # fmt: skip
            call = calling(name, value, "EURUSD", 1, *rest)
            yield Case(f"{name} action {what}", call, "None", OFFLINE)
        for what, value in (("text", "0"), ("float", 1.0), ("None", None)):
            call = calling(name, value, "EURUSD", 1, *rest)
            yield Case(f"{name} action {what}", call, system_error(name), INVALID)
        call = calling(name, 0, 5, 1, *rest[1:], "x")
        yield Case(f"{name} symbol and price wrong", call, system_error(name), INVALID)


def open_cases() -> Iterator[Case]:
    """positions_get and orders_get: keywords only, ticket before symbol before group."""
    for name in ("positions_get", "orders_get"):
        for what, args, keywords, error in (
            ("", (), {}, OFFLINE), ("positional", ("EURUSD",), {}, UNNAMED),
            ("positional None", (None,), {}, UNNAMED), ("two positional", (1, 2), {}, UNNAMED),
            ("mixed", (1,), {"symbol": "E"}, UNNAMED),
            ("symbol", (), {"symbol": "EURUSD"}, OFFLINE),
            ("symbol None", (), {"symbol": None}, bad("symbol")),
            ("symbol number", (), {"symbol": 5}, bad("symbol")),
            ("symbol 29", (), {"symbol": "S" * 29}, OFFLINE),
            ("symbol 30", (), {"symbol": "S" * 30}, bad("symbol")),
            ("ticket", (), {"ticket": 123}, OFFLINE),
            ("ticket bool", (), {"ticket": True}, OFFLINE),
            ("ticket largest", (), {"ticket": 2**64 - 1}, OFFLINE),
            ("ticket text", (), {"ticket": "x"}, bad("ticket")),
            ("ticket float", (), {"ticket": 5.0}, bad("ticket")),
            ("ticket None", (), {"ticket": None}, bad("ticket")),
            ("ticket indexed", (), {"ticket": Indexed()}, bad("ticket")),
            ("ticket first", (), {"symbol": 5, "ticket": 1}, OFFLINE),
            ("symbol before group", (), {"symbol": "E", "group": 5}, OFFLINE),
            ("symbol wrong before group", (), {"symbol": 5, "group": "*"}, bad("symbol")),
            ("group 1997", (), {"group": "S" * 1997}, OFFLINE),
            ("group 1998", (), {"group": "S" * 1998}, bad("group")),
            ("group None", (), {"group": None}, bad("group")),
            ("group empty", (), {"group": ""}, OFFLINE),
            ("unknown keyword", (), {"magic": 5.0}, OFFLINE),
        ):  # fmt: skip
            yield Case(f"{name} {what}".strip(), calling(name, *args, **keywords), "None", error)
        for what, ticket in (("negative", -1), ("too large", 2**64)):
            call = calling(name, ticket=ticket)
            yield Case(f"{name} ticket {what}", call, system_error(name), bad("ticket"))


def history_cases() -> Iterator[Case]:
    """history_*_get: two dates, or a ticket, or a position."""
    for name in ("history_orders_get", "history_deals_get"):
        for what, args, keywords, error in (
            ("nothing", (), {}, INVALID), ("dates", (NOW, NOW), {}, OFFLINE),
            ("dates backwards", (9, 1), {}, OFFLINE), ("one date", (NOW,), {}, INVALID),
            ("three", (NOW, NOW, "*"), {}, INVALID),
            ("three and group", (NOW, NOW, 1), {"group": "*"}, INVALID),
            ("one date and ticket", (NOW,), {"ticket": 1}, UNNAMED),
            ("three and ticket", (NOW, NOW, 1), {"ticket": 1}, UNNAMED),
            ("one date and position", (NOW,), {"position": 1}, UNNAMED),
            ("one date and unknown", (NOW,), {"magic": 1}, INVALID),
            ("dates by keyword", (), {"date_from": NOW, "date_to": NOW}, INVALID),
            ("group only", (), {"group": "*"}, INVALID),
            ("group", (NOW, NOW), {"group": "*"}, OFFLINE),
            ("group number", (NOW, NOW), {"group": 5}, bad("group")),
            ("group None", (NOW, NOW), {"group": None}, bad("group")),
            ("group 1997", (NOW, NOW), {"group": "S" * 1997}, OFFLINE),
            ("group 1998", (NOW, NOW), {"group": "S" * 1998}, bad("group")),
            ("date wrong before group", ("x", NOW), {"group": 5}, INVALID),
            ("position", (), {"position": 1}, OFFLINE),
            ("position text", (), {"position": "1"}, bad("position")),
            ("position None", (), {"position": None}, bad("position")),
            ("position float", (), {"position": 1.0}, bad("position")),
            ("ticket", (), {"ticket": 1}, OFFLINE),
            ("ticket text", (), {"ticket": "1"}, bad("ticket")),
            ("ticket first", (), {"ticket": 1, "position": "1"}, OFFLINE),
            ("ticket wrong first", (), {"ticket": "x", "position": 1}, bad("ticket")),
            ("ticket and group", (), {"ticket": 1, "group": 5}, OFFLINE),
            ("dates first", (NOW, NOW), {"ticket": "1", "position": "1"}, OFFLINE),
        ):  # fmt: skip
            yield Case(f"{name} {what}", calling(name, *args, **keywords), "None", error)
        for key, value in itertools.product(("ticket", "position"), (-1, 2**64)):
            call = calling(name, **{key: value})
            yield Case(f"{name} {key} {value}", call, system_error(name), bad(key))
        for what, args, keywords, error in (
            ("overflow, then wrong", (2**31, "x"), {}, INVALID),
            ("overflow, then wrong group", (2**31, 1), {"group": 5}, bad("group")),
        ):
            call = calling(name, *args, **keywords)
            yield Case(f"{name} {what}", call, system_error(name), error)
        yield Case(f"{name} wrong, then overflow", calling(name, "x", 2**31), "None", INVALID)


def symbols_cases() -> Iterator[Case]:
    """symbols_get, which says False to a wrong group; select and depth with their oddities."""
    for what, args, keywords, result, error in (
        ("", (), {}, None, OLD), ("positional", ("*USD*",), {}, None, OLD),
        ("group", (), {"group": "*USD*"}, None, OLD),
        ("unknown keyword", (), {"foo": 1}, None, OLD),
        ("empty", ("",), {}, None, OLD), ("group 1997", (), {"group": "S" * 1997}, None, OLD),
        ("group 1998", (), {"group": "S" * 1998}, False, bad("group")),
        ("positional 1998", ("S" * 1998,), {}, False, unnamed("1st")),
        ("group number", (), {"group": 5}, False, bad("group")),
        ("group None", (), {"group": None}, False, bad("group")),
        ("positional number", (5,), {}, False, unnamed("1st")),
        ("positional None", (None,), {}, False, unnamed("1st")),
        ("two", ("a", "b"), {}, False, NUMBER),
        ("two and group", ("a", "b"), {"group": "x"}, False, NUMBER),
        ("positional, then wrong group", ("a",), {"group": 5}, False, bad("group")),
        ("wrong positional, then group", (5,), {"group": "a"}, False, unnamed("1st")),
    ):  # fmt: skip
        call = calling("symbols_get", *args, **keywords)
        yield Case(f"symbols_get {what}".strip(), call, repr(result), error)
    for what, enable in (("text", "x"), ("zero", 0), ("None", None), ("list", [])):
        call = calling("symbol_select", "EURUSD", enable)
        yield Case(f"symbol_select {what}", call, "False", OFFLINE)
    for what, symbol in (("undecided", "EURUSD"), ("undecided and no symbol", 5)):
        call = calling("symbol_select", symbol, Undecided())
        yield Case(f"symbol_select {what}", call, system_error("symbol_select"), INVALID)


def login_cases() -> Iterator[Case]:
    """login: what was placed is looked at first, then login, server, password, timeout by name."""
    for what, args, keywords, error in (
        ("nothing", (), {}, bad("login")), ("number", (1,), {}, OFFLINE),
        ("bool", (True,), {}, OFFLINE), ("largest", (2**64 - 1,), {}, OFFLINE),
        ("zero", (0,), {}, bad("login")), ("False", (False, "p", "s"), {}, bad("login")),
        ("zero by name", (), {"login": 0}, bad("login")),
        ("zero placed, another by name", (0,), {"login": 1}, OFFLINE),
        ("text", ("1",), {}, unnamed("1st")), ("float", (1.0,), {}, unnamed("1st")),
        ("None", (None,), {}, unnamed("1st")), ("by name", (), {"login": 1}, OFFLINE),
        ("text by name", (), {"login": "x"}, bad("login")),
        ("None by name", (), {"login": None}, bad("login")),
        ("three", (1, "p", "s"), {}, OFFLINE), ("four", (1, "a", "b", 5), {}, NUMBER),
        ("four wrong", ("a", "b", 5, 5), {"login": "x"}, NUMBER),
        ("second number", (1, 5), {}, unnamed("2nd")),
        ("second None", (1, None), {}, unnamed("2nd")),
        ("third number", (1, "p", 5), {}, unnamed("3rd")),
        ("password number", (1,), {"password": 1}, bad("password")),
        ("password None", (1,), {"password": None}, bad("password")),
        ("password 253", (1,), {"password": "p" * 253}, OFFLINE),
        ("password 254", (1,), {"password": "p" * 254}, bad("password")),
        ("second 253", (1, "p" * 253), {}, OFFLINE),
        ("second 254", (1, "p" * 254), {}, unnamed("2nd")),
        ("third 254", (1, "p", "s" * 254), {}, unnamed("3rd")),
        ("server 254", (1,), {"server": "p" * 254}, bad("server")),
        ("server number", (1,), {"server": 1}, bad("server")),
        ("timeout", (1,), {"timeout": 5}, OFFLINE),
        ("timeout text", (1,), {"timeout": "5"}, bad("timeout")),
        ("timeout largest", (1,), {"timeout": 2**32 - 1}, OFFLINE),
        ("unknown keyword", (1,), {"otp": "1"}, OFFLINE),
        ("password without login", (), {"password": "x"}, bad("login")),
        ("wrong password without login", (), {"password": 5}, bad("password")),
        ("placed and wrong by name", (1,), {"login": "x"}, bad("login")),
        ("wrong placed, right by name", (1, 5), {"password": "x"}, unnamed("2nd")),
        ("server before password", (1,), {"password": 1, "server": 1}, bad("server")),
        ("login before server", (), {"login": "x", "server": 1}, bad("login")),
        ("password before timeout", (1,), {"password": 1, "timeout": "x"}, bad("password")),
    ):  # fmt: skip
        yield Case(f"login {what}", calling("login", *args, **keywords), "False", error)
    for what, args, keywords, error in (
        ("negative", (-1,), {}, unnamed("1st")), ("too large", (2**64,), {}, unnamed("1st")),
        ("negative by name", (), {"login": -1}, bad("login")),
        ("negative timeout", (1,), {"timeout": -1}, bad("timeout")),
        ("timeout too large", (1,), {"timeout": 2**32}, bad("timeout")),
    ):  # fmt: skip
        call = calling("login", *args, **keywords)
        yield Case(f"login {what}", call, system_error("login"), error)


def unreadable_error(module: Any) -> type[BaseException] | None:
    """A path of Windows' western code page that last_error() then takes for UTF-8."""
    module.initialize("C:\\B\xf6rse\\terminal64.exe")
    failure = kind_of_failure(module.last_error)
    module.account_info()
    return failure


def initialize_cases() -> Iterator[Case]:
    """initialize where there is no terminal: looked at as login's words, and the path last."""
    exe = "C:\\nope\\terminal64.exe"
    for what, args, keywords, error in (
        ("", (), {}, NOT_FOUND_HERE), ("empty path", ("",), {}, NOT_FOUND_HERE),
        ("unknown keyword", (), {"foo": 1}, NOT_FOUND_HERE),
        ("login 0", (), {"login": 0}, NOT_FOUND_HERE),
        ("portable text", (), {"portable": "x"}, NOT_FOUND_HERE),
        ("portable None", (), {"portable": None}, NOT_FOUND_HERE),
        ("a path", (exe,), {}, not_started(exe)),
        ("path by name", (), {"path": exe}, not_started(exe)),
        ("path both ways", ("a",), {"path": exe}, not_started(exe)),
        ("number", (1,), {}, unnamed("1st")), ("None", (None,), {}, unnamed("1st")),
        ("two", ("a", "b"), {}, NUMBER),
        ("two and wrong login", ("a", "b"), {"login": "x"}, NUMBER),
        ("path number", (), {"path": 1}, bad("path")),
        ("path None", (), {"path": None}, bad("path")),
        ("path 258", ("C:\\" + "p" * 255,), {}, unnamed("1st")),
        ("path 258 by name", (), {"path": "C:\\" + "p" * 255}, bad("path")),
        ("placed and wrong by name", ("a",), {"path": 1}, bad("path")),
        ("login text", (), {"login": "x"}, bad("login")),
        ("login None", (), {"login": None}, bad("login")),
        ("password number", (), {"password": 1}, bad("password")),
        ("password None", (), {"password": None}, bad("password")),
        ("server number", (), {"server": 1}, bad("server")),
        ("server None", (), {"server": None}, bad("server")),
        ("timeout text", (), {"timeout": "x"}, bad("timeout")),
        ("timeout float", (), {"timeout": 1.5}, bad("timeout")),
        ("timeout None", (), {"timeout": None}, bad("timeout")),
        ("placed before login", (1,), {"login": "x"}, unnamed("1st")),
        ("login before path", (), {"path": 1, "login": "x"}, bad("login")),
        ("server before password", (), {"password": 1, "server": 1}, bad("server")),
        ("password before timeout", (), {"password": 1, "timeout": "x"}, bad("password")),
        ("timeout before path", (), {"path": 1, "timeout": "x"}, bad("timeout")),
    ):  # fmt: skip
        name = f"initialize {what}".strip()
        yield Case(name, calling("initialize", *args, **keywords), "False", error)
    for what, path in (("foreign path", "C:\\Ж"), ("emoji path", "😀")):
        error = (-10003, "IPC initialize failed, ")
        yield Case(f"initialize {what}", calling("initialize", path), "False", error)
    yield Case("initialize umlaut path", unreadable_error, "<class 'UnicodeDecodeError'>", OFFLINE)
    letters = "C:\\\xc3\xa9"
    error = not_started("C:\\\xe9")
    yield Case("initialize misread path", calling("initialize", letters), "False", error)
    call = calling("initialize", portable=Undecided())
    yield Case("initialize undecided", call, system_error("initialize"), NOT_FOUND_HERE)
    path = "C:\\" + "p" * 254
    yield Case("initialize path 257", calling("initialize", path), "False", not_started(path))
    for what, keywords, error in (
        ("negative timeout", {"timeout": -1}, bad("timeout")),
        ("timeout too large", {"timeout": 2**32}, bad("timeout")),
        ("negative login", {"login": -1}, bad("login")),
        ("login too large", {"login": 2**64}, bad("login")),
    ):
        call = calling("initialize", **keywords)
        yield Case(f"initialize {what}", call, system_error("initialize"), error)


ACCEPTED: tuple[tuple[str, Any], ...] = (
    ("volume", Half(0.1)), ("volume", float("nan")), ("volume", -1.0), ("price", float("inf")),
    ("stoplimit", 0.0), ("action", Deal.DEAL), ("action", True), ("action", 99),
    ("action", 2**32 - 1), ("type", 2**32 - 1), ("type_time", 2**32 - 1),
    ("type_filling", 2**32 - 1), ("magic", 2**63), ("magic", 2**64 - 1), ("magic", 0),
    ("order", 2**64 - 1), ("deviation", 2**31), ("deviation", 2**32), ("position", 2**64 - 1),
    ("position_by", 1), ("expiration", -1), ("expiration", 2**40), ("expiration", 1700000000),
    ("expiration", True), ("expiration", 2**63 - 1), ("expiration", -(2**63)),
    ("comment", ""), ("comment", "c" * 29), ("comment", "日本語"), ("comment", "😀" * 14),
    ("comment", "a\0b"), ("comment", Text("c")), ("symbol", ""), ("symbol", "S" * 29),
    ("ticket", "x"), ("sl_price", 1), ("zzz", 1),
)  # fmt: skip
FLOATS = ("volume", "price", "stoplimit", "sl", "tp")
SHORTS = ("action", "type", "type_filling", "type_time")
LONGS = ("magic", "order", "deviation", "position", "position_by")
REFUSED: tuple[tuple[str, Any], ...] = (
    *itertools.product(FLOATS, (1, 0, True, "0.1", None, decimal.Decimal("0.1"))),
    *itertools.product((*SHORTS, *LONGS), ("1", 1.0, None, Indexed())),
    *itertools.product(("expiration",), (NOW, 1.5, None, "1", Indexed())),
    *itertools.product(("symbol", "comment"), (5, None, b"x", "c" * 30, "😀" * 15)),
)  # fmt: skip
OUT_OF_RANGE: tuple[tuple[str, Any], ...] = (
    *((key, value) for key in SHORTS for value in (-1, 2**32)),
    *((key, value) for key in LONGS for value in (-1, 2**64)),
    ("expiration", 2**63), ("expiration", -(2**63) - 1),
)  # fmt: skip
IN_ORDER = (
    ("action", "x"), ("magic", "x"), ("order", "x"), ("symbol", 5), ("volume", 1), ("price", 1),
    ("stoplimit", 1), ("sl", 1), ("tp", 1), ("deviation", "x"), ("type", "x"),
    ("type_filling", "x"), ("type_time", "x"), ("expiration", "x"), ("comment", 5),
    ("position", "x"), ("position_by", "x"),
)  # fmt: skip


def labelled(key: str, value: Any) -> str:
    """A field and its value, short enough for a test's name."""
    shown = "" if isinstance(value, Indexed) else ascii(value)
    if len(shown) > 28:
        shown = f"{shown[:16]}... {len(value) if isinstance(value, str) else ''}".strip()
    return f"{key}={shown} {type(value).__name__}"


def request_cases() -> Iterator[Case]:
    """order_send and order_check: each field's rule, what is missing, which is looked at first."""
    for name in ("order_send", "order_check"):
        for key, value in ACCEPTED:
            call = calling(name, {**REQUEST, key: value})
            yield Case(f"{name} {labelled(key, value)}", call, "None", OFFLINE)
        for key, value in REFUSED:
            call = calling(name, {**REQUEST, key: value})
            yield Case(f"{name} {labelled(key, value)}", call, "None", bad(key))
        for key, value in OUT_OF_RANGE:
            call = calling(name, {**REQUEST, key: value})
            yield Case(f"{name} {labelled(key, value)}", call, system_error(name), bad(key))
        for key in REQUEST:
            rest = {each: value for each, value in REQUEST.items() if each != key}
            yield Case(f"{name} without {key}", calling(name, rest), "None", OFFLINE)
        for start in range(len(IN_ORDER)):
            key = IN_ORDER[start][0]
            call = calling(name, dict(reversed(IN_ORDER[start:])))
            yield Case(f"{name} looks at {key} first", call, "None", bad(key))


def container_cases() -> Iterator[Case]:
    """What holds the fields: a dict, or the call's own keywords."""
    for name in ("order_send", "order_check"):
        for what, args, keywords, error in (
            ("a request", (REQUEST,), {}, OFFLINE), ("nothing", (), {}, NUMBER),
            ("an empty dict", ({},), {}, OFFLINE), ("None", (None,), {}, INVALID),
            ("request=", (), {"request": REQUEST}, OFFLINE), ("keywords", (), REQUEST, OFFLINE),
            ("a wrong keyword", (), {"volume": 1}, bad("volume")),
            ("two dicts", (REQUEST, REQUEST), {}, NUMBER),
            ("a dict and keywords", (REQUEST,), {"action": 1}, UNNAMED),
            ("two and keywords", (REQUEST, REQUEST), {"action": 1}, UNNAMED),
            ("nonsense and keywords", (5,), {"action": 1}, UNNAMED),
            ("an ordered dict", (collections.OrderedDict(REQUEST),), {}, OFFLINE),
            ("a view", (types.MappingProxyType(REQUEST),), {}, INVALID),
            ("a list", ([1],), {}, INVALID),
            ("odd keys", ({1: 2, b"volume": 1},), {}, OFFLINE),
            ("a dict that refuses", (Locked(volume=1),), {}, bad("volume")),
        ):  # fmt: skip
            yield Case(f"{name} {what}", calling(name, *args, **keywords), "None", error)
        yield Case(
            f"{name} a TradeRequest",
            lambda m, name=name: getattr(m, name)(m.TradeRequest(range(17))),
            "None",
            INVALID,
        )


def helper_cases() -> Iterator[Case]:
    """Buy, Sell and Close: plain Python, with no check for None."""
    no_tick = "AttributeError: 'NoneType' object has no attribute "
    no_positions = "TypeError: 'NoneType' object is not iterable"
    for name, price in (("Buy", "ask"), ("Sell", "bid")):
        for what, args, keywords, result, error in (
            ("without a price", ("EURUSD", 0.1), {}, f"{no_tick}'{price}'", OFFLINE),
            ("with a price", ("EURUSD", 0.1, 1.1), {}, "None", OFFLINE),
            ("with all", ("EURUSD", 0.1, 1.1), {"comment": "c", "ticket": 5}, "None", OFFLINE),
            ("by keywords", (), {"symbol": "E", "volume": 0.1, "price": 1.1}, "None", OFFLINE),
            ("a whole lot", ("EURUSD", 1, 1.1), {}, "None", bad("volume")),
            ("a whole price", ("EURUSD", 0.1, 1), {}, "None", bad("price")),
            ("a wrong comment", ("EURUSD", 0.1, 1.1), {"comment": 5}, "None", bad("comment")),
            ("a wrong ticket", ("EURUSD", 0.1, 1.1), {"ticket": "x"}, "None", bad("position")),
            ("a long symbol", ("S" * 30, 0.1), {}, f"{no_tick}'{price}'", INVALID),
            ("a long symbol with a price", ("S" * 30, 0.1, 1.1), {}, "None", bad("symbol")),
            ("nothing", (), {}, f"TypeError: {name}() missing 2 required positional arguments: "
             "'symbol' and 'volume'", SUCCESS),
            ("four", ("E", 1.0, 1.0, "c"), {}, f"TypeError: {name}() takes from 2 to 3 positional "
             "arguments but 4 were given", SUCCESS),
            ("an unknown keyword", ("E", 1.0), {"magic": 1}, f"TypeError: {name}() got an "
             "unexpected keyword argument 'magic'", SUCCESS),
        ):  # fmt: skip
            yield Case(f"{name} {what}", calling(name, *args, **keywords), result, error)
        call = calling(name, "EURUSD", 0.1, 1.1, ticket=-1)
        label = f"{name} negative ticket"
        yield Case(label, call, system_error("order_send"), bad("position"))
    for what, args, keywords, result, error in (
        ("a symbol", ("EURUSD",), {}, no_positions, OFFLINE),
        ("a ticket", ("EURUSD",), {"ticket": 5}, no_positions, OFFLINE),
        ("a wrong ticket", ("EURUSD",), {"ticket": "x"}, no_positions, bad("ticket")),
        ("a wrong symbol", (5,), {}, no_positions, bad("symbol")),
        ("a wrong symbol, a ticket", (5,), {"ticket": 5}, no_positions, OFFLINE),
        ("negative ticket", ("E",), {"ticket": -1}, system_error("positions_get"), bad("ticket")),
        ("nothing", (), {}, "TypeError: Close() missing 1 required positional argument: 'symbol'",
         SUCCESS),
        ("two", ("E", "c"), {}, "TypeError: Close() takes 1 positional argument but 2 were given",
         SUCCESS),
    ):  # fmt: skip
        yield Case(f"Close {what}", calling("Close", *args, **keywords), result, error)


ROW = (
    11, 1, 1000, 1, 1000, 0, 0, 11, 0, 0.1, 1.1, 0.0, 0.0, 1.2, 0.0, 1.0, "EURUSD", "c", "ext",
)  # fmt: skip
REQUEST_ROW = (1, 2, 0, "EURUSD", 0.1, 1.1, 0.0, 0.0, 0.0, 20, 0, 1, 0, 0, "x", 0, 0)
POSITION_TEXT = (
    "TradePosition(ticket=11, time=1, time_msc=1000, time_update=1, time_update_msc=1000, type=0, "
    "magic=0, identifier=11, reason=0, volume=0.1, price_open=1.1, sl=0.0, tp=0.0, "
    "price_current=1.2, swap=0.0, profit=1.0, symbol='EURUSD', comment='c', external_id='ext')"
)
POSITION_DICT = (
    "{'ticket': 11, 'time': 1, 'time_msc': 1000, 'time_update': 1, 'time_update_msc': 1000, "
    "'type': 0, 'magic': 0, 'identifier': 11, 'reason': 0, 'volume': 0.1, 'price_open': 1.1, "
    "'sl': 0.0, 'tp': 0.0, 'price_current': 1.2, 'swap': 0.0, 'profit': 1.0, 'symbol': 'EURUSD', "
    "'comment': 'c', 'external_id': 'ext'}"
)
RESULT_TEXT = (
    "OrderSendResult(retcode=10009, deal=1, order=2, volume=0.1, price=1.1, bid=1.0, ask=1.2, "
    "comment='Request executed', request_id=5, retcode_external=0, request=TradeRequest(action=1, "
    "magic=2, order=0, symbol='EURUSD', volume=0.1, price=1.1, stoplimit=0.0, sl=0.0, tp=0.0, "
    "deviation=20, type=0, type_filling=1, type_time=0, expiration=0, comment='x', position=0, "
    "position_by=0))"
)


TICK_DOC = "This is a structure for storing latest symbol prices"


def position(module: Any) -> Any:
    """A position made by hand."""
    return module.TradePosition(ROW)


def result_of(module: Any) -> Any:
    """An order's result made by hand, with its request inside."""
    request = module.TradeRequest(REQUEST_ROW)
    row = (10009, 1, 2, 0.1, 1.1, 1.0, 1.2, "Request executed", 5, 0, request)
    return module.OrderSendResult(row)


def kind_of_failure(action: Callable[[], Any]) -> type[BaseException] | None:
    """Which exception comes of it, whatever this Python's version says in it."""
    try:
        action()
    except Exception as found:  # noqa: BLE001 - which one is the question
        return type(found)
    return None


TYPES = {
    "AccountInfo": 28, "BookInfo": 4, "OrderCheckResult": 9, "OrderSendResult": 11,
    "SymbolInfo": 96, "TerminalInfo": 22, "Tick": 8, "TradeDeal": 18, "TradeOrder": 24,
    "TradePosition": 19, "TradeRequest": 17,
}  # fmt: skip


def type_cases() -> Iterator[Case]:
    """The result types: genuine struct sequences, without a namedtuple's comforts."""
    for name, fields in TYPES.items():
        counted = f"({fields}, {fields}, 0, {fields}, 'builtins', '{name}')"
        call = lambda m, name=name: about(getattr(m, name))  # noqa: E731 - one of a row
        yield Case(f"{name} has {fields} fields", call, counted, SUCCESS)
        for length in (fields - 1, fields + 1):
            text = f"TypeError: {name}() takes a {fields}-sequence ({length}-sequence given)"
            call = calling(name, tuple(range(length)))
            yield Case(f"{name} of {length} values", call, text, SUCCESS)
    for what, call, result in (
        ("prints its fields", position, POSITION_TEXT),
        ("reads the same as str", lambda m: str(position(m)), repr(POSITION_TEXT)),
        ("becomes a dict", lambda m: position(m)._asdict(), POSITION_DICT),
        ("becomes a plain dict", lambda m: type(position(m)._asdict()), "<class 'dict'>"),
        ("equals its tuple", lambda m: position(m) == ROW, "True"),
        ("is hashed as its tuple", lambda m: hash(position(m)) == hash(ROW), "True"),
        ("is a tuple", lambda m: isinstance(position(m), tuple), "True"),
        ("has a length and slices", lambda m: (len(position(m)), position(m)[:2]), "(19, (11, 1))"),
        ("copies", lambda m: copy.copy(position(m)) == copy.deepcopy(position(m)) == ROW, "True"),
        ("is an array in JSON", lambda m: json.dumps(position(m)) == json.dumps(ROW), "True"),
        ("cannot be pickled", lambda m: kind_of_failure(lambda: pickle.dumps(position(m))),
         "<class '_pickle.PicklingError'>"),
        ("reduces", lambda m: position(m).__reduce__() == (m.TradePosition, (ROW, {})), "True"),
        ("cannot be changed", lambda m: setattr(position(m), "sl", 1.0),
         "AttributeError: readonly attribute"),
        ("has no dict", lambda m: vars(position(m)),
         "TypeError: vars() argument must have __dict__ attribute"),
        ("matches by field", lambda m: m.TradePosition.__match_args__[:3],
         "('ticket', 'time', 'time_msc')"),
        ("names its members", lambda m: m.TradePosition.sl,
         "<member 'sl' of 'TradePosition' objects>"),
        ("takes any sequence", lambda m: m.TradePosition(list(ROW)) == ROW, "True"),
        ("wants one argument", lambda m: kind_of_failure(lambda: m.TradePosition(*ROW)),
         "<class 'TypeError'>"),
    ):  # fmt: skip
        yield Case(f"a position {what}", call, result, SUCCESS)
    for missing in ("_fields", "_replace", "_make", "_field_defaults", "foo"):
        text = f"AttributeError: 'TradePosition' object has no attribute '{missing}'"
        call = lambda m, missing=missing: getattr(position(m), missing)  # noqa: E731 - one of a row
        yield Case(f"a position has no {missing}", call, text, SUCCESS)
    yield Case("a type says what it is", lambda m: m.Tick.__doc__, repr(TICK_DOC), SUCCESS)
    yield Case("a result prints its request", result_of, RESULT_TEXT, SUCCESS)
    yield Case(
        "a result's dict keeps the request",
        lambda m: type(result_of(m)._asdict()["request"]).__name__,
        "'TradeRequest'",
        SUCCESS,
    )


def about(made: Any) -> tuple[Any, ...]:
    """How many fields a type has, and where it says it lives."""
    return (
        made.n_fields,
        made.n_sequence_fields,
        made.n_unnamed_fields,
        len(made.__match_args__),
        made.__module__,
        made.__name__,
    )


MISSING = (
    "SYMBOL_FILLING_FOK", "SYMBOL_FILLING_IOC", "SYMBOL_FILLING_BOC", "SYMBOL_ORDER_MARKET",
    "SYMBOL_ORDER_LIMIT", "SYMBOL_ORDER_STOP", "SYMBOL_ORDER_STOP_LIMIT", "SYMBOL_ORDER_SL",
    "SYMBOL_ORDER_TP", "SYMBOL_ORDER_CLOSEBY", "SYMBOL_EXPIRATION_GTC", "SYMBOL_EXPIRATION_DAY",
    "SYMBOL_EXPIRATION_SPECIFIED", "SYMBOL_EXPIRATION_SPECIFIED_DAY",
    "TRADE_RETCODE_HEDGE_PROHIBITED", "DEAL_REASON_CORPORATE_ACTION",
    "SYMBOL_SWAP_MODE_CURRENCY_PROFIT", "__all__",
)  # fmt: skip


def module_cases() -> Iterator[Case]:
    """What the module says of itself, and what it lacks although scripts would like it."""
    yield Case("says its version", lambda m: m.__version__, "'5.0.6231'", SUCCESS)
    yield Case("says its author", lambda m: m.__author__, "'MetaQuotes Ltd.'", SUCCESS)
    yield Case("counts its public names", lambda m: len(public_names(m)), "269", SUCCESS)
    yield Case("counts its constants", lambda m: len(constants(m)), "223", SUCCESS)
    for name in MISSING:
        yield Case(f"has no {name}", lambda m, name=name: hasattr(m, name), "False", SUCCESS)


def public_names(module: Any) -> list[str]:
    """What a script can use."""
    return [name for name in vars(module) if not name.startswith("_")]


def constants(module: Any) -> list[str]:
    """The numbers among it."""
    return [name for name in public_names(module) if isinstance(getattr(module, name), int)]


def numpy_cases() -> Iterator[Case]:
    """numpy's numbers, which are ints and floats only in part."""
    if np is None:
        return
    for name in ("order_send", "order_check"):
        for key, value, error in (
            ("volume", np.float64(0.1), OFFLINE), ("volume", np.float32(0.1), bad("volume")),
            ("magic", np.int64(5), bad("magic")), ("magic", np.int32(5), bad("magic")),
            ("magic", np.uint64(5), bad("magic")), ("type", np.int64(0), bad("type")),
            ("position", np.int64(1), bad("position")), ("order", np.uint64(1), bad("order")),
            ("symbol", np.str_("EURUSD"), OFFLINE),
        ):  # fmt: skip
            call = calling(name, {**REQUEST, key: value})
            label = f"{name} numpy {key} {type(value).__name__}"
            yield Case(label, call, "None", error)
    for what, call, result, error in (
        ("count", calling("copy_rates_from_pos", "EURUSD", 1, 0, np.int64(5)), "None", OFFLINE),
        ("timeframe", calling("copy_rates_from_pos", "EURUSD", np.int32(1), 0, 5), "None", OFFLINE),
        ("flags", calling("copy_ticks_from", "EURUSD", 1, 1, np.int64(-1)), "None", OFFLINE),
        ("float count", calling("copy_rates_from_pos", "EURUSD", 1, 0, np.float64(5)),
         system_error("copy_rates_from_pos"), INVALID),
        ("price", calling("order_calc_margin", 0, "EURUSD", np.float32(1), np.int64(1)), "None",
         OFFLINE),
        ("date", calling("copy_rates_from", "EURUSD", 1, np.datetime64("2020-01-01"), 5), "None",
         INVALID),
        ("int date", calling("history_deals_get", np.int64(1), np.int64(2)), "None", INVALID),
        ("float date", calling("history_deals_get", np.float64(1), np.float64(2)), "None", OFFLINE),
        ("ticket", calling("positions_get", ticket=np.int64(5)), "None", bad("ticket")),
        ("login", calling("login", np.int64(5)), "False", unnamed("1st")),
        ("array for a truth", calling("symbol_select", "EURUSD", np.array([1, 2])),
         system_error("symbol_select"), INVALID),
    ):  # fmt: skip
        yield Case(f"numpy {what}", call, result, error)


def cause_of_system_error(module: Any, call: Call) -> type[BaseException] | None:
    """What C complained of before MetaTrader's module went on as if nothing had happened."""
    try:
        call(module)
    except SystemError as found:
        return type(found.__cause__)
    return None


def cause_cases() -> Iterator[Case]:
    """A SystemError carries the conversion's own exception."""
    for what, call, cause, error in (
        ("a float for a count", calling("copy_rates_from_pos", "E", 1, 0, 1.0), TypeError, INVALID),
        ("a large count", calling("copy_rates_from_pos", "E", 1, 0, 2**31), OverflowError, INVALID),
        ("a large date", calling("history_deals_get", 0, 2**31), OverflowError, OFFLINE),
        ("an old wall clock", calling("history_deals_get", MIDNIGHT_1960, 0), OSError, INVALID),
        ("a datetime after a large date", calling("history_deals_get", 2**31, NOW), SystemError,
         INVALID),
        ("a text for a price", calling("order_calc_margin", 0, "E", "1", 1), TypeError, INVALID),
        ("a failing price", calling("order_calc_margin", 0, "E", Failing(), 1), ValueError,
         INVALID),
        ("a float for an action", calling("order_calc_margin", 1.0, "E", 1, 1), TypeError, INVALID),
        ("an undecided truth", calling("symbol_select", "E", Undecided()), ValueError, INVALID),
        ("a negative ticket", calling("positions_get", ticket=-1), OverflowError, bad("ticket")),
        ("a negative magic", calling("order_send", {"magic": -1}), OverflowError, bad("magic")),
    ):  # fmt: skip
        asked = lambda m, call=call: cause_of_system_error(m, call)  # noqa: E731 - one of a row
        yield Case(f"the cause of {what}", asked, repr(cause), error)


CASES: tuple[Case, ...] = (
    *module_cases(), *no_argument_cases(), *positional_cases(), *integer_cases(), *date_cases(),
    *calculation_cases(), *open_cases(), *history_cases(), *symbols_cases(), *login_cases(),
    *initialize_cases(), *request_cases(), *container_cases(), *helper_cases(), *type_cases(),
    *numpy_cases(), *cause_cases(),
)  # fmt: skip


def outcome(module: Any, call: Call) -> tuple[str, Error]:
    """What a call comes to, on a module that was just shut down."""
    module.shutdown()
    try:
        result = repr(call(module))
    except Exception as found:  # noqa: BLE001 - which one is the question
        result = f"{type(found).__name__}: {found}"
    return result, module.last_error()


def differences(module: Any, cases: tuple[Case, ...] = CASES) -> list[str]:
    """Where a module deviates from the table, one line each."""
    lines = []
    for case in cases:
        found = outcome(module, case.call)
        if found != (case.result, case.error):
            lines.append(f"{case.name}: {found}, the table says {(case.result, case.error)}")
    return lines
