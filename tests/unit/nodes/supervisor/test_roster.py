"""What the supervisor makes of documents that change while copies are open."""

import sqlite3
from pathlib import Path

import pytest

from db.journal import Journal, journal_path
from decisions.roster import Duty
from domain.ids import NodeName
from domain.policies import Role
from domain.records import SettingsKept
from nodes.supervisor.faults import HostFault
from tests.records_made import closed_leg, leg
from tests.unit.nodes.supervisor.told_crew import MASTER, SLAVE, Document, Swarm

TWIN = SLAVE | {"name": "S2"}


def write_leg(state: Path) -> None:
    journal = Journal(journal_path(state, "S1"), "swarm-1", "S1")
    journal.write(leg(1))
    journal.close()


def bind(state: Path, name: str, login: int) -> None:
    """What a node does when it has arrived at its account."""
    journal = Journal(journal_path(state, name), "swarm-1", name)
    journal.bind(login, "FTMO-Demo", meant=True)
    journal.close()


def change_a_word(state: Path, name: str) -> None:
    """One bit of a copy's record is another."""
    path = journal_path(state, name)
    with sqlite3.connect(path) as file:
        file.execute("UPDATE records SET body = cast(x'82FF01' AS BLOB)")
    file.close()


@pytest.fixture
def swarm(tmp_path: Path) -> Swarm:
    """A master and a slave, both running, nothing open."""
    made = Swarm(tmp_path)
    made.sees(MASTER, SLAVE)
    made.reports("FTMO_Master")
    made.sees(MASTER, SLAVE)
    made.reports("S1")
    assert made.started == [("FTMO_Master", Role.MASTER), ("S1", Role.SLAVE)]
    return made


def test_a_renamed_account_without_copies_starts_when_the_old_node_has_left(swarm: Swarm) -> None:
    swarm.sees(MASTER, TWIN)
    assert swarm.stopped == ["S1"]
    swarm.sees(MASTER, TWIN)
    assert swarm.started[-1] == ("S2", Role.SLAVE)


def test_law_13_a_renamed_account_waits_until_the_old_node_has_really_left(swarm: Swarm) -> None:
    """It may sit in a call of its terminal; two nodes at one login would both send orders."""
    swarm.slow_to_end = {"S1"}
    swarm.sees(MASTER, TWIN)
    swarm.sees(MASTER, TWIN)
    assert set(swarm.stopped) == {"S1"}
    assert ("S2", Role.SLAVE) not in swarm.started
    swarm.ends("S1")
    swarm.turns(2)
    assert swarm.started[-1] == ("S2", Role.SLAVE)


def test_law_13_a_renamed_account_with_copies_waits_for_their_end(swarm: Swarm) -> None:
    swarm.reports("S1", open_legs=1)
    swarm.sees(MASTER, TWIN)
    swarm.sees(MASTER, TWIN)
    assert (swarm.duty("S1"), swarm.duty("S2")) == (Duty.DRAIN, Duty.OFF)
    assert "the same as in S1" in swarm.roster.fault_of("S2")

    swarm.reports("S1", open_legs=0)
    swarm.sees(MASTER, TWIN)
    swarm.sees(MASTER, TWIN)
    assert swarm.roster.fault_of("S2") == ""
    assert (swarm.stopped, swarm.started[-1]) == (["S1"], ("S2", Role.SLAVE))


def test_law_13_of_two_that_claim_one_account_the_one_with_copies_keeps_it_and_neither_opens(
    swarm: Swarm,
) -> None:
    swarm.reports("S1", open_legs=1)
    swarm.sees(MASTER, SLAVE, TWIN)
    assert (swarm.duty("S1"), swarm.duty("S2")) == (Duty.DRAIN, Duty.OFF)
    swarm.sees(MASTER, SLAVE)
    assert swarm.duty("S1") is Duty.RUN
    assert swarm.stopped == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "MASTER"}, "type"),
        ({"path": "s9"}, "path"),
        ({"terminal": "mt5", "path": "C:/x"}, "terminal"),
    ],
    ids=["a master from now on", "another paper account", "another broker"],
)
def test_law_7_a_document_that_leads_away_from_open_copies_waits_for_their_end(
    swarm: Swarm, change: Document, field: str
) -> None:
    swarm.reports("S1", open_legs=1)
    swarm.sees(MASTER, SLAVE | change, TWIN | {"path": "s2"})
    assert (swarm.duty("S1"), swarm.stopped) == (Duty.DRAIN, [])
    assert f"S1: {field}: wanted {SLAVE[field]}" in swarm.roster.fault_of("S1")
    assert swarm.roster.documents["S1"] == SLAVE

    swarm.reports("S1", open_legs=0)
    swarm.sees(MASTER, SLAVE | change, TWIN | {"path": "s2"})
    swarm.sees(MASTER, SLAVE | change, TWIN | {"path": "s2"})
    assert swarm.stopped == ["S1"]
    role = Role((SLAVE | change)["type"])
    assert ("S1", role) in swarm.started[2:]


@pytest.mark.parametrize("change", [{"path": "s9"}, {"enabled": False}], ids=str)
def test_law_7_a_copy_opened_since_the_last_report_counts(
    swarm: Swarm, tmp_path: Path, change: Document
) -> None:
    write_leg(tmp_path)
    swarm.sees(MASTER, SLAVE | change, TWIN | {"path": "s2"})
    assert (swarm.duty("S1"), swarm.stopped) == (Duty.DRAIN, [])
    assert swarm.roster.documents["S1"]["path"] == "s1"


def test_law_7_so_does_one_opened_while_its_node_was_asked_to_end(
    swarm: Swarm, tmp_path: Path
) -> None:
    other = TWIN | {"path": "s2"}
    bind(tmp_path, "S1", 7)
    swarm.sees(MASTER, SLAVE | {"path": "s9"}, other)
    assert swarm.stopped == ["S1"]
    write_leg(tmp_path)
    swarm.ends("S1")
    for _ in range(2):
        swarm.sees(MASTER, SLAVE | {"path": "s9"}, other)
        assert swarm.duty("S1") is Duty.DRAIN
        assert "S1: path: wanted s1" in swarm.roster.fault_of("S1")
        assert swarm.roster.documents["S1"] == SLAVE


def test_law_7_a_master_is_called_back_for_a_copy_of_where_it_was(
    swarm: Swarm, tmp_path: Path
) -> None:
    bind(tmp_path, MASTER["name"], 7001)
    moved = MASTER | {"path": "m2"}
    swarm.sees(moved, SLAVE)
    write_leg(tmp_path)
    swarm.reports("S1", open_legs=1)
    swarm.sees(moved, SLAVE)
    assert "path: wanted m1" in swarm.roster.fault_of(MASTER["name"])
    assert swarm.roster.documents[MASTER["name"]] == MASTER


def test_a_node_that_arrived_is_not_called_back_for_copies_of_where_it_is(
    swarm: Swarm, tmp_path: Path
) -> None:
    for name, login in (("S1", 7), (MASTER["name"], 7002)):
        bind(tmp_path, name, login)
    moved = [MASTER | {"path": "m2"}, SLAVE | {"path": "s9"}]
    swarm.sees(*moved)
    swarm.sees(*moved)
    bind(tmp_path, "S1", 8)
    bind(tmp_path, MASTER["name"], 7001)
    write_leg(tmp_path)  # of 7001, on 8
    swarm.reports(MASTER["name"])
    swarm.reports("S1", open_legs=1)
    for _ in range(2):
        swarm.sees(*moved)
        faults = [swarm.roster.fault_of(name) for name in (MASTER["name"], "S1")]
        assert (faults, swarm.duty("S1")) == (["", ""], Duty.RUN)


def test_law_7_so_does_one_that_was_edited_while_no_launcher_ran(
    swarm: Swarm, tmp_path: Path
) -> None:
    journal = Journal(journal_path(tmp_path, "S1"), "swarm-1", "S1")
    journal.write(leg(1))
    journal.close()
    later = Swarm(tmp_path)
    later.sees(MASTER, SLAVE | {"path": "s9"}, TWIN | {"path": "s2"}, held=("FTMO_Master",))
    assert later.duty("S1") is Duty.DRAIN
    assert later.roster.documents["S1"] == SLAVE


def test_law_7_a_login_filled_in_that_is_not_the_open_copies_waits(
    swarm: Swarm, tmp_path: Path
) -> None:
    journal = Journal(journal_path(tmp_path, "S1"), "swarm-1", "S1")
    journal.bind(7, "Apex-Demo")
    journal.close()
    swarm.reports("S1", open_legs=1)
    swarm.sees(MASTER, SLAVE | {"login": 8})
    assert (swarm.duty("S1"), swarm.stopped) == (Duty.DRAIN, [])
    assert "S1: login: wanted 7, as long as its copies are open" in swarm.roster.fault_of("S1")
    swarm.sees(MASTER, SLAVE | {"login": 7})
    assert (swarm.roster.fault_of("S1"), swarm.stopped) == ("", ["S1"])


@pytest.mark.parametrize("memory", ["the file of documents", "the journal alone"])
@pytest.mark.parametrize("bad", [{"max_lot": 1}, {"max_lot": "x", "path": "s9"}], ids=str)
def test_law_7_a_bad_document_over_a_crash_of_the_launcher_leads_no_node_away_either(
    swarm: Swarm, tmp_path: Path, bad: Document, memory: str
) -> None:
    journal = Journal(journal_path(tmp_path, "S1"), "swarm-1", "S1")
    journal.write(leg(1), SettingsKept(account=NodeName("S1"), document=SLAVE))
    journal.close()
    swarm.reports("S1", open_legs=1)
    no_master = bad | {"type": "MASTER"}  # a limit on a master is no good
    swarm.sees(MASTER, SLAVE | no_master)
    if memory == "the journal alone":
        (tmp_path / "run" / "accounts.json").unlink()
    later = Swarm(tmp_path)
    for _ in range(2):
        later.sees(MASTER, SLAVE | no_master, held=("FTMO_Master",))
        later.reports("FTMO_Master")
    assert later.duty("S1") is Duty.DRAIN
    assert ("S1", Role.SLAVE) in later.started
    later.sees(MASTER, SLAVE | {"path": "s9"}, held=("FTMO_Master",))
    assert "S1: path: wanted s1" in later.roster.fault_of("S1")
    assert later.roster.documents["S1"] == SLAVE


def test_no_password_is_written_into_the_memory_of_documents(swarm: Swarm, tmp_path: Path) -> None:
    for leak in ({"password": "hunter2"}, {"legacy": {"mt5_password": "hunter2", "pwd": 4711}}):
        swarm.sees(MASTER, SLAVE | leak, TWIN | {"path": "s2"} | leak)
        written = (tmp_path / "run" / "accounts.json").read_text("utf-8")
        assert "S1" in written
        assert "hunter2" not in written
        assert "4711" not in written


def test_a_setting_of_the_open_alone_restarts_nobody(swarm: Swarm) -> None:
    swarm.reports("S1", open_legs=1)
    swarm.sees(MASTER, SLAVE | {"magic_number": 9, "symbol_map": {"EURUSD": "EURUSD.x"}})
    assert (swarm.stopped, swarm.duty("S1")) == ([], Duty.RUN)


def test_a_field_that_needs_it_restarts_its_own_node_alone(swarm: Swarm) -> None:
    swarm.reports("S1", open_legs=1)
    swarm.sees(MASTER, SLAVE | {"server": "Apex-Live"})
    assert (swarm.stopped, swarm.started[2:]) == (["S1"], [("S1", Role.SLAVE)])


def test_a_deleted_account_drains_ends_and_is_forgotten(swarm: Swarm) -> None:
    other = TWIN | {"path": "s2"}
    swarm.reports("S1", open_legs=1)
    swarm.sees(MASTER, other)
    assert swarm.duty("S1") is Duty.DRAIN
    swarm.reports("S1", open_legs=0)
    for _ in range(12):
        swarm.reports("FTMO_Master")
        swarm.sees(MASTER, other)
    assert "S1" not in swarm.crew.members
    swarm.sees(MASTER, other, SLAVE)
    assert ("S1", Role.SLAVE) in swarm.started[2:]


@pytest.mark.parametrize("where", ["the database", "a journal alone"])
def test_a_deleted_master_stays_while_its_copies_are_open(
    swarm: Swarm, tmp_path: Path, where: str
) -> None:
    held = ("FTMO_Master",) if where == "the database" else ()
    journal = Journal(journal_path(tmp_path, "S1"), "swarm-1", "S1")
    if not held:
        journal.write(leg(1))
    swarm.reports("S1", open_legs=1)
    swarm.sees(SLAVE, held=held)
    assert (swarm.duty("FTMO_Master"), swarm.stopped) == (Duty.DRAIN, [])
    if not held:
        journal.write(closed_leg(1))
    journal.close()
    swarm.sees(SLAVE)
    assert swarm.stopped == ["FTMO_Master"]


def test_a_bad_document_leaves_a_running_account_on_its_last_good_settings(swarm: Swarm) -> None:
    swarm.sees(MASTER, SLAVE | {"max_lot": "x"})
    assert (swarm.duty("S1"), swarm.stopped) == (Duty.RUN, [])
    assert "max_lot" in swarm.roster.fault_of("S1")
    swarm.sees(MASTER, SLAVE)
    assert swarm.roster.fault_of("S1") == ""


def test_a_bad_document_that_was_there_before_the_launcher_starts_nobody(tmp_path: Path) -> None:
    swarm = Swarm(tmp_path)
    for _ in range(2):
        swarm.sees(MASTER, SLAVE | {"max_lot": "x"})
    assert (swarm.duty("S1"), swarm.started) == (Duty.OFF, [("FTMO_Master", Role.MASTER)])


def test_a_document_put_in_again_is_a_new_one(swarm: Swarm) -> None:
    swarm.reports("S1", open_legs=1)
    swarm.sees(MASTER)
    swarm.sees(MASTER, SLAVE | {"max_lot": "x"})
    assert swarm.duty("S1") is Duty.DRAIN


def crashes(swarm: Swarm, *documents: Document, times: int) -> None:
    for _ in range(times):
        swarm.now_s += 60.0
        swarm.sees(*documents)
        swarm.ends("S1")
        swarm.sees(*documents)


def test_what_a_person_corrects_is_tried_at_once_however_often_it_failed(swarm: Swarm) -> None:
    wrong = SLAVE | {"login": 9}
    swarm.sees(MASTER, wrong)
    crashes(swarm, MASTER, wrong, times=7)
    before = len(swarm.started)
    swarm.sees(MASTER, SLAVE)
    member = swarm.crew.members["S1"]
    assert (len(swarm.started), member.close_only, member.alarm) == (before + 1, False, "")


def test_an_edit_that_concerns_no_start_leaves_a_crash_loop_as_it_is(swarm: Swarm) -> None:
    crashes(swarm, MASTER, SLAVE, times=7)
    before = len(swarm.started)
    swarm.sees(MASTER, SLAVE | {"magic_number": 3})
    assert (len(swarm.started), swarm.crew.members["S1"].close_only) == (before, True)


def test_law_5_while_it_closes_only_an_alarm_says_so(swarm: Swarm) -> None:
    crashes(swarm, MASTER, SLAVE, times=7)
    swarm.now_s += 60.0
    swarm.sees(MASTER, SLAVE)
    for _ in range(2):
        swarm.now_s += 20.0
        swarm.reports("S1")
        swarm.sees(MASTER, SLAVE)
    member = swarm.crew.members["S1"]
    assert (member.failures, member.close_only) == (0, True)
    assert "launcher.py resume S1" in member.alarm


@pytest.mark.history(45)
@pytest.mark.parametrize(
    "documents",
    [
        pytest.param((), id="the database has forgotten them"),
        pytest.param((MASTER, SLAVE | {"enabled": False}), id="the last slave is disabled"),
    ],
)
def test_law_7_after_a_reboot_an_account_with_a_copy_is_watched(
    tmp_path: Path, documents: tuple[Document, ...]
) -> None:
    """History 45: the launcher starts, whatever else there is to do, and both drain."""
    before = Swarm(tmp_path)
    before.sees(MASTER, SLAVE)
    write_leg(tmp_path)
    after = Swarm(tmp_path)
    after.sees(*documents)
    after.roster.check(strict=False, silence="")
    assert after.duty("S1") is Duty.DRAIN
    assert after.duty("FTMO_Master") is (Duty.RUN if documents else Duty.DRAIN)
    after.reports("FTMO_Master")
    after.turns(2)
    assert "S1" in dict(after.started)
    assert (after.told("S1").document or {})["enabled"] is False


def test_law_7_a_damaged_journal_keeps_no_other_account_from_starting(tmp_path: Path) -> None:
    write_leg(tmp_path)
    change_a_word(tmp_path, "S1")
    made = Swarm(tmp_path)
    made.sees(MASTER, SLAVE | {"enabled": False}, TWIN | {"path": "s2"})
    made.reports("FTMO_Master")
    made.sees(MASTER, SLAVE | {"enabled": False}, TWIN | {"path": "s2"})
    assert ("S2", Role.SLAVE) in made.started
    assert made.duty("S1") is Duty.DRAIN


@pytest.mark.parametrize("copied", [True, False], ids=["a copy is open", "nothing is open"])
def test_law_7_a_strict_start_does_not_leave_open_copies_alone(
    tmp_path: Path, copied: bool
) -> None:
    """A third account's document is wrong; whoever has copies is not to blame for it."""
    if copied:
        write_leg(tmp_path)
    swarm = Swarm(tmp_path)
    swarm.sees(MASTER, SLAVE, SLAVE | {"name": "S3", "path": "s3", "max_lot": "much"})
    if not copied:
        with pytest.raises(HostFault, match="max_lot"):
            swarm.roster.check(strict=True, silence="")
        return
    swarm.roster.check(strict=True, silence="")
    assert swarm.duty("S1") is Duty.RUN
    assert swarm.duty("S3") is Duty.OFF


def test_law_7_where_nobody_knows_the_accounts_those_with_open_copies_start(
    tmp_path: Path,
) -> None:
    """The database is silent, and this machine's memory of its documents is gone."""
    silent = "database: wanted a MongoDB, found none that answers"
    empty = Swarm(tmp_path / "empty")
    with pytest.raises(HostFault, match="found none that answers"):
        empty.roster.check(strict=False, silence=silent)
    write_leg(tmp_path)
    left = Swarm(tmp_path)
    left.roster.take_up(None)
    left.roster.check(strict=False, silence=silent)
    assert left.duty("S1") is Duty.DRAIN
