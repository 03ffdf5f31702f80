"""One process's tie to one terminal of the paper broker: calls, and what is pushed beside them."""

import os
from typing import Any, Final

import msgspec
import zmq

from paper.module.connection import Connection
from paper.module.failures import (
    INITIALIZE_FAILED,
    INVALID_VERSION,
    not_connected,
    refused,
)
from paper.module.mt5_types import checked
from paper.module.pushed import Pushed
from paper.wire.protocol import PROTOCOL_VERSION

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 27118
_DEFAULT_TIMEOUT_MS: Final = 60_000


class LoginWords(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to log in as; an empty word means the terminal's own."""

    login: int = 0
    password: str = ""
    server: str = ""
    timeout_ms: int = 0

    def as_args(self) -> list[object]:
        """As the server takes them; a timeout of 0 means the usual minute."""
        return [self.login, self.password, self.server, self.timeout_ms or _DEFAULT_TIMEOUT_MS]


class _Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """The part of the server's answer to initialize (and login) that a client needs."""

    pub_port: int
    key: str
    broker: str


def _what_is_missing(path: str) -> str:
    return f"Process create failed '{path}'" if path else "MetaTrader 5 x64 not found"


class TerminalSession:
    """At most one terminal at a time, as in MetaTrader's module."""

    def __init__(self) -> None:
        self._address = (DEFAULT_HOST, DEFAULT_PORT)
        self._connection: Connection | None = None
        self._has_met_a_terminal = False
        self._is_held = False
        self.pushed = Pushed()

    def connect_to(self, host: str, port: int) -> None:
        """Where the next initialize looks for the server."""
        self._address = (host, port)

    def hold_the_interpreter(self, *, is_held: bool) -> None:
        """From now on every read waits without letting another thread run, or as usual again."""
        self._is_held = is_held
        if self._connection is not None:
            self._connection.is_held = is_held

    def open(self, path: str, words: LoginWords) -> None:
        """Let go of any earlier terminal and take up this one; a Failed leaves none."""
        self._hang_up()
        self._connection = self._connected(path)
        try:
            self._connection.ask("hello", PROTOCOL_VERSION, os.getpid())
            self._follow(self._connection.ask("initialize", path, *words.as_args()))
        except BaseException:
            self._hang_up()
            raise
        self._has_met_a_terminal = True

    def _connected(self, path: str) -> Connection:
        try:
            return Connection(*self._address, self.pushed.forget_until_after, is_held=self._is_held)
        except OSError as found:
            raise refused("initialize", INITIALIZE_FAILED, _what_is_missing(path)) from found

    def _follow(self, payload: object) -> None:
        welcome: _Welcome = checked(payload, _Welcome)
        endpoint = f"tcp://{self._address[0]}:{welcome.pub_port}"
        self.pushed.follow(endpoint, welcome.broker, welcome.key)

    def login(self, words: LoginWords) -> None:
        """Change the account; a Failed leaves the connection usable."""
        self._follow(self.ask("login", *words.as_args()))

    def close(self) -> None:
        """Let go of the terminal and of every socket."""
        self._hang_up()
        self.pushed.close()

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.pushed.unfollow()

    def begin_afresh(self) -> None:
        """What a forked child does: its parent's sockets are the parent's alone."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._has_met_a_terminal = False
        self.pushed.begin_afresh()

    def ask(self, verb: str, *args: object) -> Any:  # noqa: ANN401 - the caller checks the payload
        """The server's answer; a Failed says why there is none."""
        if self._connection is None:
            raise not_connected()
        return self._connection.ask(verb, *args)

    def ask_current_build(self, verb: str, *args: object) -> Any:  # noqa: ANN401 - as above
        """The same for calls that old terminals lack: before the first initialize, every one is."""
        if not self._has_met_a_terminal:
            raise refused(verb, INVALID_VERSION)
        return self.ask(verb, *args)

    def state(self, verb: str) -> Any:  # noqa: ANN401 - a list of values off the wire
        """account_info or terminal_info: as last pushed, else asked."""
        self._look()
        known = self.pushed.state(verb)
        if known is None:
            known = self.ask(verb)
            self.pushed.remember_state(verb, known)
        return known

    def tick(self, symbol: str) -> Any:  # noqa: ANN401 - as above
        """symbol_info_tick: as last pushed, else asked."""
        self._look()
        known = self.pushed.tick(symbol)
        if known is None:
            known = self.ask("symbol_info_tick", symbol)
            self.pushed.remember_tick(symbol, known)
        return known

    def _look(self) -> None:
        """What was pushed counts only while the server lives: silence alone proves nothing."""
        if self._connection is None:
            raise not_connected()
        if not self._connection.is_alive():
            raise self._connection.lost()
        self.pushed.drain()

    def hint_socket(self) -> "zmq.Socket[bytes]":
        """The socket that becomes readable when something was pushed."""
        return self.pushed.socket()
