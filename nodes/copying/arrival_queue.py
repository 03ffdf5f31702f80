"""What a slave has heard and not dealt with yet, the most urgent first, however much it is."""

from heapq import heappop, heappush
from itertools import count

from domain.book import Stamp
from domain.ids import LegKey
from domain.signals import (
    Fact,
    OrderGone,
    OrderModified,
    OrderPlaced,
    PositionClosed,
    PositionModified,
    PositionOpened,
    PositionReduced,
)
from nodes.inbox import Arrival, SnapshotTaken

#: Closes go first, opens late; a snapshot is compared when the facts it brought are dealt with.
URGENCY: dict[type, int] = {
    PositionClosed: 0,
    OrderGone: 0,
    PositionReduced: 1,
    PositionModified: 2,
    OrderModified: 2,
    PositionOpened: 3,
    OrderPlaced: 3,
}
AFTER_ITS_OPEN = 4
LAST = 5
OPENINGS = PositionOpened | OrderPlaced
CHANGES = PositionReduced | PositionModified | OrderModified
AnyArrival = Arrival | SnapshotTaken


class ArrivalQueue:
    """Of equally urgent arrivals the first comes first; a change waits for its own open."""

    def __init__(self) -> None:
        """Nothing waits."""
        self._numbers = count()
        self._waiting: dict[int, AnyArrival] = {}
        self._of_leg: dict[LegKey, dict[int, Arrival]] = {}
        #: The first open of a leg, where one waits.
        self._opened: dict[LegKey, Stamp] = {}
        #: The rank in force; what stands in the heap with another one is out of date.
        self._ranks: dict[int, int] = {}
        self._heap: list[tuple[int, int]] = []

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._waiting)

    def add(self, arrival: AnyArrival) -> None:
        """At the end of those that are as urgent."""
        number = next(self._numbers)
        self._waiting[number] = arrival
        if isinstance(arrival, SnapshotTaken):
            self._rank(number, LAST)
            return
        self._of_leg.setdefault(arrival.fact.leg_key, {})[number] = arrival
        self._rank_with(number, arrival)

    def pop(self) -> AnyArrival:
        """The most urgent one; IndexError where nothing waits."""
        while True:
            rank, number = heappop(self._heap)
            if self._ranks.get(number) == rank:
                newest = self._newest_like(number)
                if newest != number:
                    heappush(self._heap, (rank, number))
                return self._take(newest)

    def _newest_like(self, number: int) -> int:
        """Changes tell the state that results, so the last one of a kind says it all."""
        arrival = self._waiting[number]
        if isinstance(arrival, SnapshotTaken) or not isinstance(arrival.fact, CHANGES):
            return number
        kind, rank = type(arrival.fact), self._ranks[number]
        alike = (
            (other.fact.stamp, n)
            for n, other in self._of_leg[arrival.fact.leg_key].items()
            if type(other.fact) is kind and self._ranks[n] == rank
        )
        return max(alike)[1]

    def take_overtaken(self, by: Fact) -> list[Arrival]:
        """Earlier changes of the same leg, oldest first."""
        older = [
            number
            for number, arrival in self._of_leg.get(by.leg_key, {}).items()
            if arrival.fact.stamp < by.stamp and not isinstance(arrival.fact, OPENINGS)
        ]
        taken = [arrival for n in older if isinstance(arrival := self._take(n), Arrival)]
        return sorted(taken, key=lambda arrival: arrival.fact.stamp)

    def _take(self, number: int) -> AnyArrival:
        arrival = self._waiting.pop(number)
        del self._ranks[number]
        if isinstance(arrival, Arrival):
            leg = arrival.fact.leg_key
            del self._of_leg[leg][number]
            if isinstance(arrival.fact, OPENINGS):
                self._rank_leg(leg)
            if not self._of_leg[leg]:
                del self._of_leg[leg]
        return arrival

    def _rank_with(self, number: int, arrival: Arrival) -> None:
        """An open that comes changes how urgent its leg's changes are; nothing else does."""
        leg = arrival.fact.leg_key
        if isinstance(arrival.fact, OPENINGS):
            self._rank_leg(leg)
        else:
            self._rank(number, _urgency(arrival.fact, self._opened.get(leg)))

    def _rank_leg(self, leg: LegKey) -> None:
        waiting = self._of_leg[leg]
        opens = [a.fact.stamp for a in waiting.values() if isinstance(a.fact, OPENINGS)]
        self._opened.pop(leg, None)
        if opens:
            self._opened[leg] = min(opens)
        for number, arrival in waiting.items():
            self._rank(number, _urgency(arrival.fact, self._opened.get(leg)))

    def _rank(self, number: int, rank: int) -> None:
        if self._ranks.get(number) != rank:
            self._ranks[number] = rank
            heappush(self._heap, (rank, number))


def _urgency(fact: Fact, opened: Stamp | None) -> int:
    """What changed of an order comes before the position that it became."""
    waits = opened is not None and isinstance(fact, CHANGES) and opened < fact.stamp
    return AFTER_ITS_OPEN if waits else URGENCY[type(fact)]
