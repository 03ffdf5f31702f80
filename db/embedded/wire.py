"""Bytes to messages and back: OP_MSG, and OP_QUERY for the handshake of older drivers."""

import struct
from dataclasses import dataclass, field

import bson
from bson.errors import BSONError

from db.embedded.unkept import why_not_kept
from db.embedded.values import CODEC, MAX_DEPTH, Document, too_deep

MAX_MESSAGE_BYTES = 48_000_000
HEADER_BYTES = 16
OP_REPLY = 1
OP_QUERY = 2004
OP_MSG = 2013

INVALID_BSON = 22
_OVERFLOW = 15
_FAILED_TO_PARSE = 9
_NOT_IMPLEMENTED = 238
_MORE_TO_COME = 2
_REQUIRED_FLAGS = 0xFFFF
_HEADER = struct.Struct("<iiii")
_INT = struct.Struct("<i")
_REPLY_HEAD = struct.Struct("<iqii")


class WireError(Exception):
    """The bytes are not a message; the connection cannot be used any more."""


class BodyError(Exception):
    """The message's frame is sound, what it says is not; it can be answered."""

    def __init__(self, request: int, text: str, code: int = INVALID_BSON) -> None:
        super().__init__(text)
        self.request = request
        self.code = code
        self.wants_reply = True


@dataclass(frozen=True, slots=True)
class Message:
    """One request."""

    request: int
    command: Document
    wants_reply: bool = True
    legacy_database: str | None = None
    sequences: tuple[str, ...] = field(default=())


def message_length(head: bytes | bytearray | memoryview) -> int:
    """How long the message at the front of the buffer is."""
    length = int(_INT.unpack_from(head)[0])
    if not HEADER_BYTES < length <= MAX_MESSAGE_BYTES:
        raise WireError(f"a message of {length} bytes: {HEADER_BYTES + 1} to {MAX_MESSAGE_BYTES}")
    return length


def parse(message: bytes) -> Message:
    """One whole message."""
    if len(message) < HEADER_BYTES or message_length(message) != len(message):
        raise WireError("the message is not as long as it says")
    _, request, _, opcode = _HEADER.unpack_from(message)
    if opcode == OP_MSG:
        return _parse_message(request, message)
    if opcode == OP_QUERY:
        return _parse_query(request, message)
    raise WireError(f"operation {opcode} is not spoken here (OP_MSG and OP_QUERY are)")


def _parse_message(request: int, message: bytes) -> Message:
    if len(message) < HEADER_BYTES + 5:
        raise WireError("the message ends before its body")
    flags = int(_INT.unpack_from(message, HEADER_BYTES)[0])
    if flags & _REQUIRED_FLAGS & ~_MORE_TO_COME:
        raise WireError(f"the flags {flags & _REQUIRED_FLAGS:#x} are not understood")
    wants_reply = not flags & _MORE_TO_COME
    try:
        command, sequences = _sections(request, message)
    except BodyError as reason:
        reason.wants_reply = wants_reply
        raise
    return Message(request, command, wants_reply, None, sequences)


def _sections(request: int, message: bytes) -> tuple[Document, tuple[str, ...]]:
    body: Document | None = None
    sequences: dict[str, list[Document]] = {}
    at = HEADER_BYTES + 4
    while at < len(message):
        kind, at = message[at], at + 1
        end = at + _size_at(message, at)
        if kind == 0 and body is None:
            body = _document(request, message[at:end])
        elif kind == 1:
            name, documents = _sequence(request, message[at + 4 : end])
            if name in sequences:
                raise WireError(f"the sequence '{name}' comes twice")
            sequences[name] = documents
        else:
            raise WireError(f"a section of kind {kind} in the wrong place")
        at = end
    if body is None:
        raise WireError("the message has no body")
    if body.keys() & sequences.keys():
        text = "a sequence has the name of a field of the command"
        raise BodyError(request, text, _FAILED_TO_PARSE)
    return {**body, **sequences}, tuple(sequences)


def _size_at(message: bytes, at: int) -> int:
    if at + 5 > len(message):
        raise WireError("a section ends too early")
    size = int(_INT.unpack_from(message, at)[0])
    if not 5 <= size <= len(message) - at:  # noqa: PLR2004 - the shortest document
        raise WireError(f"a section of {size} bytes does not fit into its message")
    return size


def _sequence(request: int, section: bytes) -> tuple[str, list[Document]]:
    name, mark, rest = section.partition(b"\0")
    if not mark:
        raise WireError("a sequence without a name")
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError as reason:
        raise WireError("a sequence's name is not UTF-8") from reason
    documents: list[Document] = []
    at = 0
    while at < len(rest):
        size = _size_at(rest, at)
        documents.append(_document(request, rest[at : at + size]))
        at += size
    return text, documents


def _document(request: int, data: bytes) -> Document:
    try:
        document = bson.decode(data, CODEC)
        again = bson.encode(document, codec_options=CODEC)
    except RecursionError as reason:
        raise _too_deep(request) from reason
    except (BSONError, ValueError, OverflowError, TypeError) as reason:
        raise BodyError(request, f"the message's BSON cannot be read: {reason}") from reason
    if too_deep(document):
        raise _too_deep(request)
    if again != data:
        text = f"the embedded database would not keep this document exactly: {why_not_kept(data)}"
        raise BodyError(request, text, _NOT_IMPLEMENTED)
    return document


def _too_deep(request: int) -> BodyError:
    text = f"the message's BSON is nested too deeply: {MAX_DEPTH} levels at most"
    return BodyError(request, text, _OVERFLOW)


def _parse_query(request: int, message: bytes) -> Message:
    name, mark, rest = message[HEADER_BYTES + 4 :].partition(b"\0")
    if not mark or len(rest) < 8 + 5:
        raise WireError("an OP_QUERY that ends too early")
    if not name.endswith(b".$cmd"):
        raise WireError("OP_QUERY is only spoken for commands")
    end = 8 + _size_at(rest, 8)
    command = _document(request, rest[8:end])
    database = name[: -len(b".$cmd")].decode("utf-8", "replace")
    return Message(request, command, legacy_database=database)


def encode_message(
    command: Document, *, request: int = 0, answers: int = 0, flags: int = 0
) -> bytes:
    """An OP_MSG."""
    body = bson.encode(command, codec_options=CODEC)
    length = HEADER_BYTES + 5 + len(body)
    head = _HEADER.pack(length, request, answers, OP_MSG)
    return head + _INT.pack(flags) + b"\0" + body


def encode_legacy_reply(reply: Document, *, answers: int) -> bytes:
    """An OP_REPLY, which answers an OP_QUERY."""
    body = bson.encode(reply, codec_options=CODEC)
    length = HEADER_BYTES + _REPLY_HEAD.size + len(body)
    return _HEADER.pack(length, 0, answers, OP_REPLY) + _REPLY_HEAD.pack(8, 0, 0, 1) + body
