"""A database that refuses some commands: the embedded server behind a door that says no."""

import socket
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import bson

HEADER = struct.Struct("<iiii")
MESSAGE = 2013
WORDS_BEFORE = 5  # flags, and the kind of the first section

Refuse = Callable[[Mapping[str, Any]], str]


def refuses_validators(command: Mapping[str, Any]) -> str:
    """As FerretDB 1.24 does."""
    if "validator" not in command:
        return ""
    return "collMod is not implemented" if "collMod" in command else "validator: not implemented"


class ChoosyServer:
    """Hands every command on to `port`, except what `refuse` answers with a reason."""

    def __init__(self, port: int, refuse: Refuse, *, code: int = 238) -> None:
        self._behind = port
        self._refuse = refuse
        self._code = code
        self._door = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._let_in)]

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self._door.getsockname()[1]}/"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(10)

    def _let_in(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            behind = socket.create_connection(("127.0.0.1", self._behind))
            self._open += [client, behind]
            thread = threading.Thread(target=self._serve, args=(client, behind))
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket, behind: socket.socket) -> None:
        with client, behind, suppress(OSError, EOFError):
            while True:
                asked = _message(client)
                reason = self._refuse(_command(asked))
                if reason:
                    client.sendall(_refusal(asked, reason, self._code))
                    continue
                behind.sendall(asked)
                client.sendall(_message(behind))


def _message(connection: socket.socket) -> bytes:
    head = _exactly(connection, HEADER.size)
    return head + _exactly(connection, HEADER.unpack(head)[0] - HEADER.size)


def _exactly(connection: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        part = connection.recv(size - len(parts))
        if not part:
            raise EOFError
        parts += part
    return parts


def _command(message: bytes) -> Mapping[str, Any]:
    if HEADER.unpack_from(message)[3] != MESSAGE:
        return {}
    start = HEADER.size + WORDS_BEFORE
    (size,) = struct.unpack_from("<i", message, start)
    return bson.decode(message[start : start + size])


def _refusal(asked: bytes, reason: str, code: int) -> bytes:
    reply = {"ok": 0.0, "errmsg": reason, "code": code}
    body = b"\0" * WORDS_BEFORE + bson.encode(reply)
    number = HEADER.unpack_from(asked)[1]
    return HEADER.pack(HEADER.size + len(body), 1, number, MESSAGE) + body
