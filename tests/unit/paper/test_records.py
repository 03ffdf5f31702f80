"""What was written once opens for ever: the records' fields keep their places."""

import msgspec
import pytest

from paper.broker.records import Answer, CheckAnswer, Deal, Order, Position, TradeRequest
from paper.wire.mt5_fields import FIELDS

STORED = {
    "a filled order": (
        Order,
        b"[894458925,1399042800,1399042800005,1399042801,1399042801005,1399122000,0,1,2,4,234000,"
        b'894458922,894458924,3,1.0,0.5,1.3861,1.38,1.39,1.3862,1.3863,"EURUSD","told","x"]',
    ),
    "a deposit": (
        Deal,
        b'[894458921,0,1399042800,1399042800000,2,0,0,0,0,0.0,0.0,0.0,0.0,100000.0,0.0,"",'
        b'"Deposit",""]',
    ),
    "a closing deal": (
        Deal,
        b"[894458926,894458925,1399042800,1399042800005,1,1,234000,894458922,3,0.5,1.3861,-1.25,"
        b'-0.5,12.75,-0.1,"EURUSD","told","x"]',
    ),
    "a position": (
        Position,
        b'{"ticket":894458925,"identifier":894458922,"time_msc":1399042800000,'
        b'"time_update_msc":1399042800005,"type":1,"magic":234000,"reason":3,"volume":0.5,'
        b'"price_open":1.3861,"sl":1.39,"tp":1.38,"swap":-0.5,"symbol":"EURUSD",'
        b'"comment":"told","stops_msc":1399042800005,"swap_day":16192}',
    ),
}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (TradeRequest, "TradeRequest"),
        (Answer, "OrderSendResult"),
        (CheckAnswer, "OrderCheckResult"),
        (Order, "TradeOrder"),
        (Deal, "TradeDeal"),
    ],
)
def test_records_have_metatraders_fields_in_their_order(
    kind: type[msgspec.Struct], name: str
) -> None:
    wanted = [field.partition(":")[0] for field in FIELDS[name].split()]
    assert [field.encode_name for field in msgspec.structs.fields(kind)] == wanted


@pytest.mark.parametrize(("kind", "body"), STORED.values(), ids=STORED)
def test_a_stored_record_is_written_again_as_it_was(
    kind: type[msgspec.Struct], body: bytes
) -> None:
    assert msgspec.json.encode(msgspec.json.decode(body, type=kind)) == body


def test_every_field_of_a_stored_order_is_read_from_its_place() -> None:
    kind, body = STORED["a filled order"]
    order = msgspec.json.decode(body, type=kind)
    names = [field.partition(":")[0] for field in FIELDS["TradeOrder"].split()]
    assert [getattr(order, name) for name in names] == msgspec.json.decode(body)


@pytest.mark.parametrize("kind", [Order, Deal])
def test_a_stored_record_that_is_cut_short_is_refused(kind: type[Order | Deal]) -> None:
    whole = next(body for of, body in STORED.values() if of is kind)
    short = msgspec.json.encode(msgspec.json.decode(whole)[:-2])
    with pytest.raises(msgspec.ValidationError, match="length"):
        msgspec.json.decode(short, type=kind)
