"""What an open becomes that came too late, or whose price has run away."""

from decimal import Decimal
from typing import Any

import pytest

from decisions import late_entry
from decisions.copying import decide_open
from decisions.late_entry import decide_late, may_come_late
from decisions.parts import Begun
from decisions.situation import Situation
from domain.copy_settings import LateEntry, Size, SizeMode
from domain.market import PendingKind, Side
from domain.mt5_words import TimeInForce
from domain.orders import Denied, OpenPosition, PlaceOrder
from domain.policies import Latch, TradingState
from domain.reasons import Reason
from tests.builders import (
    SERVER_MS,
    a_book_position,
    a_leg,
    a_quote,
    a_situation,
    a_spec,
    an_account,
    opened,
    some_settings,
)

UNTIL_MS = 1_700_000_060_000
#: The master opened at 1285.10; the market here is elsewhere.
AWAY = a_quote("1289.90", "1290.00")
BELOW = a_quote("1279.90", "1280.00")
ORDERS = some_settings(late_entry=LateEntry.ORDER, late_entry_seconds=60)


def late(**changes: Any) -> Situation:
    usual: dict[str, Any] = {
        "settings": ORDERS,
        "quote": AWAY,
        "late_until_ms": UNTIL_MS,
        "newest_server_ms": SERVER_MS,
    }
    return a_situation(**(usual | changes))


def order_for(side: Side = Side.BUY, **changes: Any) -> PlaceOrder:
    decided = decide_late(fact(side), late(**changes))
    assert isinstance(decided, PlaceOrder), decided
    return decided


def fact(side: Side = Side.BUY) -> Any:
    buys = side is Side.BUY
    sl, tp = ("1280", "1295") if buys else ("1290", "1275")
    return opened(position=a_book_position(side=side, sl=sl, tp=tp, price_open="1285.10"))


@pytest.mark.parametrize(
    ("side", "quote", "kind"),
    [
        (Side.BUY, AWAY, PendingKind.BUY_LIMIT),
        (Side.BUY, BELOW, PendingKind.BUY_STOP),
        (Side.SELL, BELOW, PendingKind.SELL_LIMIT),
        (Side.SELL, AWAY, PendingKind.SELL_STOP),
    ],
)
def test_it_waits_where_the_master_opened(side: Side, quote: Any, kind: PendingKind) -> None:
    order = order_for(side, quote=quote)
    assert (order.kind, order.price, order.volume) == (kind, Decimal("1285.10"), 1)
    assert order.late_until_ms == UNTIL_MS
    assert order.lifetime.kind is TimeInForce.SPECIFIED
    assert order.lifetime.until_server_ms == SERVER_MS + 60_000


def test_without_the_brokers_clock_only_we_withdraw_it() -> None:
    assert order_for(newest_server_ms=0).lifetime.kind is TimeInForce.GTC


def test_a_wide_spread_keeps_no_order_from_waiting() -> None:
    narrow = some_settings(late_entry=LateEntry.ORDER, max_spread=Decimal(1))
    assert order_for(settings=narrow).kind is PendingKind.BUY_LIMIT


def test_where_the_market_is_at_the_masters_price_it_is_opened() -> None:
    decided = decide_late(fact(), late(quote=a_quote(), age_ms=10**6))
    assert isinstance(decided, OpenPosition)
    assert decided.price == Decimal("1285.10")


def test_too_near_for_an_order_and_too_far_to_open_is_neither() -> None:
    near = late(quote=a_quote("1285.60", "1285.70"), spec=a_spec(stops_level_points=100))
    assert decide_late(fact(), near) == Denied(Reason.PRICE_MOVED, "60 points, at most 50")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"leg_known": True}, Reason.ALREADY_HANDLED),
        ({"still_held": False}, Reason.CLOSED_MEANWHILE),
        ({"latch": Latch(state=TradingState.REDUCING)}, Reason.TRADING_REDUCING),
        ({"magic_taken": True}, Reason.MAGIC_TAKEN),
        ({"quote": None}, Reason.NO_MARKET),
        ({"account": an_account(hedging=False)}, Reason.NETTING_BUSY),
        ({"spec": a_spec(kind_flags=1)}, Reason.PRICE_MOVED),
    ],
)
def test_every_other_gate_holds(changes: dict[str, Any], reason: Reason) -> None:
    decided = decide_late(fact(), late(**changes))
    assert isinstance(decided, Denied)
    assert decided.reason is reason


@pytest.mark.parametrize(
    ("changes", "may"),
    [
        ({}, True),
        ({"quote": a_quote(), "age_ms": 10**6}, True),
        ({"quote": a_quote(), "age_ms": -(10**6)}, False),
        ({"still_held": False}, False),
        ({"settings": some_settings()}, False),
        ({"quote": a_quote()}, False),
    ],
)
def test_only_what_was_refused_for_its_lateness_may_come_late(
    changes: dict[str, Any], may: bool
) -> None:
    now = late(late_until_ms=0, **changes)
    assert may_come_late(decide_open(fact(), now), now) is may


@pytest.mark.parametrize("lost", [{"spec": None}, {"quote": None}], ids=str)
def test_law_5_nothing_waits_that_nobody_knows_the_contract_or_price_of(
    lost: dict[str, Any],
) -> None:
    assert isinstance(decide_late(fact(), late(**lost)), Denied)
    assert isinstance(late_entry._entry(fact(), late(**lost)), Denied)


def test_an_entry_whose_size_nobody_can_say_does_not_wait() -> None:
    by_money = some_settings(
        late_entry=LateEntry.ORDER, late_entry_seconds=60, size=Size(mode=SizeMode.BALANCE)
    )
    for decide in (decide_late, late_entry._entry):
        denied = decide(fact(), late(settings=by_money))
        assert isinstance(denied, Denied)
        assert denied.reason is Reason.MASTER_MONEY_UNKNOWN


def test_what_is_left_of_a_copy_in_parts_does_not_wait() -> None:
    too_old = Denied(Reason.SIGNAL_TOO_OLD)
    first = a_leg(copy_volume=Decimal(3))
    begun = Begun(first=first, asked=Decimal(1), part=1, has_ended=False)
    assert may_come_late(too_old, late())
    assert not may_come_late(too_old, late(begun=begun))


def test_an_entry_that_waits_is_one_order_however_large() -> None:
    assert order_for(spec=a_spec(volume_max="0.40")).volume == Decimal("0.40")
