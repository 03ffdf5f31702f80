"""What to do about each thing a master said, and in which order."""

from collections.abc import Callable
from decimal import Decimal

import msgspec

from decisions.heeding import target_after, target_of
from domain.book import Book, BookPosition
from domain.copy_settings import CopyExisting, LateEntry
from domain.figures import Figures
from domain.ids import JourneyId, Magic, NodeName, SlaveSymbol
from domain.legs import Leg, LegState
from domain.policies import AccountSettings
from domain.reasons import Reason
from domain.signals import (
    Fact,
    OrderGone,
    OrderPlaced,
    PositionClosed,
    PositionOpened,
)
from domain.verdicts import VerdictKind
from nodes.bookkeeping.answering import Answer, times_of
from nodes.bookkeeping.ledger import Ledger, Owed
from nodes.copying.arrival_queue import ArrivalQueue
from nodes.copying.existing import Existing, ExistingPositions
from nodes.copying.opener import Opener, settings_of
from nodes.inbox import Arrival, SnapshotTaken
from nodes.repairing.repairer import Repairer
from utils.clock import Clock, utc_us


class Copier:
    """A queue of arrivals, the most urgent first."""

    def __init__(
        self,
        ledger: Ledger,
        opener: Opener,
        repairer: Repairer,
        clock: Clock,
        ask_again: Callable[[NodeName], None],
    ) -> None:
        """Nothing is queued; `ask_again` has a master send a new picture."""
        self._ledger = ledger
        self._opener = opener
        self._repairer = repairer
        self._ask_again = ask_again
        self._queue = ArrivalQueue()
        self._existing = ExistingPositions(clock)

    def queue(self, arrivals: list[Arrival | SnapshotTaken]) -> None:
        """Take arrivals in, and ask the masters of doubtful legs again."""
        for master in self._repairer.doubts.due():
            self._ask_again(master)
        for arrival in arrivals:
            if isinstance(arrival, Arrival):
                expect = self._ledger.expect_early if arrival.early else self._ledger.expect
                expect(arrival.fact)
            self._queue.add(arrival)

    @property
    def busy(self) -> bool:
        """Something is queued."""
        return bool(self._queue) or self._existing.is_due

    def handle_next(self, settings: AccountSettings) -> None:
        """Deal with the most urgent arrival."""
        if not self._queue:
            self._decide_on(self._existing.take(), settings)
            return
        arrival = self._queue.pop()
        if isinstance(arrival, SnapshotTaken):
            self._compare(arrival, settings)
        elif isinstance(arrival.fact, PositionOpened):
            is_new = self._ledger.legs.find(arrival.fact.leg_key) is None
            if is_new and self._may_come_late(arrival.fact, settings):
                self._existing.add(arrival, arrival.fact)
            else:
                self._opener.open(arrival, arrival.fact, settings)
        elif isinstance(arrival.fact, OrderPlaced):
            self._opener.place(arrival, arrival.fact, settings)
        else:
            self._take_change(arrival, arrival.fact)

    def _take_change(self, arrival: Arrival, fact: Fact) -> None:
        """What it overtook in the queue is answered with it, or would never be."""
        owed = [self._is_owed(taken) for taken in (*self._queue.take_overtaken(fact), arrival)]
        if any(owed):
            self._repairer.follow(fact.leg_key)

    def _is_owed(self, arrival: Arrival) -> bool:
        """Aim the leg at what the fact says; false where that needed no order to be answered."""
        fact = arrival.fact
        parts = self._ledger.legs.parts_of(fact.leg_key)
        first = parts[0] if parts else None
        if first is not None and fact.stamp <= first.answered:
            self._ledger.heard(fact)
            return False
        live = [leg for leg in parts if leg.live]
        if not live:
            self._nothing_here(arrival, fact, first)
            return False
        of_parts = dict.fromkeys(leg.key for leg in live) if len(live) > 1 else {}
        owed = Owed(fact=fact, received_us=arrival.received_us, of_parts=of_parts)
        for leg in live:
            self._aim(leg, fact)
            self._ledger.owe(leg.key, owed)
        return True

    def _aim(self, leg: Leg, fact: Fact) -> None:
        if fact.stamp > leg.target.stamp:
            target = target_after(leg.target, fact)
            self._ledger.legs.put(msgspec.structs.replace(leg, target=target))
            self._repairer.doubts.clear(leg.key)

    def _nothing_here(self, arrival: Arrival, fact: Fact, leg: Leg | None) -> None:
        """There is no copy; a close that overtook its open leaves a tombstone all the same."""
        reason, detail = Reason.NEVER_COPIED, ""
        if leg is not None:
            closed = leg.state is LegState.CLOSED
            reason = Reason.ALREADY_CLOSED_HERE if closed else Reason.NEVER_COPIED
            detail = leg.reason.value
            if fact.stamp > leg.target.stamp:
                leg = msgspec.structs.replace(leg, target=target_after(leg.target, fact))
        elif _is_an_end(fact):
            leg = _stub(fact, LegState.CLOSED, Reason.NEVER_COPIED)
        answer = Answer(kind=VerdictKind.NOTHING_TO_DO, reason=reason, detail=detail)
        times = times_of(fact, arrival.received_us, utc_us())
        self._ledger.answer(fact, leg, answer, Figures(times=times))

    def _compare(self, taken: SnapshotTaken, settings: AccountSettings) -> None:
        """Bring every leg of this master where the picture says it should be."""
        snapshot, book = taken.snapshot, taken.snapshot.book
        closed = (answer.opening_order for answer in snapshot.legs if answer.fate == "closed")
        self._repairer.compare(book, closed)
        for position in book.positions:
            fact = _as_found(book, position)
            known = self._ledger.legs.find(fact.leg_key)
            if known is not None:
                self._answer_the_overtaken(fact, known)
            elif self._may_come_late(fact, settings):
                arrival = Arrival(fact=fact, received_us=taken.received_us, from_snapshot=True)
                self._existing.add(arrival, fact)
            else:
                self._missed(fact)
        self._ledger.caught_up(book.master, book.stamp)

    def _answer_the_overtaken(self, fact: PositionOpened, known: Leg) -> None:
        """What was there before was closed behind this picture, and the close was heard first."""
        is_overtaken = known.is_tombstone and known.opened_by > fact.stamp
        if is_overtaken and self._ledger.follows.had_before(fact):
            answer = Answer(kind=VerdictKind.MISSED, reason=Reason.CLOSED_MEANWHILE)
            self._ledger.answer(fact, known, answer, Figures())

    def _may_come_late(self, fact: PositionOpened, settings: AccountSettings) -> bool:
        """The account may want what its master had before, or what it has missed."""
        chosen = settings_of(fact, settings)
        if self._ledger.follows.had_before(fact):
            return chosen.copy_existing is not CopyExisting.NO
        return not fact.seen_at_us and chosen.late_entry is LateEntry.ORDER

    def _decide_on(self, one: Existing, settings: AccountSettings) -> None:
        """It is copied, or it never will be; unless that cannot be said just now."""
        fact, known = one.fact, self._ledger.legs.find(one.fact.leg_key)
        if known is not None and not (known.is_tombstone or one.was_told):
            # Its copy was found meanwhile: that has a story of its own.
            return
        if self._existing.may_wait(one) and self._opener.is_held_up(fact, settings):
            self._existing.put_back(one)
        elif known is not None or one.was_told or self._may_come_late(fact, settings):
            # What has ended meanwhile is answered with just that, whatever is asked for by now.
            self._opener.open_existing(one.arrival, fact, settings)
        else:
            self._missed(fact)

    def _missed(self, fact: PositionOpened) -> None:
        """It was opened while we could not hear, or before we did: answered, never opened late."""
        existed = self._ledger.follows.had_before(fact)
        reason = Reason.EXISTED_BEFORE if existed else Reason.SLAVE_WAS_DOWN
        leg = _stub(fact, LegState.MISSED, reason)
        answer = Answer(kind=VerdictKind.MISSED, reason=reason)
        self._ledger.answer(fact, leg, answer, Figures())


def _as_found(book: Book, position: BookPosition) -> PositionOpened:
    """What a master would have told of a position that we know from its book alone."""
    return PositionOpened(
        master=book.master,
        login=book.login,
        server=book.server,
        stamp=book.stamp,
        journey=JourneyId(f"{book.master}/{book.login}/{position.opening_order}/missed"),
        position=position,
        price=position.price_open,
        seen_at_us=0,
        age_ms=0,
    )


def _is_an_end(fact: Fact) -> bool:
    """Nothing is to be opened after it. What an order brought has facts of its own."""
    if isinstance(fact, OrderGone):
        return not fact.brought_something
    return isinstance(fact, PositionClosed)


def _stub(fact: Fact, state: LegState, reason: Reason) -> Leg:
    """A leg that never had an order: so that it never gets one."""
    return Leg(
        key=fact.leg_key,
        opened_by=fact.stamp,
        journey=fact.journey,
        master=fact.master,
        master_symbol=fact.subject.symbol,
        symbol=SlaveSymbol(""),
        side=fact.subject.side,
        magic=Magic(0),
        comment="",
        state=state,
        target=target_of(fact),
        wanted_volume=Decimal(0),
        master_price=fact.price,
        reason=reason,
    )
