"""The table of return codes: complete, true to the checks, and every code can be had."""

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from domain.mt5_words import (
    Execution,
    Filling,
    FillingFlag,
    OrderType,
    Retcode,
    SymbolTradeMode,
    TimeInForce,
    TradeAction,
)
from paper.broker.asking import Check
from paper.broker.brokers import Routing
from paper.broker.checks.in_order import ALWAYS, BY_ACTION, GIVES, LEFT_TO_SENDING, ONLY_BY_FAULT
from paper.broker.engine import ACTIONS, GRANTED
from paper.broker.records import TradeRequest
from paper.service.faults.kinds import Retcode as Coded
from paper.service.faults.orders import SUCCESSES, sent
from paper.service.faults.retcodes import BY_SERVER, words_of
from tests.unit.paper.desk import Desk, request

Step = Callable[[Desk], SimpleNamespace | None]
OPEN = "the position's ticket"
SELL = OrderType.SELL


def sells(**fields: Any) -> Step:
    """The broker sells EURUSD so."""
    return lambda desk: desk.resell("EURUSD", **fields)


def is_used_to(**habits: Any) -> Step:
    return lambda desk: desk.habits(**habits)


def fills(first_part: float, rest_after_ms: int | None = None) -> Step:
    return is_used_to(routing=Routing(first_part=first_part, rest_after_ms=rest_after_ms))


def turns(**switches: bool) -> Step:
    """Somebody turns the terminal's switches."""

    def turn(desk: Desk) -> None:
        desk.terminal.switches = msgspec.structs.replace(desk.terminal.switches, **switches)

    return turn


def sends(**fields: Any) -> Step:
    """The trader sends a buy of 0.1, unless said otherwise."""

    def send(desk: Desk) -> SimpleNamespace:
        tickets = {OPEN: [position.ticket for position in desk.positions()]}
        given = {name: tickets.get(value, [value])[0] for name, value in fields.items()}
        return desk.send(**given)

    return send


def waits(**fields: Any) -> Step:
    """The trader places a buy limit."""
    usual = {"action": TradeAction.PENDING, "type": OrderType.BUY_LIMIT, "price": 1.38}
    return sends(**{**usual, "type_filling": Filling.RETURN, **fields})


def closes(**fields: Any) -> Step:
    return sends(**{"position": OPEN, "type": SELL, **fields})


HOW: dict[Retcode, list[Step]] = {
    Retcode.REQUOTE: [sells(execution=Execution.INSTANT), sends(price=1.5)],
    Retcode.REJECT: [
        sells(filling_mask=FillingFlag.FOK),
        fills(0.5),
        sends(type_filling=Filling.FOK),
    ],
    Retcode.PLACED: [fills(0.0), sends()],
    Retcode.DONE: [sends()],
    Retcode.DONE_PARTIAL: [fills(0.5), sends()],
    Retcode.INVALID: [sends(action=0)],
    Retcode.INVALID_VOLUME: [sends(volume=0.0)],
    Retcode.INVALID_PRICE: [sells(execution=Execution.INSTANT), sends(price=0.0)],
    Retcode.INVALID_STOPS: [sends(sl=1.5)],
    Retcode.TRADE_DISABLED: [turns(account_trade_allowed=False), sends()],
    Retcode.MARKET_CLOSED: [lambda desk: desk.world.close_market(), sends()],
    Retcode.NO_MONEY: [sends(volume=90.0)],
    Retcode.PRICE_OFF: [lambda desk: desk.session.house.market.quotes.clear(), sends()],
    Retcode.INVALID_EXPIRATION: [waits(type_time=TimeInForce.SPECIFIED, expiration=1)],
    Retcode.TOO_MANY_REQUESTS: [is_used_to(requests_per_second=1), sends(), sends()],
    Retcode.NO_CHANGES: [sends(), sends(action=TradeAction.SLTP, position=OPEN)],
    Retcode.CLIENT_DISABLES_AT: [turns(trade_allowed=False), sends()],
    Retcode.FROZEN: [sells(freeze_level_points=900), sends(sl=1.385), closes()],
    Retcode.INVALID_FILL: [sends(type_filling=Filling.BOC)],
    Retcode.CONNECTION: [turns(connected=False), sends()],
    Retcode.LIMIT_ORDERS: [is_used_to(limit_orders=1), waits(), waits()],
    Retcode.LIMIT_VOLUME: [sells(volume_limit=0.1), sends(volume=0.2)],
    Retcode.INVALID_ORDER: [sends(type=OrderType.BUY_LIMIT)],
    Retcode.POSITION_CLOSED: [closes(position=5)],
    Retcode.INVALID_CLOSE_VOLUME: [sends(), closes(volume=0.2)],
    Retcode.CLOSE_ORDER_EXIST: [sends(), fills(0.0, 900), closes(), closes()],
    Retcode.LIMIT_POSITIONS: [is_used_to(limit_positions=1), sends(), sends()],
    Retcode.LONG_ONLY: [sells(trade_mode=SymbolTradeMode.LONG_ONLY), sends(type=SELL)],
    Retcode.SHORT_ONLY: [sells(trade_mode=SymbolTradeMode.SHORT_ONLY), sends()],
    Retcode.CLOSE_ONLY: [sells(trade_mode=SymbolTradeMode.CLOSE_ONLY), sends()],
    Retcode.FIFO_CLOSE: [
        is_used_to(fifo_close=True),
        sends(),
        sends(comment="younger"),
        lambda desk: desk.close(desk.positions()[-1].ticket, 0.1),
    ],
    Retcode.HEDGE_PROHIBITED: [is_used_to(hedging_allowed=False), sends(), sends(type=SELL)],
}
"""How the broker is brought to answer each code of its own."""

MADE = {*ALWAYS, *(check for checks in BY_ACTION.values() for check in checks)}


def test_every_check_that_is_made_says_which_codes_it_gives_and_no_other_does() -> None:
    assert set(GIVES) == MADE
    assert LEFT_TO_SENDING <= MADE


def test_every_action_that_is_executed_is_checked_and_says_what_it_answers() -> None:
    assert set(BY_ACTION) == set(ACTIONS) == set(GRANTED)


def test_every_code_metatrader_has_is_given_by_a_check_an_execution_or_a_fault() -> None:
    refused = {code for codes in GIVES.values() for code in codes}
    granted = {code for codes in GRANTED.values() for code in codes}
    assert set(Retcode) - refused - granted == ONLY_BY_FAULT


@pytest.mark.parametrize("check", GIVES, ids=lambda check: f"{check.__module__}.{check.__name__}")
def test_a_check_gives_the_codes_it_is_said_to_give(check: Check) -> None:
    assert {Retcode[name] for name in _codes_in(check)} == set(GIVES[check])


@pytest.mark.parametrize("code", HOW, ids=lambda code: code.name)
def test_the_broker_can_be_brought_to_answer(desk: Desk, code: Retcode) -> None:
    answers = [step(desk) for step in HOW[code]]

    assert answers[-1] is not None
    assert answers[-1].retcode == code


@pytest.mark.parametrize("code", [code for code in HOW if code not in SUCCESSES], ids=int)
def test_a_fault_answers_a_code_as_the_broker_itself_does(desk: Desk, code: Retcode) -> None:
    truly = [step(desk) for step in HOW[code]][-1]

    assert truly is not None
    assert truly.comment == words_of(code)
    assert (truly.request_id > 0) is (code in BY_SERVER)


@pytest.mark.parametrize("code", sorted(ONLY_BY_FAULT), ids=lambda code: code.name)
def test_a_fault_can_bring_the_other_codes_about(desk: Desk, code: Retcode) -> None:
    asked = msgspec.convert(request(), TradeRequest)

    assert sent(desk.session, asked, [Coded(code=code)]).retcode == code


def test_no_code_is_left_out() -> None:
    assert set(HOW) | ONLY_BY_FAULT == set(Retcode)


def _codes_in(check: Check) -> set[str]:
    """The codes named by a check and by whatever of its own module it uses."""
    tree = ast.parse(inspect.getsource(sys.modules[check.__module__]))
    parts = {name: part for part in tree.body for name in _names(part)}
    seen: set[str] = set()
    left = [check.__name__]
    while left:
        name = left.pop()
        if name in parts and name not in seen:
            seen.add(name)
            left += [node.id for node in ast.walk(parts[name]) if isinstance(node, ast.Name)]
    return {code for name in seen for code in _retcodes(parts[name])}


def _names(part: ast.stmt) -> Iterator[str]:
    if isinstance(part, ast.FunctionDef):
        yield part.name
    elif isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
        yield part.target.id


def _retcodes(part: ast.stmt) -> Iterator[str]:
    for node in ast.walk(part):
        is_member = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if is_member and node.value.id == "Retcode":
            yield node.attr
