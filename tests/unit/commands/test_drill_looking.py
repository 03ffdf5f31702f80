"""The watch sees what is wrong between a master and its slaves, and when it is well again."""

import msgspec
import pytest

from commands.drilling.hands import Held
from commands.drilling.looking import Follower, Healing, Leader, Watch
from decisions.marking import magic_for_leg
from domain.ids import LegKey, OpeningOrder

MASTER, SLAVE, SWARM = "M1", "S1", "swarm"
TICKET = 500


def held(ticket: int, volume: float, magic: int = 0) -> Held:
    row = [ticket, 0, 0, 0, 0, 0, magic, ticket, 3, volume, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0]
    return msgspec.convert([*row, "EURUSD", "", ""], Held)


def copy(volume: float, of: int = TICKET) -> Held:
    key = LegKey(7, "Lead-Demo", OpeningOrder(of))
    return held(9_000 + of, volume, magic_for_leg(234000, SWARM, SLAVE, key))


@pytest.fixture
def watch() -> Watch:
    leader = Leader(name=MASTER, login=7, server="Lead-Demo")
    follower = Follower(name=SLAVE, magic_number=234000, follows=(MASTER,))
    return Watch([leader], [follower], SWARM)


def see(watch: Watch, master: list[Held], slave: list[Held], at_s: float) -> None:
    watch.see_master(MASTER, master, at_s)
    watch.see_slave(SLAVE, slave, at_s)


def test_a_copy_of_what_is_open_is_right_and_noted(watch: Watch) -> None:
    see(watch, [held(TICKET, 1.0)], [copy(1.0)], 10.0)
    assert watch.is_right(SLAVE, since_s=9.0)
    assert watch.has_copied_since(SLAVE, since_s=9.0)
    assert not watch.has_copied_since(SLAVE, since_s=10.0)


def test_nobody_is_right_who_was_not_seen_since(watch: Watch) -> None:
    assert not watch.is_right(SLAVE, since_s=0.0)
    see(watch, [], [], 10.0)
    assert not watch.is_right(SLAVE, since_s=11.0)


@pytest.mark.parametrize(
    ("master_now", "copy_now", "right"),
    [
        pytest.param(0.0, 1.0, False, id="still open though the master's is closed"),
        pytest.param(0.5, 1.0, False, id="still whole though the master's is halved"),
        pytest.param(0.5, 0.5, True, id="halved as the master's"),
        pytest.param(0.5, 0.0, True, id="closed by hand"),
    ],
)
def test_what_is_held_against_a_slave(
    watch: Watch, master_now: float, copy_now: float, right: bool
) -> None:
    see(watch, [held(TICKET, 1.0)], [copy(1.0)], 10.0)
    master = [held(TICKET, master_now)] if master_now else []
    slave = [copy(copy_now)] if copy_now else []
    see(watch, master, slave, 11.0)
    assert watch.is_right(SLAVE, since_s=10.5), "it is on its way"
    see(watch, master, slave, 12.0)
    assert watch.is_right(SLAVE, since_s=11.5) is right
    assert bool(watch.wrong_on(SLAVE)) is not right


def test_what_is_not_ours_is_not_looked_at(watch: Watch) -> None:
    see(watch, [], [held(77, 5.0, magic=234000)], 10.0)
    see(watch, [], [held(77, 5.0, magic=234000)], 20.0)
    assert watch.is_right(SLAVE, since_s=15.0)


def test_healing_is_measured_from_the_end_of_the_fault(watch: Watch) -> None:
    healing = Healing()
    see(watch, [held(TICKET, 1.0)], [copy(1.0)], 10.0)
    healing.begin("kill slave", [SLAVE], ended_s=10.5)
    see(watch, [], [copy(1.0)], 11.0)
    see(watch, [], [copy(1.0)], 12.0)
    healing.look(watch, 12.0)
    assert healing.open[0].wrong == {SLAVE}
    see(watch, [held(501, 1.0)], [copy(1.0, of=501)], 13.0)
    healing.look(watch, 13.0)
    (heal,) = healing.done
    assert (heal.converged_s, heal.copies_again_s) == (2.5, 2.5)
