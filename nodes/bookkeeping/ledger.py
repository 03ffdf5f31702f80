"""What a slave remembers: legs, intents and verdicts, in memory and in the journal, together."""

import logging
from collections import deque

import msgspec

from decisions.settling import Unanswered
from domain.book import Stamp
from domain.figures import Figures
from domain.ids import LegKey, NodeName
from domain.legs import Intent, Leg
from domain.records import JournalUnwritable, Record
from domain.signals import Fact, OrderPlaced, PositionOpened
from domain.verdicts import Verdict, VerdictKind
from nodes.bookkeeping.answering import Answer, verdict
from nodes.bookkeeping.follows import Follows
from nodes.bookkeeping.legbook import LegBook
from nodes.bookkeeping.progress import Progress
from nodes.ports import Journal
from utils.clock import Clock

logger = logging.getLogger(__name__)

#: A person who wonders why something was not copied looks for warnings.
NOT_COPIED = frozenset({VerdictKind.DENIED, VerdictKind.MISSED, VerdictKind.REJECTED})
REMEMBERED_VERDICTS = 5
#: Latencies kept for the figures of a report.
REMEMBERED_LATENCIES = 500


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """An event that has only `unknown` for an answer yet.

    `of_parts`: what the parts of a copy have answered so far, where there are several; it is
    shared between what each of them owes.
    """

    fact: Fact
    received_us: int
    of_parts: dict[LegKey, Answer | None] = {}


class Ledger:
    """One write per answer: leg, verdict, cursor and intent stand in the journal or none does."""

    def __init__(self, slave: NodeName, journal: Journal, clock: Clock) -> None:
        """Read the journal."""
        self._slave = slave
        self._journal = journal
        self._clock = clock
        self._unwritten: list[Record] = []
        self._owed: dict[LegKey, list[Owed]] = {}
        #: The stamps of a leg's events that wait, and how far those behind them have an answer.
        self._waiting: dict[LegKey, set[Stamp]] = {}
        self._reached: dict[LegKey, Stamp] = {}
        self._progress = Progress(journal.cursor)
        self.legs = LegBook(journal.legs())
        self.follows = Follows(journal, self.legs, self.write)
        self.intents = {i.intent: i for i in journal.open_intents()}
        self._unanswered_since_s = dict.fromkeys(self.intents, clock.now().monotonic_s)
        self.recent: deque[Verdict] = deque(maxlen=REMEMBERED_VERDICTS)
        self.latencies_ms: deque[float] = deque(maxlen=REMEMBERED_LATENCIES)

    def expect(self, fact: Fact) -> None:
        """The fact will be dealt with; until it is, the journaled cursor stays in front of it."""
        self._progress.expect(fact.master, fact.stamp)
        self._waiting.setdefault(fact.leg_key, set()).add(fact.stamp)

    def expect_early(self, fact: Fact) -> None:
        """The same of one that acts before the gap in front of it is filled."""
        self._progress.expect_early(fact.master, fact.stamp)

    def caught_up(self, master: NodeName, stamp: Stamp) -> None:
        """A snapshot has been taken in whole."""
        self._progress.reached(master, stamp)
        self.write(self._progress.cursor(master))

    def heard(self, fact: Fact) -> None:
        """The event needs no new answer; only the place in the story moves on."""
        self._waits_no_more(fact.leg_key, fact.stamp)
        self._progress.done(fact.master, fact.stamp)
        self.write(self._progress.cursor(fact.master))

    def answer(
        self,
        fact: Fact,
        leg: Leg | None,
        answer: Answer,
        figures: Figures,
        intent: Intent | None = None,
    ) -> None:
        """Give a verdict on an event, and remember what it did to its leg."""
        leg = leg if leg is not None else self.legs.find(fact.leg_key)
        if answer.is_last and answer.kind is not VerdictKind.UNKNOWN:
            in_turn = self._progress.done(fact.master, fact.stamp)
            self._waits_no_more(fact.leg_key, fact.stamp)
            leg = self._answered(leg, fact) if leg is not None and in_turn else leg
        now_ms = self._clock.now().utc_ms
        given = verdict(self._slave, fact, leg, answer, figures, now_ms)
        records: list[Record] = [given, self._progress.cursor(fact.master)]
        if leg is not None:
            self.legs.put(leg)
            records.append(leg)
        if intent is not None:
            records.append(self._noted(intent))
        self.write(*records)
        self._remember(given)

    def _waits_no_more(self, key: LegKey, stamp: Stamp) -> None:
        waiting = self._waiting.get(key, set())
        waiting.discard(stamp)
        if not waiting:
            self._waiting.pop(key, None)

    def _answered(self, leg: Leg, fact: Fact) -> Leg:
        """The leg remembers how far its events have been answered for good, all of them.

        An opening told anew, by a master that started again, says nothing of what came between.
        """
        if isinstance(fact, PositionOpened | OrderPlaced) and fact.stamp != leg.opened_by:
            return leg
        reached = max(self._reached.get(leg.key, leg.answered), leg.answered, fact.stamp)
        if any(stamp < reached for stamp in self._waiting.get(leg.key, ())):
            self._reached[leg.key] = reached
            return leg
        self._reached.pop(leg.key, None)
        return msgspec.structs.replace(leg, answered=reached)

    def supersede(self, leg: Leg, answer: Answer, figures: Figures) -> None:
        """A better answer to the event that opened a leg, in place of the one it had."""
        given = Verdict(
            slave=self._slave,
            master=leg.master,
            stamp=leg.opened_by,
            journey=leg.journey,
            event=_asked_by(leg),
            leg=leg.key.first,
            kind=answer.kind,
            reason=answer.reason,
            detail=answer.detail,
            symbol=leg.symbol,
            side=leg.side,
            volume=answer.volume,
            master_volume=leg.target.initial_volume,
            times=figures.times,
            prices=figures.prices,
            decided_at_ms=self._clock.now().utc_ms,
            supersedes=leg.journey,
        )
        self._progress.done(leg.master, leg.opened_by)
        self._waits_no_more(leg.key.first, leg.opened_by)
        self.write(given, self._progress.cursor(leg.master))
        self._remember(given)

    def keep(self, leg: Leg, intent: Intent | None = None) -> None:
        """Remember a leg's new state, and how its order came out."""
        self.legs.put(leg)
        self.write(leg, *([] if intent is None else [self._noted(intent)]))

    def catch_up(self) -> bool:
        """Write what the journal did not take before; false while it still does not."""
        if self._unwritten:
            self.write()
        return not self._unwritten

    def owe(self, key: LegKey, owed: Owed) -> None:
        """The event waits for an order whose end is not known."""
        self._owed.setdefault(key, []).append(owed)

    def owed(self, key: LegKey) -> list[Owed]:
        """The events that wait for this leg; they count as answered from here on."""
        return self._owed.pop(key, [])

    def intents_of(self, key: LegKey) -> list[Intent]:
        """A leg's open intents, oldest first."""
        found = [i for i in self.intents.values() if i.leg == key]
        return sorted(found, key=lambda i: i.written_at_ms)

    def unanswered(self, key: LegKey) -> tuple[Unanswered, ...]:
        """The same with the time they have been looked for, in this run."""
        now_s = self._clock.now().monotonic_s
        return tuple(
            Unanswered(intent=i, waited_s=now_s - self._unanswered_since_s[i.intent])
            for i in self.intents_of(key)
        )

    def note(self, intent: Intent, outcome: str) -> None:
        """How an order came out that belongs to no leg."""
        self.write(self._noted(msgspec.structs.replace(intent, outcome=outcome)))

    def write(self, *records: Record) -> None:
        """Into the journal; what it does not take now is written before the next thing it takes."""
        waiting = [*self._unwritten, *records]
        try:
            self._journal.write(*waiting)
        except JournalUnwritable:
            logger.exception("journal_unwritable", extra={"records": len(waiting)})
            self._unwritten = waiting
            return
        self._unwritten = []

    def _noted(self, intent: Intent) -> Intent:
        if intent.outcome:
            self.intents.pop(intent.intent, None)
            self._unanswered_since_s.pop(intent.intent, None)
        else:
            self.intents[intent.intent] = intent
            self._unanswered_since_s.setdefault(intent.intent, self._clock.now().monotonic_s)
        return intent

    def _remember(self, given: Verdict) -> None:
        self.recent.append(given)
        times = given.times
        if times.sent_us and given.kind is not VerdictKind.UNKNOWN:
            self.latencies_ms.append((times.sent_us - times.seen_us) / 1000)
        logger.log(
            logging.WARNING if given.kind in NOT_COPIED else logging.INFO,
            "verdict",
            extra={
                "event": given.event,
                "leg": given.leg.text,
                "kind": given.kind.value,
                "reason": given.reason.value,
                "detail": given.detail,
            },
        )


def _asked_by(leg: Leg) -> str:
    """The event that its opening, or its placing, answered."""
    return (PositionOpened if leg.terms_sent is None else OrderPlaced).__name__
