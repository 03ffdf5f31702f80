"""Law 3 as a property: lost, doubled and in any order, a snapshot at last makes it the same."""

from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from decisions.booking import apply_fact
from decisions.heeding import target_after, target_of, told_by
from domain.book import Book, Stamp
from domain.legs import Leg
from domain.signals import Fact, PositionClosed
from nodes.inbox import Arrival, SnapshotTaken
from nodes.repairing.repairer import words_of
from tests.builders import (
    EPOCH,
    MASTER,
    a_book,
    a_book_position,
    a_leg,
    closed,
    modified,
    opened,
    reduced,
)
from tests.unit.nodes.test_inbox import Listening

ORDERS = (501, 502, 503)
HEARD_BEFORE = 3
WHOLE = Decimal("1.00")


class Told:
    """A master's story: every fact of it, and its book after each."""

    def __init__(self, steps: list[tuple[int, str]]) -> None:
        self.books = [a_book(*(a_book_position(order) for order in ORDERS), seq=HEARD_BEFORE)]
        self.facts: list[Fact] = []
        for order, what in steps:
            fact = self._next(order, what)
            if fact is not None:
                self.facts.append(fact)
                self.books.append(apply_fact(self.books[-1], fact))

    def _next(self, order: int, what: str) -> Fact | None:
        book = self.books[-1]
        seq, held = book.stamp.seq + 1, book.find(order)  # type: ignore[arg-type]
        if held is None:
            # An order that has ended never opens again: another one does.
            fresh = 600 + seq
            return opened(seq, a_book_position(fresh)) if what == "open" else None
        if what == "close":
            return closed(seq, order)
        if what == "reduce":
            less = msgspec.structs.replace(held, volume=held.volume - Decimal("0.10"))
            return reduced(seq, less) if less.volume > 0 else None
        moved = msgspec.structs.replace(held, sl=Decimal(1270 + seq))
        return modified(seq, moved)

    def ended(self, upto: Stamp) -> frozenset[int]:
        told = [f for f in self.facts if isinstance(f, PositionClosed) and f.stamp <= upto]
        return frozenset(fact.position.opening_order for fact in told)


class Following:
    """A slave's copies of the first positions, aimed at whatever is heard."""

    def __init__(self, told: Told) -> None:
        self.told = told
        self.heard = Listening()
        self.heard.asks()
        self.legs: dict[int, Leg] = {}
        self.seen: list[Stamp] = []
        first = told.books[0]
        self.take(self.heard.answers(first))
        for order in ORDERS:
            target = target_of(opened(HEARD_BEFORE, first.find(order)))  # type: ignore[arg-type]
            self.legs[order] = a_leg(order, target=target)

    def hears(self, message: int) -> None:
        """A fact by its place in the story; a negative one is a snapshot of that moment."""
        if message >= 0:
            self.take(self.heard.says(self.told.facts[message]))
            return
        book = self.told.books[-message - 1]
        facts = [fact for fact in self.told.facts if fact.stamp <= book.stamp]
        self.take(self.heard.answers(book, *facts))

    def take(self, arrivals: list[Any]) -> None:
        for arrival in arrivals:
            if isinstance(arrival, SnapshotTaken):
                self._compare(arrival.snapshot.book)
            elif isinstance(arrival, Arrival):
                self._aim(arrival.fact)

    def _aim(self, fact: Fact) -> None:
        self.seen.append(fact.stamp)
        leg = self.legs.get(fact.subject.opening_order)
        if leg is not None and fact.stamp > leg.target.stamp:
            self._keep(leg, target_after(leg.target, fact))

    def _compare(self, book: Book) -> None:
        ended = self.told.ended(book.stamp)
        word = words_of(book, ended)  # type: ignore[arg-type]
        for leg in list(self.legs.values()):
            said = word(leg)
            assert said is not None
            self._keep(leg, told_by(leg, said))

    def _keep(self, leg: Leg, target: Any) -> None:
        self.legs[leg.key.opening_order] = msgspec.structs.replace(leg, target=target)

    def picture(self) -> dict[int, tuple[Decimal, Decimal]]:
        """Of what is closed the stop means nothing."""
        aimed = {order: leg.target for order, leg in self.legs.items()}
        return {o: (t.volume, Decimal(0) if t.closed else t.sl) for o, t in aimed.items()}


steps = st.lists(
    st.tuples(st.sampled_from(ORDERS), st.sampled_from(["open", "reduce", "modify", "close"])),
    min_size=2,
    max_size=12,
)


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[Told, list[int]]:
    """A story, and its messages as the network brings them: not all, some twice, in any order."""
    told = Told(draw(steps))
    times = st.sampled_from([0, 1, 1, 1, 2])
    facts = [place for place in range(len(told.facts)) for _ in range(draw(times))]
    snapshots = draw(st.lists(st.integers(-len(told.books), -1), max_size=5))
    return told, draw(st.permutations([*facts, *snapshots]))


@given(deliveries())
def test_law_3_whatever_is_lost_doubled_or_out_of_order_a_snapshot_makes_it_the_same(
    delivered: tuple[Told, list[int]],
) -> None:
    told, messages = delivered
    troubled, undisturbed = Following(told), Following(told)
    for message in messages:
        before = troubled.heard.inbox.cursor(MASTER)
        troubled.hears(message)
        assert troubled.heard.inbox.cursor(MASTER) >= before
    troubled.hears(-len(told.books))
    for place in range(len(told.facts)):
        undisturbed.hears(place)
    assert troubled.picture() == undisturbed.picture()
    last = told.books[-1]
    for one in (troubled, undisturbed):
        assert one.heard.inbox.cursor(MASTER) == last.stamp
        assert len(one.seen) == len(set(one.seen)), "acted on twice"
        orders = {position.opening_order for book in told.books for position in book.positions}
        for order in orders:
            assert one.heard.inbox.booked(MASTER, order) == last.find(order)


@given(deliveries())
def test_law_3_at_no_moment_a_copy_is_aimed_larger_than_it_was(
    delivered: tuple[Told, list[int]],
) -> None:
    told, messages = delivered
    following = Following(told)
    left = dict.fromkeys(ORDERS, WHOLE)
    for message in messages:
        following.hears(message)
        for order, leg in following.legs.items():
            assert leg.target.volume <= left[order]
            left[order] = leg.target.volume


def test_the_network_above_is_not_idle() -> None:
    """So that the properties speak of something: a close overtakes, a fact comes twice."""
    told = Told([(501, "reduce"), (502, "close"), (501, "close")])
    following = Following(told)
    for message in (1, 1, -2, 0):
        following.hears(message)
    assert following.picture()[502][0] == 0
    assert following.picture()[501][0] == Decimal("0.90")
    assert following.seen == [Stamp(EPOCH, 5), Stamp(EPOCH, 4)]
