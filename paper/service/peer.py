"""The server's end of one client's connection."""

import socket
from collections import deque
from typing import Any, Final

import msgspec

from domain.mt5_words import LastError
from paper.service.control import Control
from paper.service.faults.course import UNDISTURBED
from paper.service.faults.desk import FaultDesk
from paper.service.faults.kinds import Death
from paper.service.faults.performing import told
from paper.service.faults.rules import Called
from paper.service.faults.running import Frame, Hands, Running
from paper.service.session import Session
from paper.service.world import ServerRefusal
from paper.wire.protocol import (
    FORGET,
    OK,
    PIPE_LOST,
    PROTOCOL_VERSION,
    FrameReader,
    ProtocolError,
    frame,
)

CHUNK_BYTES: Final = 256 * 1024
NOBODYS_CALL: Final = 0
Call = tuple[int, str, list[Any]]


class PeerGone(Exception):  # noqa: N818 - it is what happened, not a fault of ours
    """The other end hung up, or was hung up on."""


class Peer:
    """Reads calls, writes answers in their order, never waits: what is not due yet is owed."""

    def __init__(
        self, connection: socket.socket, session: Session, control: Control, faults: FaultDesk
    ) -> None:
        self.connection = connection
        self._session = session
        self._control = control
        self._faults = faults
        self._frames = FrameReader()
        self._unsent = bytearray()
        self._calls: deque[object] = deque()
        self._running: Running | None = None
        self._greeted = False
        self._is_cut = False

    @property
    def has_unsent(self) -> bool:
        """Whether answers wait for the socket."""
        return bool(self._unsent)

    @property
    def terminal_key(self) -> str:
        """The terminal it has taken up; empty for none."""
        return self._session.key

    @property
    def due_s(self) -> float | None:
        """When a call under way goes on; None where there is none."""
        return None if self._running is None else self._running.due_s

    def on_readable(self, now_s: float) -> None:
        """Take in what has come and answer it."""
        try:
            received = self.connection.recv(CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError as broken:
            raise PeerGone from broken
        if not received:
            raise PeerGone
        self._calls.extend(self._frames.feed(received))
        self.go_on(now_s)

    def on_writable(self) -> None:
        """Send as much as the socket takes."""
        while self._unsent:
            try:
                sent = self.connection.send(self._unsent)
            except BlockingIOError:
                return
            except OSError as broken:
                raise PeerGone from broken
            del self._unsent[:sent]

    def go_on(self, now_s: float) -> None:
        """Do what is due, one call after the other, and send it."""
        self._go_on_running(now_s)
        while self._calls and self._running is None:
            self._begin(self._calls.popleft())
            self._go_on_running(now_s)
        self.on_writable()
        if self._is_cut:
            raise PeerGone

    def _go_on_running(self, now_s: float) -> None:
        if self._running is not None:
            self._running.go_on(now_s)
            if self._running.is_done:
                self._running = None

    def finish_alone(self, now_s: float) -> None:
        """The other end is gone; what it asked for is still done when it is due."""
        self._calls.clear()
        if self._running is not None:
            self._running.nobody_listens()
            self._go_on_running(now_s)
        self._unsent.clear()

    def cut(self, *, is_pipe_alone: bool) -> None:
        """The terminal is gone, or only the pipe to it; nothing under way is answered."""
        self._running = None
        self._calls.clear()
        if is_pipe_alone:
            self._say((NOBODYS_CALL, PIPE_LOST, None))
            self.on_writable()

    def _begin(self, received: object) -> None:
        try:
            call_id, verb, args = msgspec.convert(received, Call)
        except msgspec.ValidationError as wrong:
            raise ProtocolError(f"not a call [id, verb, args]: {wrong}") from wrong
        try:
            if verb == "hello" or verb.startswith("admin.") or not self._greeted:
                self._say((call_id, OK, self._own(verb, args)))
            else:
                self._disturb(call_id, self._called(verb, args))
        except ServerRefusal as refused:
            self._say((call_id, refused.code, str(refused)))

    def _called(self, verb: str, args: list[Any]) -> Called:
        """A terminal that is only now taken up is named by the call itself."""
        is_first = verb == "initialize" and bool(args)
        key = self._session.door.key_of(str(args[0])) if is_first else self._session.key
        return Called(terminal=key, verb=verb, args=args)

    def _disturb(self, call_id: int, called: Called) -> None:
        steps = self._faults.course(called)
        if steps is UNDISTURBED:
            self._say((call_id, *told(self._session, called)))
            return
        hands = Hands(
            perform=lambda struck: told(self._session, called, struck),
            say=self._say,
            hang_up=self._hang_up,
            begin=self._faults.begin,
            kill_terminal=lambda death: self._die_with(called.terminal, death),
        )
        self._running = Running(call_id, steps, hands)

    def _say(self, answer: Frame) -> None:
        if self._session.missed_switch() or self._session.is_ahead_of_pushes():
            terminal = self._session.terminal
            terminal.stale = True  # so that a push that speaks of it comes soon
            self._unsent += frame((NOBODYS_CALL, FORGET, terminal.changes_told))
        self._unsent += frame(answer)

    def _die_with(self, key: str, death: Death) -> None:
        """Who asked is cut off with the rest, though it may not have taken the terminal up yet."""
        self._faults.kill(key, death)
        self._hang_up()

    def _hang_up(self) -> None:
        self._is_cut = True

    def _own(self, verb: str, args: list[Any]) -> object:
        if verb == "hello":
            return self._hello(*args)
        if not self._greeted:
            raise ServerRefusal(LastError.INVALID_PARAMS, f"say hello before {verb!r}")
        return self._control.ask(verb, args)

    def _hello(self, version: object = None, *_pid: object) -> object:
        if version != PROTOCOL_VERSION:
            raise ServerRefusal(
                LastError.INVALID_VERSION,
                f"protocol {version!r}, wanted {PROTOCOL_VERSION}: client and server differ",
            )
        self._greeted = True
        return self._control.hello()
