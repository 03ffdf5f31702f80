"""Bars, ticks and market depth: what is asked for, and what becomes of the answers."""

import struct
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.integration.client.answers import hang_up, refuse
from tests.stand_in_terminal import StandInTerminal

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
SUCCESS = (1, "Success")
OFFLINE = (-10004, "No IPC connection")
MALFORMED = (-10002, "IPC recv failed")
WHEN = datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
WHEN_S = 1704164645
BAR = (1704164640, 1.5, 2.5, 3.5, 4.5, 6, -7, 8)
TICK = (1704164645, 1.5, 2.5, 3.5, 5, 1704164645678, 2**32 - 1, 7.5)
RATES = [
    ("time", "<i8"), ("open", "<f8"), ("high", "<f8"), ("low", "<f8"), ("close", "<f8"),
    ("tick_volume", "<u8"), ("spread", "<i4"), ("real_volume", "<u8"),
]  # fmt: skip
TICKS = [
    ("time", "<i8"), ("bid", "<f8"), ("ask", "<f8"), ("last", "<f8"), ("volume", "<u8"),
    ("time_msc", "<i8"), ("flags", "<u4"), ("volume_real", "<f8"),
]  # fmt: skip
RECORDS = {"rates": (BAR, "<qddddQiQ", RATES), "ticks": (TICK, "<qdddQqId", TICKS)}

CALLS: dict[str, tuple[str, Callable[[Any], Any], list[Any]]] = {
    "copy_rates_from": (
        "rates", lambda m: m.copy_rates_from("E", m.TIMEFRAME_H1, WHEN, 2), ["E", 16385, WHEN_S, 2],
    ),
    "copy_rates_from_pos": (
        "rates", lambda m: m.copy_rates_from_pos("E", m.TIMEFRAME_M1, 3, 2), ["E", 1, 3, 2],
    ),
    "copy_rates_range": (
        "rates", lambda m: m.copy_rates_range("E", m.TIMEFRAME_MN1, 5, WHEN),
        ["E", 49153, 5, WHEN_S],
    ),
    "copy_ticks_from": (
        "ticks", lambda m: m.copy_ticks_from("E", 5.9, 2, m.COPY_TICKS_ALL), ["E", 5, 2, -1],
    ),
    "copy_ticks_range": (
        "ticks", lambda m: m.copy_ticks_range("E", WHEN, -5, m.COPY_TICKS_TRADE),
        ["E", WHEN_S, -5, 2],
    ),
}  # fmt: skip
BOOK_ORDERS = ("market_book_add", "market_book_release")


def packed(kind: str, count: int) -> bytes:
    record, layout, _ = RECORDS[kind]
    return struct.pack(layout, *record) * count


@pytest.mark.parametrize("name", CALLS)
def test_prices_come_as_a_read_only_array_of_metatraders_records(
    terminal: StandInTerminal, client: ModuleType, name: str
) -> None:
    kind, call, args = CALLS[name]
    record, _, fields = RECORDS[kind]
    terminal.answer(name, packed(kind, 2))
    found = call(client)
    assert terminal.asked_for(name) == [args]
    assert client.last_error() == SUCCESS
    assert found.dtype == np.dtype(fields)
    assert (found.itemsize, found.shape) == (60, (2,))
    assert not found.flags.writeable
    assert type(found[0]) is np.void
    assert [tuple(each) for each in found.tolist()] == [record, record]
    with pytest.raises(ValueError, match="read-only"):
        found["time"] = 0


@pytest.mark.parametrize("name", CALLS)
def test_no_prices_are_an_empty_array_and_a_success(
    terminal: StandInTerminal, client: ModuleType, name: str
) -> None:
    kind, call, _ = CALLS[name]
    terminal.answer(name, b"")
    found = call(client)
    assert (found.dtype, found.shape) == (np.dtype(RECORDS[kind][2]), (0,))
    assert client.last_error() == SUCCESS


def test_an_array_prints_as_metatraders_does(terminal: StandInTerminal, client: ModuleType) -> None:
    terminal.answer("copy_rates_from_pos", struct.pack("<qddddQiQ", 1, 1.5, 2.5, 3.5, 4.5, 6, 7, 8))
    assert repr(client.copy_rates_from_pos("EURUSD", 1, 0, 1)) == (
        "array([(1, 1.5, 2.5, 3.5, 4.5, 6, 7, 8)],\n"
        "      dtype=[('time', '<i8'), ('open', '<f8'), ('high', '<f8'), ('low', '<f8'), "
        "('close', '<f8'), ('tick_volume', '<u8'), ('spread', '<i4'), ('real_volume', '<u8')])"
    )


@pytest.mark.parametrize("name", CALLS)
def test_prices_that_are_no_whole_records_are_a_failed_receive(
    terminal: StandInTerminal, client: ModuleType, name: str
) -> None:
    for payload in (b"x" * 59, b"x" * 61, "x" * 60, [[1]], None, 60, True):
        terminal.answer(name, payload)
        assert CALLS[name][1](client) is None, payload
        assert client.last_error() == MALFORMED, payload
    terminal.answer(name, b"")
    assert len(CALLS[name][1](client)) == 0


@pytest.mark.parametrize(
    ("code", "text"),
    [(-1, "Terminal: Call failed"), (-2, "Terminal: Invalid params"), (-4, "Terminal: Not found")],
)
@pytest.mark.parametrize("name", [*CALLS, "market_book_get"])
def test_refused_prices_are_none_and_the_servers_code(
    terminal: StandInTerminal, client: ModuleType, name: str, code: int, text: str
) -> None:
    terminal.answer(name, refuse(code))
    assert CALLS.get(name, ("", lambda m: m.market_book_get("E")))[1](client) is None
    assert client.last_error() == (code, text)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("number", [2**31, -(2**31) - 1])
def test_a_date_that_overflows_is_asked_for_all_the_same_and_then_an_error(
    terminal: StandInTerminal, client: ModuleType, name: str, number: int
) -> None:
    kind, _, args = CALLS[name]
    if name == "copy_rates_from_pos":
        args = ["E", 1, 0, 1]
        terminal.answer(name, b"")
        with pytest.raises(SystemError):
            client.copy_rates_from_pos("E", 1, 0, number)
        assert terminal.asked_for(name) == []
        return
    place = 1 if kind == "ticks" else 2
    terminal.answer(name, b"")
    given = [*args[:place], number, *args[place + 1 :]]
    with pytest.raises(SystemError, match="returned a result with an exception set"):
        getattr(client, name)(*given)
    assert terminal.asked_for(name) == [[*args[:place], -1, *args[place + 1 :]]]
    assert client.last_error() == SUCCESS


def test_market_depth_is_a_tuple_of_book_infos(
    terminal: StandInTerminal, client: ModuleType
) -> None:
    terminal.answer("market_book_get", [[1, 1.5, 3, 3.5], [2, 1, 4, 4]])
    found = client.market_book_get("EURUSD")
    assert repr(found) == (
        "(BookInfo(type=1, price=1.5, volume=3, volume_dbl=3.5), "
        "BookInfo(type=2, price=1.0, volume=4, volume_dbl=4.0))"
    )
    assert type(found[0]) is client.BookInfo
    assert terminal.asked_for("market_book_get") == [["EURUSD"]]
    terminal.answer("market_book_get", [])
    assert client.market_book_get("EURUSD") == ()
    assert client.last_error() == SUCCESS


@pytest.mark.parametrize("payload", [None, [[1, 1.5, 3]], [["1", 1.5, 3, 3.5]], True, b""])
def test_malformed_depth_is_a_failed_receive(
    terminal: StandInTerminal, client: ModuleType, payload: Any
) -> None:
    terminal.answer("market_book_get", payload)
    assert client.market_book_get("EURUSD") is None
    assert client.last_error() == MALFORMED


@pytest.mark.parametrize("name", BOOK_ORDERS)
@pytest.mark.parametrize(
    ("answer", "result"),
    [(True, True), (False, False), (refuse(-1), False), (refuse(-4), False), (None, False),
     ([], False), (hang_up, False)],
    ids=["yes", "no", "refused", "unknown", "nothing", "a list", "lost"],
)  # fmt: skip
def test_a_subscription_to_depth_says_false_and_no_more_when_it_fails(
    terminal: StandInTerminal, client: ModuleType, name: str, answer: Any, result: bool
) -> None:
    terminal.answer(name, answer)
    assert getattr(client, name)("EURUSD") is result
    assert client.last_error() == SUCCESS
    assert terminal.asked_for(name) == [["EURUSD"]]


def said_by(program: str) -> str:
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    return run.stdout + run.stderr


def test_numpy_is_loaded_with_the_first_array_and_not_before() -> None:
    program = (
        "import sys; from paper import client; from paper.module.price_arrays import rates\n"
        "client.initialize(1); client.copy_rates_from_pos('E', 1, 0, 1)\n"
        "before = 'numpy' in sys.modules; rates(b''); print(before, 'numpy' in sys.modules)"
    )
    assert said_by(program) == "False True\n"


def test_without_numpy_an_array_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['numpy'] = None\n"
        "from paper.module.price_arrays import ticks; ticks(b'')"
    )
    assert "numpy is not installed here: run `pip install numpy`" in said_by(program)
