"""A master's story: stamps facts, writes them down, tells them, and answers who missed some."""

import logging
from collections import deque

import msgspec

from decisions.admission import new_epoch
from decisions.booking import apply_fact, book_hash
from domain.book import Book, BookPosition, Stamp
from domain.ids import JourneyId, NodeName, OpeningOrder
from domain.market import Identity
from domain.records import BookKept, JournalUnwritable
from domain.signals import (
    Fact,
    LegAnswer,
    MasterHeartbeat,
    NotReady,
    OrderFact,
    PositionFact,
    Snapshot,
    SnapshotRequest,
)
from nodes.ports import Journal, SignalOutlet
from utils.clock import utc_us

logger = logging.getLogger(__name__)

#: After so many facts the whole book is written down, so that a restart reads little.
KEEP_BOOK_EVERY = 100
#: A journal that could not be written is tried again at every such heartbeat.
TRY_AGAIN_EVERY = 10
#: Facts that are kept while the journal cannot be written.
REMEMBERED_UNWRITTEN = 1_000


class Storyteller:
    """Owns the book and its stamp; nothing is published that is not in the journal."""

    def __init__(
        self, name: NodeName, identity: Identity, epoch: int, journal: Journal, outlet: SignalOutlet
    ) -> None:
        """Take up the story where the journal left it, in a new epoch."""
        self._journal = journal
        self._outlet = outlet
        self.book = _book_told(name, identity, journal, Stamp(epoch, 0))
        self.confirmed = False
        self.unwritable = ""
        #: What the journal did not take is told from memory to who asks for what he missed.
        self._unwritten: deque[Fact] = deque(maxlen=REMEMBERED_UNWRITTEN)
        self._beats = 0
        kept = journal.book()
        #: Since then, UTC ms, positions may have lived of which nobody was told; 0 for no memory.
        self.untold_since_ms = 0 if kept is None else kept.untold_since_ms or kept.stamp.epoch
        self.keep()

    def tell(self, seen: Fact) -> Fact:
        """Stamp what was seen, journal it, publish it."""
        stamp = Stamp(self.book.stamp.epoch, self.book.stamp.seq + 1)
        journey = JourneyId(f"{self.book.master}/{stamp.epoch}/{stamp.seq}")
        fact = msgspec.structs.replace(seen, stamp=stamp, journey=journey, published_at_us=utc_us())
        self.book = apply_fact(self.book, fact)
        self._write_down(fact)
        self._outlet.publish(fact)
        if stamp.seq % KEEP_BOOK_EVERY == 0:
            self.keep()
        return fact

    def searched(self) -> None:
        """All that lived before this run has been told: from here on it is this run's to tell."""
        began_ms = self.book.stamp.epoch
        if self.untold_since_ms < began_ms:
            self.untold_since_ms = began_ms
            self.keep()

    def heartbeat(self) -> None:
        """Name the head of the story, so that a lost last message is noticed."""
        beat = MasterHeartbeat(
            master=self.book.master,
            login=self.book.login,
            server=self.book.server,
            head=self.book.stamp,
            book_hash=book_hash(self.book),
            confirmed=self.confirmed,
            sent_at_us=utc_us(),
        )
        self._outlet.publish(beat)
        self._beats += 1
        if self.unwritable and self._beats % TRY_AGAIN_EVERY == 0:
            self.keep()

    def answer(self, request: SnapshotRequest, closed: dict[int, LegAnswer]) -> Snapshot | NotReady:
        """The whole book, the fate of each leg asked for, and the facts the slave has not had."""
        self._rise_above(request.have)
        if not self.confirmed:
            return NotReady(master=self.book.master, why="the terminal has not been read yet")
        return Snapshot(
            book=self.book,
            book_hash=book_hash(self.book),
            legs=tuple(self._fate(order, closed) for order in request.legs),
            facts=self._facts_since(request.have),
        )

    def _rise_above(self, have: Stamp) -> None:
        """A slave that has heard a higher epoch believes no lower one, whoever was set back."""
        if have.epoch <= self.book.stamp.epoch:
            return
        logger.warning("epoch_raised", extra={"had": self.book.stamp.epoch, "heard": have.epoch})
        stamp = Stamp(new_epoch(have.epoch), 0)
        self.book = msgspec.structs.replace(self.book, stamp=stamp)
        self.keep()

    def not_held(self, request: SnapshotRequest) -> list[int]:
        """The legs asked for that are not in the book: the broker's records must tell."""
        return [order for order in request.legs if not self._has(order)]

    def held(self) -> list[OpeningOrder]:
        """What opened the book's positions."""
        return [position.opening_order for position in self.book.positions]

    def waiting(self) -> list[OpeningOrder]:
        """The book's orders."""
        return [order.opening_order for order in self.book.orders]

    def waited_before(self) -> list[OpeningOrder]:
        """Every order that is known to have been told while it waited."""
        facts = self._journal.facts_since(Stamp(0, 0))
        whose = (self.book.login, self.book.server)
        earlier = (
            fact.order.opening_order
            for fact in facts
            if isinstance(fact, OrderFact) and (fact.login, fact.server) == whose
        )
        return [*earlier, *self.waiting()]

    def told_before(self) -> tuple[BookPosition, ...]:
        """Every position that is known to have been told, as far back as the journal reaches."""
        facts = self._journal.facts_since(Stamp(0, 0))
        whose = (self.book.login, self.book.server)
        earlier = (
            fact.position
            for fact in facts
            if isinstance(fact, PositionFact) and (fact.login, fact.server) == whose
        )
        return (*earlier, *self.book.positions)

    def keep(self) -> None:
        """Write the whole book down, so that a restart reads little."""
        body = msgspec.msgpack.encode(self.book)
        self._write_down(
            BookKept(
                master=self.book.master,
                stamp=self.book.stamp,
                body=body,
                untold_since_ms=self.untold_since_ms,
            )
        )

    def _write_down(self, record: Fact | BookKept) -> None:
        """A journal that cannot be written must not keep a close from the slaves.

        What it misses is seen again, and told again, after a restart.
        """
        try:
            self._journal.write(record)
        except JournalUnwritable as fault:
            logger.exception("journal_unwritable", extra={"seq": record.stamp.seq})
            self.unwritable = f"{fault}; slaves are told everything all the same"
            if not isinstance(record, BookKept):
                self._unwritten.append(record)
            return
        self.unwritable = ""

    def _has(self, order: OpeningOrder) -> bool:
        """As a position, or as an order that may become one."""
        return self.book.find(order) is not None or self.book.find_order(order) is not None

    def _fate(self, order: OpeningOrder, closed: dict[int, LegAnswer]) -> LegAnswer:
        if self._has(order):
            return LegAnswer(opening_order=order, fate="held")
        return closed.get(order, LegAnswer(opening_order=order, fate="unknown"))

    def _all_since(self, have: Stamp) -> tuple[Fact, ...]:
        unwritten = [fact for fact in self._unwritten if fact.stamp > have]
        written = self._journal.facts_since(have)
        return tuple(sorted([*written, *unwritten], key=lambda fact: fact.stamp))

    def _facts_since(self, have: Stamp) -> tuple[Fact, ...]:
        """None for a slave that has nothing: what was open before it came is in the book."""
        return () if have.epoch == 0 else self._all_since(have)


def _book_told(name: NodeName, identity: Identity, journal: Journal, start: Stamp) -> Book:
    """The last book written down with the facts told since, as the start of a new epoch.

    A book of another account ends with it: it speaks only for its own.
    """
    book = Book(master=name, login=identity.login, server=identity.server, stamp=Stamp(0, 0))
    kept = journal.book()
    told = None if kept is None else msgspec.msgpack.decode(kept.body, type=Book)
    if told is not None and (told.login, told.server) == (book.login, book.server):
        book = told
        for fact in journal.facts_since(told.stamp):
            book = apply_fact(book, fact)
    return msgspec.structs.replace(book, stamp=start)
