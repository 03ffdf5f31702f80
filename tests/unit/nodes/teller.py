"""A master made of words: a test says what it tells, in which order, and what is lost."""

from decimal import Decimal
from typing import Any

import msgspec

from decisions.booking import apply_fact, book_hash
from domain.book import Book, BookOrder, BookPosition
from domain.ids import JourneyId
from domain.market import Fate
from domain.signals import (
    Fact,
    LegAnswer,
    MasterHeartbeat,
    OrderGone,
    OrderModified,
    OrderPlaced,
    PositionClosed,
    PositionModified,
    PositionOpened,
    PositionReduced,
    Signal,
    Snapshot,
)
from messaging import wire
from messaging.in_memory import InMemoryBus
from tests.builders import (
    MASTER,
    a_book,
    a_book_order,
    a_book_position,
    closed,
    modified,
    opened,
    order_gone,
    order_modified,
    placed,
    reduced,
)
from tests.fakes import FakeClock
from tests.unit.nodes.swarm import SlaveSide
from utils.clock import utc_us


class Teller:
    """A master's book and voice, and a slave that listens to it; the slave is up to date."""

    def __init__(self, **settings: Any) -> None:
        self.clock = FakeClock()
        self.bus = InMemoryBus()
        self.slave = SlaveSide(self.clock, self.bus, **settings)
        self.outlet = self.bus.outlets[MASTER]
        self.book: Book = a_book()
        self.facts: list[Fact] = []
        self.shut: set[int] = set()
        self.turn()
        self.turn()

    def have_followed_for_long(self) -> None:
        """As of the slave."""
        self.slave.follow_for_long()
        self.turn(2)

    def turn(self, times: int = 1, seconds: float = 0.25) -> None:
        """The slave's turn, and then ours: what it asks is answered from the book."""
        for _ in range(times):
            self.slave.turn(seconds=seconds)
            self.answer()

    def answer(self) -> None:
        for peer, request in self.outlet.requests():
            assert not hasattr(request, "why"), request
            self.outlet.answer(peer, self.snapshot(request))  # type: ignore[arg-type]

    def snapshot(self, request: Any) -> Snapshot:
        facts = tuple(f for f in self.facts if f.stamp > request.have)
        return Snapshot(
            book=self.book,
            book_hash=book_hash(self.book),
            legs=tuple(LegAnswer(opening_order=o, fate=self._fate(o)) for o in request.legs),
            facts=facts if request.have.epoch else (),
        )

    def _fate(self, order: int) -> str:
        if self.book.find(order) is not None:  # type: ignore[arg-type]
            return "held"
        return "closed" if order in self.shut else "unknown"

    def say(self, *signals: Signal) -> None:
        """Publish; the slave has not had its turn yet."""
        for signal in signals:
            self.outlet.publish(signal)

    def hear(self, snapshot: Snapshot) -> None:
        """A snapshot that comes unasked, or late."""
        self.slave.inlet.hear(MASTER, wire.encode(snapshot))

    # each of these is a thing the trader did: the book has it, and it is returned to be said

    def opens(self, order: int = 501, age_ms: int = 0, **changes: Any) -> PositionOpened:
        return self._did(opened, a_book_position(order, **changes), age_ms=age_ms)

    def moves(self, order: int = 501, **changes: Any) -> PositionModified:
        return self._did(modified, self._now(order, **changes))

    def halves(self, order: int = 501, volume: str = "0.50") -> PositionReduced:
        return self._did(reduced, self._now(order, volume=volume))

    def closes(self, order: int = 501) -> PositionClosed:
        self.shut.add(order)
        return self._did(lambda seq, _, **told: closed(seq, order, **told), None)

    def places(self, ticket: int = 501, age_ms: int = 0, **changes: Any) -> OrderPlaced:
        return self._said_of(placed, a_book_order(ticket, **changes), age_ms=age_ms)

    def changes_order(self, ticket: int = 501, **changes: Any) -> OrderModified:
        before = self.book.find_order(ticket)  # type: ignore[arg-type]
        assert before is not None
        exact = {name: Decimal(str(value)) for name, value in changes.items()}
        return self._said_of(order_modified, msgspec.structs.replace(before, **exact))

    def ends_order(self, ticket: int = 501, fate: Fate = Fate.CANCELLED) -> OrderGone:
        before = self.book.find_order(ticket)  # type: ignore[arg-type]
        assert before is not None
        if fate is Fate.FILLED:
            before = msgspec.structs.replace(before, volume=Decimal(0))
        else:
            self.shut.add(ticket)
        return self._said_of(order_gone, before, fate=fate)

    def fills_order(self, ticket: int = 501, **changes: Any) -> list[Fact]:
        """It becomes a position: told first, then that it waits no more."""
        return [self.opens(ticket, **changes), self.ends_order(ticket, Fate.FILLED)]

    def beat(self, **changes: Any) -> MasterHeartbeat:
        usual = {
            "master": MASTER,
            "login": self.book.login,
            "server": self.book.server,
            "head": self.book.stamp,
            "book_hash": book_hash(self.book),
            "confirmed": True,
            "sent_at_us": 0,
        }
        return MasterHeartbeat(**(usual | changes))

    def _now(self, order: int, **changes: Any) -> BookPosition:
        before = self.book.find(order)  # type: ignore[arg-type]
        assert before is not None
        fields = {f: getattr(before, f) for f in before.__struct_fields__}
        del fields["opening_order"]
        return a_book_position(order, **(fields | changes))

    def _said_of(self, kind: Any, order: BookOrder, **told: Any) -> Any:
        return self._did(kind, order, **told)

    def _did(self, kind: Any, position: BookPosition | BookOrder | None, **told: Any) -> Any:
        seq = self.book.stamp.seq + 1
        epoch = self.book.stamp.epoch
        journey = JourneyId(f"{MASTER}/{epoch}/{seq}")
        fact = kind(seq, position, seen_at_us=utc_us(), journey=journey, **told)
        self.book = apply_fact(self.book, fact)
        self.facts.append(fact)
        return fact

    def copies(self, order: int = 501, **changes: Any) -> int:
        """The trader opens, the slave copies; the copy's identifier is returned."""
        self.say(self.opens(order, **changes))
        self.turn()
        return self.slave.leg(order).identifier
