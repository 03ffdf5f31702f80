"""Stands in for `import MetaTrader5`: the same names, types, strictness and failures.

Public is what MetaTrader's module exports and nothing else. Four private names are for our own
adapter and tests: `_connect_to(host, port)` says where the server is, `_hint_socket()` is a socket
that becomes readable when something was pushed, `_positions_changed()` is true once after a push
that said the positions changed, `_hold_the_interpreter(True)` makes every call block the whole
process, as MetaTrader's do. Functions get their arguments as they were written (a tuple, and
where keywords are allowed a dict), because MetaTrader parses them itself.
"""

import os as _os
import sys as _sys
from typing import Any as _Any

from paper.module import arguments as _arguments
from paper.module import mt5_types as _types
from paper.module.calling import Calls as _Calls
from paper.module.calling import refuse_arguments as _refuse_arguments
from paper.module.dates import Dates as _Dates
from paper.module.failures import BadArgument as _BadArgument
from paper.module.failures import Failed as _Failed
from paper.module.failures import read_aloud as _read_aloud
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
from paper.module.price_queries import PriceQueries as _PriceQueries
from paper.module.quick_trades import Extras as _Extras
from paper.module.quick_trades import QuickTrades as _QuickTrades
from paper.module.record_queries import RecordQueries as _RecordQueries
from paper.module.request_rules import trade_request as _trade_request
from paper.module.terminal_session import TerminalSession as _TerminalSession

__version__ = "5.0.6231"
__author__ = "MetaQuotes Ltd."

_calls = _Calls()
_session = _TerminalSession()
_dates = _Dates(_calls)
_prices = _PriceQueries(_session, _dates)
_records = _RecordQueries(_session, _dates)


def _begin_afresh() -> None:
    """MetaTrader's processes never fork: a child finds a module that has called nothing yet."""
    _calls.begin_afresh()
    _session.begin_afresh()


if _sys.platform != "win32":
    _os.register_at_fork(after_in_child=_begin_afresh)

_EVERY_SYMBOL = "*"

_Args = tuple[_Any, ...]
_Keywords = dict[str, _Any]


def last_error(*args: _Any, **keywords: _Any) -> tuple[int, str]:
    """Code and text of the last call's failure; (1, 'Success') after a success."""
    _refuse_arguments("last_error", args, keywords)
    code, text = _calls.last_error
    return code, _read_aloud(text)


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
    """The broker's symbols: those of a group, or all; here an empty group means all as well."""
    group = _group_argument(args, keywords) or _EVERY_SYMBOL
    return _types.several(SymbolInfo, _session.ask_current_build("symbols_get", group))


def _group_argument(args: _Args, keywords: _Keywords) -> str:
    if len(args) > 1:
        raise _BadArgument(_arguments.WRONG_NUMBER)
    placed = ""
    if args:
        placed = _arguments.text(args[0], _arguments.unnamed(0), _arguments.GROUP_LIMIT)
    named = _arguments.group(keywords)
    return placed if named is None else named


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
    done: bool = _types.checked(
        _session.ask("symbol_select", _arguments.symbol(args[0]), enable), bool
    )
    return done


def _symbol(args: _Args) -> str:
    (symbol,) = _arguments.exactly(1, args)
    return _arguments.symbol(symbol)


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
    return _prices.rates_from(args)


@_calls.positional()
def copy_rates_from_pos(args: _Args) -> _Any:
    """So many bars from a place, counted back from the current bar at 0."""
    return _prices.rates_from_pos(args)


@_calls.positional()
def copy_rates_range(args: _Args) -> _Any:
    """The bars that opened between two dates."""
    return _prices.rates_range(args)


@_calls.positional()
def copy_ticks_from(args: _Args) -> _Any:
    """So many ticks from a date on."""
    return _prices.ticks_from(args)


@_calls.positional()
def copy_ticks_range(args: _Args) -> _Any:
    """The ticks between two dates."""
    return _prices.ticks_range(args)


@_calls.without_arguments()
def orders_total() -> _Any:
    """How many orders are waiting."""
    return _types.checked(_session.ask("orders_total"), int)


@_calls.with_keywords()
def orders_get(args: _Args, keywords: _Keywords) -> _Any:
    """Waiting orders: all, one ticket's, one symbol's or a group's."""
    return _records.present("orders_get", TradeOrder, args, keywords)


@_calls.without_arguments()
def positions_total() -> _Any:
    """How many positions are open."""
    return _types.checked(_session.ask("positions_total"), int)


@_calls.with_keywords()
def positions_get(args: _Args, keywords: _Keywords) -> _Any:
    """Open positions: all, one ticket's, one symbol's or a group's."""
    return _records.present("positions_get", TradePosition, args, keywords)


@_calls.positional()
def history_orders_total(args: _Args) -> _Any:
    """How many past orders a time window holds."""
    return _types.checked(_session.ask("history_orders_total", _dates.window_s(args)), int)


@_calls.with_keywords()
def history_orders_get(args: _Args, keywords: _Keywords) -> _Any:
    """Past orders: of a time window (and group), of one ticket or of one position."""
    return _records.past("history_orders_get", TradeOrder, args, keywords)


@_calls.positional()
def history_deals_total(args: _Args) -> _Any:
    """How many deals a time window holds."""
    return _types.checked(_session.ask("history_deals_total", _dates.window_s(args)), int)


@_calls.with_keywords()
def history_deals_get(args: _Args, keywords: _Keywords) -> _Any:
    """Deals: of a time window (and group), of one ticket or of one position."""
    return _records.past("history_deals_get", TradeDeal, args, keywords)


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
    action, symbol, *figures = _arguments.exactly(3 + prices, args)
    kind = _arguments.masked_32(action)
    doubles = [_arguments.double(figure) for figure in figures]
    return _types.checked(_session.ask(verb, kind, _arguments.symbol(symbol), *doubles), float)


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
