"""Each limit of docs/WIRE.md: what lies at it is a message, and what lies beyond is Malformed."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import msgpack
import pytest

from domain.signals import Malformed
from messaging import wire
from messaging.bounds import (
    DEEPEST_DOCUMENT,
    LARGEST_WHOLE,
    LAST_EPOCH,
    LAST_MOMENT_MS,
    LAST_SEQ,
    LONGEST_TEXT,
    MOST_LEGS,
)
from tests.unit.messaging import messages

LAST_US = LAST_MOMENT_MS * 1000 + 999
PLACED, GONE = messages.PLACED, messages.GONE
OPENED, CLOSED = messages.OPENED, messages.SIGNALS["position_closed"]
REPORT, HELLO = messages.FROM_NODES["node_report"], messages.FROM_NODES["hello"]
SETTINGS = messages.TO_NODES["settings"]
DECODERS: dict[str, Callable[[bytes], Any]] = {
    "PositionOpened": wire.decode_signal,
    "PositionClosed": wire.decode_signal,
    "PositionReduced": wire.decode_signal,
    "OrderPlaced": wire.decode_signal,
    "OrderModified": wire.decode_signal,
    "OrderGone": wire.decode_signal,
    "MasterHeartbeat": wire.decode_signal,
    "SnapshotRequest": wire.decode_snapshot_request,
    "Snapshot": wire.decode_snapshot_answer,
    "NodeReport": wire.decode_from_node,
    "Hello": wire.decode_from_node,
    "Settings": wire.decode_to_node,
}


class Limit(NamedTuple):
    """A place in a message, what may stand there at most, and what is too much."""

    message: Any
    place: str
    at: object
    beyond: object

    def __str__(self) -> str:
        return f"{type(self.message).__name__} {self.place} {str(self.beyond)[:24]}"


def nested(levels: int) -> object:
    document: object = 1
    for _ in range(levels):
        document = {"a": document}
    return document


def a_book_of(count: int) -> list[Any]:
    (position,) = as_map(messages.BOOK)["positions"]
    return [position | {"opening_order": order} for order in range(1, count + 1)]


def orders_of(count: int) -> list[Any]:
    """The first bears the number of the position, as one does that was filled in part."""
    (order,) = as_map(messages.BOOK)["orders"]
    return [order | {"opening_order": number} for number in range(7001, 7001 + count)]


def as_map(message: Any) -> Any:
    return msgpack.unpackb(wire.encode(message))


LIMITS = [
    Limit(OPENED, "login", LARGEST_WHOLE, LARGEST_WHOLE + 1),
    Limit(OPENED, "login", 0, -1),
    Limit(OPENED, "stamp.epoch", LAST_EPOCH, LAST_EPOCH + 1),
    Limit(OPENED, "stamp.epoch", 0, -1),
    Limit(OPENED, "stamp.seq", LAST_SEQ, LAST_SEQ + 1),
    Limit(OPENED, "stamp.seq", 0, -1),
    Limit(OPENED, "seen_at_us", LAST_US, LAST_US + 1),
    Limit(OPENED, "published_at_us", 0, -1),
    Limit(OPENED, "age_ms", -LAST_MOMENT_MS, -LAST_MOMENT_MS - 1),
    Limit(OPENED, "means.read_at_us", LAST_US, LAST_US + 1),
    Limit(OPENED, "means.contract_size", "0.01", "1E+21"),
    Limit(OPENED, "means.funds.balance", "-9" + "0" * 19, "NaN"),
    Limit(OPENED, "means.funds.margin_free", "0", "1." + "0" * 30),
    Limit(OPENED, "means.funds.currency", "USD", "U\0D"),
    Limit(OPENED, "position.opening_order", 1, 0),
    Limit(OPENED, "position.identifier", LARGEST_WHOLE, LARGEST_WHOLE + 1),
    Limit(OPENED, "position.opened_server_ms", LAST_MOMENT_MS, LAST_MOMENT_MS + 1),
    Limit(OPENED, "position.magic", LARGEST_WHOLE, LARGEST_WHOLE + 1),
    Limit(OPENED, "position.symbol", "S" * LONGEST_TEXT, "S" * (LONGEST_TEXT + 1)),
    Limit(OPENED, "position.symbol", "EURUSD", "EUR\0USD"),
    Limit(OPENED, "position.comment", "c" * LONGEST_TEXT, "c" * 900_000),
    Limit(OPENED, "server", "s" * LONGEST_TEXT, "s" * (LONGEST_TEXT + 1)),
    Limit(OPENED, "journey", "j" * LONGEST_TEXT, "j" * (LONGEST_TEXT + 1)),
    Limit(OPENED, "position.volume", "0.00000000000000000001", "0"),
    Limit(OPENED, "position.volume", "0.01", "-0.01"),
    Limit(OPENED, "position.initial_volume", "0.01", "0"),
    Limit(OPENED, "position.price_open", "-37.63", "1E+21"),
    Limit(OPENED, "position.sl", "9" * 21, "9" * 22),
    Limit(OPENED, "position.sl", "1." + "0" * 29, "1." + "0" * 30),
    Limit(OPENED, "position.sl", "1E-20", "1E-21"),
    Limit(OPENED, "position.sl", "0E+20", "0E+21"),
    Limit(OPENED, "position.sl", "0E-49", "0E-50"),
    Limit(messages.SIGNALS["position_reduced"], "position.volume", "0.01", "0"),
    Limit(CLOSED, "position.volume", "0.00", "0.01"),
    Limit(PLACED, "order.opening_order", 1, 0),
    Limit(PLACED, "order.symbol", "EURUSD", "EUR\0USD"),
    Limit(PLACED, "order.comment", "c" * LONGEST_TEXT, "c" * (LONGEST_TEXT + 1)),
    Limit(PLACED, "order.kind", "SELL_LIMIT", "SELL"),
    Limit(PLACED, "order.volume", "0.01", "0"),
    Limit(PLACED, "order.volume", "0.01", "-0.01"),
    Limit(PLACED, "order.initial_volume", "0.01", "0"),
    Limit(PLACED, "order.price", "-37.63", "0.00"),
    Limit(PLACED, "order.stop_limit_price", "-37.63", "0"),
    Limit(PLACED, "order.lasts_ms", 0, -1),
    Limit(PLACED, "order.lasts_ms", LAST_MOMENT_MS, LAST_MOMENT_MS + 1),
    Limit(PLACED, "order.time_in_force", 3, 4),
    Limit(PLACED, "order.time_in_force", 0, -1),
    Limit(PLACED, "order.placed_server_ms", LAST_MOMENT_MS, LAST_MOMENT_MS + 1),
    Limit(PLACED, "order.magic", LARGEST_WHOLE, LARGEST_WHOLE + 1),
    Limit(PLACED, "age_ms", LAST_MOMENT_MS, LAST_MOMENT_MS + 1),
    Limit(messages.SIGNALS["order_modified"], "order.volume", "0.01", "0"),
    Limit(GONE, "order.volume", "0.00", "0.01"),
    Limit(GONE, "fate", "rejected", "waiting"),
    Limit(GONE, "fate", "expired", "not_known"),
    Limit(GONE, "fate", "cancelled", "lost"),
    Limit(messages.HEARTBEAT, "head.epoch", LAST_EPOCH, LAST_EPOCH + 1),
    Limit(messages.HEARTBEAT, "sent_at_us", LAST_US, LAST_US + 1),
    Limit(messages.HEARTBEAT, "book_hash", "h" * LONGEST_TEXT, "h" * (LONGEST_TEXT + 1)),
    Limit(messages.REQUEST, "have.epoch", LAST_EPOCH - 1, LAST_EPOCH),
    Limit(messages.REQUEST, "legs", [1] * MOST_LEGS, [1] * (MOST_LEGS + 1)),
    Limit(messages.REQUEST, "legs", [1], [0]),
    Limit(messages.REQUEST, "slave", "s" * LONGEST_TEXT, "s" * (LONGEST_TEXT + 1)),
    Limit(messages.SNAPSHOT, "book.stamp.seq", LAST_SEQ, LAST_SEQ + 1),
    Limit(messages.SNAPSHOT, "book.positions", a_book_of(2), a_book_of(1) * 2),
    Limit(messages.SNAPSHOT, "book.orders", orders_of(3), orders_of(1) * 2),
    Limit(messages.SNAPSHOT, "book.login", 100001, -1),
    Limit(messages.SNAPSHOT, "legs", [{"opening_order": 1, "fate": "held"}],
          [{"opening_order": 0, "fate": "held"}]),
    Limit(REPORT, "epoch", LAST_EPOCH - 1, LAST_EPOCH),
    Limit(REPORT, "sent_at_ms", LAST_MOMENT_MS, LAST_MOMENT_MS + 1),
    Limit(REPORT, "latch.at_ms", LAST_MOMENT_MS, LAST_MOMENT_MS + 1),
    Limit(REPORT, "latch.counter", 0, -1),
    Limit(REPORT, "open_legs", LARGEST_WHOLE, LARGEST_WHOLE + 1),
    Limit(REPORT, "figures", {"a": -1.5e300}, {"a": float("nan")}),
    Limit(REPORT, "figures", {}, {"a": float("inf")}),
    Limit(HELLO, "started_at_ms", LAST_MOMENT_MS, LAST_MOMENT_MS + 1),
    Limit(HELLO, "pid", 0, -1),
    Limit(SETTINGS, "last_epoch", LAST_EPOCH - 1, LAST_EPOCH),
    Limit(SETTINGS, "document", nested(DEEPEST_DOCUMENT), nested(DEEPEST_DOCUMENT + 1)),
    Limit(SETTINGS, "latch", {"at_ms": LAST_MOMENT_MS}, {"at_ms": LAST_MOMENT_MS + 1}),
]  # fmt: skip


def heard_with(limit: Limit, value: object) -> Any:
    said = as_map(limit.message)
    inner = said
    *folders, name = limit.place.split(".")
    for folder in folders:
        inner = inner[folder]
    inner[name] = value
    if limit.place == "book.login" or limit.place.startswith("server"):
        said.pop("facts", None)
    return DECODERS[type(limit.message).__name__](msgpack.packb(said))


@pytest.mark.parametrize("limit", LIMITS, ids=str)
def test_what_lies_at_a_limit_is_a_message_and_beyond_it_is_none(limit: Limit) -> None:
    assert not isinstance(heard_with(limit, limit.at), Malformed)
    heard = heard_with(limit, limit.beyond)
    assert isinstance(heard, Malformed)
    assert len(heard.why) < 300


@pytest.mark.parametrize(
    "number",
    [
        "1" * 1_000_000,
        "0." + "0" * 1_000_000,
        "1E+999999999",
        "1E-999999999",
        "0E+999999999",
        "0E-999999999",
        "1E+99999999999999999999999999",
        "-0E+999999999999999999",
        "9" * 30 + "E+999999",
    ],
    ids=lambda number: f"{number[:20]} of {len(number)}",
)
@pytest.mark.timeout(5)
def test_a_number_whose_digits_nobody_could_write_out_is_refused_at_once(number: str) -> None:
    """Written out in full, as a book's hash writes it, it would take all memory there is."""
    assert isinstance(heard_with(Limit(OPENED, "position.sl", 0, 0), number), Malformed)


def test_every_number_that_passes_can_be_written_out_and_summed() -> None:
    for number in ("9" * 21, "1E+20", "0E+20", "0E-49", "1E-20", "-1.00"):
        heard = heard_with(Limit(OPENED, "position.sl", 0, 0), number)
        assert len(f"{heard.position.sl:f}") < 60
        assert heard.position.sl + Decimal("0.5")


def size_of(body: bytes, wanted: int) -> bytes:
    """The same map with a field nobody knows, of so many bytes in all."""
    filler = wanted - len(body) - len(msgpack.packb("filler")) - 5
    count = body[0] & 0x0F
    assert body[0] & 0xF0 == 0x80
    assert count < 15
    grown = bytes([0x80 | count + 1]) + body[1:] + msgpack.packb("filler")
    return grown + b"\xc6" + filler.to_bytes(4, "big") + bytes(filler)


@pytest.mark.parametrize(
    ("message", "limit"),
    [
        pytest.param(OPENED, wire.SIGNAL_LIMIT_BYTES, id="signal"),
        pytest.param(messages.REQUEST, wire.REQUEST_LIMIT_BYTES, id="request"),
        pytest.param(messages.SNAPSHOT, wire.SNAPSHOT_LIMIT_BYTES, id="answer"),
        pytest.param(HELLO, wire.CONTROL_LIMIT_BYTES, id="from node"),
        pytest.param(SETTINGS, wire.CONTROL_LIMIT_BYTES, id="to node"),
    ],
)
def test_a_message_of_just_the_largest_size_is_read(message: Any, limit: int) -> None:
    decode = DECODERS[type(message).__name__]
    assert decode(size_of(wire.encode(message), limit)) == message
    assert isinstance(decode(size_of(wire.encode(message), limit + 1)), Malformed)


@pytest.mark.parametrize(
    ("message", "place"),
    [
        pytest.param(OPENED, "type", id="a type"),
        pytest.param(GONE, "order.kind", id="a kind of order"),
        pytest.param(GONE, "fate", id="a fate"),
        pytest.param(GONE, "order.price", id="a number"),
        pytest.param(OPENED, "position.side", id="a side"),
    ],
)
def test_what_is_wrong_with_a_message_is_told_in_few_words(message: Any, place: str) -> None:
    heard = heard_with(Limit(message, place, 0, 0), "x" * 900_000)
    assert isinstance(heard, Malformed)
    assert len(heard.why) < 400


@pytest.mark.parametrize("following", [b"\x00", b"\xc0", wire.encode(OPENED)], ids=len)
def test_nothing_may_follow_a_message_in_its_frame(following: bytes) -> None:
    assert isinstance(wire.decode_signal(wire.encode(OPENED) + following), Malformed)


def doubled(message: Any, name: str, value: object) -> bytes:
    body = wire.encode(message)
    return bytes([body[0] + 1]) + body[1:] + msgpack.packb(name) + msgpack.packb(value)


def test_of_a_key_that_stands_twice_the_last_counts_unless_it_tells_another_type() -> None:
    assert wire.decode_signal(doubled(messages.HEARTBEAT, "login", 7)).login == 7
    assert isinstance(wire.decode_signal(doubled(OPENED, "type", "PositionClosed")), Malformed)
    assert isinstance(wire.decode_signal(doubled(OPENED, "v", 2)), Malformed)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("login", 1.0),
        ("login", True),
        ("login", "7"),
        ("login", msgpack.ExtType(5, b"7")),
        ("master", b"FTMO_Master"),
        ("master", None),
        ("stamp", [1, 2]),
        ("position", {}),
        ("flash", 1),
        ("price", {"1": 2}),
        ("price", True),
    ],
    ids=str,
)
def test_a_field_of_another_kind_is_refused(field: str, value: object) -> None:
    assert isinstance(wire.decode_signal(msgpack.packb(as_map(OPENED) | {field: value})), Malformed)


def test_text_that_is_not_utf_8_is_refused_where_it_is_read() -> None:
    body = wire.encode(OPENED)
    assert isinstance(wire.decode_signal(body.replace(b"FTMO_M", b"FTMO\xff\xfe")), Malformed)


def test_what_nobody_knows_is_skipped_unread_whatever_it_holds() -> None:
    odd = {"ext": msgpack.ExtType(5, b"?"), "when": msgpack.Timestamp(2**33), "raw": b"\xff"}
    said = msgpack.packb(as_map(messages.HEARTBEAT) | odd | {"not text": "ABCD"})
    assert wire.decode_signal(said.replace(b"ABCD", b"\xff\xfe\xfd\xfc")) == messages.HEARTBEAT
