"""Bytes become messages or errors, never anything else."""

import struct

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.embedded import wire


def a_message(*, flags: int = 0, sections: bytes = b"", opcode: int = wire.OP_MSG) -> bytes:
    payload = struct.pack("<i", flags) + sections
    return struct.pack("<iiii", 16 + len(payload), 7, 0, opcode) + payload


def a_body(document: dict[str, object]) -> bytes:
    return b"\0" + bson.encode(document)


def a_sequence(name: str, *documents: dict[str, object]) -> bytes:
    content = name.encode() + b"\0" + b"".join(bson.encode(d) for d in documents)
    return b"\1" + struct.pack("<i", len(content) + 4) + content


def test_a_command_comes_out_as_it_went_in() -> None:
    message = wire.parse(wire.encode_message({"ping": 1, "$db": "admin"}, request=9))
    assert (message.request, message.command) == (9, {"ping": 1, "$db": "admin"})
    assert message.wants_reply


def test_documents_in_a_sequence_become_a_field_of_the_command() -> None:
    sections = a_body({"insert": "trades"}) + a_sequence("documents", {"a": 1}, {"a": 2})
    command = wire.parse(a_message(sections=sections)).command
    assert command == {"insert": "trades", "documents": [{"a": 1}, {"a": 2}]}


def test_a_sequence_may_come_before_the_body() -> None:
    sections = a_sequence("documents", {"a": 1}) + a_body({"insert": "trades"})
    assert wire.parse(a_message(sections=sections)).command["documents"] == [{"a": 1}]


def test_more_to_come_means_that_no_reply_is_wanted() -> None:
    assert not wire.parse(a_message(flags=2, sections=a_body({"insert": "t"}))).wants_reply


def test_the_old_handshake_is_understood() -> None:
    payload = struct.pack("<i", 0) + b"admin.$cmd\0" + struct.pack("<ii", 0, -1)
    payload += bson.encode({"ismaster": 1})
    head = struct.pack("<iiii", 16 + len(payload), 3, 0, wire.OP_QUERY)
    message = wire.parse(head + payload)
    assert (message.command, message.legacy_database) == ({"ismaster": 1}, "admin")


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x10\0\0\0" + b"\0" * 12, id="a header alone"),
        pytest.param(struct.pack("<iiii", 2**31 - 1, 0, 0, 2013), id="a length nobody has"),
        pytest.param(struct.pack("<iiii", -5, 0, 0, 2013), id="a negative length"),
        pytest.param(a_message(opcode=2012), id="compressed"),
        pytest.param(a_message(opcode=4711), id="an unknown operation"),
        pytest.param(a_message(), id="no body"),
        pytest.param(a_message(flags=1, sections=a_body({"a": 1})), id="a checksum"),
        pytest.param(a_message(flags=8, sections=a_body({"a": 1})), id="an unknown required flag"),
        pytest.param(a_message(sections=a_body({"a": 1}) * 2), id="two bodies"),
        pytest.param(a_message(sections=b"\2" + bson.encode({})), id="an unknown section"),
        pytest.param(a_message(sections=a_body({"a": 1})[:-3]), id="a body cut off"),
        pytest.param(a_message(sections=b"\0\xff\xff\xff\x7f\0"), id="a body too long"),
    ],
)
def test_what_is_not_a_message_is_refused(message: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.parse(message)


def test_bson_that_cannot_be_read_can_still_be_answered() -> None:
    broken = bytearray(bson.encode({"ping": "text"}))
    broken[4] = 0x7E
    with pytest.raises(wire.BodyError) as refused:
        wire.parse(a_message(sections=b"\0" + bytes(broken)))
    assert refused.value.request == 7


def test_bson_nested_too_deeply_is_refused() -> None:
    deep: dict[str, object] = {}
    for _ in range(250):
        deep = {"a": deep}
    with pytest.raises(wire.BodyError, match="nested"):
        wire.parse(a_message(sections=a_body(deep)))


@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_message_or_an_error(data: bytes) -> None:
    _parse_or_error(data)


@given(st.binary(max_size=200), st.sampled_from([0, 1, 2, 65536]), st.sampled_from([2004, 2013]))
def test_any_payload_behind_a_sound_header_ends_in_a_message_or_an_error(
    payload: bytes, flags: int, opcode: int
) -> None:
    _parse_or_error(a_message(flags=flags, sections=payload, opcode=opcode))


@given(st.data())
def test_any_flipped_bytes_end_in_a_message_or_an_error(data: st.DataObject) -> None:
    sound = a_message(sections=a_body({"insert": "t", "a": [1, {"b": 2.5}]}) + a_sequence("d", {}))
    mutated = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 6))):
        mutated[data.draw(st.integers(0, len(sound) - 1))] = data.draw(st.integers(0, 255))
    _parse_or_error(bytes(mutated))


def _parse_or_error(data: bytes) -> None:
    try:
        message = wire.parse(data)
    except (wire.WireError, wire.BodyError):
        return
    assert isinstance(message.command, dict)
