from decimal import Decimal

import msgspec
import pytest

from domain.market import Fate, Lifetime, OrderFate, PendingKind, Side
from domain.mt5_words import OrderMode, OrderType, TimeInForce
from tests.builders import a_pending, a_spec


@pytest.mark.parametrize("kind", PendingKind)
def test_a_kind_agrees_with_metatraders_number(kind: PendingKind) -> None:
    number = OrderType[kind.name]
    assert (kind.side is Side.SELL) == bool(number & 1)
    assert kind.mode == 1 << (number >> 1)
    assert kind.is_stop_limit == (kind.mode is OrderMode.STOP_LIMIT)


@pytest.mark.parametrize("kind", PendingKind)
def test_a_symbol_takes_what_its_flags_allow(kind: PendingKind) -> None:
    assert a_spec().takes(kind)
    assert a_spec(kind_flags=int(kind.mode)).takes(kind)
    assert not a_spec(kind_flags=int(~kind.mode)).takes(kind)


@pytest.mark.parametrize(
    ("fate", "filled", "in_part"),
    [
        (Fate.WAITING, "0", False),
        (Fate.WAITING, "0.2", True),
        (Fate.CANCELLED, "0.2", True),
        (Fate.EXPIRED, "0", False),
        (Fate.FILLED, "0.5", False),
    ],
)
def test_a_part_is_less_than_all_and_more_than_nothing(
    fate: Fate, filled: str, in_part: bool
) -> None:
    left = Decimal("0.5") - Decimal(filled)
    found = OrderFate(ticket=1, fate=fate, filled=Decimal(filled), left=left)
    assert found.in_part is in_part


def test_a_pending_order_survives_the_way_through_a_file() -> None:
    order = a_pending(
        kind=PendingKind.SELL_STOP_LIMIT,
        lifetime=Lifetime(kind=TimeInForce.SPECIFIED, until_server_ms=1_399_060_000_000),
    )
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(order), type=type(order)) == order


@pytest.mark.parametrize(
    ("fate", "filled", "ended"),
    [
        pytest.param(Fate.CANCELLED, "0", True, id="cancelled"),
        pytest.param(Fate.EXPIRED, "0", True, id="expired"),
        pytest.param(Fate.CANCELLED, "0.1", False, id="cancelled with a part filled"),
        pytest.param(Fate.FILLED, "0", False, id="filled"),
        pytest.param(Fate.WAITING, "0", False, id="waiting"),
        pytest.param(Fate.NOT_KNOWN, "0", False, id="nobody knows"),
    ],
)
def test_an_order_has_ended_unfilled_where_the_records_say_so(
    fate: Fate, filled: str, ended: bool
) -> None:
    assert OrderFate(ticket=1, fate=fate, filled=Decimal(filled)).ended_unfilled is ended
