"""The blocking conversation with the broker's server: one request, one reply, no time limit."""

import contextlib
import socket
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import msgspec

from paper.module.failures import (
    NOT_CONNECTED,
    RECEIVE_FAILED,
    SEND_FAILED,
    Failed,
    malformed,
    refused,
)
from paper.module.holding import receive_holding
from paper.module.mt5_types import checked
from paper.wire.protocol import FORGET, HELD, OK, PIPE_LOST, FrameReader, ProtocolError, frame

_CHUNK_BYTES: Final = 65_536
_NOBODYS_CALL: Final = 0


class _Reply(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """As it travels: [id, code, payload]."""

    request_id: int
    code: int
    payload: Any

    def outdated_change(self) -> int | None:
        """The last push that spoke of another account; None where this says nothing of the kind."""
        is_said = self.request_id == _NOBODYS_CALL and self.code == FORGET
        return self.payload if is_said and isinstance(self.payload, int) else None

    def is_lost_pipe(self) -> bool:
        """The terminal lives, but nothing will be heard from it on this connection."""
        return self.request_id == _NOBODYS_CALL and self.code == PIPE_LOST


class Connection:
    """One TCP connection; once lost it stays lost, as a terminal's pipe does."""

    def __init__(
        self, host: str, port: int, forget: Callable[[int], None], *, is_held: bool = False
    ) -> None:
        self._socket: socket.socket | None = socket.create_connection((host, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = FrameReader()
        self._replies: deque[_Reply] = deque()
        self._last_id = 0
        self._forget = forget
        self._loss = NOT_CONNECTED
        self._is_next_held = False
        self.is_held = is_held

    def close(self) -> None:
        """Hang up; the server takes the end of the stream as good-bye."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def lost(self) -> Failed:
        """Why nothing can be asked any more."""
        return refused("", self._loss)

    def is_alive(self) -> bool:
        """Whether the other end is still there, found out without waiting."""
        if self._socket is None:
            return False
        arrived = self._arrived(self._socket)
        self._feed(arrived or b"")
        if any(reply.is_lost_pipe() for reply in self._replies):
            self._break_pipe()
        elif arrived == b"":
            self.close()
        return self._socket is not None

    @staticmethod
    def _arrived(open_socket: socket.socket) -> bytes | None:
        """What lies ready: None for nothing yet, empty for the end of the stream."""
        try:
            open_socket.settimeout(0.0)
            return open_socket.recv(_CHUNK_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            return b""
        finally:
            open_socket.settimeout(None)

    def ask(self, verb: str, *args: object) -> Any:  # noqa: ANN401 - the caller checks the payload
        """The payload of the server's answer; a Failed says why there is none."""
        if not self.is_alive():
            raise self.lost()
        self._last_id += 1
        self._send([self._last_id, verb, args])
        reply = self._reply_to(self._last_id)
        if reply.code == OK:
            return reply.payload
        raise refused(verb, reply.code, reply.payload) if reply.code < 0 else malformed()

    def _send(self, request: object) -> None:
        try:
            self._open_socket().sendall(frame(request))
        except OSError as found:
            self.close()
            raise refused("", SEND_FAILED) from found
        except BaseException:  # an interrupt in mid-frame leaves a stream nobody can read
            self.close()
            raise

    def _reply_to(self, request_id: int) -> _Reply:
        while True:
            reply = self._next_reply()
            if reply.is_lost_pipe():
                self._break_pipe()
                raise refused("", RECEIVE_FAILED)
            self._is_next_held = reply.code == HELD
            if reply.request_id == request_id and not self._is_next_held:
                return reply
            # A lower id answers a call that an interrupt (Ctrl+C) cut short.
            if reply.request_id > request_id:
                self.close()
                raise malformed()

    def _next_reply(self) -> _Reply:
        while not self._replies:
            self._feed(self._receive())
        return self._replies.popleft()

    def _feed(self, arrived: bytes) -> None:
        try:
            frames = self._reader.feed(arrived)
        except ProtocolError as found:
            self.close()
            raise malformed() from found
        for reply in (checked(each, _Reply) for each in frames):
            outdated = reply.outdated_change()
            if outdated is None:
                self._replies.append(reply)
            else:
                self._forget(outdated)

    def _break_pipe(self) -> None:
        self._loss = SEND_FAILED
        self.close()

    def _receive(self) -> bytes:
        arrived = b""
        with contextlib.suppress(OSError):  # a reset is an end like any other, reported below
            arrived = self._read(self._open_socket())
        if not arrived:
            self.close()
            raise refused("", RECEIVE_FAILED)
        return arrived

    def _read(self, open_socket: socket.socket) -> bytes:
        if self.is_held or self._is_next_held:
            return receive_holding(open_socket, _CHUNK_BYTES)
        return open_socket.recv(_CHUNK_BYTES)

    def _open_socket(self) -> socket.socket:
        if self._socket is None:
            raise self.lost()
        return self._socket
