"""Copies of which nobody can say whether their masters still hold them: whom to ask again, when."""

from domain.ids import LegKey, NodeName
from domain.legs import Leg
from nodes.bookkeeping.legbook import LegBook
from utils.clock import Clock

#: A master that cannot tell yet, its history not being loaded, is asked again so often.
ASK_EVERY_S = 5.0


class Doubts:
    """Asked about at most so often for each master, and never given up."""

    def __init__(self, legs: LegBook, clock: Clock) -> None:
        """Nothing is in doubt; of `legs` only live ones can be."""
        self._book = legs
        self._clock = clock
        self._legs: dict[LegKey, NodeName] = {}
        self._next_ask_s: dict[NodeName, float] = {}

    def doubt(self, leg: Leg) -> None:
        """What its master holds is not known."""
        self._legs[leg.key] = leg.master

    def clear(self, key: LegKey) -> None:
        """Its master has said."""
        self._legs.pop(key, None)

    def answered(self, master: NodeName) -> None:
        """The master has just said all it knows."""
        self._next_ask_s[master] = self._clock.now().monotonic_s + ASK_EVERY_S

    def due(self) -> list[NodeName]:
        """The masters to ask now; each counts as asked."""
        if not self._legs:
            return []
        live = {leg.key for leg in self._book.live()}
        self._legs = {key: master for key, master in self._legs.items() if key in live}
        now_s = self._clock.now().monotonic_s
        masters = sorted(set(self._legs.values()))
        due = [m for m in masters if now_s >= self._next_ask_s.get(m, now_s)]
        for master in due:
            self._next_ask_s[master] = now_s + ASK_EVERY_S
        return due
