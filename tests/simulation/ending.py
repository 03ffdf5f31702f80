"""What is still missing once nothing goes wrong any more: copies as the master's, all answered."""

from db.journal_rows import SHIP_VERDICT, decode
from domain.book import Stamp
from domain.policies import Role
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
#: So near to a jump of its broker's clock a short life can be overlooked.
JUMP_HIDES_US = 12_000_000


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
    """Whatever the masters' brokers have in their books is answered, and nothing stays unknown."""
    verdicts = _verdicts(host)
    # A master that could not write a fact down tells it again under another stamp.
    last = {(v.leg.opening_order, v.event): v for v in verdicts}
    journaled = _journaled(stage)
    found = [
        (UNKNOWN_LEFT, host.name, f"{v.event} {v.journey}: {v.detail}")
        for v in last.values()
        if v.kind is VerdictKind.UNKNOWN and v.journey in journaled
    ]
    answered = {(v.leg.opening_order, v.event) for v in verdicts}
    for order, original in stage.witness.originals.items():
        wanted = ["PositionOpened"] + ["PositionClosed"] * (original.closed_us is not None)
        missing = [event for event in wanted if (order, event) not in answered]
        if missing and not _hid_behind_a_jump(stage, original):
            found.append((WITHOUT_VERDICT, host.name, f"{', '.join(missing)} of {order}"))
    return found


def _journaled(stage: Stage) -> set[str]:
    """The facts that their masters can still tell."""
    journals = [h.journal for h in stage.hosts.values() if h.place.role is Role.MASTER]
    return {f.journey for j in journals if j is not None for f in j.facts_since(Stamp(0, 0))}


def _hid_behind_a_jump(stage: Stage, original: Original) -> bool:
    """It lived between two looks, and its deals lie elsewhere in time."""
    ended_us = original.closed_us or stage.kernel.now_us
    began_us = original.opened_us
    return any(
        began_us - JUMP_HIDES_US < jump_us < ended_us + JUMP_HIDES_US
        for jump_us in stage.witness.clock_jumps_us
    )


def _verdicts(host: Host) -> list[Verdict]:
    assert host.journal is not None
    query = "SELECT body FROM outbox WHERE kind = ? ORDER BY id"
    rows = host.journal._file.execute(query, (SHIP_VERDICT,))
    return [decode(Verdict, body) for (body,) in rows]
