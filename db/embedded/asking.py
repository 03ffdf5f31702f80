"""A one-question client: enough to see who answers on a port, without a driver."""

import socket

from db.embedded import wire
from db.embedded.values import Document

_ANSWER_WITHIN_S = 2.0


def ask(port: int, command: Document, *, within_s: float = _ANSWER_WITHIN_S) -> Document | None:
    """The answer to one command on 127.0.0.1, or None when nothing sensible comes back."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=within_s) as connection:
            connection.sendall(wire.encode_message({**command, "$db": "admin"}, request=1))
            return wire.parse(_whole_message(connection)).command
    except (OSError, wire.WireError, wire.BodyError):
        return None


def _whole_message(connection: socket.socket) -> bytes:
    head = _exactly(connection, wire.HEADER_BYTES)
    return head + _exactly(connection, wire.message_length(head) - wire.HEADER_BYTES)


def _exactly(connection: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(size - len(parts))
        if not part:
            raise wire.WireError("the connection ended within an answer")
        parts += part
    return bytes(parts)
