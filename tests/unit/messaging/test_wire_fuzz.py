"""Any bytes are a message or Malformed: noise, values shaped like messages, messages damaged.

What is a message can also be said again, written into a journal and made a document of: nothing
that a reader let in raises later, where nobody expects it.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgpack
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.journal_rows import rows_of
from db.moments import date_of_ms
from db.shipped_documents import signal
from decisions.booking import apply_fact, book_hash
from domain.book import Book
from domain.control import NodeReport
from domain.signals import Fact, Malformed, MasterHeartbeat, Snapshot, SnapshotRequest
from messaging import wire
from tests.unit.messaging import messages

NOW = datetime(2014, 5, 2, tzinfo=UTC)
ROUNDS = 25
DECODERS: dict[str, Callable[[bytes], Any]] = {
    "signal": wire.decode_signal,
    "request": wire.decode_snapshot_request,
    "answer": wire.decode_snapshot_answer,
    "from node": wire.decode_from_node,
    "to node": wire.decode_to_node,
}
GOLDEN = {
    path.stem: bytes.fromhex(path.read_text(encoding="ascii"))
    for path in sorted((Path(__file__).parent / "golden").glob("*.hex"))
}
FIELDS = sorted({key for body in GOLDEN.values() for key in msgpack.unpackb(body)})

odd_numbers = st.sampled_from(
    ["NaN", "-0", "1E+999999999", "0E-999999999", "1e20", "9" * 40, "", " 1", "1_0", "٣", "0x1"]
)
odd_wholes = st.sampled_from([-(2**63), -1, 0, 1, 2**31, 2**53, 2**63 - 1, 2**63, 2**64 - 1])
leaves = st.one_of(
    st.none(),
    st.booleans(),
    odd_wholes,
    st.integers(-(2**63), 2**64 - 1),
    st.floats(),
    odd_numbers,
    st.text(max_size=8),
    st.binary(max_size=8),
    st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=4)),
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=4), inner, max_size=4),
    ),
    max_leaves=8,
)


def is_sound(decode: Callable[[bytes], Any], body: bytes) -> None:
    heard = decode(body)
    assert isinstance(heard, msgspec.Struct)
    if isinstance(heard, Malformed):
        assert heard.why
        assert heard.size_bytes == len(body)
        assert len(heard.why) < 1_500
        return
    # As bytes: in an account document a number may be NaN, which equals nothing.
    said = wire.encode(heard)
    assert wire.encode(decode(said)) == said
    can_be_used(heard)


def can_be_used(heard: Any) -> None:
    """What nodes do with it without looking at it once more."""
    if isinstance(heard, MasterHeartbeat | SnapshotRequest):
        return
    if isinstance(heard, Snapshot):
        book_hash(heard.book)
        for fact in heard.facts:
            can_be_used(fact)
    elif isinstance(heard, Fact):
        book = Book(master=heard.master, login=heard.login, server=heard.server, stamp=heard.stamp)
        book_hash(apply_fact(book, heard))
        rows_of(heard)
        signal(heard, NOW)
    elif isinstance(heard, NodeReport):
        date_of_ms(heard.sent_at_ms)
        date_of_ms(heard.latch.at_ms)


@pytest.mark.parametrize("decode", DECODERS.values(), ids=DECODERS)
@settings(max_examples=ROUNDS, deadline=None)
@given(noise=st.binary(max_size=200))
def test_noise(decode: Callable[[bytes], Any], noise: bytes) -> None:
    is_sound(decode, noise)


@pytest.mark.parametrize("decode", DECODERS.values(), ids=DECODERS)
@settings(max_examples=ROUNDS, deadline=None)
@given(value=values)
def test_any_value(decode: Callable[[bytes], Any], value: object) -> None:
    is_sound(decode, msgpack.packb(value))


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place within a message, itself not included."""
    inner = list(value.items()) if isinstance(value, dict) else []
    inner += list(enumerate(value)) if isinstance(value, list) else []
    deeper = [place for key, one in inner for place in places(one, (*here, key))]
    return [(*here, key) for key, _ in inner] + deeper


@pytest.mark.parametrize("name", GOLDEN)
@settings(max_examples=ROUNDS, deadline=None)
@given(data=st.data())
def test_a_message_with_other_values_in_its_fields(name: str, data: st.DataObject) -> None:
    said = msgpack.unpackb(GOLDEN[name])
    for place in data.draw(st.lists(st.sampled_from(places(said)), min_size=1, max_size=3)):
        inner = said
        for step in place[:-1]:
            inner = inner[step] if isinstance(inner, dict | list) and has(inner, step) else {}
        if isinstance(inner, dict):
            inner[place[-1]] = data.draw(values)
    body = msgpack.packb(said)
    for decode in DECODERS.values():
        is_sound(decode, body)


def has(inner: Any, step: Any) -> bool:
    return step in inner if isinstance(inner, dict) else isinstance(step, int) and step < len(inner)


@pytest.mark.parametrize("name", GOLDEN)
@settings(max_examples=ROUNDS, deadline=None)
@given(data=st.data())
def test_a_message_flipped_cut_and_spliced(name: str, data: st.DataObject) -> None:
    body = bytearray(GOLDEN[name])
    for _ in range(data.draw(st.integers(0, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    other = GOLDEN[data.draw(st.sampled_from(sorted(GOLDEN)))]
    cut, resumed = data.draw(st.integers(0, len(body))), data.draw(st.integers(0, len(other)))
    for mutant in (bytes(body), bytes(body[:cut]), bytes(body[:cut]) + other[resumed:]):
        for decode in DECODERS.values():
            is_sound(decode, mutant)


@pytest.mark.parametrize("kind", ["signals", "requests", "answers", "from_nodes", "to_nodes"])
@settings(max_examples=ROUNDS, deadline=None)
@given(data=st.data())
def test_whatever_can_be_said_can_be_used(kind: str, data: st.DataObject) -> None:
    can_be_used(data.draw(getattr(messages, kind)))
