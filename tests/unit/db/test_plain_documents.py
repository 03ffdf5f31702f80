"""A document of a database becomes one that can be written down and sent anywhere."""

from datetime import UTC, datetime

import msgspec
import pytest
from bson import Code, Decimal128, Int64, MinKey, ObjectId

from db.plain_documents import plain
from decisions.account_documents import parse_account


@pytest.mark.parametrize(
    ("value", "becomes"),
    [
        (Decimal128("0.10"), 0.1),
        (Decimal128("5.00"), 5),
        (Decimal128("-0"), 0),
        (Decimal128("9223372036854775807"), 2**63 - 1),
        (Decimal128("1E+6111"), float("inf")),
        (Decimal128("-1E+30"), -1e30),
        (Decimal128("Infinity"), float("inf")),
        (Int64(7), 7),
        (datetime(2014, 5, 2, tzinfo=UTC), "2014-05-02T00:00:00+00:00"),
        (ObjectId("0" * 24), "0" * 24),
        (Code("x"), {"$Code": "x"}),
        (Code("x", {"a": 1}), {"$Code": "x"}),
        (MinKey(), {"$MinKey": "MinKey()"}),
        ([{"a": Int64(1)}, None, True, "x", 1.5], [{"a": 1}, None, True, "x", 1.5]),
    ],
    ids=repr,
)
def test_the_databases_own_types_are_replaced(value: object, becomes: object) -> None:
    found = plain({"field": value})["field"]
    assert found == becomes
    assert type(found) is type(becomes)


@pytest.mark.parametrize(
    "number", ["NaN", "sNaN", "-NaN", "Infinity", "-1E+6111", "1E-6176", "0E+6000"]
)
def test_any_number_can_be_sent_and_judged(number: str) -> None:
    document = plain({"name": "A", "type": "SLAVE", "path": "x", "max_lot": Decimal128(number)})
    assert msgspec.msgpack.encode(document)
    assert msgspec.json.encode(document)
    parse_account(document)


@pytest.mark.parametrize("odd", [Code("S1"), MinKey(), b"S1"], ids=repr)
def test_what_is_no_text_does_not_pass_for_a_name(odd: object) -> None:
    document = plain({"name": odd, "type": "SLAVE", "terminal": "paper", "path": "s1"})
    found = parse_account(document)
    assert isinstance(found, tuple)
    assert [problem.field for problem in found] == ["name"]
