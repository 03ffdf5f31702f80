"""Which arrival comes next, whatever came before it and in whichever order."""

from collections.abc import Callable
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from domain.book import Stamp
from domain.market import Fate
from domain.signals import (
    Fact,
    OrderModified,
    OrderPlaced,
    PositionModified,
    PositionOpened,
    PositionReduced,
    Snapshot,
)
from nodes.copying.arrival_queue import URGENCY, ArrivalQueue
from nodes.inbox import Arrival, SnapshotTaken
from tests.builders import (
    EPOCH,
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

MAKERS: dict[str, Callable[[int, int], Fact]] = {
    "opened": lambda seq, leg: opened(seq, a_book_position(leg)),
    "placed": lambda seq, leg: placed(seq, a_book_order(leg)),
    "modified": lambda seq, leg: modified(seq, a_book_position(leg)),
    "order modified": lambda seq, leg: order_modified(seq, a_book_order(leg)),
    "reduced": lambda seq, leg: reduced(seq, a_book_position(leg)),
    "closed": closed,
    "gone": lambda seq, leg: order_gone(seq, a_book_order(leg), Fate.CANCELLED),
}
OPENINGS = (PositionOpened, OrderPlaced)


class Heard(NamedTuple):
    """One fact on its way: which of the legs, what, and its place in the master's story."""

    leg: int
    what: str
    seq: int


facts = st.lists(
    st.builds(Heard, st.integers(501, 503), st.sampled_from(sorted(MAKERS)), st.integers(1, 60)),
    max_size=30,
    unique_by=lambda heard: heard.seq,
)


def arrival(heard: Heard) -> Arrival:
    return Arrival(fact=MAKERS[heard.what](heard.seq, heard.leg), received_us=0)


def taken(*arrivals: Arrival | SnapshotTaken) -> list[Fact | None]:
    """Everything, in the order in which it comes out; None for a snapshot."""
    queue, out = ArrivalQueue(), []
    for one in arrivals:
        queue.add(one)
    while queue:
        popped = queue.pop()
        out.append(popped.fact if isinstance(popped, Arrival) else None)
    return out


def a_snapshot() -> SnapshotTaken:
    snapshot = Snapshot(book=a_book(), book_hash="", legs=(), facts=())
    return SnapshotTaken(snapshot=snapshot, received_us=0)


def names(out: list[Fact | None]) -> list[str]:
    return ["Snapshot" if fact is None else type(fact).__name__ for fact in out]


def test_closes_come_first_and_opens_after_all_changes_but_their_own_and_snapshots_last() -> None:
    heard = [Heard(501, "opened", 3), Heard(501, "modified", 4), Heard(502, "reduced", 5)]
    out = taken(a_snapshot(), *map(arrival, heard), arrival(Heard(503, "closed", 6)))
    expected = ["PositionClosed", "PositionReduced", "PositionOpened", "PositionModified"]
    assert names(out) == [*expected, "Snapshot"]


def test_an_open_that_is_heard_after_its_change_still_comes_before_it() -> None:
    out = taken(arrival(Heard(501, "reduced", 4)), arrival(Heard(501, "opened", 3)))
    assert names(out) == ["PositionOpened", "PositionReduced"]


def test_of_many_changes_of_one_kind_the_last_told_comes_first_and_says_it_all() -> None:
    queue = ArrivalQueue()
    for seq in (4, 6, 5):
        queue.add(arrival(Heard(501, "modified", seq)))
    newest = queue.pop()
    assert isinstance(newest, Arrival)
    assert newest.fact.stamp == Stamp(EPOCH, 6)
    assert [a.fact.stamp.seq for a in queue.take_overtaken(newest.fact)] == [4, 5]
    assert not queue


@given(facts)
def test_nothing_is_lost_and_nothing_comes_twice(heard: list[Heard]) -> None:
    out = taken(*map(arrival, heard))
    assert sorted(fact.stamp for fact in out if fact) == sorted(Stamp(EPOCH, h.seq) for h in heard)


@given(facts, st.lists(st.booleans(), max_size=40))
def test_what_is_popped_is_never_less_urgent_than_what_waits(
    heard: list[Heard], pops: list[bool]
) -> None:
    queue, waiting = ArrivalQueue(), list[Arrival]()
    coming = [arrival(one) for one in heard]
    for pop in [*pops, *[False] * len(coming), *[True] * len(coming)]:
        if coming and not pop:
            waiting.append(coming.pop(0))
            queue.add(waiting[-1])
        elif waiting:
            popped = queue.pop()
            assert isinstance(popped, Arrival)
            assert rank(popped, waiting) == min(rank(one, waiting) for one in waiting)
            waiting.remove(popped)
            overtaken = queue.take_overtaken(popped.fact)
            assert overtaken == older(popped, waiting)
            waiting = [one for one in waiting if one not in overtaken]
    assert not waiting
    assert not coming
    assert not queue


def rank(one: Arrival, waiting: list[Arrival]) -> int:
    """Told anew from all that waits: a change behind its own open comes after every open."""
    changes = (PositionReduced, PositionModified, OrderModified)
    behind = any(
        isinstance(other.fact, OPENINGS)
        and other.fact.leg_key == one.fact.leg_key
        and other.fact.stamp < one.fact.stamp
        for other in waiting
    )
    if behind and isinstance(one.fact, changes):
        return max(URGENCY.values()) + 1
    return URGENCY[type(one.fact)]


def older(popped: Arrival, waiting: list[Arrival]) -> list[Arrival]:
    own = [one for one in waiting if one.fact.leg_key == popped.fact.leg_key]
    before = [one for one in own if one.fact.stamp < popped.fact.stamp]
    changes = [one for one in before if not isinstance(one.fact, OPENINGS)]
    return sorted(changes, key=lambda one: one.fact.stamp)
