"""Nodes and terminals that hang or crash again and again, and a launcher that was away itself."""

from pathlib import Path

import pytest

from db.journal import Journal, journal_path
from nodes.supervisor.left_behind import all_of
from nodes.supervisor.pid_file import NodeEntry, SupervisorEntry, read
from nodes.supervisor.recording import Recorder
from nodes.supervisor.showing import swarm_view
from tests.records_made import leg
from tests.unit.nodes.supervisor.told_crew import MASTER, SLAVE, Document, FakeChild, Swarm

OTHER = SLAVE | {"name": "S2", "path": "s2"}
TERMINAL = "C:/Apex MT5/terminal64.exe"
REAL = SLAVE | {"terminal": "mt5", "path": TERMINAL}
ALL = ("FTMO_Master", "S1", "S2")
HUNG_AFTER_S = 11
NOT_CONNECTED_AFTER_S = 181


def swarm_of(state: Path, slave: Document) -> Swarm:
    """A master and two slaves, all ready."""
    made = Swarm(state)
    for _ in range(2):
        made.sees(MASTER, slave, OTHER)
        for name in made.crew.members:
            made.reports(name)
    made.told("S1")
    made.turns(12, heard=ALL)
    assert all(made.crew.members[name].ready for name in ALL)
    return made


def open_a_copy(state: Path) -> None:
    journal = Journal(journal_path(state, "S1"), "swarm-1", "S1")
    journal.write(leg(1))
    journal.close()


def others() -> tuple[str, ...]:
    return tuple(name for name in ALL if name != "S1")


def alarms(swarm: Swarm, name: str = "S1") -> str:
    view = swarm_view(swarm.crew, swarm.roster.judgement, "", "").of(name)
    assert view is not None
    return "; ".join(view.alarms)


def hangs(swarm: Swarm, for_s: int = HUNG_AFTER_S) -> None:
    """The others go on; it is found hung, and its successor has started."""
    before = swarm.children["S1"]
    swarm.turns(for_s, heard=others())
    assert not before.running
    swarm.turns(40, heard=others())
    assert swarm.children["S1"] is not before


@pytest.mark.law(7)
def test_a_launcher_that_was_stopped_itself_takes_nobody_for_hung(tmp_path: Path) -> None:
    swarm = swarm_of(tmp_path, SLAVE)
    before = dict(swarm.children)
    swarm.now_s += 3_600
    swarm.turns(9)
    assert (swarm.children, [c.running for c in before.values()]) == (before, [True] * 3)

    swarm.turns(3, heard=others())
    assert [name for name, child in before.items() if not child.running] == ["S1"]


@pytest.mark.history(37)
@pytest.mark.parametrize("may_relaunch", [True, False], ids=["relaunched", "left alone"])
def test_law_7_a_terminal_that_hangs_three_times_is_an_alarm_and_relaunched_where_allowed(
    tmp_path: Path, *, may_relaunch: bool
) -> None:
    """History 37: it hangs in a call, and then the successor hangs in initialize."""
    swarm = swarm_of(tmp_path, REAL | {"relaunch_terminal": may_relaunch})
    there = {name: swarm.children[name] for name in others()}
    hangs(swarm)
    hangs(swarm, NOT_CONNECTED_AFTER_S)
    assert ("terminal: hung" in alarms(swarm), swarm.ended_terminals) == (False, [])
    hangs(swarm, NOT_CONNECTED_AFTER_S)

    assert "terminal: hung 3 times" in alarms(swarm)
    ended = [settings.path for settings in swarm.ended_terminals]
    assert ended == ([TERMINAL] if may_relaunch else [])
    assert {name: swarm.children[name] for name in others()} == there
    swarm.turns(60, heard=ALL)
    assert "terminal: hung 3 times" in alarms(swarm)
    swarm.board.resumed("S1")
    swarm.turns(1, heard=ALL)
    assert alarms(swarm) == ""


@pytest.mark.history(23)
def test_law_13_nobody_takes_the_place_of_a_hung_node_before_it_has_gone(tmp_path: Path) -> None:
    """History 23: it is stopped for longer than anybody waits, and does not die at once."""
    swarm = swarm_of(tmp_path, SLAVE)
    before = swarm.children["S1"]
    before.dies = False
    swarm.turns(60, heard=others())
    assert swarm.children["S1"] is before
    before.running = False
    swarm.turns(2, heard=others())
    assert swarm.children["S1"] is not before


def crash_loop(swarm: Swarm, *documents: Document) -> None:
    for _ in range(6):
        swarm.children["S1"].running = False
        swarm.turns(40, heard=others())
        swarm.sees(*documents)


def lives_and_ends(swarm: Swarm) -> Document:
    """What it was told in a life that ends at once."""
    document = swarm.told("S1").document or {}
    swarm.children["S1"].running = False
    swarm.turns(40, heard=others())
    return document


EDITED = SLAVE | {"suffix": ".x"}
GOOD_TO_CLOSE = SLAVE | {"enabled": False}


@pytest.mark.parametrize(
    ("alarms", "patient"),
    [
        pytest.param((), False, id="its master had hung before"),
        pytest.param(("terminal: no answer",), True, id="it may be starting its terminal"),
    ],
)
def test_who_is_not_ready_is_found_hung_as_soon_unless_it_may_be_connecting(
    tmp_path: Path, alarms: tuple[str, ...], *, patient: bool
) -> None:
    swarm = swarm_of(tmp_path, SLAVE)
    before = swarm.children["S1"]
    swarm.reports("S1", ready=False, alarms=alarms)
    swarm.turns(HUNG_AFTER_S, heard=others())
    assert before.running is patient
    swarm.turns(NOT_CONNECTED_AFTER_S, heard=others())
    assert not before.running


@pytest.mark.parametrize("connecting", [True, False])
def test_of_a_node_taken_over_it_is_known_whether_it_was_connecting(
    tmp_path: Path, *, connecting: bool
) -> None:
    """It hangs since before the launcher that wrote it down was killed."""
    swarm = swarm_of(tmp_path, SLAVE)
    swarm.reports("S1", ready=not connecting, alarms=("terminal: away",) if connecting else ())
    recorder = Recorder(tmp_path, swarm.line, SupervisorEntry(pid=1, birth=1.0))
    recorder.keep(swarm_view(swarm.crew, swarm.roster.judgement, "", ""), swarm.crew, (), swarm.now)
    written = read(tmp_path)
    assert written is not None

    after = swarm_of(tmp_path, SLAVE)
    left = FakeChild()
    entry = written.nodes["S1"]
    after.crew.members["S1"].begin(left, None, after.now, connecting=entry.connecting)
    after.turns(HUNG_AFTER_S, heard=others())
    assert left.running is connecting


@pytest.mark.history(7)
def test_law_5_a_crash_loop_of_an_edits_making_closes_on_the_settings_that_were_good(
    tmp_path: Path,
) -> None:
    """History 7: with a copy open, every life on the edited document ends at once."""
    open_a_copy(tmp_path)
    swarm = swarm_of(tmp_path, SLAVE)
    there = {name: swarm.children[name] for name in others()}
    swarm.sees(MASTER, EDITED, OTHER)
    crash_loop(swarm, MASTER, EDITED, OTHER)

    lives = [lives_and_ends(swarm) for _ in range(2)]
    assert GOOD_TO_CLOSE in lives
    assert EDITED | {"enabled": False} in lives
    if swarm.told("S1").document != GOOD_TO_CLOSE:
        lives_and_ends(swarm)
    swarm.turns(60, heard=ALL)
    assert swarm.told("S1").document == GOOD_TO_CLOSE
    assert "closes only: python launcher.py resume S1" in alarms(swarm)
    assert {name: swarm.children[name] for name in others()} == there

    swarm.board.resumed("S1")
    assert swarm.told("S1").document == EDITED


def test_a_document_of_another_account_is_not_gone_back_to(tmp_path: Path) -> None:
    swarm = swarm_of(tmp_path, SLAVE)
    moved = SLAVE | {"path": "elsewhere"}
    swarm.sees(MASTER, moved, OTHER)
    crash_loop(swarm, MASTER, moved, OTHER)
    assert [lives_and_ends(swarm)["path"] for _ in range(2)] == ["elsewhere"] * 2


@pytest.mark.law(6)
def test_the_next_launcher_knows_whom_to_trust_with_closes_alone(tmp_path: Path) -> None:
    swarm = swarm_of(tmp_path, SLAVE)
    crash_loop(swarm, MASTER, SLAVE, OTHER)
    recorder = Recorder(tmp_path, swarm.line, SupervisorEntry(pid=1, birth=1.0))
    view = swarm_view(swarm.crew, swarm.roster.judgement, "", "")
    recorder.keep(view, swarm.crew, (), swarm.now)
    written = read(tmp_path)
    assert written is not None

    after = Swarm(tmp_path)
    after.sees(MASTER, SLAVE, OTHER)
    after.crew.distrust(written.close_only)
    after.reports("FTMO_Master")
    after.turns(2)
    assert (after.told("S1").document or {})["enabled"] is False
    assert (after.told("S2").document or {}).get("enabled", True) is True
    assert "closes only" in alarms(after)


def test_a_crash_loop_of_a_master_is_over_once_it_is_ready_again(tmp_path: Path) -> None:
    """It opens nothing, so nothing is taken from it that a person would have to give back."""
    swarm = swarm_of(tmp_path, SLAVE)
    for _ in range(6):
        swarm.children["FTMO_Master"].running = False
        swarm.turns(40, heard=("S1", "S2"))
    assert "times in a row; it is started again and again" in alarms(swarm, "FTMO_Master")
    swarm.turns(12, heard=ALL)
    assert alarms(swarm, "FTMO_Master") == ""


def test_what_runs_counts_more_than_what_was_written_down() -> None:
    written = NodeEntry(role="MASTER", pid=1, birth=1.0, addresses=("a", "b"))
    newer = NodeEntry(role="MASTER", pid=2, birth=2.0)
    assert all_of({"M": written}, {"M": newer}) == {"M": newer}
    assert all_of({"M": written}, {"M": NodeEntry(role="MASTER", pid=1, birth=1.0)}) == {
        "M": written
    }
    assert all_of({"M": written}, {}) == {"M": written}
