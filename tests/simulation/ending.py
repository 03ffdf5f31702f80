"""What is still missing once nothing goes wrong any more: copies as the master's, all answered."""

from typing import Any

from db.journal_rows import SHIP_VERDICT, decode
from domain.ids import LegKey
from domain.legs import LegState
from domain.policies import Role
from domain.signals import MasterHeartbeat
from domain.verdicts import Verdict, VerdictKind
from tests.simulation.hosts import Host
from tests.simulation.schedule import Schedule
from tests.simulation.stage import Stage
from tests.simulation.truths import LOTS_SLACK, Copy, Original
from tests.simulation.witness import Finding

NOT_READY = "not ready"
NOT_CLOSED = "close lost"
NOT_AS_WANTED = "volume not followed"
UNKNOWN_LEFT = "left unknown"
WITHOUT_VERDICT = "without verdict"
NOT_KNOWN = "copy not known"


def unfinished(stage: Stage, schedule: Schedule) -> list[Finding]:
    """Everything that is not as it should be by now."""
    found: list[tuple[str, str, str]] = []
    for host in stage.hosts.values():
        report = stage.report(host.name)
        if not host.lives or report is None or not report.ready:
            alarms = () if report is None else report.alarms + report.holds
            found.append((NOT_READY, host.name, "; ".join(alarms)))
    for name in schedule.slaves:
        found += _of_slave(stage, stage.hosts[name])
    at_ms = stage.kernel.now_us // 1_000
    return [Finding(kind=kind, who=who, at_ms=at_ms, text=text) for kind, who, text in found]


def _of_slave(stage: Stage, host: Host) -> list[tuple[str, str, str]]:
    books, found = stage.witness.slaves[host.name], []
    for copy in books.copies.values():
        if copy.is_open:
            found += _of_copy(stage, host, copy)
    if host.journal is None:
        return [*found, (NOT_READY, host.name, "no journal")]
    found += [
        (UNKNOWN_LEFT, host.name, f"{intent.kind} of {intent.leg.text}")
        for intent in host.journal.open_intents()
    ]
    return found + _unanswered(stage, host)


def _of_copy(stage: Stage, host: Host, copy: Copy) -> list[tuple[str, str, str]]:
    original = stage.witness.originals.get(copy.order)
    if original is None or original.closed_us is not None:
        return [(NOT_CLOSED, host.name, f"{copy.identifier} of {copy.order}, {copy.volume:g} lots")]
    if copy.volume > _wanted(original, copy, 0.1) + LOTS_SLACK:
        text = f"{copy.volume:g} of {copy.filled:g} lots, original "
        text += f"{original.volume:g} of {original.initial:g}"
        return [(NOT_AS_WANTED, host.name, f"{copy.order}: {text}")]
    return []


def _wanted(original: Original, copy: Copy, step: float) -> float:
    """At most so much; it may have been copied when the original was smaller already."""
    return max(copy.filled * original.volume / original.initial, step, _late(original, copy))


def _late(original: Original, copy: Copy) -> float:
    return original.volume if copy.filled < original.initial - LOTS_SLACK else 0.0


def _unanswered(stage: Stage, host: Host) -> list[tuple[str, str, str]]:
    """Every fact that a master has in its journal has an answer, and none stayed unknown."""
    assert host.journal is not None
    verdicts = _verdicts(host)
    last: dict[tuple[Any, str], Verdict] = {(v.journey, v.event): v for v in verdicts}
    found = [
        (UNKNOWN_LEFT, host.name, f"{v.event} {v.journey}: {v.detail}")
        for v in last.values()
        if v.kind is VerdictKind.UNKNOWN
    ]
    answered = {(v.leg.opening_order, v.event) for v in verdicts}
    for order, original in stage.witness.originals.items():
        wanted = ["PositionOpened"] + ["PositionClosed"] * (original.closed_us is not None)
        found += [
            (WITHOUT_VERDICT, host.name, f"{event} of {order}")
            for event in wanted
            if (order, event) not in answered
        ]
    return found


def _verdicts(host: Host) -> list[Verdict]:
    assert host.journal is not None
    query = "SELECT body FROM outbox WHERE kind = ? ORDER BY id"
    rows = host.journal._file.execute(query, (SHIP_VERDICT,))
    return [decode(Verdict, body) for (body,) in rows]


__all__ = ["LegKey", "LegState", "MasterHeartbeat", "Role", "unfinished"]
