"""Frames survive however TCP cuts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper.wire.protocol import LENGTH, MAX_FRAME_BYTES, FrameReader, ProtocolError, frame

VALUES = st.lists(
    st.one_of(st.integers(0, 2**64 - 1), st.text(max_size=50), st.floats(allow_nan=False)),
    max_size=10,
)


@given(st.lists(VALUES, max_size=5), st.integers(1, 20))
def test_what_was_framed_comes_out_whole(values: list[list[object]], chunk: int) -> None:
    stream = b"".join(frame(value) for value in values)
    reader = FrameReader()
    pieces = (stream[i : i + chunk] for i in range(0, len(stream), chunk))
    assert [value for piece in pieces for value in reader.feed(piece)] == values


def test_a_frame_too_long_is_refused_before_it_is_awaited() -> None:
    with pytest.raises(ProtocolError, match="at most"):
        FrameReader().feed(LENGTH.pack(MAX_FRAME_BYTES + 1))


def test_what_is_not_msgpack_is_refused() -> None:
    with pytest.raises(ProtocolError, match="not msgpack"):
        FrameReader().feed(LENGTH.pack(2) + b"\xc1\xc1")
