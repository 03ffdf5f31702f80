"""Stands in for `import MetaTrader5`: the same names, types, strictness and failures.

Public is what MetaTrader's module exports and nothing else. Four private names are for our own
adapter and tests: `_connect_to(host, port)` says where the server is, `_hint_socket()` is a socket
that becomes readable when something was pushed, `_positions_changed()` is true once after a push
that said the positions changed, `_hold_the_interpreter(True)` makes every call block the whole
process, as MetaTrader's do. Functions get their arguments as they were written (a tuple, and
where keywords are allowed a dict), because MetaTrader parses them itself.
"""

from collections.abc import Iterable as _Iterable
from typing import Any as _Any

from paper.module import arguments as _arguments
from paper.module import mt5_types as _types
from paper.module import price_arrays as _arrays
from paper.module.calling import Calls as _Calls
from paper.module.calling import refuse_arguments as _refuse_arguments
from paper.module.failures import NOT_FOUND as _NOT_FOUND
from paper.module.failures import BadArgument as _BadArgument
from paper.module.failures import Failed as _Failed
from paper.module.login_rules import initialize_words as _initialize_words
from paper.module.login_rules import login_words as _login_words
from paper.module.mt5_constants import *  # noqa: F403 - its 223 names are this module's names
from paper.module.mt5_constants import ORDER_TYPE_BUY, ORDER_TYPE_SELL
from paper.module.mt5_types import (
    AccountInfo,
    BookInfo,
    OrderCheckResult,
    OrderSendResult,
    SymbolInfo,
    TerminalInfo,
    Tick,
    TradeDeal,
    TradeOrder,
    TradePosition,
    TradeRequest,  # noqa: F401 - exported: the type of a result's `request`
)
from paper.module.quick_trades import Extras as _Extras
from paper.module.quick_trades import QuickTrades as _QuickTrades
from paper.module.request_rules import trade_request as _trade_request
from paper.module.terminal_session import TerminalSession as _TerminalSession
from paper.wire.group_filter import group_filter as _group_filter

__version__ = "5.0.6231"
__author__ = "MetaQuotes Ltd."

_calls = _Calls()
_session = _TerminalSession()

_BY_NUMBER = frozenset(("ticket", "position"))

_Args = tuple[_Any, ...]
_Keywords = dict[str, _Any]


def last_error(*args: _Any, **keywords: _Any) -> tuple[int, str]:
    """Code and text of the last call's failure; (1, 'Success') after a success."""
    _refuse_arguments("last_error", args, keywords)
    return _calls.last_error


@_calls.with_keywords(failure=False, bad_argument=False)
def initialize(args: _Args, keywords: _Keywords) -> bool:
    """Take up the terminal at `path`, logging in where a login is given."""
    path, words = _initialize_words(args, keywords)
    _look_at_portable(keywords)
    _session.open(path, words)
    return True


def _look_at_portable(keywords: _Keywords) -> None:
    """Its value changes nothing here, unless it cannot say whether it is true."""
    try:
        bool(keywords.get("portable"))
    except Exception as undecided:  # noqa: BLE001 - whatever its __bool__ raises
        _calls.spoil(undecided)


@_calls.with_keywords(failure=False, bad_argument=False)
def login(args: _Args, keywords: _Keywords) -> bool:
    """Change the terminal's account."""
    _session.login(_login_words(args, keywords))
    return True


@_calls.without_arguments()
def shutdown() -> bool:
    """Let go of the terminal."""
    _session.close()
    return True


@_calls.without_arguments(failure=(0, 0, ""))
def version() -> _Any:
    """The terminal's version, build and release date."""
    return _types.checked(_session.ask("version"), tuple[int, int, str])


@_calls.without_arguments()
def terminal_info() -> _Any:
    """The terminal's state."""
    return _types.one(TerminalInfo, _session.state("terminal_info"))


@_calls.without_arguments()
def account_info() -> _Any:
    """The account the terminal is logged in to."""
    return _types.one(AccountInfo, _session.state("account_info"))


@_calls.without_arguments()
def symbols_total() -> _Any:
    """How many symbols the broker has."""
    return _types.checked(_session.ask_current_build("symbols_total"), int)


@_calls.with_keywords(bad_argument=False)
def symbols_get(args: _Args, keywords: _Keywords) -> _Any:
    """The broker's symbols, all of them or those of a group."""
    group = _group_argument(args, keywords)
    return _types.several(SymbolInfo, _session.ask_current_build("symbols_get", group))


def _group_argument(args: _Args, keywords: _Keywords) -> str:
    if len(args) > 1:
        raise _BadArgument(_arguments.WRONG_NUMBER)
    placed = "*"
    if args:
        placed = _arguments.text(args[0], _arguments.unnamed(0), _arguments.GROUP_LIMIT)
    return _group(keywords) if "group" in keywords else placed


def _group(keywords: _Keywords) -> str:
    return _arguments.text(keywords["group"], _arguments.named("group"), _arguments.GROUP_LIMIT)


@_calls.positional()
def symbol_info(args: _Args) -> _Any:
    """Everything about one symbol."""
    return _types.one(SymbolInfo, _session.ask("symbol_info", _symbol(args)))


@_calls.positional()
def symbol_info_tick(args: _Args) -> _Any:
    """The newest tick of one symbol."""
    return _types.one(Tick, _session.tick(_symbol(args)))


@_calls.positional(failure=False)
def symbol_select(args: _Args) -> bool:
    """Show a symbol in Market Watch, or hide it."""
    if len(args) not in {1, 2}:
        raise _BadArgument(_arguments.INVALID)
    enable = _arguments.truth(args[1]) if args[1:] else True
    done: bool = _types.checked(_session.ask("symbol_select", _text_symbol(args[0]), enable), bool)
    return done


def _symbol(args: _Args) -> str:
    (symbol,) = _exactly(1, args)
    return _text_symbol(symbol)


def _text_symbol(value: object) -> str:
    return _arguments.text(value, _arguments.INVALID)


def _exactly(count: int, args: _Args) -> _Args:
    if len(args) != count:
        raise _BadArgument(_arguments.INVALID)
    return args


def _moment_s(value: object) -> int:
    seconds = _arguments.moment_s(value, is_late=_calls.is_spoiled)
    if _arguments.overflows(value):
        _calls.spoil(OverflowError(f"{value} does not fit 32 bits"))
    return seconds


def _window_s(args: _Args) -> list[int]:
    """A from after its to is the server's business."""
    return [_moment_s(value) for value in _exactly(2, args)]


@_calls.positional()
def market_book_add(args: _Args) -> _Any:
    """Ask for one symbol's market depth."""
    return _book_order("market_book_add", _symbol(args))


@_calls.positional()
def market_book_release(args: _Args) -> _Any:
    """Ask for it no longer."""
    return _book_order("market_book_release", _symbol(args))


def _book_order(verb: str, symbol: str) -> bool:
    """False is all that is heard of a failure: last_error goes on saying Success."""
    try:
        done: bool = _types.checked(_session.ask(verb, symbol), bool)
    except _Failed:
        return False
    return done


@_calls.positional()
def market_book_get(args: _Args) -> _Any:
    """One symbol's market depth, once it was asked for."""
    return _types.several(BookInfo, _session.ask("market_book_get", _symbol(args)))


@_calls.positional()
def copy_rates_from(args: _Args) -> _Any:
    """So many bars up to a date."""
    symbol, timeframe, date_from, count = _exactly(4, args)
    timeframe, count = _arguments.int_32(timeframe), _arguments.int_32(count)
    asked = (_text_symbol(symbol), timeframe, _moment_s(date_from), count)
    return _arrays.rates(_session.ask("copy_rates_from", *asked))


@_calls.positional()
def copy_rates_from_pos(args: _Args) -> _Any:
    """So many bars from a place, counted back from the current bar at 0."""
    symbol, *places = _exactly(4, args)
    timeframe, start, count = [_arguments.int_32(place) for place in places]
    asked = (_text_symbol(symbol), timeframe, start, count)
    return _arrays.rates(_session.ask("copy_rates_from_pos", *asked))


@_calls.positional()
def copy_rates_range(args: _Args) -> _Any:
    """The bars that opened between two dates."""
    symbol, timeframe, *dates = _exactly(4, args)
    timeframe = _arguments.int_32(timeframe)
    asked = (_text_symbol(symbol), timeframe, *_window_s(tuple(dates)))
    return _arrays.rates(_session.ask("copy_rates_range", *asked))


@_calls.positional()
def copy_ticks_from(args: _Args) -> _Any:
    """So many ticks from a date on."""
    symbol, date_from, count, flags = _exactly(4, args)
    count, flags = _arguments.int_32(count), _arguments.int_32(flags)
    asked = (_text_symbol(symbol), _moment_s(date_from), count, flags)
    return _arrays.ticks(_session.ask("copy_ticks_from", *asked))


@_calls.positional()
def copy_ticks_range(args: _Args) -> _Any:
    """The ticks between two dates."""
    symbol, *dates, flags = _exactly(4, args)
    flags = _arguments.int_32(flags)
    asked = (_text_symbol(symbol), *_window_s(tuple(dates)), flags)
    return _arrays.ticks(_session.ask("copy_ticks_range", *asked))


@_calls.without_arguments()
def orders_total() -> _Any:
    """How many orders are waiting."""
    return _types.checked(_session.ask("orders_total"), int)


@_calls.with_keywords()
def orders_get(args: _Args, keywords: _Keywords) -> _Any:
    """Waiting orders: all, one ticket's, one symbol's or a group's."""
    return _open_records("orders_get", TradeOrder, args, keywords)


@_calls.without_arguments()
def positions_total() -> _Any:
    """How many positions are open."""
    return _types.checked(_session.ask("positions_total"), int)


@_calls.with_keywords()
def positions_get(args: _Args, keywords: _Keywords) -> _Any:
    """Open positions: all, one ticket's, one symbol's or a group's."""
    return _open_records("positions_get", TradePosition, args, keywords)


def _open_records(verb: str, made: _Any, args: _Args, keywords: _Keywords) -> _Any:
    """The first of ticket, symbol and group that is present counts, the others are not read."""
    if args:
        raise _BadArgument(_arguments.NAMED_ONLY)
    if "ticket" in keywords:
        return _by_ticket(verb, made, keywords)
    if "symbol" in keywords:
        symbol = _arguments.text(keywords["symbol"], _arguments.named("symbol"))
        return _types.several(made, _session.ask(verb, "symbol", symbol))
    if "group" in keywords:
        group = _group(keywords)
        return _of_group(group, _types.several(made, _session.ask(verb, "all", None)))
    return _types.several(made, _session.ask(verb, "all", None))


def _by_ticket(verb: str, made: _Any, keywords: _Keywords) -> _Any:
    """An unknown ticket is an empty answer, not a failure."""
    ticket = _arguments.unsigned(keywords["ticket"], _arguments.named("ticket"))
    wanted = [ticket] if verb.startswith("history") else ticket
    try:
        return _types.several(made, _session.ask(verb, "ticket", wanted))
    except _Failed as failed:
        if failed.code == _NOT_FOUND:
            return ()
        raise


def _of_group(group: str, records: _Iterable[_Any]) -> tuple[_Any, ...]:
    is_wanted = _group_filter(group)
    return tuple(record for record in records if is_wanted(record.symbol))


@_calls.positional()
def history_orders_total(args: _Args) -> _Any:
    """How many past orders a time window holds."""
    window = _window_s(args)
    return _types.checked(_session.ask("history_orders_total", window), int)


@_calls.with_keywords()
def history_orders_get(args: _Args, keywords: _Keywords) -> _Any:
    """Past orders: of a time window (and group), of one ticket or of one position."""
    return _past_records("history_orders_get", TradeOrder, args, keywords)


@_calls.positional()
def history_deals_total(args: _Args) -> _Any:
    """How many deals a time window holds."""
    window = _window_s(args)
    return _types.checked(_session.ask("history_deals_total", window), int)


@_calls.with_keywords()
def history_deals_get(args: _Args, keywords: _Keywords) -> _Any:
    """Deals: of a time window (and group), of one ticket or of one position."""
    return _past_records("history_deals_get", TradeDeal, args, keywords)


def _past_records(verb: str, made: _Any, args: _Args, keywords: _Keywords) -> _Any:
    """Dates win over ticket, ticket over position; a group counts only with dates."""
    if args:
        return _records_of_window(verb, made, args, keywords)
    if "ticket" in keywords:
        return _by_ticket(verb, made, keywords)
    if "position" not in keywords:
        raise _BadArgument(_arguments.INVALID)
    position = _arguments.unsigned(keywords["position"], _arguments.named("position"))
    return _types.several(made, _session.ask(verb, "position", [position]))


def _records_of_window(verb: str, made: _Any, args: _Args, keywords: _Keywords) -> _Any:
    if len(args) != len(("from", "to")) and not _BY_NUMBER.isdisjoint(keywords):
        raise _BadArgument(_arguments.NAMED_ONLY)
    window = _window_s(args)
    group = _group(keywords) if "group" in keywords else None
    records = _types.several(made, _session.ask(verb, "window", window))
    return records if group is None else _of_group(group, records)


@_calls.with_keywords()
def order_check(args: _Args, keywords: _Keywords) -> _Any:
    """What a request would do to the account, without sending it."""
    request = _trade_request(args, keywords)
    return _types.one(OrderCheckResult, _session.ask("order_check", request))


@_calls.with_keywords()
def order_send(args: _Args, keywords: _Keywords) -> _Any:
    """Send a request to the broker."""
    request = _trade_request(args, keywords)
    return _types.one(OrderSendResult, _session.ask("order_send", request))


@_calls.positional()
def order_calc_margin(args: _Args) -> _Any:
    """The margin an order would need."""
    return _calculated("order_calc_margin", args, prices=1)


@_calls.positional()
def order_calc_profit(args: _Args) -> _Any:
    """The profit of buying or selling at one price and closing at another."""
    return _calculated("order_calc_profit", args, prices=2)


def _calculated(verb: str, args: _Args, prices: int) -> _Any:
    action, symbol, *figures = _exactly(3 + prices, args)
    kind = _arguments.masked_32(action)
    doubles = [_arguments.double(figure) for figure in figures]
    return _types.checked(_session.ask(verb, kind, _text_symbol(symbol), *doubles), float)


_quick_trades = _QuickTrades(symbol_info_tick, positions_get, order_send)


def Buy(
    symbol: _Any, volume: _Any, price: _Any = None, *, comment: _Any = None, ticket: _Any = None
) -> _Any:
    """Buy at the market."""
    extras = _Extras(comment, ticket)
    return _quick_trades.trade(ORDER_TYPE_BUY, symbol, volume, price, extras)


def Sell(
    symbol: _Any, volume: _Any, price: _Any = None, *, comment: _Any = None, ticket: _Any = None
) -> _Any:
    """Sell at the market."""
    extras = _Extras(comment, ticket)
    return _quick_trades.trade(ORDER_TYPE_SELL, symbol, volume, price, extras)


def Close(symbol: _Any, *, comment: _Any = None, ticket: _Any = None) -> _Any:
    """Close a symbol's positions, or the one with this ticket."""
    return _quick_trades.close(symbol, _Extras(comment, ticket))


def _connect_to(host: str, port: int) -> None:
    """Where the next initialize looks for the paper broker's server."""
    _session.connect_to(host, port)


def _hold_the_interpreter(is_held: bool) -> None:
    """True: while a call waits, this process does nothing else, as with MetaTrader's module."""
    _session.hold_the_interpreter(is_held=is_held)


def _hint_socket() -> _Any:
    """The zmq SUB socket, for a node's poller; shutdown() closes it, initialize() keeps it."""
    return _session.hint_socket()


def _positions_changed() -> bool:
    """True once after a push that said the positions changed, and once after the first of all.

    It is a reason to look, not a fact.
    """
    return _session.pushed.positions_changed()
