"""What the supervisor takes for a sign of life."""

from pathlib import Path

import pytest

from decisions.restarting import Policy
from domain.control import NodeReport
from domain.ids import NodeName
from domain.policies import Latch, Role, TradingState
from nodes.supervisor.children import Child
from nodes.supervisor.member import Member
from tests.unit.nodes.supervisor.told_crew import MASTER, SLAVE, Swarm
from utils.clock import Now

NOON_MS = 1_399_032_000_000
HOUR_MS = 3_600_000
FIRST, SECOND = 11, 12
HALTED = Latch(state=TradingState.HALTED, counter=1, by="operator")
RESUMED = Latch(state=TradingState.ACTIVE, counter=2, by="operator")


class FakeChild(Child):
    def __init__(self) -> None:
        super().__init__(1, 1.0)

    def alive(self) -> bool:  # type: ignore[explicit-override]  # typing has it from 3.12 on
        return True


@pytest.fixture
def member() -> Member:
    made = Member("S1", Role.SLAVE, Path("S1.out"))
    made.begin(FakeChild(), None, at(0, NOON_MS))
    return made


def at(monotonic_s: float, utc_ms: int) -> Now:
    return Now(monotonic_s=monotonic_s, utc_ms=utc_ms)


def reports(member: Member, pid: int, now: Now, sent_at_ms: int = 0) -> None:
    report = NodeReport(
        name=NodeName("S1"),
        role="SLAVE",
        pid=pid,
        ready=True,
        state="ACTIVE",
        sent_at_ms=sent_at_ms or now.utc_ms,
    )
    member.hear(report, Policy(), now)


def test_a_heartbeat_is_heard_though_the_machines_clock_was_set_back(member: Member) -> None:
    reports(member, FIRST, at(1, NOON_MS + 1_000))
    reports(member, FIRST, at(2, NOON_MS - HOUR_MS))
    assert member.heard_at_s == 2


def test_a_heartbeat_that_the_life_before_left_behind_is_none(member: Member) -> None:
    reports(member, FIRST, at(1, NOON_MS + 1_000))
    member.begin(FakeChild(), None, at(5, NOON_MS + 5_000))
    reports(member, FIRST, at(6, NOON_MS + 6_000), sent_at_ms=NOON_MS + 4_000)
    assert (member.report, member.heard_at_s) == (None, 0)
    reports(member, SECOND, at(7, NOON_MS - HOUR_MS))
    assert member.heard_at_s == 7


def test_law_6_a_halt_that_a_node_could_not_store_is_told_to_the_next_one(tmp_path: Path) -> None:
    """Its disk was full when it crashed; the database has not heard of the halt either."""
    swarm = Swarm(tmp_path)
    swarm.sees(MASTER, SLAVE)
    swarm.turns(2, heard=(MASTER["name"], "S1"))
    swarm.reports("S1", latch=HALTED)
    swarm.ends("S1")
    swarm.turns(5, heard=(MASTER["name"],))
    swarm.reports("S1")
    assert swarm.told("S1").latch == HALTED


def test_law_6_and_the_operators_resume_outranks_it(tmp_path: Path) -> None:
    swarm = Swarm(tmp_path)
    swarm.sees(MASTER, SLAVE)
    swarm.turns(2, heard=(MASTER["name"], "S1"))
    swarm.reports("S1", latch=HALTED)
    swarm.reports("S1", latch=RESUMED)
    swarm.ends("S1")
    swarm.turns(5, heard=(MASTER["name"],))
    assert swarm.told("S1").latch == RESUMED
