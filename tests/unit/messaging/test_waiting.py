"""Waiting ends in time, and Ctrl+C ends it."""

import socket
import threading
from collections.abc import Iterator

import pytest

from messaging.waiting import SocketWaiter
from utils.clock import monotonic_s


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


@pytest.mark.parametrize("timeout_s", [0.0, -1.0, 0.0004, 0.03])
def test_nothing_to_read_means_waiting_no_longer_than_asked(
    pair: tuple[socket.socket, socket.socket], timeout_s: float
) -> None:
    before_s = monotonic_s()
    SocketWaiter().wait([pair[0]], timeout_s)
    assert timeout_s <= monotonic_s() - before_s < timeout_s + 3.0


def test_with_nothing_to_wait_on_the_time_is_waited_out() -> None:
    before_s = monotonic_s()
    SocketWaiter().wait([], 0.02)
    assert monotonic_s() - before_s >= 0.02


def test_what_is_readable_already_is_not_waited_for(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    pair[1].send(b"x")
    before_s = monotonic_s()
    SocketWaiter().wait([None, pair[0]], 60.0)
    assert monotonic_s() - before_s < 5.0


def test_the_sockets_waited_on_may_change_from_turn_to_turn(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    waiter = SocketWaiter()
    waiter.wait([pair[0]], 0.0)
    pair[0].send(b"x")
    waiter.wait([pair[1]], 60.0)
    assert pair[1].recv(1) == b"x"


def test_what_becomes_readable_after_many_short_polls_is_noticed(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.waiting.LONGEST_POLL_S", 0.001)
    late = threading.Timer(0.05, lambda: pair[1].send(b"x"))
    late.start()
    SocketWaiter().wait([pair[0]], 60.0)
    late.join()
    assert pair[0].recv(1) == b"x"


@pytest.mark.posix_only("a test cannot press Ctrl+C for itself there")
def test_ctrl_c_ends_the_wait(pair: tuple[socket.socket, socket.socket]) -> None:
    import signal

    pressed = threading.Timer(
        0.05, lambda: signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    )
    pressed.start()
    with pytest.raises(KeyboardInterrupt):
        SocketWaiter().wait([pair[0]], 60.0)
    pressed.join()
