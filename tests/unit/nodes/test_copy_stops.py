"""Stops and sides that a copy has by its own terms, from its open to its close.

The master buys at 1285.10 with stops at 1280.00 and 1295.00; the slave's broker asks the same.
"""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.copy_settings import Atr, BreakEven, StopLossType, TakeProfitType, Trailing
from domain.market import Position, Side, Unknowable
from domain.reasons import Reason
from tests.builders import a_quote
from tests.fakes import FakeJournal
from tests.unit.nodes.swarm import Swarm

TWO_TO_ONE = {"take_profit_type": TakeProfitType.RATIO, "take_profit_ratio": Decimal(2)}


def copied(**settings: Any) -> tuple[Swarm, int]:
    swarm = Swarm(**settings)
    order = swarm.trade("1.00", sl="1280.00", tp="1295.00")
    return swarm, order


def held(swarm: Swarm) -> Position:
    (position,) = swarm.slave.door.held.values()
    return position


def stops(swarm: Swarm) -> tuple[str, str]:
    return f"{held(swarm).sl:f}", f"{held(swarm).tp:f}"


def test_a_reversed_copy_is_followed_to_its_end() -> None:
    swarm, order = copied(reverse=True)
    assert (held(swarm).side, stops(swarm)) == (Side.SELL, ("1295.00", "1280.00"))
    swarm.master.door.change(order, sl="1281.00")
    swarm.turn(2)
    assert stops(swarm) == ("1295.00", "1281.00")
    swarm.master.door.reduce(order, "0.40")
    swarm.turn(2)
    assert held(swarm).volume == Decimal("0.60")
    swarm.master.door.shut(order)
    swarm.turn(2)
    assert not swarm.slave.door.held
    assert swarm.slave.journal.verdicts[-1].side is Side.SELL


def test_a_fixed_stop_stays_where_it_is_whatever_the_master_does_with_its_own() -> None:
    swarm, order = copied(stop_loss_type=StopLossType.FIXED, stop_loss_points=Decimal(300))
    assert stops(swarm) == ("1282.10", "1295.00")
    swarm.master.door.change(order, sl="1284.00")
    swarm.turn(2)
    assert stops(swarm) == ("1282.10", "1295.00")
    assert swarm.slave.verdicts[-1].reason is Reason.ALREADY_AS_WANTED


def test_a_ratio_is_of_the_stop_at_the_open_and_no_trailing_brings_the_target_near() -> None:
    swarm, order = copied(**TWO_TO_ONE)
    assert stops(swarm) == ("1280.00", "1295.30")
    swarm.master.door.change(order, sl="1284.90")
    swarm.turn(2)
    assert stops(swarm) == ("1284.90", "1295.30")


def test_a_protective_stop_gives_way_to_the_masters_and_comes_back_after_it() -> None:
    swarm = Swarm(protective_stop=Decimal(700))
    order = swarm.trade("1.00", sl="0", tp="0")
    assert stops(swarm) == ("1278.10", "0")
    swarm.master.door.change(order, sl="1284.00")
    swarm.turn(2)
    assert stops(swarm) == ("1284.00", "0")
    swarm.master.door.change(order, sl="0")
    swarm.turn(2)
    assert stops(swarm) == ("1278.10", "0")


def test_law_2_terms_are_of_the_open_and_no_edit_moves_a_stop() -> None:
    swarm, order = copied(stop_loss_offset=Decimal(100))
    assert stops(swarm) == ("1279.00", "1295.00")
    plain = msgspec.structs.replace(swarm.slave.settings, stop_loss_offset=Decimal(0))
    swarm.slave.settings = plain
    swarm.slave.control.orders.append(swarm.slave.settings_told())
    swarm.turn(4)
    assert stops(swarm) == ("1279.00", "1295.00")
    swarm.master.door.change(order, sl="1283.00")
    swarm.turn(2)
    assert stops(swarm) == ("1282.00", "1295.00")


def test_law_11_terms_outlive_a_restart() -> None:
    swarm, order = copied(reverse=True, take_profit_offset=Decimal(100))
    swarm.slave.start()
    swarm.turn(4)
    swarm.master.door.change(order, sl="1281.00")
    swarm.turn(2)
    assert stops(swarm) == ("1295.00", "1280.00")


def test_a_dynamic_stop_is_as_far_away_as_the_broker_s_bars_are_long() -> None:
    swarm = Swarm(stop_loss_type=StopLossType.DYNAMIC, atr=Atr(timeframe="M15", period=10))
    swarm.slave.door.ranges["XAUUSD", "M15", 10] = Decimal("1.50")
    swarm.trade("1.00", sl="1280.00", tp="1295.00")
    assert stops(swarm) == ("1282.10", "1295.00")


@pytest.mark.parametrize("answer", [Unknowable("too few bars"), Decimal(0)])
def test_bars_that_nobody_has_open_nothing(answer: Any) -> None:
    swarm = Swarm(stop_loss_type=StopLossType.DYNAMIC)
    swarm.slave.door.ranges["XAUUSD", "H1", 14] = answer
    swarm.trade("1.00")
    assert swarm.slave.verdicts[-1].reason is Reason.VOLATILITY_UNKNOWN
    assert not swarm.slave.door.held


def test_law_15_a_reversed_order_waits_follows_and_is_withdrawn() -> None:
    swarm = Swarm(reverse=True)
    ticket = swarm.master.door.pend("1275.00", "1.00", sl="1265.00", tp="1290.00")
    swarm.turn(3)
    (order,) = swarm.slave.door.waiting.values()
    assert (order.kind.value, order.sl, order.tp) == ("SELL_STOP", 1290, 1265)
    swarm.master.door.withdraw(ticket)
    swarm.turn(3)
    assert not swarm.slave.door.waiting


def forgets(swarm: Swarm) -> None:
    """The journal is gone, and no database remembers anything."""
    swarm.slave.journal = FakeJournal()
    swarm.slave.start()
    swarm.turn(8)


def test_law_11_a_reversed_copy_that_only_its_broker_remembers_is_known_as_one() -> None:
    swarm, order = copied(reverse=True)
    forgets(swarm)
    assert stops(swarm) == ("1295.00", "1280.00")
    swarm.master.door.change(order, sl="1281.00")
    swarm.turn(2)
    assert stops(swarm) == ("1295.00", "1281.00")
    swarm.master.door.shut(order)
    swarm.turn(2)
    assert not swarm.slave.door.held


def test_law_11_stops_of_terms_that_nobody_remembers_stay_where_they_are() -> None:
    swarm, order = copied(stop_loss_type=StopLossType.FIXED, stop_loss_points=Decimal(300))
    forgets(swarm)
    swarm.master.door.change(order, sl="1281.00", tp="1290.00")
    swarm.turn(2)
    assert stops(swarm) == ("1282.10", "1295.00")


def price(swarm: Swarm, bid: str) -> None:
    swarm.slave.door.quotes["XAUUSD"] = a_quote(bid, str(Decimal(bid) + Decimal("0.10")))
    swarm.turn(2)


def test_a_trailing_stop_follows_the_price_here_and_the_masters_stop_only_tightens_it() -> None:
    swarm, order = copied(trailing=Trailing(distance=Decimal(200), start=Decimal(300)))
    price(swarm, "1288.00")
    assert stops(swarm) == ("1280.00", "1295.00")
    price(swarm, "1288.10")
    assert stops(swarm) == ("1286.10", "1295.00")
    price(swarm, "1287.00")
    swarm.master.door.change(order, sl="1281.00")
    swarm.turn(2)
    assert stops(swarm) == ("1286.10", "1295.00")
    swarm.master.door.change(order, sl="1286.50", tp="1297.00")
    swarm.turn(2)
    assert stops(swarm) == ("1286.50", "1297.00")


def test_law_11_a_stop_that_has_got_somewhere_stays_there_through_a_restart() -> None:
    swarm, _ = copied(break_even=BreakEven(at=Decimal(200), lock=Decimal(10)))
    price(swarm, "1287.10")
    assert stops(swarm) == ("1285.20", "1295.00")
    price(swarm, "1286.00")
    swarm.slave.start()
    swarm.turn(8)
    assert stops(swarm) == ("1285.20", "1295.00")


def test_a_copy_that_is_to_be_closed_moves_no_stop_any_more() -> None:
    swarm, order = copied(trailing=Trailing(distance=Decimal(200)), min_hold_seconds=60)
    swarm.master.door.shut(order)
    swarm.turn(2)
    price(swarm, "1299.00")
    assert stops(swarm)[0] == "1280.00"
