"""How far each master's story has been dealt with, when urgent events overtake others."""

from collections.abc import Callable
from heapq import heappop, heappush

import msgspec

from domain.book import Stamp
from domain.ids import NodeName
from domain.records import Cursor

NOWHERE = Stamp(0, 0)


class _Place(msgspec.Struct, kw_only=True):
    reached: Stamp
    waiting: set[Stamp] = msgspec.field(default_factory=set)
    early: set[Stamp] = msgspec.field(default_factory=set)
    #: A heap of all that ever waited, of which what is done leaves when it comes to the top.
    heap: list[Stamp] = msgspec.field(default_factory=list)

    def first(self) -> Stamp | None:
        """The oldest that waits."""
        while self.heap and self.heap[0] not in self.waiting and self.heap[0] not in self.early:
            heappop(self.heap)
        return self.heap[0] if self.heap else None


class Progress:
    """The cursor never passes an event that still waits, so that a restart hears of it again."""

    def __init__(self, journaled: Callable[[str], Stamp | None]) -> None:
        """Go on where the journal says; a place is never written lower than it was."""
        self._journaled = journaled
        self._places: dict[NodeName, _Place] = {}

    def expect(self, master: NodeName, stamp: Stamp) -> None:
        """This event is going to be dealt with."""
        place = self._place(master)
        place.waiting.add(stamp)
        heappush(place.heap, stamp)

    def expect_early(self, master: NodeName, stamp: Stamp) -> None:
        """The same of one that overtook a gap: what is missing before it is still to be heard."""
        place = self._place(master)
        place.early.add(stamp)
        heappush(place.heap, stamp)

    def done(self, master: NodeName, stamp: Stamp) -> bool:
        """It has been. One that was not expected in its turn moves nothing forward: false."""
        place = self._place(master)
        place.early.discard(stamp)
        if stamp not in place.waiting:
            return False
        place.waiting.discard(stamp)
        place.reached = max(place.reached, stamp)
        return True

    def reached(self, master: NodeName, stamp: Stamp) -> None:
        """Everything up to here is known, by a snapshot."""
        place = self._place(master)
        place.reached = max(place.reached, stamp)

    def cursor(self, master: NodeName) -> Cursor:
        """The newest stamp before which nothing waits."""
        place = self._place(master)
        stamp, first = place.reached, place.first()
        if first is not None:
            stamp = min(stamp, Stamp(first.epoch, first.seq - 1))
        return Cursor(master=master, stamp=stamp)

    def _place(self, master: NodeName) -> _Place:
        if master not in self._places:
            self._places[master] = _Place(reached=self._journaled(master) or NOWHERE)
        return self._places[master]
