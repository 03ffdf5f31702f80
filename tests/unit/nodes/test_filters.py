"""What a node copies of what its masters do: filters, and how much may be open at once."""

from decimal import Decimal

import pytest

from domain.market import Side
from domain.policies import Filters, Throttle
from domain.reasons import Reason
from tests.unit.nodes.swarm import Swarm


def reasons(swarm: Swarm, event: str = "PositionOpened") -> list[Reason]:
    return [v.reason for v in swarm.slave.verdicts if v.event == event]


def volumes(swarm: Swarm) -> list[Decimal]:
    return sorted(position.volume for position in swarm.slave.door.held.values())


def test_what_is_filtered_is_answered_and_its_close_needs_nothing() -> None:
    swarm = Swarm(filters=Filters(magics=("100-199",)))
    order = swarm.trade("1.00", magic=99)
    swarm.trade("0.50", magic=100)
    assert reasons(swarm) == [Reason.MAGIC_FILTERED, Reason.NONE]
    assert volumes(swarm) == [Decimal("0.50")]
    swarm.master.door.shut(order)
    swarm.turn(2)
    assert reasons(swarm, "PositionClosed") == [Reason.NEVER_COPIED]


def test_law_2_a_filter_that_is_set_later_closes_and_keeps_nothing() -> None:
    swarm = Swarm()
    order = swarm.trade("1.00")
    swarm.slave.settings = Swarm(symbols=("EURUSD",)).slave.settings
    swarm.slave.control.orders.append(swarm.slave.settings_told())
    swarm.turn(4)
    assert volumes(swarm) == [Decimal("1.00")]
    swarm.master.door.reduce(order, "0.60")
    swarm.turn(2)
    assert volumes(swarm) == [Decimal("0.40")]
    swarm.master.door.shut(order)
    swarm.turn(2)
    assert volumes(swarm) == []


def test_an_order_that_may_not_wait_is_copied_when_it_fills() -> None:
    swarm = Swarm(filters=Filters(order_types=("MARKET",)))
    ticket = swarm.master.door.pend("1285.00", "0.40")
    swarm.turn(3)
    assert reasons(swarm, "OrderPlaced") == [Reason.ORDER_TYPE_FILTERED]
    assert not swarm.slave.door.waiting
    swarm.master.door.trigger(ticket)
    swarm.turn(4)
    assert volumes(swarm) == [Decimal("0.40")]


def test_lots_of_orders_that_wait_count() -> None:
    swarm = Swarm(max_open_lots=Decimal("1.50"))
    swarm.master.door.pend("1275.00", "1.00")
    swarm.turn(3)
    swarm.trade("0.51")
    swarm.trade("0.50")
    assert reasons(swarm) == [Reason.MAX_OPEN_LOTS, Reason.NONE]


def test_a_place_that_was_left_can_be_taken_again() -> None:
    swarm = Swarm(max_open_trades_per_symbol=1)
    first = swarm.trade()
    swarm.trade()
    assert reasons(swarm) == [Reason.NONE, Reason.MAX_OPEN_TRADES]
    swarm.master.door.shut(first)
    swarm.turn(2)
    swarm.trade()
    assert reasons(swarm)[-1] is Reason.NONE


@pytest.mark.parametrize("restarts", [False, True])
def test_the_first_ones_within_a_time_win_a_restart_or_not(*, restarts: bool) -> None:
    swarm = Swarm(throttle=Throttle(opens=2, seconds=30))
    swarm.trade()
    swarm.trade()
    if restarts:
        swarm.slave.start()
        swarm.turn(4)
    swarm.trade()
    assert reasons(swarm)[:3] == [Reason.NONE, Reason.NONE, Reason.TOO_MANY_IN_TIME]
    swarm.turn(130)
    swarm.trade()
    assert reasons(swarm)[-1] is Reason.NONE


def test_what_was_refused_is_no_open() -> None:
    swarm = Swarm(throttle=Throttle(opens=1), filters=Filters(sides=("BUY",)), max_lot="0.50")
    swarm.trade("1.00")
    swarm.trade("0.50")
    assert reasons(swarm) == [Reason.MAX_LOT, Reason.NONE]


@pytest.mark.history(34)
def test_where_hedging_is_blocked_nothing_opens_against_a_copy_or_against_others() -> None:
    swarm = Swarm(block_hedging=True)
    against = {"side": Side.SELL, "sl": "0", "tp": "0"}
    first = swarm.trade("1.00")
    swarm.trade("0.50", **against)
    assert (volumes(swarm), reasons(swarm, "PositionOpened")[-1]) == (
        [Decimal("1.00")],
        Reason.HEDGING_BLOCKED,
    )
    swarm.master.door.shut(first)
    swarm.turn(2)
    own = swarm.slave.door.trade("0.10")
    swarm.trade("0.40", **against)
    assert reasons(swarm, "PositionOpened")[-1] is Reason.HEDGING_BLOCKED
    swarm.slave.door.shut(own)
    swarm.trade("0.30", **against)
    assert volumes(swarm) == [Decimal("0.30")]


def test_where_hedging_is_blocked_an_order_that_waits_counts() -> None:
    swarm = Swarm(block_hedging=True)
    swarm.master.door.pend("1275.00", "1.00")
    swarm.turn(3)
    swarm.trade("0.50", side=Side.SELL, sl="0", tp="0")
    assert volumes(swarm) == []
    assert reasons(swarm, "PositionOpened") == [Reason.HEDGING_BLOCKED]


def test_fifo_is_one_copy_per_symbol_and_the_next_one_once_it_is_closed() -> None:
    swarm = Swarm(fifo=True)
    first = swarm.trade("1.00")
    swarm.trade("0.50")
    assert reasons(swarm, "PositionOpened")[-1] is Reason.FIFO_BUSY
    swarm.trade("0.40", symbol="EURUSD")
    swarm.master.door.shut(first)
    swarm.turn(2)
    swarm.trade("0.30")
    assert sorted(volumes(swarm)) == [Decimal("0.30"), Decimal("0.40")]
