"""Broken messages made from sound ones, sent while a client that behaves does its work.

More of it than the tests run: python -m tests.noise --cases 100000 --seed 7
"""

import argparse
import socket
import struct
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import bson
from bson import Int64

from db.embedded import wire
from db.embedded.asking import ask
from tests.embedded_server import EmbeddedServer
from utils.randomness import seeded

Doc = dict[str, Any]
DEEP = 3000
SHORTEST = 24
DB: Doc = {"$db": "noise"}
SEQUENCES = ["documents", "updates", "deletes", "indexes", "pipeline", "filter", "find", "$db", ""]
BODIES: list[Doc] = [
    {"ping": 1, **DB},
    {"hello": 1, **DB},
    {"insert": "t", "documents": [{"a": 1, "b": ["x", 2.5]}], **DB},
    {"update": "t", "updates": [{"q": {"a": 1}, "u": {"$set": {"b.c": 2}}, "upsert": True}], **DB},
    {"delete": "t", "deletes": [{"q": {"a": {"$gt": 3}}, "limit": 1}], **DB},
    {"findAndModify": "t", "query": {"a": 1}, "update": {"$inc": {"n": 1}}, "new": True, **DB},
    {"find": "t", "filter": {"a": {"$in": [1, "x"]}}, "sort": {"a": 1}, "limit": 3, **DB},
    {"aggregate": "t", "pipeline": [{"$group": {"_id": "$a", "n": {"$sum": 1}}}], "cursor": {},
     **DB},
    {"createIndexes": "t", "indexes": [{"key": {"a": 1}, "name": "a_1"}], **DB},
    {"getMore": Int64(5), "collection": "t", **DB},
    {"listCollections": 1, "cursor": {}, "lsid": {"id": b"1" * 16}, **DB},
    {"count": "t", "query": {"a": bson.Decimal128("1.1")}, **DB},
]  # fmt: skip
ITEMS: list[Doc] = [
    {"a": 1},
    {"q": {}, "u": {"$set": {"a": 1}}, "multi": True},
    {"q": {}, "limit": 0},
]


def framed(payload: bytes, *, opcode: int = wire.OP_MSG, length: int | None = None) -> bytes:
    whole = 16 + len(payload) if length is None else length
    return struct.pack("<iiii", whole, 7, 0, opcode) + payload


def a_sequence(name: str, items: list[Doc]) -> bytes:
    content = name.encode() + b"\0" + b"".join(bson.encode(item) for item in items)
    return b"\1" + struct.pack("<i", len(content) + 4) + content


class Noise:
    """One broken message after the other, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = seeded(seed)

    def message(self) -> bytes:
        data = self._sound()
        for _ in range(self._random.choice([0, 1, 1, 1, 2, 5])):
            data = self._random.choice(self._ways())(data) if len(data) > SHORTEST else data
        return data

    def _sound(self) -> bytes:
        flags = self._random.choice([0] * 12 + [1, 2, 4, 1 << 16, -1])
        sections = [b"\0" + bson.encode(self._random.choice(BODIES))]
        more = self._random.choice([0, 0, 0, 1, 2, 200])
        sections += [a_sequence(self._name(), self._items()) for _ in range(more)]
        if self._random.randrange(30) == 0:
            sections.append(sections[0])
        self._random.shuffle(sections)
        if self._random.randrange(40) == 0:
            return self._old_handshake()
        return framed(struct.pack("<i", flags) + b"".join(sections))

    def _name(self) -> str:
        return self._random.choice(SEQUENCES)

    def _items(self) -> list[Doc]:
        return self._random.choices(ITEMS, k=self._random.randrange(4))

    def _old_handshake(self) -> bytes:
        body = bson.encode({"isMaster": 1})
        payload = struct.pack("<i", 0) + b"admin.$cmd\0" + struct.pack("<ii", 0, -1) + body
        return framed(payload, opcode=wire.OP_QUERY)

    def _ways(self) -> list[Callable[[bytes], bytes]]:
        return [self._flipped, self._flipped, self._cut, self._filled, self._shortened,
                self._lengthened, self._misnamed, self._deep, self._not_text,
                self._resized]  # fmt: skip

    def _flipped(self, data: bytes) -> bytes:
        at, changed = self._random.randrange(16, max(17, len(data))), bytearray(data)
        changed[min(at, len(data) - 1)] = self._random.randrange(256)
        return bytes(changed)

    def _cut(self, data: bytes) -> bytes:
        return data[: self._random.randrange(1, len(data) + 1)]

    def _filled(self, data: bytes) -> bytes:
        at = self._random.randrange(len(data) + 1)
        return self._true_length(data[:at] + self._random.randbytes(4) + data[at:])

    def _shortened(self, data: bytes) -> bytes:
        at = self._random.randrange(len(data))
        return self._true_length(data[:at] + data[at + self._random.randrange(1, 9) :])

    def _true_length(self, data: bytes) -> bytes:
        return struct.pack("<i", len(data)) + data[4:] if len(data) > 4 else data

    def _lengthened(self, data: bytes) -> bytes:
        lengths = [0, -1, 15, 16, 17, len(data) - 1, len(data) + 1, 48_000_001, 2**31 - 1, -(2**31)]
        return struct.pack("<i", self._random.choice(lengths)) + data[4:]

    def _misnamed(self, data: bytes) -> bytes:
        opcode = self._random.choice([0, 1, 2001, 2002, 2004, 2005, 2006, 2007, 2010, 2012, -5])
        return data[:12] + struct.pack("<i", opcode) + data[16:]

    def _deep(self, _: bytes) -> bytes:
        kind = self._random.choice([b"\3a\0", b"\x040\0"])
        body = b"\5\0\0\0\0"
        for _ in range(self._random.choice([90, 190, DEEP])):
            body = struct.pack("<i", len(body) + 8) + kind + body + b"\0"
        return framed(b"\0\0\0\0\0" + body)

    def _not_text(self, data: bytes) -> bytes:
        for word in (b"noise", b"filter", b"documents", b"a_1", b"pipeline"):
            if word in data:
                return data.replace(word, b"\xff\xc0" + word[2:], 1)
        return data

    def _resized(self, data: bytes) -> bytes:
        """A length inside is wrong: of the body, a sequence or a nested document."""
        at = self._random.randrange(20, max(21, len(data) - 4))
        size = struct.pack("<i", self._random.choice([0, 4, 5, -1, 2**31 - 1, len(data)]))
        return data[:at] + size + data[at + 4 :]


class GoodClient:
    """Writes and reads back over one connection while there is noise."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self.written = 0
        self.failure: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(30)

    def _work(self) -> None:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=10) as connection:
                while not self._end.is_set():
                    self._one_round(connection)
        except BaseException as failure:  # noqa: BLE001 - told to the test, which runs elsewhere
            self.failure = failure

    def _one_round(self, connection: socket.socket) -> None:
        number = self.written
        document = {"_id": number, "n": 0, "text": f"number {number}"}
        updates = [{"q": {"_id": number}, "u": {"$inc": {"n": number + 1}}}]
        assert self._said(connection, {"insert": "good", "documents": [document]})["n"] == 1
        assert self._said(connection, {"update": "good", "updates": updates})["nModified"] == 1
        found = self._said(connection, {"find": "good", "filter": {"_id": number}})
        assert found["cursor"]["firstBatch"] == [{**document, "n": number + 1}]
        self.written += 1

    def _said(self, connection: socket.socket, command: Doc) -> Doc:
        connection.sendall(wire.encode_message({**command, "$db": "kept"}, request=3))
        return read_reply(connection) or {}


def read_reply(connection: socket.socket) -> Doc | None:
    """The next reply, or None where the server closed."""
    head = _exactly(connection, 16)
    if head is None:
        return None
    length, _, _, opcode = struct.unpack("<iiii", head)
    rest = _exactly(connection, length - 16) or b""
    if opcode == wire.OP_REPLY:
        return bson.decode(rest[20:])
    return bson.decode(rest[5:], wire.CODEC)


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(size - len(parts))
        if not part:
            return None
        parts += part
    return bytes(parts)


def outcome_of(port: int, data: bytes, pieces: int) -> str:
    """Send one message, whole or in pieces, and say how it ended."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            step = max(1, len(data) // pieces)
            for at in range(0, len(data), step):
                connection.sendall(data[at : at + step])
            connection.shutdown(socket.SHUT_WR)
            reply = read_reply(connection)
        except TimeoutError:
            raise
        except OSError:  # it was closed at some point of the sending
            return "closed"
    if reply is None:
        return "closed"
    assert reply.get("code") != 1, (reply, data)
    return "answered" if reply["ok"] else f"refused {reply['code']}"


def make_noise(server: EmbeddedServer, cases: int, seed: int) -> tuple[Counter[str], int]:
    """How the messages ended, and how many documents the good client wrote meanwhile."""
    noise, seen = Noise(seed), Counter[str]()
    with GoodClient(server.port) as good:
        for number in range(cases):
            seen[outcome_of(server.port, noise.message(), 1 + number % 3)] += 1
    assert good.failure is None, good.failure
    assert ask(server.port, {"ping": 1}) == {"ok": 1.0}
    return seen, good.written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, EmbeddedServer(Path(folder) / "state") as server:
        seen, written = make_noise(server, asked.cases, asked.seed)
    for outcome, times in seen.most_common():
        print(f"{times:8} {outcome}")  # noqa: T201 - a person reads it
    print(f"{written:8} documents of the good client")  # noqa: T201 - a person reads it


if __name__ == "__main__":
    main()
