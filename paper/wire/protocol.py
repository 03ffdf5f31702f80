"""How a client module and the paper broker speak: length-prefixed msgpack over TCP.

A request is `[id, verb, args]`, an answer `[id, code, payload]`; code 1 is success, a negative code
is MetaTrader's own server-side code with a text as payload. Ticks and account changes are pushed
on a PUB socket, two frames each: a topic and a msgpack value.
"""

import struct
from typing import Any, Final

import msgspec

PROTOCOL_VERSION: Final = 1
MAX_FRAME_BYTES: Final = 256 * 1024 * 1024
LENGTH: Final = struct.Struct(">I")

OK: Final = 1
HELD: Final = 2
"""Sent ahead of an answer: the client reads on without letting go of the interpreter."""
PIPE_LOST: Final = 3
"""Sent ahead of the end, with id 0: the pipe breaks while the terminal's process lives on."""
FORGET: Final = 4
"""Sent ahead of an answer, with id 0 and the number of the last account change that was pushed: the
terminal has been logged in to another account, so only a later push speaks of it."""

_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder()


class ProtocolError(Exception):
    """The peer does not speak this protocol."""


def pack(value: object) -> bytes:
    """One value as msgpack."""
    return _encoder.encode(value)


def unpack(body: bytes | memoryview) -> Any:  # noqa: ANN401 - whatever the peer sent
    """One msgpack value."""
    try:
        return _decoder.decode(body)
    except msgspec.DecodeError as broken:
        raise ProtocolError(f"a frame that is not msgpack: {broken}") from broken


def frame(value: object) -> bytes:
    """One value as it travels: four bytes of length, then msgpack."""
    body = _encoder.encode(value)
    return LENGTH.pack(len(body)) + body


def tick_topic(broker: str) -> bytes:
    """Topic of all ticks of one broker; a subscriber compares whole topics, prefixes match more."""
    return b"t:" + broker.encode()


def account_topic(terminal_key: str) -> bytes:
    """Topic of one terminal's account changes."""
    return b"a:" + terminal_key.encode()


class FrameReader:
    """Cuts a stream of bytes into values, however TCP has cut it before."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, received: bytes) -> list[Any]:
        """Add bytes; return the values that are now complete."""
        self._waiting += received
        values = []
        while (body := self._next_body()) is not None:
            values.append(unpack(body))
        return values

    def _next_body(self) -> bytes | None:
        if len(self._waiting) < LENGTH.size:
            return None
        (length,) = LENGTH.unpack_from(self._waiting)
        if length > MAX_FRAME_BYTES:
            raise ProtocolError(f"a frame of {length} bytes; at most {MAX_FRAME_BYTES} are taken")
        end = LENGTH.size + length
        if len(self._waiting) < end:
            return None
        body = bytes(self._waiting[LENGTH.size : end])
        del self._waiting[:end]
        return body
