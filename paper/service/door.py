"""Lets clients in: the terminal they name or the one used last, and made up for guests."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from domain.mt5_words import LastError, MarginMode
from paper.broker.profiles.by_name import profile_for
from paper.service.world import LARGEST_KEPT_LOGIN, ServerRefusal, Terminal, Wish, World

LAST_TERMINAL_FILE: Final = "last_terminal.txt"
NOT_FOUND: Final = "MetaTrader 5 x64 not found"
USUAL_PATH: Final = "C:\\Program Files\\MetaTrader 5\\terminal64.exe"
"""Where a guest that names no path finds its terminal."""


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a guest gets whose terminal or login nobody knows: a demo account."""

    broker: str = "Paper-Demo"
    """Unless the guest names a server."""
    deposit: float = 10_000.0
    currency: str = "USD"
    leverage: int = 100


class Door:
    """Without a welcome only those are let in who were announced with admin.ensure_account.

    A welcome that could never be given, as in a currency without rates, is refused at once.
    """

    def __init__(
        self,
        world: World,
        utc_ms: Callable[[], int],
        *,
        memory: Path | None = None,
        welcome: Welcome | None = None,
    ) -> None:
        self._world = world
        self._utc_ms = utc_ms
        self._memory = memory
        self._welcome = welcome
        if welcome is not None:
            world.try_out(_wish("a guest", welcome.broker, 0, welcome))

    def terminal(self, path: str, login: int, server: str) -> Terminal:
        """The terminal at a path; without a path the one used last, else the only one."""
        key = self.key_of(path)
        if key in self._world.terminals:
            terminal = self._world.terminal(key)
            self._log_in(terminal, login, server)
        elif self._welcome is None:
            reason = f"Process create failed '{path}'" if path else NOT_FOUND
            raise ServerRefusal(LastError.INTERNAL_FAIL_INIT, reason)
        else:
            terminal = self._new_terminal(key or USUAL_PATH, login, server, self._welcome)
        self._remember(terminal.key)
        return terminal

    def key_of(self, path: str) -> str:
        """The key of the terminal meant, whether it is there or not; empty where nobody can say."""
        return self._world.known_as(path) if path else self._usual()

    def _log_in(self, terminal: Terminal, login: int, server: str) -> None:
        if login:
            self.log_in(terminal, login, server)

    def log_in(self, terminal: Terminal, login: int, server: str) -> None:
        """Switch a terminal to an account; a guest's is made if nobody has it."""
        broker = server or terminal.broker
        if self._welcome is not None and not self._is_known(broker, login):
            self._open(f"{broker}/{login}", broker, login, self._welcome)
        self._world.log_in(terminal, login, broker)

    def _is_known(self, broker: str, login: int) -> bool:
        house = self._world.houses.get(broker)
        return house is not None and login in house.accounts

    def _new_terminal(self, key: str, login: int, server: str, welcome: Welcome) -> Terminal:
        broker = server or welcome.broker
        if not (login and self._is_known(broker, login)):
            return self._open(key, broker, login, welcome)
        terminal = Terminal(key, "", 0)
        self._world.log_in(terminal, login, broker)
        self._world.terminals[key] = terminal
        return terminal

    def _open(self, key: str, broker: str, login: int, welcome: Welcome) -> Terminal:
        """An account as most people have it, or else of the first kind the broker offers."""
        if login > LARGEST_KEPT_LOGIN:
            raise ServerRefusal(LastError.AUTH_FAILED, f"{broker!r} gives no login {login}")
        wish = _wish(key, broker, login, welcome)
        return self._world.ensure_account(wish, self._utc_ms())

    def _usual(self) -> str:
        last = self._remembered()
        if last in self._world.terminals:
            return last
        known = list(self._world.terminals)
        return known[0] if len(known) == 1 else ""

    def _remembered(self) -> str:
        if self._memory is None or not self._memory.exists():
            return ""
        return self._memory.read_text(encoding="utf-8", errors="replace")

    def _remember(self, key: str) -> None:
        """A convenience: who cannot have it is let in all the same."""
        try:
            if self._memory is not None and key != self._remembered():
                self._memory.write_text(key, encoding="utf-8", newline="")
        except OSError as wrong:
            sys.stderr.write(f"{key} is used now, which cannot be written down: {wrong}\n")


def _wish(key: str, broker: str, login: int, welcome: Welcome) -> Wish:
    return Wish(
        key=key,
        broker=broker,
        deposit=welcome.deposit,
        currency=welcome.currency,
        leverage=welcome.leverage,
        margin_mode=_usual_mode(broker),
        login=login,
    )


def _usual_mode(broker: str) -> int:
    offered = profile_for(broker, {}).margin_modes
    hedging = MarginMode.RETAIL_HEDGING
    return int(hedging if hedging in offered else offered[0])
