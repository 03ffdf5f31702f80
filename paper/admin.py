"""The client side of the `admin.` verbs."""

import os
import socket
from types import TracebackType
from typing import Any, Final, Self

from paper.wire.protocol import OK, PROTOCOL_VERSION, FrameReader, frame

CHUNK_BYTES: Final = 65_536
SCOPE: Final = ("call", "order", "symbol", "skip", "every", "times", "chance", "after_ms", "for_ms")
"""What says which calls a fault is about, how often and how long."""


class AdminError(Exception):
    """The paper broker said no, or stopped answering."""

    def __init__(self, text: str, code: int = 0) -> None:
        super().__init__(text)
        self.code = code


class Admin:
    """One connection for set-up and operation; every call waits at most the time given."""

    def __init__(self, host: str, port: int, within_s: float = 10.0) -> None:
        self._socket = socket.create_connection((host, port), timeout=within_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._frames = FrameReader()
        self._calls = 0
        try:
            self.ask("hello", PROTOCOL_VERSION, os.getpid())
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def ask(self, verb: str, *args: object) -> Any:  # noqa: ANN401 - each verb has its own answer
        """Any verb of the protocol."""
        self._calls += 1
        self._socket.sendall(frame((self._calls, verb, args)))
        _, code, payload = self._receive(verb)
        if code != OK:
            raise AdminError(str(payload), code)
        return payload

    def _receive(self, verb: str) -> Any:  # noqa: ANN401 - [id, code, payload]
        while True:
            received = self._socket.recv(CHUNK_BYTES)
            if not received:
                raise AdminError(f"the paper broker hung up during {verb}")
            for answer in self._frames.feed(received):
                if answer[0] == self._calls:  # what is nobody's call tells of pushes, unheard here
                    return answer

    def ensure_account(  # noqa: PLR0913 - an account document's fields
        self,
        terminal_key: str,
        broker: str,
        *,
        deposit: float = 100_000.0,
        currency: str = "USD",
        leverage: int = 100,
        margin_mode: str = "hedging",
        login: int = 0,
    ) -> dict[str, Any]:
        """Login, server and name of the terminal's account; made if there is none."""
        wish = (terminal_key, broker, deposit, currency, leverage, margin_mode, login)
        answer: dict[str, Any] = self.ask("admin.ensure_account", *wish)
        return answer

    def status(self) -> dict[str, Any]:
        """Who answers, how far the tape is, and who trades there."""
        answer: dict[str, Any] = self.ask("admin.status")
        return answer

    def set_speed(self, speed: float) -> None:
        """Play faster or slower from here on."""
        self.ask("admin.set_speed", speed)

    def pause(self) -> None:
        """Hold the tape."""
        self.ask("admin.pause")

    def resume(self) -> None:
        """Let the tape run again."""
        self.ask("admin.resume")

    def turn(self, terminal_key: str, **switches: bool) -> None:
        """Turn switches: connected, trade_allowed, tradeapi_disabled, account_trade_allowed."""
        self.ask("admin.terminal", terminal_key, switches)

    def tick(self, feed: str, bid: float, ask: float) -> None:
        """A price of the tape made by hand, for every broker; pause the tape to keep it."""
        self.ask("admin.tick", feed, bid, ask)

    def advance_clock(self, ms: int) -> int:
        """Let the brokers' clocks jump, back where it is negative; their time then, UTC."""
        utc_ms: int = self.ask("admin.advance_clock", ms)
        return utc_ms

    def play_until(self, utc_ms: int) -> int:
        """Play up to a moment of the tape at once and hold it, on original stamps; its ticks."""
        ticks: int = self.ask("admin.play_until", utc_ms)
        return ticks

    def fault(self, kind: str, terminal: str = "*", **settings: object) -> int:
        """Something goes wrong from here on; the rule's number. docs/FAULTS.md lists all settings.

        `call`, `order`, `symbol`, `skip`, `every`, `times`, `chance`, `after_ms` and `for_ms` say
        when; whatever else is given belongs to the kind.
        """
        scope: dict[str, object] = {name: settings.pop(name) for name in SCOPE if name in settings}
        number: int = self.ask(
            "admin.add_fault", {"terminal": terminal, **scope}, {"kind": kind, **settings}
        )
        return number

    def faults(self) -> list[dict[str, Any]]:
        """All rules, how often they were met and how often they struck."""
        rows: list[dict[str, Any]] = self.ask("admin.faults")
        return rows

    def clear_faults(self, *numbers: int, terminal: str = "") -> list[int]:
        """Take rules back: these, else a terminal's, else all; the numbers of what is gone."""
        gone: list[int] = self.ask("admin.clear_faults", numbers, terminal)
        return gone

    def book(self, terminal_key: str, kind: str, amount: float, comment: str = "") -> float:
        """Money without a trade (balance, credit, charge, bonus ...); the balance then."""
        balance: float = self.ask("admin.book", terminal_key, kind, amount, comment)
        return balance

    def shutdown(self) -> None:
        """Stop the server; accounts and positions stay in its folder."""
        self.ask("admin.shutdown")
