"""Thousands of odd calls of MetaTrader's API, made from a few tables, each one an expression.

`m` is the module under test. Each is answered without a terminal, so that the genuine module can
be asked the same on any Windows; what it said is kept in genuine.jsonl.gz.
"""

import copy
import datetime as dt
import enum
import fractions
import json
import pickle
import re
import types
from collections import OrderedDict, UserDict, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations, permutations
from typing import Any, NamedTuple

import numpy as np

Cases = Iterator[str]


class Answer(NamedTuple):
    """What came of one expression; `error` is last_error() after it."""

    said: str
    error: str


class Index:
    """Something that is an integer where one is asked for."""

    def __index__(self) -> int:
        return 1


class Floating:
    """Something that is a number where one is asked for."""

    def __float__(self) -> float:
        return 1.5


class Failing:
    """Something whose truth, number and index are errors."""

    def __bool__(self) -> bool:
        raise ValueError("no truth")

    def __index__(self) -> int:
        raise ValueError("no index")

    def __float__(self) -> float:
        raise ValueError("no number")


class Whole(int):
    """A subclass of int."""


class Real(float):
    """A subclass of float."""


class Text(str):
    """A subclass of str."""

    __slots__ = ()


class Map(dict[Any, Any]):
    """A subclass of dict."""


class Stamp(dt.datetime):
    """A subclass of datetime."""


class Side(enum.IntEnum):
    """An integer with a name."""

    ONE = 1


WORDS: dict[str, Any] = {
    "np": np,
    "json": json,
    "copy": copy,
    "pickle": pickle,
    "dt": dt,
    "UTC": dt.UTC,
    "EAST": dt.timezone(dt.timedelta(hours=5, minutes=30)),
    "Decimal": Decimal,
    "Fraction": fractions.Fraction,
    "types": types,
    "OrderedDict": OrderedDict,
    "UserDict": UserDict,
    "defaultdict": defaultdict,
    "nan": float("nan"),
    "inf": float("inf"),
    "Index": Index,
    "Floating": Floating,
    "Failing": Failing,
    "Whole": Whole,
    "Real": Real,
    "Text": Text,
    "Map": Map,
    "Stamp": Stamp,
    "Side": Side,
}

#: Anything a script may pass by mistake; every one is tried in every place.
ODD = (
    *("None", "True", "False", "0", "1", "-1", "2**31-1", "2**31", "2**32-1", "2**32", "-2**31-1"),
    *("2**63-1", "2**63", "2**64-1", "2**64", "-2**63", "-2**63-1", "10**40"),
    *("0.0", "-0.0", "1.0", "1.5", "-1.5", "1e300", "nan", "inf", "-inf", "1j"),
    *("''", "'EURUSD'", "'1'", "'x'*29", "'x'*30", "'x'*31", "'x'*300", "' '"),
    *("'\\U0001f600'", "'\\U0001f600'*14+'x'", "'\\U0001f600'*15", "'\\ud800'", "'a\\0b'"),
    *("'\\u0416'*29", "'\\u0416'*30", "b'EURUSD'", "bytearray(b'x')", "memoryview(b'x')"),
    *("dt.datetime(2024, 1, 2, 3, 4, 5, 678901)", "dt.datetime(2024, 1, 2, tzinfo=UTC)"),
    *("dt.datetime(2024, 1, 2, tzinfo=EAST)", "dt.datetime(1960, 1, 1, tzinfo=UTC)"),
    *("dt.datetime(1, 1, 1, tzinfo=UTC)", "dt.datetime(9999, 12, 31, tzinfo=UTC)"),
    *("Stamp(2024, 1, 2, tzinfo=UTC)", "dt.date(2024, 1, 2)", "dt.time(1)", "dt.timedelta(1)"),
    *("np.int64(1)", "np.int64(-1)", "np.int32(1)", "np.uint8(1)", "np.uint64(2**64-1)"),
    *("np.float64(1.5)", "np.float32(1.5)", "np.float64('nan')", "np.datetime64('NaT')"),
    *("np.str_('EURUSD')", "np.bytes_(b'x')", "np.datetime64('2024-01-02')", "np.array(1)"),
    *("Decimal('1.5')", "Decimal(1)", "Fraction(1, 2)", "Whole(1)", "Real(1.5)", "Text('EURUSD')"),
    *("Side.ONE", "Index()", "Floating()", "Failing()", "object()", "object", "len", "..."),
    *("[]", "[1]", "['EURUSD']", "{}", "{'symbol': 'EURUSD'}", "()", "(1,)", "('EURUSD',)"),
    *("set()", "range(3)", "iter(())", "lambda: 1", "types.SimpleNamespace(symbol='EURUSD')"),
)

#: A few of each kind of wrong, for two wrongs at once: which one is told of?
WRONG = ("None", "-1", "2**64", "1.5", "'x'*30", "b'x'", "Failing()")

SYMBOL, WHEN, LATER = "'EURUSD'", "dt.datetime(2024, 1, 2, tzinfo=UTC)", "1704240000"

#: Arguments by position that only lack a terminal.
POSITIONAL = {
    "symbol_info": (SYMBOL,),
    "symbol_info_tick": (SYMBOL,),
    "symbol_select": (SYMBOL, "True"),
    "market_book_add": (SYMBOL,),
    "market_book_get": (SYMBOL,),
    "market_book_release": (SYMBOL,),
    "copy_rates_from": (SYMBOL, "16385", WHEN, "10"),
    "copy_rates_from_pos": (SYMBOL, "16385", "0", "10"),
    "copy_rates_range": (SYMBOL, "16385", WHEN, LATER),
    "copy_ticks_from": (SYMBOL, WHEN, "10", "-1"),
    "copy_ticks_range": (SYMBOL, WHEN, LATER, "-1"),
    "history_orders_total": (WHEN, LATER),
    "history_deals_total": (WHEN, LATER),
    "history_orders_get": (WHEN, LATER),
    "history_deals_get": (WHEN, LATER),
    "order_calc_margin": ("0", SYMBOL, "1.0", "1.1"),
    "order_calc_profit": ("0", SYMBOL, "1.0", "1.1", "1.2"),
    "symbols_get": ("'*'",),
    "login": ("1", "'secret'", "'Server'"),
    "initialize": ("'Z:/no/such/terminal64.exe'",),
}

#: Arguments by name that each function knows.
NAMED = {
    "initialize": ("path", "login", "password", "server", "timeout", "portable"),
    "login": ("login", "password", "server", "timeout"),
    "symbols_get": ("group",),
    "orders_get": ("symbol", "group", "ticket"),
    "positions_get": ("symbol", "group", "ticket"),
    "history_orders_get": ("group", "ticket", "position", "date_from", "date_to"),
    "history_deals_get": ("group", "ticket", "position", "date_from", "date_to"),
}

WITHOUT_ARGUMENTS = (
    *("shutdown", "version", "last_error", "terminal_info", "account_info", "symbols_total"),
    *("orders_total", "positions_total"),
)
SENDING = ("order_send", "order_check")
TRADING_WORDS = ("Buy", "Sell", "Close")

REQUEST = {
    "action": "1",
    "magic": "7",
    "order": "0",
    "symbol": SYMBOL,
    "volume": "0.1",
    "price": "1.1",
    "stoplimit": "0.0",
    "sl": "0.0",
    "tp": "0.0",
    "deviation": "10",
    "type": "0",
    "type_filling": "1",
    "type_time": "0",
    "expiration": "0",
    "comment": "'hello'",
    "position": "0",
    "position_by": "0",
}

CONTAINERS = (
    *("Map({})", "OrderedDict({})", "defaultdict(int, {})", "types.MappingProxyType({})"),
    *("UserDict({})", "list({}.items())", "tuple({}.items())", "iter({})"),
    *("types.SimpleNamespace(**{})", "json.dumps({})"),
)

TYPES = (
    *("AccountInfo", "BookInfo", "OrderCheckResult", "OrderSendResult", "SymbolInfo"),
    *("TerminalInfo", "Tick", "TradeDeal", "TradeOrder", "TradePosition", "TradeRequest"),
)


def cases() -> list[str]:
    """All expressions, each once, in a fixed order."""
    made = (
        *_calls_without_arguments(),
        *_odd_positional(),
        *_two_wrongs(),
        *_odd_named(),
        *_odd_requests(),
        *_trading_words(),
        *_types(),
        *_module(),
    )
    return list(dict.fromkeys(made))


def spoils(expression: str) -> bool:
    """The genuine module overwrites a part of its TradeOrder when such a path cannot be started.

    It fails to write down a character beyond Latin-1; its process dies of the next TradeOrder.
    """
    foreign = ("\\u0416", "\\U0001f600", "\\ud800")
    return "m.initialize(" in expression and any(letter in expression for letter in foreign)


def ask(module: Any, expression: str) -> Answer:
    """What a module says; before it, an error is set that only a real call resets."""
    module.positions_get("set")
    try:
        said = repr(eval(expression, {**WORDS, "m": module}))  # noqa: S307 - our own tables
    except Exception as raised:  # noqa: BLE001 - whatever is raised is the answer
        said = f"{type(raised).__name__}: {raised}"
        if raised.__cause__ is not None:
            said += f" <- {type(raised.__cause__).__name__}"
    return Answer(_plain(said, module.__name__), repr(module.last_error()))


def _plain(text: str, module: str) -> str:
    """Without what differs between any two processes, and between any two modules."""
    return re.sub(r" at 0x[0-9A-Fa-f]+", " at 0x", text).replace(f"module '{module}'", "module")


def _call(function: str, *args: str, **named: str) -> str:
    given = (*args, *(f"{name}={value}" for name, value in named.items()))
    return f"m.{function}({', '.join(given)})"


def _calls_without_arguments() -> Cases:
    for function in (*WITHOUT_ARGUMENTS, *POSITIONAL, *NAMED, *SENDING, *TRADING_WORDS):
        yield _call(function)
        yield _call(function, surely_unknown="1")
        yield _call(function, *("1",) * 9)
    for function in WITHOUT_ARGUMENTS:
        for odd in ODD:
            yield _call(function, odd)
        yield f"m.{function}(*())"
        yield f"m.{function}(**{{}})"


def _odd_positional() -> Cases:
    for function, right in POSITIONAL.items():
        for place in range(len(right) + 1):
            yield _call(function, *right[:place])
            yield _call(function, *right[:place], surely_unknown="None")
            for odd in ODD:
                yield _call(function, *right[:place], odd, *right[place + 1 :])
        yield _call(function, *(f"Text({SYMBOL})" if a is SYMBOL else a for a in right))


def _two_wrongs() -> Cases:
    for function, right in POSITIONAL.items():
        for first, second in combinations(range(len(right)), 2):
            for one in WRONG:
                for other in WRONG:
                    args = list(right)
                    args[first], args[second] = one, other
                    yield _call(function, *args)


def _odd_named() -> Cases:
    for function, names in NAMED.items():
        right = POSITIONAL.get(function, ())
        for name in names:
            for odd in ODD:
                yield _call(function, **{name: odd})
            for odd in WRONG:
                yield _call(function, *right, **{name: odd})
                yield _call(function, **{name: odd, "surely_unknown": "1"})
        for one, other in permutations(names, 2):
            for bad in WRONG:
                yield _call(function, **{one: bad, other: "1"})
                yield _call(function, **{one: bad, other: SYMBOL})
                yield _call(function, **{one: bad, other: "None"})


def _request(**changed: str) -> str:
    fields = {**REQUEST, **changed}
    return "{" + ", ".join(f"'{name}': {value}" for name, value in fields.items()) + "}"


def _odd_requests() -> Cases:
    yield from (_call(function, odd) for function in SENDING for odd in ODD)
    for function in SENDING:
        yield _call(function, _request())
        yield _call(function, f"**{_request()}")
        yield _call(function, request=_request())
        yield _call(function, _request(), _request())
        yield _call(function, _request(), symbol="None")
        yield _call(function, "{}", symbol="None")
        yield from (_call(function, box.replace("{}", _request())) for box in CONTAINERS)
        for field in REQUEST:
            for odd in ODD:
                yield _call(function, _request(**{field: odd}))
    for field in REQUEST:
        for odd in (*WRONG, "np.float64(1.5)", "np.int64(1)", "1"):
            yield _call("order_send", f"**{_request(**{field: odd})}")
            yield _call("order_send", f"{{{field!r}: {odd}}}")
        yield _call("order_send", f"{{Text({field!r}): None}}")
        yield _call("order_send", f"{{{field.upper()!r}: None}}")
        yield _call("order_send", f"{{{field.encode()!r}: None}}")
    for one, other in permutations(REQUEST, 2):
        yield _call("order_send", f"{{{one!r}: None, {other!r}: b'x'}}")
        yield _call("order_send", f"{{{one!r}: -1, {other!r}: None}}")


def _trading_words() -> Cases:
    for word in ("Buy", "Sell"):
        for odd in ODD:
            yield _call(word, odd, "0.1", "1.1")
            yield _call(word, SYMBOL, odd, "1.1")
            yield _call(word, SYMBOL, "0.1", odd)
            yield _call(word, SYMBOL, "0.1", "1.1", comment=odd)
            yield _call(word, SYMBOL, "0.1", "1.1", ticket=odd)
        yield _call(word, SYMBOL)
        yield _call(word, SYMBOL, "0.1", "1.1", "'positional'")
        yield _call(word, symbol=SYMBOL, volume="0.1", price="1.1")
    for odd in ODD:
        yield _call("Close", odd)
        yield _call("Close", SYMBOL, ticket=odd)
        yield _call("Close", SYMBOL, comment=odd)
    yield _call("Close", SYMBOL, "1")


def _types() -> Cases:
    for name in TYPES:
        whole = f"m.{name}(range(m.{name}.n_fields))"
        yield from (f"m.{name}({odd})" for odd in ODD)
        for made in (f"m.{name}", whole):
            yield from (f"{made}.{attribute}" for attribute in _ATTRIBUTES)
            # Python gives these two to any type that was not compiled in.
            yield f"sorted(set(dir({made})) - {{'__annotations__', '__module__'}})"
            yield f"type({made})"
        yield from (question.replace("{}", whole) for question in _QUESTIONS)
        yield f"m.{name}(range(m.{name}.n_fields - 1))"
        yield f"m.{name}(range(m.{name}.n_fields + 1))"
        yield f"m.{name}(range(m.{name}.n_fields), {{}})"
        yield f"type('Mine', (m.{name},), {{}})"
        yield f"m.{name}()"
        yield f"m.{name}(sequence=range(m.{name}.n_fields))"


_ATTRIBUTES = (
    *("__name__", "__qualname__", "__module__", "__doc__", "__match_args__", "n_fields"),
    *("n_sequence_fields", "n_unnamed_fields", "_fields", "_replace", "_make", "__dict__"),
    *("__slots__", "__annotations__", "_field_defaults", "_asdict", "__mro__", "__reduce__()"),
)

_QUESTIONS = (
    *("{}", "str({})", "hash({})", "len({})", "{}._asdict()", "{}._asdict(1)", "tuple({})"),
    *("{}[0]", "{}[-1]", "{}[:3]", "{}[99999]", "{} == {}", "{} == tuple({})", "{} < {}"),
    *("{} + (1,)", "{} * 2", "1 in {}", "{}.index(1)", "{}.count(1)", "isinstance({}, tuple)"),
    *("copy.copy({})", "copy.deepcopy({})", "pickle.dumps({})", "json.dumps({})", "bool({})"),
    *("setattr({}, 'ticket', 1)", "setattr({}, 'bid', 1)", "setattr({}, 'brand_new', 1)"),
    *("delattr({}, 'symbol')", "format({})", "format({}, '>9')", "iter({}).__next__()"),
    *("type({}._asdict())", "{}.nonsense", "vars({})"),
)


def _module() -> Cases:
    functions = (*WITHOUT_ARGUMENTS, *POSITIONAL, *NAMED, *SENDING)
    for function in dict.fromkeys(functions):
        for attribute in ("__name__", "__qualname__", "__text_signature__", "__module__"):
            yield f"m.{function}.{attribute}"
        yield f"type(m.{function}).__name__"
        yield f"callable(m.{function})"
    yield "len([n for n in vars(m) if n[0] != '_' and n.isupper()])"
    yield "[(n, type(v).__name__, v) for n, v in sorted(vars(m).items()) if n[:1].isupper()]"
    yield "sorted(n for n, v in vars(m).items() if callable(v) and not n.startswith('_'))"
    yield "sorted(n for n in vars(m) if not n.startswith('_'))"
    yield from (f"m.{name}" for name in ("__version__", "__author__", "nonsense", "__all__"))
