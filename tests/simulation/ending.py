"""What is still missing once nothing goes wrong any more: copies as the master's, all answered."""

from collections.abc import Iterator

from db.journal_rows import SHIP_VERDICT, decode
from domain.book import Stamp
from domain.legs import LegState
from domain.policies import Role, TradingState
from domain.reasons import Reason
from domain.signals import Fact, OrderGone, OrderModified, OrderPlaced
from domain.verdicts import Verdict, VerdictKind
from tests.simulation.findings import Finding
from tests.simulation.hosts import Host
from tests.simulation.refusals import is_founded
from tests.simulation.schedule import Schedule
from tests.simulation.stage import Stage
from tests.simulation.truths import LOTS_SLACK, Awaited, Copy, Original, SlaveBooks
from tests.simulation.wishes import Wishes

NOT_READY = "not ready"
NOT_CLOSED = "close lost"
NOT_AS_WANTED = "volume not followed"
NOT_WITHDRAWN = "order left waiting"
NOT_COPIED = "said to be copied"
HELD_TOO_LONG = "held too long"
MISCOUNTED = "net is not the sum of its legs"
UNKNOWN_LEFT = "left unknown"
WITHOUT_VERDICT = "without verdict"
#: So near to a jump of its broker's clock a short life can be overlooked.
JUMP_HIDES_US = 12_000_000
#: So soon after its time a copy is closed, where nothing goes wrong.
CLOSES_WITHIN_US = 5_000_000

LEFT_OUT = "not copied, though what was there before is asked for"
OF_AGE = frozenset({Reason.EXISTED_BEFORE, Reason.SIGNAL_TOO_OLD, Reason.SLAVE_WAS_DOWN})
UNFOUNDED = "refused for the sake of a setting that does not say so"
PLACED = OrderPlaced.__name__

Found = tuple[str, str, str]


def unfinished(stage: Stage, schedule: Schedule) -> Iterator[Finding]:
    """Everything that is not as it should be by now; what is quickly seen comes first."""
    at_ms = stage.kernel.now_us // 1_000
    for kind, who, text in _found(stage, [stage.hosts[name] for name in schedule.slaves]):
        yield Finding(kind=kind, who=who, at_ms=at_ms, text=text)


def _found(stage: Stage, slaves: list[Host]) -> Iterator[Found]:
    for host in stage.hosts.values():
        report = stage.report(host.name)
        if not host.lives or report is None or not report.ready:
            alarms = () if report is None else report.alarms + report.holds
            yield NOT_READY, host.name, "; ".join(alarms)
    for host in slaves:
        yield from _by_the_broker(stage, host)
    if all(host.journal is not None and host.loop is not None for host in stage.hosts.values()):
        for host in slaves:
            yield from _miscounted(stage, host)
        facts = list(_journaled(stage))
        for host in slaves:
            yield from _unanswered(stage, host, facts)


def _by_the_broker(stage: Stage, host: Host) -> Iterator[Found]:
    books = stage.witness.slaves[host.name]
    for copy in books.copies.values():
        if books.left_of(copy) > LOTS_SLACK:
            yield from _of_copy(stage, host, copy, books.left_of(copy))
    yield from _left_waiting(stage, host)
    for intent in [] if host.journal is None else host.journal.open_intents():
        yield UNKNOWN_LEFT, host.name, f"{intent.kind} of {intent.leg.text}"


def _of_copy(stage: Stage, host: Host, copy: Copy, left: float) -> list[Found]:
    original, awaited = (known.get(copy.order) for known in _masters(stage))
    if original is None and awaited is not None and awaited.waits:
        return []
    if original is None or original.closed_us is not None:
        if _is_anybodys(stage, stage.witness.slaves[host.name], copy):
            return []
        return [(NOT_CLOSED, host.name, f"{copy.number} of {copy.order}, {left:g} lots")]
    if _is_held_too_long(stage, copy):
        return [(HELD_TOO_LONG, host.name, f"{copy.number} of {copy.order}, {left:g} lots")]
    parts = stage.witness.slaves[host.name].by_order[copy.order]
    left = sum(stage.witness.slaves[host.name].left_of(part) for part in parts)
    least = sum(stage.witness.least(part) for part in parts)
    # Each part is held to the broker's minimum by itself.
    further = 0.1 * (len(parts) - 1)
    most = max(sum(_wanted(original, part) for part in parts), 0.1, least) + further
    if left > most + LOTS_SLACK:
        text = f"{left:g} of {sum(part.filled for part in parts):g} lots, original "
        text += f"{original.volume:g} of {original.initial:g}"
        return [(NOT_AS_WANTED, host.name, f"{copy.order}: {text}")]
    return []


def _is_held_too_long(stage: Stage, copy: Copy) -> bool:
    """Times are read off clocks: one that was set back keeps it for as long again."""
    now_us = stage.kernel.now_us - CLOSES_WITHIN_US
    is_known = copy.wishes is not None and not stage.witness.clock_slack_us
    return is_known and copy.is_past_its_time(now_us, 0)


def _is_anybodys(stage: Stage, books: SlaveBooks, copy: Copy) -> bool:
    """Nobody can say whose of us lost what to others, and no more is left than others may hold."""
    if copy.symbol not in books.forgotten.shares:
        return False
    held = {o.order for o in stage.witness.originals.values() if o.closed_us is None}
    beside = [c for c in books.on(copy.symbol) if c.side == copy.side and c.order in held]
    may_hold = sum(one.volume for one in beside)
    return books.net.get(copy.symbol, 0.0) * copy.side <= may_hold + LOTS_SLACK


def _masters(stage: Stage) -> tuple[dict, dict]:
    return stage.witness.originals, stage.witness.awaited


def _wanted(original: Original, copy: Copy) -> float:
    """At most so much; it may have been copied when the original was smaller already."""
    return copy.filled * original.volume / (copy.of_lots or original.initial)


def _left_waiting(stage: Stage, host: Host) -> list[Found]:
    """Ours waits only while the master's does, and while the slave may open (law 15)."""
    books, found = stage.witness.slaves[host.name], []
    for ticket, order in books.waiting.items():
        copied = books.opens[order.magic].comment
        original, awaited = (known.get(int(copied.split(" ")[0])) for known in _masters(stage))
        if original is not None or awaited is None or not awaited.waits:
            found.append((NOT_WITHDRAWN, host.name, f"{ticket} of {copied}, which waits no more"))
        elif _opens_nothing(stage, host):
            found.append((NOT_WITHDRAWN, host.name, f"{ticket} of {copied}, though nothing may"))
    return found


def _opens_nothing(stage: Stage, host: Host) -> bool:
    report = stage.report(host.name)
    is_latched = report is not None and report.latch.state is not TradingState.ACTIVE
    return is_latched or not stage.supervisor.documents[host.name].get("enabled", True)


def _miscounted(stage: Stage, host: Host) -> list[Found]:
    """On a netting account the slave's own legs are what its deals have brought and taken."""
    books = stage.witness.slaves[host.name]
    if not books.nets:
        return []
    legs = host.loop._ledger.legs.live()
    known: dict[int, float] = {}
    for leg in legs:
        if leg.state is LegState.OPEN:
            order = leg.key.opening_order
            known[order] = known.get(order, 0.0) + float(leg.volume)
    found = []
    for order, copies in books.by_order.items():
        brought = sum(copy.volume for copy in copies)
        is_known = not any(c.was_flat or c.symbol in books.forgotten.shares for c in copies)
        if abs(brought - known.get(order, 0.0)) > LOTS_SLACK and is_known:
            text = f"{order}: deals leave {brought:g} lots, its leg {known.get(order, 0.0):g}"
            found.append((MISCOUNTED, host.name, text))
    return found


def _unanswered(stage: Stage, host: Host, facts: list[Fact]) -> list[Found]:
    """Whatever the masters' brokers have in their books is answered, and nothing stays unknown."""
    verdicts = verdicts_of(host)
    # A master that could not write a fact down tells it again under another stamp.
    last = {(v.leg.opening_order, v.event): v for v in verdicts}
    journaled = {fact.journey for fact in facts}
    found = [
        (UNKNOWN_LEFT, host.name, f"{v.event} {v.journey}: {v.detail}")
        for v in last.values()
        if v.kind is VerdictKind.UNKNOWN and v.journey in journaled
    ]
    for order, original in stage.witness.originals.items():
        if not _is_to_be_answered(stage, host, original):
            continue
        wanted = ["PositionOpened"] * (not _may_be_undecided(stage, host, original))
        wanted += ["PositionClosed"] * (original.closed_us is not None)
        missing = [event for event in wanted if (order, event) not in last]
        if missing and not _hid_behind_a_jump(stage, original):
            found.append((WITHOUT_VERDICT, host.name, f"{', '.join(missing)} of {order}"))
    for fact in facts:
        event = type(fact).__name__
        is_of_order = isinstance(fact, OrderPlaced | OrderModified | OrderGone)
        awaited = stage.witness.awaited.get(fact.subject.opening_order)
        if awaited is not None and not _is_to_be_answered(stage, host, awaited):
            continue
        if is_of_order and (fact.subject.opening_order, event) not in last:
            found.append((WITHOUT_VERDICT, host.name, f"{event} of {fact.subject.opening_order}"))
    found += _left_out(stage, host, last)
    return found + _not_copied(stage, host, last) + _unfounded(stage, host, last)


def _is_to_be_answered(stage: Stage, host: Host, known: Original | Awaited) -> bool:
    master = stage.witness.by_settings.master_named(known.login)
    return stage.following.is_to_be_answered(host.name, master, known)


def _may_be_undecided(stage: Stage, host: Host, original: Original) -> bool:
    """What was there before is found in a book, and nobody tells of it once more."""
    books, following = stage.witness.slaves[host.name], stage.following
    master = stage.witness.by_settings.master_named(original.login)
    was_forgotten = books.sent_by.was_cut and original.order in books.by_order
    if was_forgotten and following.may_have_existed(host.name, master, original):
        return True
    return following.may_be_undecided(host.name, master, original)


def _left_out(stage: Stage, host: Host, last: dict[tuple[int, str], Verdict]) -> list[Found]:
    """What was there before is not refused for its age, nor for its price where any will do."""
    witness, found = stage.witness, []
    if witness.slaves[host.name].sent_by.was_cut or witness.clock_slack_us:
        return []
    for order, known in witness.originals.items():
        of, verdict = witness.by_settings.subject(known), last.get((order, "PositionOpened"))
        if verdict is None or verdict.kind is VerdictKind.PARTIAL:
            # What of a copy in parts is missing was missed after all.
            continue
        if not stage.following.surely_existed(host.name, of.master, known):
            continue
        documents = witness.by_settings.all_of(host.name)
        wishes = [Wishes(document, of.master, of.symbol) for document in documents]
        if verdict.reason in OF_AGE and all(one.copies_existing for one in wishes):
            found.append((LEFT_OUT, host.name, f"{order}, {verdict.reason.value}"))
        if verdict.reason is Reason.PRICE_MOVED and all(o.copies_at_any_price for o in wishes):
            found.append((LEFT_OUT, host.name, f"{order}, {verdict.reason.value}"))
    return found


def _not_copied(stage: Stage, host: Host, last: dict[tuple[int, str], Verdict]) -> list[Found]:
    """What is said to be copied was: a denial explains whatever is missing."""
    by_order = stage.witness.slaves[host.name].by_order
    return [
        (NOT_COPIED, host.name, f"{order}, and no deal shows it")
        for (order, event), verdict in last.items()
        if event == "PositionOpened"
        and verdict.kind in {VerdictKind.COPIED, VerdictKind.PARTIAL}
        and order not in by_order
    ]


def _unfounded(stage: Stage, host: Host, last: dict[tuple[int, str], Verdict]) -> list[Found]:
    """What is refused for the sake of a setting is what that setting keeps out."""
    return [
        (UNFOUNDED, host.name, f"{order}, {verdict.reason.value}: {verdict.detail}")
        for (order, event), verdict in last.items()
        if verdict.kind is VerdictKind.DENIED
        and not is_founded(stage, host.name, order, verdict.reason, waits=event == PLACED)
    ]


def _journaled(stage: Stage) -> Iterator[Fact]:
    """The facts that their masters can still tell."""
    journals = [h.journal for h in stage.hosts.values() if h.place.role is Role.MASTER]
    for journal in journals:
        if journal is not None:
            yield from journal.facts_since(Stamp(0, 0))


def _hid_behind_a_jump(stage: Stage, original: Original) -> bool:
    """It lived between two looks, and its deals lie elsewhere in time."""
    ended_us = original.closed_us or stage.kernel.now_us
    began_us = original.opened_us
    return any(
        began_us - JUMP_HIDES_US < jump_us < ended_us + JUMP_HIDES_US
        for jump_us in stage.witness.clock_jumps_us
    )


def verdicts_of(host: Host) -> list[Verdict]:
    assert host.journal is not None
    query = "SELECT body FROM outbox WHERE kind = ? ORDER BY id"
    rows = host.journal._file.execute(query, (SHIP_VERDICT,))
    return [decode(Verdict, body) for (body,) in rows]
