"""What an operator can say about open copies: close them now, or leave them alone for good."""

from decimal import Decimal

import pytest

from domain.control import Command, CommandDone
from domain.legs import LegState
from domain.outcomes import Rejected
from domain.reasons import Reason
from tests.unit.nodes.swarm import Swarm
from tests.unit.nodes.test_unknown_orders import lost

REFUSED = Rejected(retcode=10006, comment="Request rejected")


def told(swarm: Swarm, kind: str) -> str:
    """The order, and what is answered to it."""
    name = f"{kind}-{len(swarm.slave.control.said)}"
    order = Command(command=name, kind=kind, by="operator", why="tested")
    swarm.slave.control.orders.append(order)
    swarm.turn()
    said = [m for m in swarm.slave.control.said if isinstance(m, CommandDone)]
    assert said[-1].command == name
    return said[-1].result


def state(swarm: Swarm, order: int) -> tuple[LegState, Reason]:
    leg = next(leg for leg in swarm.slave.legs if leg.key.opening_order == order)
    return leg.state, leg.reason


def answers(swarm: Swarm, event: str) -> list[tuple[Reason, str]]:
    return [(v.reason, v.detail) for v in swarm.slave.verdicts if v.event == event]


def test_law_2_an_operator_closes_all_copies_and_they_are_not_opened_again() -> None:
    swarm = Swarm()
    first, second = swarm.trade("1.00"), swarm.trade("0.50")
    assert told(swarm, "CLOSE") == "closing 2 copies"
    swarm.turn(4)
    assert not swarm.slave.door.held
    assert state(swarm, first) == (LegState.CLOSED, Reason.OPERATOR_CLOSED)
    swarm.master.door.change(second, sl="1281.00")
    swarm.turn(4)
    swarm.master.door.shut(first)
    swarm.turn(4)
    assert len(swarm.slave.door.opens) == 2
    closed = [(Reason.ALREADY_CLOSED_HERE, "OPERATOR_CLOSED")]
    assert answers(swarm, "PositionClosed") == closed
    swarm.trade("0.20")
    assert len(swarm.slave.door.held) == 1


def test_law_5_a_close_that_is_refused_comes_back_by_itself_through_a_restart() -> None:
    swarm = Swarm()
    swarm.trade("1.00")
    swarm.slave.door.answers = [REFUSED] * 2
    told(swarm, "CLOSE")
    assert len(swarm.slave.door.held) == 1
    swarm.slave.start()
    swarm.turn(60)
    assert not swarm.slave.door.held


def test_an_order_that_waits_is_withdrawn() -> None:
    swarm = Swarm()
    ticket = swarm.master.door.pend("1275.00", "1.00")
    swarm.turn(3)
    assert told(swarm, "CLOSE") == "closing 1 copy"
    swarm.turn(4)
    assert not swarm.slave.door.waiting
    swarm.master.door.trigger(ticket)
    swarm.turn(4)
    assert not swarm.slave.door.held


def test_law_4_an_open_that_is_found_after_the_word_is_closed_as_well() -> None:
    swarm = Swarm()
    swarm.slave.door.answers = [lost]
    order = swarm.trade("1.00")
    assert told(swarm, "CLOSE") == "closing 1 copy"
    sent = swarm.slave.door.opens[0]
    swarm.slave.door.trade(sent.volume, sent.side, magic=sent.magic, comment=sent.comment)
    swarm.turn(8)
    assert not swarm.slave.door.held
    assert state(swarm, order)[0] is LegState.CLOSED


def test_law_2_a_copy_that_is_left_stays_open_and_is_foreign_from_then_on() -> None:
    swarm = Swarm()
    order = swarm.trade("1.00", sl="1280.00")
    assert told(swarm, "LEAVE") == "left 1 copy"
    assert state(swarm, order) == (LegState.RELEASED, Reason.OPERATOR_LEFT)
    swarm.master.door.change(order, sl="1281.00")
    swarm.turn(2)
    swarm.master.door.shut(order)
    swarm.turn(8)
    (held,) = swarm.slave.door.held.values()
    assert (held.volume, held.sl) == (Decimal("1.00"), Decimal("1280.00"))
    assert answers(swarm, "PositionClosed") == [(Reason.NEVER_COPIED, "OPERATOR_LEFT")]
    assert swarm.slave.report.open_legs == 0
    swarm.slave.start()
    swarm.turn(8)
    assert len(swarm.slave.door.sent) == 1


def test_law_4_a_copy_whose_order_has_no_answer_is_not_left_before_it_has_one() -> None:
    swarm = Swarm()
    order = swarm.trade("1.00")
    swarm.slave.door.answers = [lost]
    swarm.master.door.reduce(order, "0.50")
    swarm.turn(2)
    assert told(swarm, "LEAVE").startswith("left 0 copies; 1 copy not, as an order of theirs")
    assert state(swarm, order)[0] is LegState.OPEN


@pytest.mark.parametrize("kind", ["CLOSE", "LEAVE"])
def test_without_a_copy_there_is_nothing_to_do(kind: str) -> None:
    assert told(Swarm(), kind) in {"closing 0 copies", "left 0 copies"}


def test_a_copy_that_was_closed_before_is_not_left() -> None:
    swarm = Swarm()
    order = swarm.trade("1.00")
    swarm.master.door.shut(order)
    swarm.turn(2)
    assert told(swarm, "LEAVE") == "left 0 copies"
    assert state(swarm, order)[0] is LegState.CLOSED
