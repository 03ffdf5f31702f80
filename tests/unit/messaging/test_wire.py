"""Messages survive the wire; bytes that are none become Malformed, never an exception."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import msgspec
import pytest
from bson import Decimal128, Int64, ObjectId
from hypothesis import given
from hypothesis import strategies as st

from domain.control import Settings
from domain.signals import Malformed
from messaging import wire
from tests.unit.messaging import messages

Decode = Callable[[bytes], Any]
KINDS: dict[str, Any] = {
    "signal": (wire.decode_signal, messages.signals, messages.SIGNALS),
    "request": (
        wire.decode_snapshot_request,
        messages.requests,
        {"snapshot_request": messages.REQUEST},
    ),
    "answer": (wire.decode_snapshot_answer, messages.answers, messages.ANSWERS),
    "from_node": (wire.decode_from_node, messages.from_nodes, messages.FROM_NODES),
    "to_node": (wire.decode_to_node, messages.to_nodes, messages.TO_NODES),
}
DECODERS = [pytest.param(kind[0], id=name) for name, kind in KINDS.items()]
EXAMPLES = [
    pytest.param(decode, message, id=name)
    for decode, _, examples in KINDS.values()
    for name, message in examples.items()
]
GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize(
    ("decode", "any_message"), [pytest.param(k[0], k[1], id=n) for n, k in KINDS.items()]
)
@given(data=st.data())
def test_what_is_said_is_what_is_heard(
    decode: Decode, any_message: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    message = data.draw(any_message)
    assert decode(wire.encode(message)) == message


@pytest.mark.parametrize(("decode", "message"), EXAMPLES)
def test_every_example_survives(decode: Decode, message: Any) -> None:
    assert decode(wire.encode(message)) == message


@pytest.mark.parametrize("decode", DECODERS)
@given(noise=st.binary(max_size=300))
def test_noise_is_malformed_and_raises_nothing(decode: Decode, noise: bytes) -> None:
    assert isinstance(decode(noise), Malformed)


@pytest.mark.parametrize(("decode", "message"), EXAMPLES)
@given(data=st.data())
def test_mutated_messages_are_messages_or_malformed(
    decode: Decode, message: Any, data: st.DataObject
) -> None:
    body = bytearray(wire.encode(message))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))
    for mutant in (bytes(body), bytes(body[:cut])):
        heard = decode(mutant)
        assert isinstance(heard, msgspec.Struct)
        if isinstance(heard, Malformed):
            assert heard.why
            assert heard.size_bytes == len(mutant)


def as_map(message: Any) -> Any:
    return msgpack.unpackb(wire.encode(message))


@pytest.mark.parametrize(
    "number",
    ["NaN", "sNaN", "-Infinity", "1e999999", "1e-999999", "1E+21", "0." + "1" * 31, "", "1,5"],
)
@pytest.mark.parametrize("field", ["volume", "initial_volume", "price_open", "sl", "tp"])
def test_numbers_nobody_can_trade_with_are_refused_by_name(field: str, number: str) -> None:
    said = as_map(messages.OPENED)
    said["position"][field] = number
    heard = wire.decode_signal(msgpack.packb(said))
    assert isinstance(heard, Malformed)
    assert field in heard.why


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999999", "0E-999999"])
@pytest.mark.parametrize(
    "field", ["volume", "initial_volume", "price", "stop_limit_price", "sl", "tp"]
)
def test_an_orders_numbers_are_refused_by_name_as_well(field: str, number: str) -> None:
    said = as_map(messages.PLACED)
    said["order"][field] = number
    heard = wire.decode_signal(msgpack.packb(said))
    assert isinstance(heard, Malformed)
    assert field in heard.why


@pytest.mark.parametrize(
    ("place", "number"),
    [
        (("book", "positions", 0, "sl"), "NaN"),
        (("book", "orders", 0, "price"), "NaN"),
        (("facts", 1, "order", "tp"), "1e999999"),
        (("facts", 0, "price"), "1e999999"),
        (("legs", 1, "price"), "Infinity"),
    ],
    ids=str,
)
def test_a_snapshot_with_a_wild_number_anywhere_is_refused(
    place: tuple[Any, ...], number: str
) -> None:
    said = as_map(messages.SNAPSHOT)
    inner = said
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = number
    assert isinstance(wire.decode_snapshot_answer(msgpack.packb(said)), Malformed)


def test_a_leg_fate_outside_the_vocabulary_is_refused() -> None:
    said = as_map(messages.SNAPSHOT)
    said["legs"][0]["fate"] = "lost"
    heard = wire.decode_snapshot_answer(msgpack.packb(said))
    assert isinstance(heard, Malformed)
    assert "'lost' of 7001" in heard.why


@pytest.mark.parametrize(
    ("field", "other"), [("master", "B"), ("login", 2), ("server", "Else"), ("v", 9)]
)
def test_a_snapshot_with_facts_of_another_account_is_refused(field: str, other: object) -> None:
    said = as_map(messages.SNAPSHOT)
    said["facts"][0][field] = other
    assert isinstance(wire.decode_snapshot_answer(msgpack.packb(said)), Malformed)


@pytest.mark.parametrize(("decode", "message"), EXAMPLES)
def test_another_version_is_refused_and_named(decode: Decode, message: Any) -> None:
    heard = decode(msgpack.packb(as_map(message) | {"v": 2}))
    assert isinstance(heard, Malformed)
    assert "version 2" in heard.why
    assert "version 1" in heard.why


def test_another_version_is_named_even_where_its_fields_are_strange() -> None:
    heard = wire.decode_signal(msgpack.packb({"v": 3, "type": "PositionOpened", "sl": [1]}))
    assert "version 3" in heard.why


def test_an_unknown_type_is_named() -> None:
    heard = wire.decode_signal(msgpack.packb({"v": 1, "type": "OrderDreamt"}))
    assert "OrderDreamt" in heard.why


@pytest.mark.parametrize(("decode", "message"), EXAMPLES)
def test_fields_from_a_later_writer_are_ignored(decode: Decode, message: Any) -> None:
    later = as_map(message) | {"mood": {"deep": [1, 2]}}
    assert decode(msgpack.packb(later)) == message


@pytest.mark.parametrize(
    ("decode", "limit"),
    [
        pytest.param(wire.decode_signal, 1024 * 1024, id="signal"),
        pytest.param(wire.decode_snapshot_request, 1024 * 1024, id="request"),
        pytest.param(wire.decode_snapshot_answer, 16 * 1024 * 1024, id="answer"),
        pytest.param(wire.decode_from_node, 1024 * 1024, id="from_node"),
    ],
)
def test_what_is_larger_than_the_limit_is_refused_unread(decode: Decode, limit: int) -> None:
    heard = decode(bytes(limit + 1))
    assert heard.size_bytes == limit + 1
    assert str(limit) in heard.why


@pytest.mark.parametrize("decode", DECODERS)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\x81\xa1z" * 300_000, id="maps in maps"),
        pytest.param(b"\x81\xa1z" + b"\x91" * 900_000, id="arrays in arrays"),
        pytest.param(b"\xdf\xff\xff\xff\xff", id="a map that claims four billion keys"),
        pytest.param(b"\x81\xa4type\xdb\xff\xff\xff\xff", id="a string that claims 4 GB"),
        pytest.param(b"\x81\xa8document\x81\x80\x01", id="a map as a key"),
    ],
)
def test_bytes_made_to_exhaust_a_reader_are_malformed(decode: Decode, body: bytes) -> None:
    assert isinstance(decode(body), Malformed)


@pytest.mark.parametrize(
    ("stored", "heard"),
    [
        pytest.param(Int64(51234567), 51234567, id="a long, as MongoDB keeps large numbers"),
        pytest.param(Decimal128("0.50"), "0.50", id="an exact decimal"),
        pytest.param(ObjectId("6b0179195c18369859239bad"), "6b0179195c18369859239bad", id="an id"),
    ],
)
def test_an_account_document_may_hold_types_of_its_database(stored: object, heard: object) -> None:
    said = wire.encode(Settings(document={"field": [stored]}))
    assert wire.decode_to_node(said).document == {"field": [heard]}


def test_a_document_nested_beyond_reason_is_refused() -> None:
    document = {"a": 1}
    for _ in range(40):
        document = {"a": [document]}
    body = msgpack.packb({"type": "Settings", "document": document})
    heard = wire.decode_to_node(body)
    assert isinstance(heard, Malformed)
    assert "32 levels" in heard.why


@pytest.mark.parametrize(("decode", "message"), EXAMPLES)
def test_golden_bytes_stay_as_they_were_released(decode: Decode, message: Any) -> None:
    golden = bytes.fromhex((GOLDEN / f"{golden_name(message)}.hex").read_text(encoding="ascii"))
    assert wire.encode(message) == golden
    assert decode(golden) == message


@pytest.mark.parametrize("message", [messages.OPENED, messages.PLACED], ids=["opened", "placed"])
def test_a_master_that_tells_nothing_of_its_means_is_heard_all_the_same(message: Any) -> None:
    said = msgpack.unpackb(wire.encode(message))
    del said["means"]
    assert wire.decode_signal(msgpack.packb(said)) == msgspec.structs.replace(message, means=None)


@pytest.mark.parametrize(("_decode", "message"), EXAMPLES)
def test_an_independent_decoder_reads_the_golden_bytes(_decode: Decode, message: Any) -> None:
    golden = bytes.fromhex((GOLDEN / f"{golden_name(message)}.hex").read_text(encoding="ascii"))
    read = msgpack.unpackb(golden)
    assert read == json.loads(msgspec.json.encode(message))
    assert read["type"] == type(message).__name__


def golden_name(message: Any) -> str:
    name = type(message).__name__
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def test_there_are_no_golden_bytes_that_nobody_checks() -> None:
    checked = {golden_name(param.values[1]) for param in EXAMPLES}
    assert {path.stem for path in GOLDEN.glob("*.hex")} == checked
