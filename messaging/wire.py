"""Messages to bytes and back; any bytes become a message or Malformed, never an exception.

docs/WIRE.md is the specification. Encoder and decoders are made once: making one costs more than
using it.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from domain.control import FromNode, Settings, ToNode
from domain.signals import (
    WIRE_VERSION,
    Malformed,
    Signal,
    SnapshotAnswer,
    SnapshotRequest,
)
from messaging import bounds, soundness

SIGNAL_LIMIT_BYTES = 1024 * 1024
REQUEST_LIMIT_BYTES = 1024 * 1024
CONTROL_LIMIT_BYTES = 1024 * 1024
SNAPSHOT_LIMIT_BYTES = 16 * 1024 * 1024
#: What is wrong is logged, and may quote what was said: a megabyte of it would fill the disk.
LONGEST_WHY = 300

Message = Signal | SnapshotRequest | SnapshotAnswer | FromNode | ToNode
M = TypeVar("M")


class _Envelope(msgspec.Struct):
    """The two fields that every version of every message has."""

    v: int = WIRE_VERSION
    type: str = ""


def _foreign_value(value: object) -> int | str:
    """A value of MongoDB's own types in an account document; its field's check judges it."""
    return int(value) if isinstance(value, int) else str(value)


_encoder = msgspec.msgpack.Encoder()
_settings_encoder = msgspec.msgpack.Encoder(enc_hook=_foreign_value)
_envelopes = msgspec.msgpack.Decoder(_Envelope)
_signals: msgspec.msgpack.Decoder[Signal] = msgspec.msgpack.Decoder(Signal)
_requests = msgspec.msgpack.Decoder(SnapshotRequest)
_answers: msgspec.msgpack.Decoder[SnapshotAnswer] = msgspec.msgpack.Decoder(SnapshotAnswer)
_from_nodes: msgspec.msgpack.Decoder[FromNode] = msgspec.msgpack.Decoder(FromNode)
_to_nodes: msgspec.msgpack.Decoder[ToNode] = msgspec.msgpack.Decoder(ToNode)

# All that a decoder raises for bad bytes: its own errors, bad UTF-8 and times (ValueError), a map
# used as a map's key (TypeError), numbers out of range, nesting beyond the interpreter's limit.
_BAD_BYTES = (msgspec.MsgspecError, ValueError, TypeError, ArithmeticError, RecursionError)


def encode(message: Message) -> bytes:
    """The msgpack map of a message."""
    if isinstance(message, Settings):
        return _settings_encoder.encode(message)
    return _encoder.encode(message)


def decode_signal(body: bytes) -> Signal | Malformed:
    """A fact or a master's heartbeat."""
    return _decode(_signals, body, SIGNAL_LIMIT_BYTES, _check_signal)


def decode_snapshot_request(body: bytes) -> SnapshotRequest | Malformed:
    """What a slave asks of a master."""
    return _decode(_requests, body, REQUEST_LIMIT_BYTES, _check_request)


def decode_snapshot_answer(body: bytes) -> SnapshotAnswer | Malformed:
    """What a master answers."""
    return _decode(_answers, body, SNAPSHOT_LIMIT_BYTES, _check_answer)


def decode_from_node(body: bytes) -> FromNode | Malformed:
    """What a node says to the supervisor."""
    return _decode_control(_from_nodes, body, soundness.check_from_node)


def decode_to_node(body: bytes) -> ToNode | Malformed:
    """What the supervisor says to a node."""
    return _decode_control(_to_nodes, body, soundness.check_to_node)


def _decode(
    decoder: msgspec.msgpack.Decoder[M], body: bytes, limit_bytes: int, check: Callable[[M], None]
) -> M | Malformed:
    if len(body) > limit_bytes:
        return Malformed(f"larger than the limit of {limit_bytes} bytes", len(body))
    try:
        message = decoder.decode(body)
        check(message)
    except _BAD_BYTES as problem:
        return _explain(body, problem)
    return message


def _decode_control(
    decoder: msgspec.msgpack.Decoder[M], body: bytes, check: Callable[[M], None]
) -> M | Malformed:
    """Control messages keep `v` in their bytes only; where it is absent it is 1."""
    message = _decode(decoder, body, CONTROL_LIMIT_BYTES, check)
    if isinstance(message, Malformed) or (seen := _peek(body)) is None:
        return message
    return message if seen.v == WIRE_VERSION else _foreign_version(seen, body)


def _explain(body: bytes, problem: Exception) -> Malformed:
    """Another version is the likeliest reason of all, and says more than the field it broke on."""
    seen = _peek(body)
    why = str(problem)[:LONGEST_WHY]
    if seen is None:
        return Malformed(f"no message of ours: {why}", len(body))
    if seen.v != WIRE_VERSION:
        return _foreign_version(seen, body)
    return Malformed(f"type {seen.type[:40]!r}: {why}", len(body))


def _peek(body: bytes) -> _Envelope | None:
    try:
        return _envelopes.decode(body)
    except _BAD_BYTES:
        return None  # not even a map with a type: the caller has the reason already


def _foreign_version(seen: _Envelope, body: bytes) -> Malformed:
    why = f"version {seen.v} of the wire; this reader knows version {WIRE_VERSION} only"
    return Malformed(f"type {seen.type[:40]!r}: {why}", len(body))


def _check_signal(signal: Signal) -> None:
    _check_version(signal)
    soundness.check_signal(signal)


def _check_request(request: SnapshotRequest) -> None:
    _check_version(request)
    soundness.check_request(request)


def _check_answer(answer: SnapshotAnswer) -> None:
    _check_version(answer)
    soundness.check_answer(answer)


def _check_version(message: Signal | SnapshotRequest | SnapshotAnswer) -> None:
    if message.v != WIRE_VERSION:
        raise bounds.UnsoundError(f"version {message.v}")
