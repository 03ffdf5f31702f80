"""A call that holds the interpreter stops the whole process, as MetaTrader's module does."""

import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paper.module.holding import receive_holding
from paper.wire.protocol import HELD, OK
from tests.stand_in_terminal import StandInTerminal
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]

PROGRAM = Path(__file__).parents[2] / "children" / "asks_positions.py"
LONG_ENOUGH_S = 0.5
"""Another thread that may run says so every hundredth of a second."""
WORD_WITHIN_S = 30.0


class Trader:
    """A process with two threads, and what it says."""

    def __init__(self, *args: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM), *args], stdout=subprocess.PIPE, encoding="utf-8"
        )
        self.words: queue.Queue[str] = queue.Queue()
        self._listening = threading.Thread(target=self._listen)
        self._listening.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.words.put(line.strip())

    def is_silent(self) -> bool:
        """Whether it says nothing for a while, after whatever it has said so far."""
        while not self.words.empty():
            self.words.get()
        try:
            self.words.get(timeout=LONG_ENOUGH_S)
        except queue.Empty:
            return True
        return False

    def says(self, wanted: str) -> bool:
        """Whether this word comes, whatever others come first."""
        while (word := self.words.get(timeout=WORD_WITHIN_S)) != wanted:
            assert not word.startswith("answer"), word
        return True

    def end(self) -> None:
        self._process.kill()
        self._process.wait(10)
        self._listening.join(10)
        assert self._process.stdout is not None
        self._process.stdout.close()


class Desk:
    """A terminal that answers positions_total when it is let, and announces that it is held."""

    def __init__(self, server: StandInTerminal, *, announces: bool) -> None:
        self._go = threading.Semaphore(0)
        self._announced = [(None, HELD, None)] if announces else []
        self._server = server
        server.answer("positions_total", self._say)

    def _say(self, _: list[Any]) -> Iterator[tuple[None, int, Any]]:
        yield from self._announced
        assert self._go.acquire(timeout=WORD_WITHIN_S)
        yield (None, OK, 7)

    def wait_for_call(self, count: int) -> None:
        eventually(lambda: len(self._server.asked_for("positions_total")) == count, 30.0)

    def answer(self) -> None:
        self._go.release()


@pytest.mark.parametrize(
    ("announces", "args", "is_frozen"),
    [(False, [], False), (True, [], True), (False, ["held"], True)],
    ids=["a usual call", "the server says so", "the switch"],
)
def test_a_held_call_lets_no_other_thread_run_until_it_is_answered(
    server: StandInTerminal, announces: bool, args: list[str], is_frozen: bool
) -> None:
    desk = Desk(server, announces=announces)
    trader = Trader(str(server.port), *args)
    try:
        for count in (1, 2):
            desk.wait_for_call(count)
            assert eventually(trader.is_silent, 10.0) if is_frozen else trader.says("alive")
            desk.answer()
            assert trader.says("answer 7 (1, 'Success')")
    finally:
        desk.answer()
        desk.answer()
        trader.end()


def test_a_held_read_takes_what_is_there_and_then_the_end() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(b"x" * 70_000)
            assert receive_holding(ours, 10) == b"x" * 10
            assert set(receive_holding(ours, 100_000)) == set(b"x")
            theirs.sendall(b"\0y")
        received = b""
        while arrived := receive_holding(ours, 65_536):
            received += arrived
    assert received.endswith(b"\0y")


def test_a_held_read_of_a_closed_socket_is_an_error() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        ours.close()
        with pytest.raises(OSError, match="holds the interpreter"):
            receive_holding(ours, 10)
