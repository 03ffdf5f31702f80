"""A master: looks at its terminal, tells what happened, answers who missed something."""

import logging
from collections.abc import Sequence

import msgspec

from decisions.admission import new_epoch
from domain.book import Book
from domain.control import Command, CommandDone, NodeReport, Settings, Stop, ToNode
from domain.ids import NodeName
from domain.market import Identity, Unknowable
from domain.signals import Fact, Malformed, OrderGone, SnapshotAnswer, SnapshotRequest
from nodes.ports import ControlLine, Journal, SignalOutlet, TerminalDoor
from nodes.watching.flashes import FlashFinder
from nodes.watching.orders import OrderWatcher
from nodes.watching.positions import Sighting, Watcher
from nodes.watching.telling import Storyteller
from utils.clock import Clock, Now, monotonic_s

logger = logging.getLogger(__name__)

HEARTBEAT_EVERY_S = 0.5
REPORT_EVERY_S = 1.0
RECONNECT_EVERY_S = 2.0
SEARCH_EVERY_S = 1.0
#: The share of one core that looking may cost; a look is repeated no sooner than this allows.
LOOK_BUDGET = 0.05
#: For so long a report tells of a close that had no deals to prove it; the log keeps it.
ABSENCE_SHOWN_S = 60.0
SHORTEST_LOOK_S = 0.002


class MasterParts(msgspec.Struct, frozen=True, kw_only=True):
    """What a master is made of; nodes/wiring.py puts it together."""

    name: NodeName
    pid: int
    door: TerminalDoor
    outlet: SignalOutlet
    journal: Journal
    control: ControlLine
    clock: Clock
    longest_look_s: float
    expected: Identity | None
    known_epochs: tuple[int, ...]


class MasterLoop:
    """One thread, one loop: `step` does what is due, `rest_s` says how long nothing is."""

    def __init__(self, parts: MasterParts) -> None:
        """Nothing is touched before the first step."""
        self._parts = parts
        self._watcher = Watcher(parts.door, parts.clock)
        self._orders = OrderWatcher(parts.door, self._watcher.reader)
        self._flashes = FlashFinder(parts.door, self._watcher.reader)
        self._story: Storyteller | None = None
        self._alarms: dict[str, str] = {}
        self._next_look_s = self._next_beat_s = self._next_report_s = self._next_connect_s = 0.0
        self._next_search_s = self._absence_until_s = 0.0
        self._look_cost_s = 0.0
        self.stopping = False

    def step(self) -> None:
        """One turn: hear, answer, look, tell, report."""
        now = self._parts.clock.now()
        for message in self._parts.control.drain():
            self._hear(message)
        if self._story is None:
            self._connect_when_due(now)
        if self._story is not None:
            self._look_when_due(self._story, now)
            self._search_when_due(self._story, now)
            self._answer_all(self._story)
            self._beat_when_due(self._story, now)
        self._report_when_due(now)

    def rest_s(self) -> float:
        """How long nothing is due, seconds."""
        next_look_s = self._next_connect_s if self._story is None else self._next_look_s
        due_s = min(next_look_s, self._next_report_s)
        if self._story is not None:
            due_s = min(due_s, self._next_beat_s)
        return max(0.0, due_s - self._parts.clock.now().monotonic_s)

    def waitables(self) -> Sequence[object]:
        """What ends the rest early."""
        hint = self._parts.door.waitable()
        sockets = [*self._parts.outlet.waitables(), *self._parts.control.waitables()]
        return sockets if hint is None else [*sockets, hint]

    def finish(self) -> None:
        """An orderly end: the book is written down."""
        if self._story is not None:
            self._story.keep()

    def _hear(self, message: ToNode) -> None:
        if isinstance(message, Stop):
            logger.info("told_to_stop", extra={"why": message.why})
            self.stopping = True
        elif isinstance(message, Settings):
            self._take_settings(message)
        elif isinstance(message, Command):
            result = "a master has no kill switch; name a slave"
            done = CommandDone(name=self._parts.name, command=message.command, result=result)
            self._parts.control.say(done)

    def _take_settings(self, told: Settings) -> None:
        """Copies may still follow: a master goes on telling until it is told to stop."""
        if told.document is None:
            self._alarm("document", "its document is gone; goes on for the copies that follow it")
        else:
            self._alarms.pop("document", None)

    def _connect_when_due(self, now: Now) -> None:
        if now.monotonic_s < self._next_connect_s:
            return
        self._next_connect_s = now.monotonic_s + RECONNECT_EVERY_S
        identity = self._parts.door.connect()
        if isinstance(identity, Unknowable):
            self._alarm("terminal", f"cannot connect: {identity.why}")
            return
        if self._is_somebody_elses(identity):
            return
        self._begin(identity, now)

    def _is_somebody_elses(self, identity: Identity) -> bool:
        expected = self._parts.expected
        if expected is None or expected == identity:
            return False
        found = f"{identity.login} at {identity.server}"
        wanted = f"{expected.login} at {expected.server}"
        self._alarm("terminal", f"the terminal is logged in to {found}, wanted {wanted}")
        return True

    def _begin(self, identity: Identity, now: Now) -> None:
        account = self._parts.door.account()
        if isinstance(account, Unknowable):
            self._alarm("terminal", f"cannot be followed: {account.why}")
            return
        self._watcher.reader.is_netting = not account.hedging
        # A document that takes whatever login it finds does not say that another one is meant.
        named = self._parts.expected is not None
        self._parts.journal.bind(identity.login, identity.server, meant=named)
        before = self._journaled_epoch()
        epoch = new_epoch(now.utc_ms, *self._parts.known_epochs, before)
        parts = self._parts
        self._story = Storyteller(parts.name, identity, epoch, parts.journal, parts.outlet)
        # An epoch is the moment it began at, but where a clock was set back.
        since_ms = self._story.untold_since_ms
        self._flashes.go_on_after(self._story.told_before(), since_ms)
        self._flashes.expect(self._story.waited_before())
        self._alarms.pop("terminal", None)
        logger.info("master_begins", extra={"login": identity.login, "epoch": epoch})

    def _journaled_epoch(self) -> int:
        kept = self._parts.journal.book()
        return 0 if kept is None else kept.stamp.epoch

    def _look_when_due(self, story: Storyteller, now: Now) -> None:
        hinted = self._parts.door.hinted()
        if not hinted and now.monotonic_s < self._next_look_s:
            return
        sighting = self._watcher.look(story.book, now)
        self._flashes.note(story.held())
        _tell(story, sighting.facts)
        self._flashes.note(story.held())
        if not sighting.unknowable:
            self._look_at_orders(story, hinted=hinted or bool(sighting.facts))
        self._after_look(story, sighting, now)

    def _look_at_orders(self, story: Storyteller, *, hinted: bool) -> None:
        """After the positions, so that what an order became is told before its end is."""
        now = self._parts.clock.now()
        if not self._orders.is_due(story.book, now.monotonic_s, hinted=hinted):
            return
        sighting = self._orders.look(story.book, self._watcher.clock, now)
        _tell(story, sighting.facts)
        self._flashes.expect(story.waiting())
        if any(_left_no_position(fact, story.book) for fact in sighting.facts):
            self._next_search_s = 0.0
        trouble = "; ".join(filter(None, [sighting.unknowable, *sighting.alarms]))
        if trouble:
            self._alarm("orders", trouble)
        else:
            self._alarms.pop("orders", None)

    def _search_when_due(self, story: Storyteller, now: Now) -> None:
        """What came and went between two looks is told from its deals."""
        if story.confirmed and now.monotonic_s >= self._next_search_s:
            self._next_search_s = now.monotonic_s + SEARCH_EVERY_S
            if self._watcher.stranger(story.book):
                return
            facts = self._flashes.search(story.book, self._watcher.clock, now)
            _tell(story, facts)
            if self._flashes.has_searched:
                story.searched()

    def _after_look(self, story: Storyteller, sighting: Sighting, now: Now) -> None:
        if sighting.unknowable:
            self._alarm("terminal", sighting.unknowable)
            self._next_look_s = now.monotonic_s + self._parts.longest_look_s
            self._reconnect_if_gone(now)
            return
        self._alarms.pop("terminal", None)
        for alarm in sighting.alarms:
            self._alarm("absence", alarm)
            self._absence_until_s = now.monotonic_s + ABSENCE_SHOWN_S
        if now.monotonic_s >= self._absence_until_s:
            self._alarms.pop("absence", None)
        proven = self._watcher.all_proven and self._orders.is_settled(now.monotonic_s)
        story.confirmed = story.confirmed or proven
        cost_s = monotonic_s() - now.monotonic_s
        self._look_cost_s = (
            cost_s if self._look_cost_s == 0.0 else (0.9 * self._look_cost_s + 0.1 * cost_s)
        )
        rest_s = max(SHORTEST_LOOK_S, self._look_cost_s / LOOK_BUDGET)
        self._next_look_s = monotonic_s() + min(rest_s, self._parts.longest_look_s)

    def _reconnect_if_gone(self, now: Now) -> None:
        if now.monotonic_s >= self._next_connect_s:
            self._next_connect_s = now.monotonic_s + RECONNECT_EVERY_S
            # It may block for long: the supervisor shall know that we are not merely silent.
            self._parts.control.say(self._report(now))
            self._parts.door.connect()

    def _answer_all(self, story: Storyteller) -> None:
        for peer, request in self._parts.outlet.requests():
            if isinstance(request, Malformed):
                logger.warning("request_malformed", extra={"why": request.why})
                continue
            self._parts.outlet.answer(peer, self._answer(story, request))

    def _answer(self, story: Storyteller, request: SnapshotRequest) -> SnapshotAnswer:
        return story.answer(request, self._watcher.fates(story.not_held(request)))

    def _beat_when_due(self, story: Storyteller, now: Now) -> None:
        if now.monotonic_s >= self._next_beat_s:
            self._next_beat_s = now.monotonic_s + HEARTBEAT_EVERY_S
            story.heartbeat()

    def _report_when_due(self, now: Now) -> None:
        if now.monotonic_s >= self._next_report_s:
            self._next_report_s = now.monotonic_s + REPORT_EVERY_S
            self._parts.control.say(self._report(now))

    def _report(self, now: Now) -> NodeReport:
        story = self._story
        return NodeReport(
            name=self._parts.name,
            role="MASTER",
            pid=self._parts.pid,
            ready=story is not None and story.confirmed and "terminal" not in self._alarms,
            state="ACTIVE",
            addresses=self._parts.outlet.addresses(),
            positions=self._watcher.positions,
            epoch=0 if story is None else story.book.stamp.epoch,
            seq=0 if story is None else story.book.stamp.seq,
            alarms=self._alarm_texts(story),
            figures={"look_ms": round(self._look_cost_s * 1000, 3)},
            sent_at_ms=now.utc_ms,
        )

    def _alarm_texts(self, story: Storyteller | None) -> tuple[str, ...]:
        journal = "" if story is None else story.unwritable
        return (*self._alarms.values(), *([journal] if journal else []))

    def _alarm(self, kind: str, text: str) -> None:
        if self._alarms.get(kind) != text:
            logger.warning("alarm", extra={"kind": kind, "text": text})
        self._alarms[kind] = text


def _left_no_position(fact: Fact, book: Book) -> bool:
    """It was filled, and what it became is gone already: only the deals tell of that."""
    if not isinstance(fact, OrderGone) or not fact.brought_something:
        return False
    return book.find(fact.order.opening_order) is None


def _tell(story: Storyteller, facts: tuple[Fact, ...]) -> None:
    for seen in facts:
        fact = story.tell(seen)
        what = {"kind": type(fact).__name__, "symbol": fact.subject.symbol}
        logger.info("told", extra={"seq": fact.stamp.seq, **what})
