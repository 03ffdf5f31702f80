"""A master's core and a slave's core joined by lists: what the trader does is copied, answered."""

from decimal import Decimal

import pytest

from domain.legs import LegState
from domain.market import Side
from tests.fakes import filled_in_part, told
from tests.unit.nodes.swarm import Swarm


def test_a_whole_life_is_copied_and_every_event_has_one_answer() -> None:
    swarm = Swarm()
    order = swarm.trade("1.00", sl="1280.00", tp="1295.00")
    swarm.master.door.change(order, sl="1282.00")
    swarm.turn()
    swarm.master.door.reduce(order, "0.40")
    swarm.turn()
    copy = swarm.slave.door.held[9001]
    assert (copy.volume, copy.sl) == (Decimal("0.60"), Decimal("1282.00"))
    swarm.master.door.shut(order)
    swarm.turn()
    assert not swarm.slave.door.held
    assert told(swarm.slave.verdicts) == [
        ("PositionOpened", "copied", "NONE"),
        ("PositionModified", "copied", "NONE"),
        ("PositionReduced", "copied", "NONE"),
        ("PositionClosed", "copied", "NONE"),
    ]
    assert not swarm.slave.unanswered(swarm.master.facts)


def test_a_sell_is_copied_as_a_sell() -> None:
    swarm = Swarm()
    swarm.trade(side=Side.SELL)
    assert swarm.slave.door.held[9001].side is Side.SELL


def test_a_reduction_and_new_stops_in_one_look_are_both_copied() -> None:
    swarm = Swarm()
    order = swarm.trade()
    swarm.master.door.reduce(order, "0.40")
    swarm.master.door.change(order, sl="1282.00")
    swarm.turn()
    copy = swarm.slave.door.held[9001]
    assert (copy.volume, copy.sl) == (Decimal("0.60"), Decimal("1282.00"))
    assert not swarm.slave.unanswered(swarm.master.facts)


def test_law_2_a_copy_closed_by_hand_is_never_opened_again() -> None:
    swarm = Swarm()
    order = swarm.trade()
    swarm.slave.door.shut(9001)
    swarm.turn(4)
    assert swarm.slave.leg().state is LegState.CLOSED
    swarm.master.door.change(order, sl="1283.00")
    swarm.turn(4)
    swarm.slave.start()
    swarm.turn(8)
    swarm.master.start()
    swarm.turn(8)
    assert len(swarm.slave.door.opens) == 1
    assert swarm.slave.verdicts[1].reason.value == "ALREADY_CLOSED_HERE"


@pytest.mark.history(13)
def test_law_2_a_master_that_forgot_everything_does_not_open_a_copy_again() -> None:
    """The copy was stopped out, then the master lost its journal."""
    swarm = Swarm()
    swarm.trade()
    swarm.slave.door.shut(9001)
    swarm.turn(4)
    swarm.master.journal = type(swarm.master.journal)()
    swarm.master.start()
    swarm.turn(8)
    assert len(swarm.slave.door.opens) == 1


def test_law_2_told_again_after_a_restart_no_second_order_is_sent() -> None:
    swarm = Swarm()
    swarm.trade()
    swarm.slave.start()
    swarm.turn(8)
    swarm.master.start()
    swarm.turn(8)
    assert len(swarm.slave.door.opens) == 1
    assert len(swarm.slave.door.held) == 1


def test_a_close_while_the_slave_was_down_is_made_up_for() -> None:
    swarm = Swarm()
    order = swarm.trade()
    swarm.master.door.shut(order)
    swarm.master.turn(4)
    swarm.slave.start()
    swarm.turn(4)
    assert not swarm.slave.door.held
    assert not swarm.slave.unanswered(swarm.master.facts)


@pytest.mark.history(35)
def test_law_9_what_was_opened_while_the_slave_was_down_is_missed_and_not_opened_late() -> None:
    swarm = Swarm()
    swarm.trade()
    earlier = swarm.master.door.server_ms() - 10_000
    order = swarm.master.door.trade(opened_server_ms=earlier)
    swarm.master.turn(4)
    swarm.slave.start()
    swarm.turn(4)
    assert swarm.slave.last == ("PositionOpened", "missed", "SLAVE_WAS_DOWN")
    swarm.master.door.shut(order)
    swarm.turn(2)
    assert len(swarm.slave.door.sent) == 1
    assert not swarm.slave.unanswered(swarm.master.facts)


@pytest.mark.history(33)
def test_law_3_a_lost_close_is_found_by_the_next_heartbeat() -> None:
    swarm = Swarm()
    order = swarm.trade()
    swarm.bus.disturbance = lambda signal: () if type(signal).__name__ == "PositionClosed" else (0,)
    swarm.master.door.shut(order)
    swarm.turn(8)
    assert not swarm.slave.door.held
    assert not swarm.slave.unanswered(swarm.master.facts)


@pytest.mark.history(38)
def test_law_3_a_doubled_open_is_opened_once() -> None:
    swarm = Swarm()
    swarm.bus.disturbance = lambda _: (0, 0)
    swarm.trade()
    swarm.turn(4)
    assert len(swarm.slave.door.opens) == 1


@pytest.mark.history(17)
def test_law_2_half_of_what_was_filled_stays_when_the_master_halves() -> None:
    swarm = Swarm()
    swarm.slave.door.answers = [filled_in_part("0.30")]
    order = swarm.trade()
    assert swarm.slave.last == ("PositionOpened", "partial", "FILLED_IN_PART")
    swarm.master.door.reduce(order, "0.50")
    swarm.turn(2)
    assert swarm.slave.door.held[9001].volume == Decimal("0.15")


def test_law_9_a_verdict_knows_when_each_step_was_and_at_what_price() -> None:
    swarm = Swarm()
    swarm.trade(price_open="1285.05")
    given = swarm.slave.verdicts[0]
    times = given.times
    assert 0 < times.seen_us <= times.published_us
    assert 0 < times.decided_us <= times.sent_us <= times.answered_us
    prices = given.prices
    assert (prices.master, prices.at_decision, prices.requested, prices.filled) == (
        Decimal("1285.05"),
        Decimal("1285.10"),
        Decimal("1285.10"),
        Decimal("1285.10"),
    )
    assert prices.spread_points == 10


@pytest.mark.history(4)
def test_law_2_settings_act_once_and_an_edit_orders_nothing() -> None:
    swarm = Swarm()
    order = swarm.trade()
    swarm.slave.settings = type(swarm.slave.settings)(
        name=swarm.slave.settings.name,
        type=swarm.slave.settings.type,
        path="apex",
        enabled=False,
        suffix=".new",
        symbol_map={"XAUUSD": "NOSUCH"},
    )
    swarm.slave.control.orders.append(swarm.slave.settings_told())
    swarm.turn(4)
    assert len(swarm.slave.door.sent) == 1
    swarm.master.door.shut(order)
    swarm.turn(2)
    assert swarm.slave.door.closes[0].symbol == "XAUUSD"
    assert not swarm.slave.door.held


@pytest.mark.history(5)
def test_disabling_stops_opens_and_the_open_copy_is_followed_to_its_end() -> None:
    swarm = Swarm()
    swarm.trade()
    swarm.slave.control.orders.append(swarm.slave.settings_told(document=None))
    swarm.turn(2)
    second = swarm.trade()
    assert swarm.slave.last == ("PositionOpened", "denied", "DRAINING")
    for order in (501, second):
        swarm.master.door.shut(order)
    swarm.turn(2)
    assert not swarm.slave.door.held
