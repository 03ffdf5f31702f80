"""The drill's report: what it says, what it writes, and when all is well."""

import json
from pathlib import Path

import msgspec
import pytest

from commands.drilling.looking import Heal
from commands.drilling.plan import Deed
from commands.drilling.record import Event, Record
from commands.drilling.report import (
    Report,
    as_found,
    converged_of,
    copies_again_of,
    durations,
    healing_by_fault,
    in_words,
    not_counted,
    write,
)
from decisions.damage_found import Damage, DamageKind, Finding
from domain.ids import NodeName, OpeningOrder


def heal(name: str, converged_s: float | None, copies_again_s: float | None = 1.0) -> Heal:
    return Heal(
        name=name,
        slaves=("S1",),
        ended_s=0.0,
        wrong=set(),
        idle=set(),
        converged_s=converged_s,
        copies_again_s=copies_again_s,
    )


HEALS = (heal("kill slave", 0.5), heal("kill slave", 2.0), heal("pause master", 9.0, None))


def report(**changes: object) -> Report:
    made = Report(
        seed=1,
        seconds=50.0,
        pace=1.0,
        masters=1,
        slaves=3,
        like_mine=False,
        interrupted=False,
        versions={"python": "3.11.7"},
        signals_sent=140,
        verdicts={"copied": 300, "missed": 20},
        reasons={"FLASH": 4, "SIDE_FILTERED": 9},
        hand_trades=30,
        faults_by_kind={"kill slave": 3, "terminal: pipe lost": 2},
        faults_not_possible={},
        kills_by_victim={"S1": 2, "launcher": 1},
        launcher_starts=2,
        **Damage().counts,
        not_counted=(),
        findings=(),
        converged=True,
        not_converged=(),
        time_to_converge_s=converged_of(HEALS),
        time_to_copy_again_s=copies_again_of(HEALS),
        healing_by_fault=healing_by_fault(HEALS),
        seconds_until_all_copy=2.1,
        seconds_until_settled=4.2,
        had_to_be_killed=(),
        events=(Event(at_s=1.0, what="kill slave", victims=("S1",), detail="process 5"),),
    )
    return msgspec.structs.replace(made, **changes)


def words(**changes: object) -> str:
    return "\n".join(in_words(report(**changes)))


def test_durations_are_the_middle_the_slow_end_and_the_longest() -> None:
    found = durations([float(n) for n in range(1, 101)])
    assert (found.p50, found.p99, found.max, found.samples) == (51.0, 100.0, 100.0, 100)
    assert durations([]).samples == 0


def test_each_kind_of_fault_has_its_row_the_slowest_first() -> None:
    rows = healing_by_fault(HEALS)
    assert [(row.fault, row.converged.max) for row in rows] == [
        ("pause master", 9.0),
        ("kill slave", 2.0),
    ]
    assert rows[0].copies_again.samples == 0


def test_a_person_reads_every_figure() -> None:
    said = words()
    assert "signals sent: 140" in said
    assert "faults: 5 of 2 kinds" in said
    assert "processes killed: 3" in said
    assert "time to converge: p50 2.00 s, p99 9.00 s, longest 9.00 s (3 faults)" in said
    for kind in DamageKind:
        assert f"{kind.value}: 0" in said
    assert said.endswith("no damage")


@pytest.mark.parametrize("kind", DamageKind)
def test_any_damage_is_damage(kind: DamageKind) -> None:
    found = report(**{kind.value: 1, "findings": ("S1, master's position 7: ...",)})
    assert not found.is_well
    assert "\n".join(in_words(found)).endswith("DAMAGE")


def test_a_swarm_that_never_converged_is_not_well() -> None:
    found = report(converged=False, not_converged=("S1: copies nothing",))
    assert not found.is_well
    said = "\n".join(in_words(found))
    assert "not as it should be at the end: S1: copies nothing" in said
    assert said.endswith("no damage, but NOT CONVERGED")


def test_what_an_interrupt_left_under_way_is_nobodys_damage() -> None:
    found = Damage.of([finding(kind) for kind in DamageKind])
    assert as_found(found, interrupted=False) == found
    left = as_found(found, interrupted=True)
    assert (left.closes_lost, left.without_verdict) == (0, 0)
    assert left.opens_doubled == 1


def test_a_drill_that_was_cut_short_claims_nothing_it_did_not_wait_for() -> None:
    said = words(interrupted=True, not_counted=not_counted(interrupted=True))
    assert "closes_lost: not counted" in said
    assert "without_verdict: not counted" in said
    assert "opens_doubled: 0" in said
    assert "after the last fault" not in said
    assert said.endswith("no damage until it was cut short")
    assert not_counted(interrupted=False) == ()


def test_what_could_not_be_done_is_said() -> None:
    assert "victim was gone or away: 3" in words(faults_not_possible={"kill slave": 3})
    assert "not possible" not in words()


def finding(kind: DamageKind) -> Finding:
    return Finding(
        kind=kind, slave=NodeName("S1"), position=OpeningOrder(7), wanted="one", found="two"
    )


def test_the_file_holds_all_of_it(tmp_path: Path) -> None:
    write(tmp_path / "drill.json", report())
    read = json.loads((tmp_path / "drill.json").read_text("utf-8"))
    assert (read["seed"], read["closes_lost"], read["signals_sent"]) == (1, 0, 140)
    assert read["events"][0]["what"] == "kill slave"
    assert msgspec.json.decode((tmp_path / "drill.json").read_bytes(), type=Report) == report()


def test_a_file_that_could_not_be_written_at_the_end_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"--json: .*drill\.json was not written: "):
        write(tmp_path / "gone" / "drill.json", report())


def test_the_record_counts_kinds_and_says_each_line_once() -> None:
    record = Record()
    record.count(Deed.TERMINAL, "pipe lost")
    record.count(Deed.KILL, "kill slave")
    record.note(1.25, "pipe lost", ("S1",), "for 2 s")
    assert record.by_kind == {"terminal: pipe lost": 1, "kill slave": 1}
    assert record.unsaid() == ["    1.2 s  pipe lost: S1 (for 2 s)"]
    assert record.unsaid() == []
