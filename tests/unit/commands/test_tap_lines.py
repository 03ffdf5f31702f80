"""What a person, and a program, reads of the bus."""

import json
import re

import msgpack
import pytest

from commands import tap_lines
from domain.signals import Signal
from messaging import frames, wire
from tests.unit.messaging.messages import GONE, MASTER, OPENED, PLACED, SIGNALS


def overheard(message: Signal) -> tap_lines.Overheard:
    return tap_lines.read([frames.topic(message.master), wire.encode(message)], 1_000_250_000)


def test_an_open_is_one_line_with_what_a_trader_looks_for() -> None:
    line = tap_lines.as_text(overheard(OPENED))
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d\.250  FTMO_Master  1795257946387\.42  PositionOpened  "
        r"EURUSD BUY 0\.50 at 1\.38712 sl 1\.38500 tp none #7001  age 333 ms",
        line,
    )


def test_an_order_that_waits_is_one_line_as_well() -> None:
    line = tap_lines.as_text(overheard(PLACED))
    assert line.endswith(
        "OrderPlaced  EURUSD BUY_STOP_LIMIT 0.30 at 1.39000 limit 1.38950 sl none tp 1.40000 "
        "for 3600000 ms #7003  age 333 ms"
    )
    assert tap_lines.as_text(overheard(GONE)).endswith("#7003  filled")


@pytest.mark.parametrize("name", SIGNALS)
def test_every_signal_is_shown_in_one_line_with_its_type(name: str) -> None:
    message = SIGNALS[name]
    line = tap_lines.as_text(overheard(message))
    assert type(message).__name__ in line
    assert "\n" not in line


@pytest.mark.parametrize("name", SIGNALS)
def test_json_holds_the_message_as_it_was_said(name: str) -> None:
    body = wire.encode(SIGNALS[name])
    line = json.loads(tap_lines.as_json(overheard(SIGNALS[name])))
    assert line.pop("heard_from") == MASTER
    assert line.pop("heard_us") == 1_000_250_000
    assert line == msgpack.unpackb(body)


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        pytest.param([b"M\0", b"\xc1\xc1"], "c1 c1", id="no msgpack"),
        pytest.param([b"M\0"], "1 frames", id="one frame"),
        pytest.param([b"M\0", msgpack.packb([1])], "list instead of a map", id="no map"),
        pytest.param([b"M\0", b"\x81\xa1z" * 5000], "no msgpack", id="too deep"),
        pytest.param([b"M\0", b"\x81\x80\x01"], "no msgpack", id="a map as a key"),
    ],
)
def test_what_cannot_be_read_is_told_with_who_sent_it(parts: list[bytes], told: str) -> None:
    heard = tap_lines.read(parts, 0)
    for line in (tap_lines.as_text(heard), tap_lines.as_json(heard)):
        assert told in line
        assert "M" in line


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"type": "OrderPlaced", "v": 2, "mood": b"\xff"},
        {"type": 5, "position": {"sl": None}, "stamp": {}},
        {1: 2, "position": "none"},
        {"type": "OrderPlaced", "order": {"lasts_ms": None, "sl": []}},
        {"type": "x\x1b[2J\ny"},
    ],
    ids=str,
)
def test_messages_of_another_day_are_shown_all_the_same(message: dict[object, object]) -> None:
    heard = tap_lines.read([b"M\0", msgpack.packb(message)], 0)
    assert tap_lines.as_text(heard).isprintable()
    assert json.loads(tap_lines.as_json(heard))


def test_only_a_heartbeat_is_a_heartbeat() -> None:
    told = {name: overheard(message).is_heartbeat for name, message in SIGNALS.items()}
    assert [name for name, beats in told.items() if beats] == ["master_heartbeat"]
