"""How far each master's story has been dealt with, when urgent events overtake others."""

import msgspec

from domain.book import Stamp
from domain.ids import NodeName
from domain.records import Cursor


class _Place(msgspec.Struct, kw_only=True):
    reached: Stamp = Stamp(0, 0)
    waiting: set[Stamp] = msgspec.field(default_factory=set)


class Progress:
    """The cursor never passes an event that still waits, so that a restart hears of it again."""

    def __init__(self) -> None:
        """Nothing has been heard."""
        self._places: dict[NodeName, _Place] = {}

    def expect(self, master: NodeName, stamp: Stamp) -> None:
        """This event is going to be dealt with."""
        self._place(master).waiting.add(stamp)

    def done(self, master: NodeName, stamp: Stamp) -> None:
        """It has been. One that was never expected (it overtook a gap) moves nothing."""
        place = self._place(master)
        if stamp in place.waiting:
            place.waiting.discard(stamp)
            place.reached = max(place.reached, stamp)

    def reached(self, master: NodeName, stamp: Stamp) -> None:
        """Everything up to here is known, by a snapshot."""
        place = self._place(master)
        place.reached = max(place.reached, stamp)

    def cursor(self, master: NodeName) -> Cursor:
        """The newest stamp before which nothing waits."""
        place = self._place(master)
        stamp = place.reached
        if place.waiting:
            first = min(place.waiting)
            stamp = min(stamp, Stamp(first.epoch, first.seq - 1))
        return Cursor(master=master, stamp=stamp)

    def _place(self, master: NodeName) -> _Place:
        return self._places.setdefault(master, _Place())
