"""How a terminal is lost: its process hang_up, or only its pipe breaks."""

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from paper.wire.protocol import OK, PIPE_LOST
from tests.integration.client.answers import hang_up
from tests.stand_in_terminal import HangUp, StandInTerminal
from tests.waiting import eventually

pytestmark = pytest.mark.integration

SUCCESS = (1, "Success")
LOST_IN_CALL = (-10002, "IPC recv failed")
PIPE_GONE = (-10001, "IPC send failed")
OFFLINE = (-10004, "No IPC connection")
LOST_PIPE = (0, PIPE_LOST, None)
GETTERS: dict[str, Callable[[Any], Any]] = {
    "account_info": lambda m: m.account_info(), "terminal_info": lambda m: m.terminal_info(),
    "symbol_info_tick": lambda m: m.symbol_info_tick("EURUSD"),
    "positions_get": lambda m: m.positions_get(), "order_send": lambda m: m.order_send({}),
    "copy_rates_from_pos": lambda m: m.copy_rates_from_pos("EURUSD", 1, 0, 1),
    "symbols_get": lambda m: m.symbols_get(),
}  # fmt: skip


def pipe_breaks(_: list[Any]) -> Iterator[tuple[int, int, None]]:
    yield LOST_PIPE
    raise HangUp


@pytest.mark.parametrize(
    ("loss", "after"), [(pipe_breaks, PIPE_GONE), (hang_up, OFFLINE)], ids=["pipe", "process"]
)
def test_a_terminal_lost_in_a_call_fails_it_and_every_later_one(
    server: StandInTerminal, online: ModuleType, loss: Any, after: tuple[int, str]
) -> None:
    server.answer("orders_total", loss)
    assert online.orders_total() is None
    assert online.last_error() == LOST_IN_CALL
    for call in GETTERS.values():
        assert call(online) is None
        assert online.last_error() == after
    assert online.version() == (0, 0, "")
    assert online.symbol_select("EURUSD") is False
    assert online.login(1) is False
    assert online.last_error() == after
    assert online.market_book_add("EURUSD") is False
    assert online.last_error() == SUCCESS


@pytest.mark.parametrize("name", GETTERS)
def test_a_pipe_lost_between_calls_fails_the_next_one_to_be_sent(
    server: StandInTerminal, online: ModuleType, name: str
) -> None:
    server.say(list(LOST_PIPE))
    server.hang_up()
    eventually(lambda: GETTERS[name](online) is None and online.last_error() == PIPE_GONE)
    assert GETTERS[name](online) is None
    assert online.last_error() == PIPE_GONE


@pytest.mark.parametrize("name", GETTERS)
def test_a_process_lost_between_calls_leaves_no_connection(
    server: StandInTerminal, online: ModuleType, name: str
) -> None:
    server.hang_up()
    eventually(lambda: GETTERS[name](online) is None and online.last_error() == OFFLINE)


def test_initialize_takes_up_a_terminal_whose_pipe_was_lost(
    server: StandInTerminal, online: ModuleType
) -> None:
    server.answer("orders_total", pipe_breaks)
    online.orders_total()
    server.answer("orders_total", 3)
    assert online.orders_total() is None
    assert online.last_error() == PIPE_GONE
    assert online.initialize("ftmo") is True
    assert online.orders_total() == 3


def test_after_shutdown_a_lost_pipe_is_forgotten(
    server: StandInTerminal, online: ModuleType
) -> None:
    server.answer("orders_total", pipe_breaks)
    online.orders_total()
    online.shutdown()
    assert online.orders_total() is None
    assert online.last_error() == OFFLINE


def test_an_answer_that_came_before_the_pipe_broke_still_counts(
    server: StandInTerminal, online: ModuleType
) -> None:
    def answers_and_breaks(_: list[Any]) -> Iterator[tuple[int | None, int, Any]]:
        yield (None, OK, 3)
        yield LOST_PIPE
        raise HangUp

    server.answer("orders_total", answers_and_breaks)
    assert online.orders_total() == 3
    eventually(lambda: online.orders_total() is None and online.last_error() == PIPE_GONE)


@pytest.mark.parametrize("verb", ["hello", "initialize"])
@pytest.mark.parametrize("loss", [pipe_breaks, hang_up], ids=["pipe", "process"])
def test_a_terminal_lost_in_initialize_fails_it_and_leaves_no_connection(
    server: StandInTerminal, online: ModuleType, verb: str, loss: Any
) -> None:
    server.answer(verb, loss)
    assert online.initialize("ftmo") is False
    assert online.last_error() == LOST_IN_CALL
    assert online.orders_total() is None
    assert online.last_error() == OFFLINE
