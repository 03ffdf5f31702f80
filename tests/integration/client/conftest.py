"""The client module and a stand-in for its terminal: of a test's own, or one for many tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import pytest

from tests.client_copies import fresh_client
from tests.stand_in_terminal import StandInTerminal


@contextmanager
def standing_in() -> Iterator[StandInTerminal]:
    terminal = StandInTerminal()
    try:
        yield terminal
    finally:
        terminal.close()


@contextmanager
def led_to(terminal: StandInTerminal) -> Iterator[ModuleType]:
    module = fresh_client()
    module._connect_to("127.0.0.1", terminal.port)
    try:
        yield module
    finally:
        module.shutdown()


@pytest.fixture
def server() -> Iterator[StandInTerminal]:
    """Of this test alone, which may push to the client, hang up and come back."""
    with standing_in() as terminal:
        yield terminal


@pytest.fixture
def offline(server: StandInTerminal) -> Iterator[ModuleType]:
    """A client that knows where its server is, and has not called it yet."""
    with led_to(server) as module:
        yield module


@pytest.fixture
def online(offline: ModuleType) -> ModuleType:
    """The same, at its terminal."""
    assert offline.initialize("ftmo") is True
    return offline


@pytest.fixture(scope="module")
def lasting_terminal() -> Iterator[StandInTerminal]:
    with standing_in() as terminal:
        yield terminal


@pytest.fixture
def terminal(lasting_terminal: StandInTerminal) -> StandInTerminal:
    """One for many tests, which pushes nothing and is told anew what to answer."""
    lasting_terminal.forget()
    return lasting_terminal


@pytest.fixture(scope="module")
def lasting_client(lasting_terminal: StandInTerminal) -> Iterator[ModuleType]:
    with led_to(lasting_terminal) as module:
        yield module


@pytest.fixture
def client(terminal: StandInTerminal, lasting_client: ModuleType) -> ModuleType:
    """One for many tests, at that terminal."""
    assert lasting_client.initialize("ftmo") is True
    return lasting_client
