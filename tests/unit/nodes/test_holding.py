"""How long copies are held: no shorter than a firm wants, no longer than the account does."""

from decimal import Decimal
from typing import Any

import pytest

from domain.outcomes import Outcome
from domain.reasons import Reason
from tests.fakes import FakeDoor
from tests.unit.nodes.swarm import Swarm
from tests.unit.nodes.teller import Teller
from utils.clock import Now


def volumes(swarm: Swarm) -> list[Decimal]:
    return [position.volume for position in swarm.slave.door.held.values()]


def verdicts(swarm: Swarm, event: str) -> list[tuple[str, str]]:
    found = (v for v in swarm.slave.verdicts if v.event == event)
    return [(v.kind.value, v.reason.value) for v in found]


def waits(swarm: Swarm, seconds: float) -> None:
    swarm.turn(round(seconds / 0.25))


def test_a_close_that_comes_too_soon_is_sent_when_its_time_has_come() -> None:
    swarm = Swarm(min_hold_seconds=30)
    order = swarm.trade()
    waits(swarm, 2)
    swarm.master.door.shut(order)
    waits(swarm, 26)
    assert volumes(swarm) == [1]
    assert verdicts(swarm, "PositionClosed") == []
    waits(swarm, 4)
    assert volumes(swarm) == []
    assert verdicts(swarm, "PositionClosed") == [("copied", "NONE")]


def test_so_does_a_reduction_and_the_ratio_is_that_of_the_end() -> None:
    swarm = Swarm(min_hold_seconds=10)
    order = swarm.trade()
    swarm.master.door.reduce(order, "0.20")
    waits(swarm, 2)
    swarm.master.door.reduce(order, "0.30")
    waits(swarm, 2)
    assert volumes(swarm) == [1]
    waits(swarm, 8)
    assert volumes(swarm) == [Decimal("0.50")]


def test_stops_are_moved_meanwhile() -> None:
    swarm = Swarm(min_hold_seconds=30)
    order = swarm.trade(sl="1280.00")
    swarm.master.door.change(order, sl="1282.00")
    waits(swarm, 1)
    (held,) = swarm.slave.door.held.values()
    assert held.sl == Decimal("1282.00")


def test_law_11_a_close_that_waits_outlives_a_restart() -> None:
    swarm = Swarm(min_hold_seconds=30)
    order = swarm.trade()
    swarm.master.door.shut(order)
    waits(swarm, 2)
    swarm.slave.start()
    waits(swarm, 20)
    assert volumes(swarm) == [1]
    waits(swarm, 12)
    assert volumes(swarm) == []


def test_law_10_a_clock_that_is_set_back_keeps_nothing_open() -> None:
    swarm = Swarm(min_hold_seconds=30)
    order = swarm.trade()
    swarm.master.door.shut(order)
    now = swarm.clock.now()
    swarm.clock._now = Now(now.monotonic_s, now.utc_ms - 3_600_000)
    waits(swarm, 2)
    assert volumes(swarm) == []


def test_a_copy_is_closed_when_its_time_is_over_and_not_opened_again() -> None:
    swarm = Swarm(max_hold_seconds=20)
    order = swarm.trade()
    waits(swarm, 18)
    assert volumes(swarm) == [1]
    waits(swarm, 4)
    assert volumes(swarm) == []
    swarm.master.door.change(order, sl="1281.00")
    waits(swarm, 2)
    swarm.master.door.shut(order)
    waits(swarm, 2)
    assert len(swarm.slave.door.opens) == 1
    assert verdicts(swarm, "PositionClosed") == [("nothing_to_do", "ALREADY_CLOSED_HERE")]
    assert swarm.slave.verdicts[-1].detail == Reason.MAX_HOLD.value


def test_the_time_of_a_copy_begins_when_its_order_fills_however_long_that_has_waited() -> None:
    teller = Teller(min_hold_seconds=10, max_hold_seconds=20)
    teller.say(teller.places(501))
    teller.turn(120)
    (ticket,) = teller.slave.door.waiting
    teller.slave.door.trigger(ticket)
    teller.turn(2)
    teller.say(*teller.fills_order(501))
    teller.turn(60)
    assert list(teller.slave.door.held) == [ticket]
    teller.turn(30)
    assert teller.slave.door.held == {}


def test_a_copy_that_is_found_after_a_crash_is_held_no_longer_than_any_other() -> None:
    class KilledError(Exception):
        pass

    def executed_then_killed(door: FakeDoor, command: object) -> Outcome:
        door.execute(command)  # type: ignore[arg-type]
        raise KilledError

    teller = Teller(max_hold_seconds=20)
    teller.slave.door.answers = [executed_then_killed]
    teller.say(teller.opens(501))
    with pytest.raises(KilledError):
        teller.turn()
    teller.slave.start()
    teller.turn(60)
    assert len(teller.slave.door.held) == 1
    teller.turn(30)
    assert teller.slave.door.held == {}


@pytest.mark.parametrize("settings", [{}, {"max_hold_seconds": None}])
def test_without_a_limit_a_copy_is_held_for_ever(settings: dict[str, Any]) -> None:
    swarm = Swarm(**settings)
    swarm.trade()
    waits(swarm, 300)
    assert volumes(swarm) == [1]
