"""The end of a drill: what was done to the swarm, the damage it did, how fast it was well again."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from commands.drilling.looking import Heal
from commands.drilling.record import Event
from decisions.damage_found import Damage, DamageKind
from nodes.reporting import percentile

UNFINISHED = frozenset({DamageKind.CLOSE_LOST, DamageKind.WITHOUT_VERDICT})
"""What may still be under way, and only an end that was waited for can tell."""


class Durations(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds: the middle, what 99 of 100 stay below, and the longest."""

    p50: float
    p99: float
    max: float
    samples: int


class Worst(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of fault, and how long it took to heal."""

    fault: str
    converged: Durations
    copies_again: Durations


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything `--json` writes."""

    seed: int
    seconds: float
    pace: float
    masters: int
    slaves: int
    like_mine: bool
    interrupted: bool
    versions: dict[str, str]
    signals_sent: int
    verdicts: dict[str, int]
    #: Why events were not copied, or not at once; NONE is left out.
    reasons: dict[str, int] = {}
    hand_trades: int
    faults_by_kind: dict[str, int]
    faults_not_possible: dict[str, int]
    kills_by_victim: dict[str, int]
    launcher_starts: int
    closes_lost: int
    opens_doubled: int
    reopened: int
    orphans: int
    foreign_touched: int
    without_verdict: int
    opened_late: int
    closed_early: int
    over_closed: int
    copied_wrong: int
    #: Figures that nobody waited for, as somebody ended the drill; they stand at 0.
    not_counted: tuple[str, ...]
    findings: tuple[str, ...]
    converged: bool
    not_converged: tuple[str, ...]
    time_to_converge_s: Durations
    time_to_copy_again_s: Durations
    healing_by_fault: tuple[Worst, ...]
    seconds_until_all_copy: float
    seconds_until_settled: float
    had_to_be_killed: tuple[str, ...]
    events: tuple[Event, ...]

    @property
    def damage(self) -> dict[str, int]:
        """Each damage figure by its name."""
        return {kind.value: getattr(self, kind.value) for kind in DamageKind}

    @property
    def is_well(self) -> bool:
        """Nothing was damaged, and in the end all was as it should be."""
        return not any(self.damage.values()) and self.converged


def durations(values: Sequence[float]) -> Durations:
    """Of any number of them."""
    known = list(values)
    return Durations(
        p50=round(percentile(known, 0.50), 3),
        p99=round(percentile(known, 0.99), 3),
        max=round(max(known, default=0.0), 3),
        samples=len(known),
    )


def healing_by_fault(heals: Sequence[Heal]) -> tuple[Worst, ...]:
    """Each kind of fault, the slowest to heal first."""
    by_name: dict[str, list[Heal]] = {}
    for heal in heals:
        by_name.setdefault(heal.name, []).append(heal)
    rows = [
        Worst(fault=name, converged=converged_of(own), copies_again=copies_again_of(own))
        for name, own in by_name.items()
    ]
    return tuple(sorted(rows, key=lambda row: -row.converged.max))


def converged_of(heals: Sequence[Heal]) -> Durations:
    """From the end of a fault until nothing was wrong."""
    return durations([one.converged_s for one in heals if one.converged_s is not None])


def copies_again_of(heals: Sequence[Heal]) -> Durations:
    """From the end of a fault until a position that was opened after it had been copied."""
    return durations([one.copies_again_s for one in heals if one.copies_again_s is not None])


def as_found(damage: Damage, *, interrupted: bool) -> Damage:
    """What was still under way when somebody ended the drill is nobody's damage."""
    if not interrupted:
        return damage
    return Damage.of([one for one in damage.findings if one.kind not in UNFINISHED])


def not_counted(*, interrupted: bool) -> tuple[str, ...]:
    """The figures of which an end that was not waited for says nothing."""
    return tuple(kind.value for kind in DamageKind if interrupted and kind in UNFINISHED)


def in_words(report: Report) -> Iterator[str]:
    """The report, line by line."""
    cut_short = ", cut short by Ctrl+C" if report.interrupted else ""
    yield ""
    yield (
        f"After {report.seconds:.0f} s of chaos (seed {report.seed}){cut_short}, judged from both "
        "brokers' own deals:"
    )
    yield f"  signals sent: {report.signals_sent}; trades by other hands: {report.hand_trades}"
    yield f"  faults: {_sum(report.faults_by_kind)} of {len(report.faults_by_kind)} kinds"
    yield from _counts(report.faults_by_kind)
    yield f"  processes killed: {_sum(report.kills_by_victim)}"
    yield from _counts(report.kills_by_victim)
    if report.faults_not_possible:
        yield f"  not possible, as the victim was gone or away: {_sum(report.faults_not_possible)}"
    yield f"  answers: {_line(report.verdicts)}"
    yield f"  their reasons: {_line(report.reasons)}"
    yield _seconds("time to converge", report.time_to_converge_s)
    yield _seconds("time until copies are opened again", report.time_to_copy_again_s)
    if not report.interrupted:
        yield (
            f"  after the last fault: all copied again within {report.seconds_until_all_copy:.1f} "
            f"s, every answer was in within {report.seconds_until_settled:.1f} s"
        )
    yield from (f"  had to be killed at the end: {who}" for who in report.had_to_be_killed)
    yield from (f"  not as it should be at the end: {what}" for what in report.not_converged)
    for name, count in report.damage.items():
        yield f"  {name}: {'not counted' if name in report.not_counted else count}"
    yield from (f"    {text}" for text in report.findings)
    yield verdict_of(report)


def verdict_of(report: Report) -> str:
    """In a word or two."""
    if any(report.damage.values()):
        return "DAMAGE"
    if report.interrupted:
        return "no damage until it was cut short"
    return "no damage" if report.converged else "no damage, but NOT CONVERGED"


def write(path: Path, report: Report) -> None:
    """The file of `--json`."""
    text = msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"
    try:
        path.write_bytes(text)
    except OSError as fault:
        raise OSError(f"--json: {path} was not written: {fault.strerror}") from fault


def _sum(counts: Mapping[str, int]) -> int:
    return sum(counts.values())


def _counts(counts: Mapping[str, int]) -> Iterator[str]:
    for name, count in sorted(counts.items(), key=lambda row: (-row[1], row[0])):
        yield f"    {count:4d} x {name}"


def _line(counts: Mapping[str, int]) -> str:
    rows = sorted(counts.items(), key=lambda row: -row[1])
    return ", ".join(f"{name} {count}" for name, count in rows) or "none"


def _seconds(what: str, found: Durations) -> str:
    if not found.samples:
        return f"  {what}: not measured"
    return (
        f"  {what}: p50 {found.p50:.2f} s, p99 {found.p99:.2f} s, longest {found.max:.2f} s "
        f"({found.samples} faults)"
    )
