"""Stopping real processes."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from utils.os_signals import (
    StopRequest,
    ask_to_stop,
    born,
    kill,
    new_process_group_kwargs,
    resume,
    suspend,
)

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]

# Waits in a poll without end; only the wake-up can end it.
CHILD = """
import zmq
from utils.os_signals import StopRequest
with StopRequest(wakeup=True) as stop:
    poller = zmq.Poller()
    poller.register(stop.waitable, zmq.POLLIN)
    print("ready", flush=True)
    while not stop.requested:
        poller.poll()
print("ended well", flush=True)
"""


@pytest.fixture
def child() -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        **new_process_group_kwargs(),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.wait(10)
    process.stdout.close()


def test_a_suspended_process_does_nothing_until_it_is_resumed(
    child: "subprocess.Popen[str]",
) -> None:
    birth = born(child.pid)
    assert suspend(child.pid, birth)
    ask_to_stop(child.pid, birth)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.5)
    assert resume(child.pid, birth)
    assert child.wait(10) == 0
    assert not suspend(child.pid, birth)
    assert not resume(child.pid, birth)


def test_a_process_asked_to_stop_ends_its_own_way(child: "subprocess.Popen[str]") -> None:
    assert ask_to_stop(child.pid, born(child.pid))
    assert child.stdout is not None
    assert child.stdout.readline() == "ended well\n"
    assert child.wait(10) == 0


@pytest.mark.skipif(sys.platform != "win32", reason="elsewhere a signal knows no console")
def test_one_of_another_console_cannot_be_asked_and_is_left_alone() -> None:
    flags = getattr(subprocess, "DETACHED_PROCESS", 0) | new_process_group_kwargs()["creationflags"]
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], cwd=ROOT, stdout=subprocess.PIPE, creationflags=flags
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().split() == [b"ready"]
        with pytest.raises(OSError, match="WinError"):
            ask_to_stop(process.pid)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.kill()


# A process in a terminal of its own, that says something on the way out.
SPEAKER = """
import os, select, sys
terminal = os.open(sys.argv[1], os.O_RDWR)
os.dup2(terminal, 1)
os.dup2(terminal, 2)
os.close(terminal)
from utils.os_signals import StopRequest
with StopRequest(wakeup=True) as stop:
    print("ready", flush=True)
    select.select([stop.waitable], [], [])
    for _ in range(100):
        print("stopping", flush=True)
os.write(int(sys.argv[2]), b"ended well")
"""


@pytest.mark.posix_only("there a closed window says CTRL_CLOSE")
def test_a_closed_terminal_ends_a_process_its_own_way() -> None:
    window, terminal = os.openpty()
    heard, told = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", SPEAKER, os.ttyname(terminal), str(told)],
        cwd=ROOT,
        pass_fds=[told],
        start_new_session=True,
    ) as process:
        os.close(told)
        assert os.read(window, 5) == b"ready"
        os.close(terminal)
        os.close(window)
        try:
            assert select.select([heard], [], [], 10)[0]
            assert os.read(heard, 100) == b"ended well"
            assert process.wait(10) == 0
        finally:
            process.kill()
    os.close(heard)


@pytest.mark.posix_only("Windows has no SIGHUP")
def test_a_program_told_to_outlive_its_terminal_does() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopRequest() as stop:
            signal.raise_signal(signal.SIGHUP)
            assert not stop.requested
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_killed_process_ends_without_being_asked(child: "subprocess.Popen[str]") -> None:
    assert kill(child.pid)
    assert child.wait(10) != 0


def test_a_process_that_is_gone_cannot_be_asked_or_killed(child: "subprocess.Popen[str]") -> None:
    child.kill()
    child.wait(10)
    assert born(child.pid) is None
    assert not ask_to_stop(child.pid)
    assert not kill(child.pid)


def test_a_process_that_only_took_over_the_id_is_left_alone(
    child: "subprocess.Popen[str]",
) -> None:
    birth = born(child.pid)
    assert birth is not None
    assert not ask_to_stop(child.pid, birth - 100)
    assert not kill(child.pid, birth - 100)
    assert child.poll() is None


def test_a_signal_is_noted_wakes_a_poll_and_ends_nothing() -> None:
    before = signal.getsignal(signal.SIGINT)
    with StopRequest(wakeup=True) as stop:
        assert not stop.requested
        signal.raise_signal(signal.SIGINT)
        assert stop.requested
        assert select.select([stop.waitable], [], [], 5.0)[0]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_request_from_within_wakes_a_poll_too() -> None:
    with StopRequest(wakeup=True) as stop:
        stop.request()
        stop.request()
        assert stop.times == 2
        assert select.select([stop.waitable], [], [], 5.0)[0]


def test_without_a_wakeup_there_is_nothing_to_wait_on() -> None:
    with StopRequest() as stop:
        assert stop.waitable is None
        stop.request()
        assert stop.requested


@pytest.mark.posix_only("a shell's `&` ignores SIGINT for what it starts")
def test_an_interrupt_is_heeded_though_a_script_started_us_in_the_background() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with StopRequest() as stop:
            signal.raise_signal(signal.SIGINT)
            assert stop.requested
    finally:
        signal.signal(signal.SIGINT, before)
