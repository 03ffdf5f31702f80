"""Whatever arrives on the port, the server stays up and nobody else notices."""

import socket
import struct

import bson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.embedded import wire
from db.embedded.asking import ask
from tests.embedded_server import EmbeddedServer

pytestmark = pytest.mark.integration
RELAXED = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["a", "$a", "$set", "t"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["a", "_id", "$set", "$inc", "$gt", "$in", "$or", "q", "u", "limit", "key", "name"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
FIELDS = {
    "insert": ["documents", "ordered"],
    "update": ["updates", "ordered"],
    "delete": ["deletes"],
    "find": ["filter", "sort", "projection", "skip", "limit", "batchSize", "hint"],
    "findAndModify": ["query", "update", "sort", "fields", "remove", "upsert", "arrayFilters"],
    "aggregate": ["pipeline", "cursor"],
    "count": ["query", "skip", "limit"],
    "distinct": ["key", "query"],
    "create": ["validator", "validationLevel"],
    "collMod": ["validator"],
    "createIndexes": ["indexes"],
    "dropIndexes": ["index"],
    "listCollections": ["filter", "cursor"],
    "getMore": ["collection", "batchSize"],
    "killCursors": ["cursors"],
}
STAGES = st.dictionaries(
    st.sampled_from(["$match", "$group", "$project", "$sort", "$unwind", "$lookup", "$facet"]),
    VALUES,
    min_size=1,
    max_size=1,
)
WRITES = st.fixed_dictionaries(
    {"q": st.dictionaries(st.sampled_from(["a", "a.b", "$or"]), VALUES, max_size=2)},
    optional={
        "u": st.dictionaries(
            st.sampled_from(["$set", "$inc", "$push", "$pull", "$unset", "$rename", "a"]),
            st.dictionaries(st.sampled_from(["a", "a.b", "a.$[].b", "_id"]), VALUES, max_size=2),
        ),
        "upsert": st.booleans(),
        "multi": st.booleans(),
        "limit": st.sampled_from([0, 1]),
    },
)
PATHS = st.sampled_from(["a", "a.b", "a.0", "_id", "", "$a"])
CONDITIONS = st.sampled_from(
    ["$gt", "$in", "$ne", "$not", "$elemMatch", "$size", "$regex", "$all", "$type", "$exists"]
)
QUERIES = st.dictionaries(
    PATHS, VALUES | st.dictionaries(CONDITIONS, VALUES, min_size=1, max_size=2), max_size=2
)
INDEXES = st.fixed_dictionaries(
    {"key": st.dictionaries(PATHS, st.sampled_from([1, -1, "text", 0]), max_size=2)},
    optional={"name": st.sampled_from(["x", "y"]), "unique": st.booleans(), "sparse": VALUES},
)
RULES = st.fixed_dictionaries(
    {},
    optional={
        "$jsonSchema": st.dictionaries(
            st.sampled_from(["bsonType", "properties", "required", "enum", "items", "minimum"]),
            VALUES,
            max_size=2,
        )
    },
)
FITTING: dict[str, st.SearchStrategy[object]] = {
    "documents": st.lists(st.dictionaries(PATHS, VALUES, max_size=3), max_size=3),
    "updates": st.lists(WRITES, max_size=3),
    "deletes": st.lists(WRITES, max_size=3),
    "pipeline": st.lists(STAGES, max_size=3),
    "indexes": st.lists(INDEXES, max_size=2),
    "filter": QUERIES,
    "query": QUERIES,
    "validator": RULES,
    "cursor": st.just({}),
    "sort": st.dictionaries(PATHS, st.sampled_from([1, -1]), max_size=2),
    "projection": st.dictionaries(PATHS, st.sampled_from([0, 1]), max_size=2),
    "key": PATHS,
}


@st.composite
def commands(draw: st.DrawFn) -> dict[str, object]:
    name = draw(st.sampled_from(sorted(FIELDS)))
    chosen = draw(st.lists(st.sampled_from(FIELDS[name]), unique=True))
    target = draw(VALUES) if name == "getMore" else "t"
    return {name: target, **{field: draw(_operand(draw, field)) for field in chosen}}


def _operand(draw: st.DrawFn, field: str) -> st.SearchStrategy[object]:
    fits = field in FITTING and draw(st.integers(0, 9)) > 0
    return FITTING[field] if fits else VALUES


def send_raw(port: int, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        try:
            while connection.recv(65536):
                pass
        except ConnectionError:
            return


@RELAXED
@given(data=st.binary(max_size=200))
def test_noise_is_survived(shared_server: EmbeddedServer, data: bytes) -> None:
    send_raw(shared_server.port, data)
    assert ask(shared_server.port, {"ping": 1}) == {"ok": 1.0}


@RELAXED
@given(payload=st.binary(max_size=200), opcode=st.sampled_from([2004, 2012, 2013]))
def test_noise_behind_a_sound_header_is_survived(
    shared_server: EmbeddedServer, payload: bytes, opcode: int
) -> None:
    send_raw(shared_server.port, struct.pack("<iiii", 16 + len(payload), 1, 0, opcode) + payload)
    assert ask(shared_server.port, {"ping": 1}) == {"ok": 1.0}


@settings(RELAXED, max_examples=300)
@given(command=commands())
def test_any_command_gets_an_answer_and_none_is_a_fault_of_ours(
    shared_server: EmbeddedServer, command: dict[str, object]
) -> None:
    reply = ask(shared_server.port, command)
    assert reply is not None
    assert reply.get("code") != 1, reply


def test_a_message_in_single_bytes_is_put_together(shared_server: EmbeddedServer) -> None:
    message = wire.encode_message({"ping": 1, "$db": "admin"}, request=1)
    with socket.create_connection(("127.0.0.1", shared_server.port), timeout=5) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in message:
            connection.sendall(bytes([byte]))
        answer = connection.recv(65536)
    assert bson.decode(answer[21:]) == {"ok": 1.0}


def test_many_messages_at_once_are_answered_in_their_order(shared_server: EmbeddedServer) -> None:
    messages = [wire.encode_message({"ping": 1, "$db": "admin"}, request=n) for n in range(50)]
    with socket.create_connection(("127.0.0.1", shared_server.port), timeout=5) as connection:
        connection.sendall(b"".join(messages))
        answers = b""
        size = len(wire.encode_message({"ok": 1.0}))
        while len(answers) < 50 * size:
            answers += connection.recv(65536)
    order = [struct.unpack_from("<i", answers, n * size + 8)[0] for n in range(50)]
    assert order == list(range(50))
