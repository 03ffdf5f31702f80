"""The server's end of one client's connection."""

import socket
from typing import Any, Final

import msgspec

from domain.mt5_words import LastError
from paper.service.answering import answer
from paper.service.control import Control
from paper.service.session import Session
from paper.service.world import ServerRefusal
from paper.wire.protocol import OK, PROTOCOL_VERSION, FrameReader, ProtocolError, frame

CHUNK_BYTES: Final = 256 * 1024
Call = tuple[int, str, list[Any]]


class PeerGone(Exception):  # noqa: N818 - it is what happened, not a fault of ours
    """The other end hung up."""


class Peer:
    """Reads calls, writes answers, never waits."""

    def __init__(self, connection: socket.socket, session: Session, control: Control) -> None:
        self.connection = connection
        self._session = session
        self._control = control
        self._frames = FrameReader()
        self._unsent = bytearray()
        self._greeted = False

    @property
    def has_unsent(self) -> bool:
        """Whether answers wait for the socket."""
        return bool(self._unsent)

    def on_readable(self) -> None:
        """Take in what has come and answer it."""
        try:
            received = self.connection.recv(CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError as broken:
            raise PeerGone from broken
        if not received:
            raise PeerGone
        for call in self._frames.feed(received):
            self._unsent += frame(self._answer(call))
        self.on_writable()

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

    def _answer(self, received: object) -> tuple[int, int, object]:
        try:
            call_id, verb, args = msgspec.convert(received, Call)
        except msgspec.ValidationError as wrong:
            raise ProtocolError(f"not a call [id, verb, args]: {wrong}") from wrong
        try:
            return call_id, OK, self._ask(verb, args)
        except ServerRefusal as refused:
            return call_id, refused.code, str(refused)

    def _ask(self, verb: str, args: list[Any]) -> object:
        if verb == "hello":
            return self._hello(*args)
        if not self._greeted:
            raise ServerRefusal(LastError.INVALID_PARAMS, f"say hello before {verb!r}")
        if verb.startswith("admin."):
            return self._control.ask(verb, args)
        return answer(self._session, verb, args)

    def _hello(self, version: object = None, *_pid: object) -> object:
        if version != PROTOCOL_VERSION:
            raise ServerRefusal(
                LastError.INVALID_VERSION,
                f"protocol {version!r}, wanted {PROTOCOL_VERSION}: client and server differ",
            )
        self._greeted = True
        return self._control.hello()
