"""Positions that a master had before it was followed, or that a slave finds to have missed.

Whether they are copied is decided once. Just after a start much is not known yet that will be in a
moment: for so long they wait, behind everything else.
"""

import msgspec

from domain.ids import LegKey
from domain.signals import PositionOpened
from nodes.inbox import Arrival
from utils.clock import Clock

#: After this they are decided as things stand.
PATIENCE_S = 60.0
TRY_AGAIN_S = 0.25


class Existing(msgspec.Struct, frozen=True, kw_only=True):
    """One that waits. `until_s`: monotonic."""

    arrival: Arrival
    fact: PositionOpened
    until_s: float

    @property
    def was_told(self) -> bool:
        """Its master told of it; else it was found in a book, and nobody waits for an answer."""
        return self.fact.seen_at_us > 0


class ExistingPositions:
    """The first that came is the first to be decided."""

    def __init__(self, clock: Clock) -> None:
        """None waits."""
        self._clock = clock
        self._waiting: dict[LegKey, Existing] = {}
        self._next_s = 0.0

    @property
    def is_due(self) -> bool:
        """One may be decided now."""
        return bool(self._waiting) and self._clock.now().monotonic_s >= self._next_s

    def add(self, arrival: Arrival, fact: PositionOpened) -> None:
        """Once each; what its master has told says more than a book."""
        known = self._waiting.get(fact.leg_key)
        if known is not None and (known.was_told or not fact.seen_at_us):
            return
        until_s = self._clock.now().monotonic_s + PATIENCE_S
        self._waiting[fact.leg_key] = Existing(arrival=arrival, fact=fact, until_s=until_s)

    def take(self) -> Existing:
        """The next; it waits no more."""
        return self._waiting.pop(next(iter(self._waiting)))

    def may_wait(self, one: Existing) -> bool:
        """Its patience is not at its end."""
        return self._clock.now().monotonic_s < one.until_s

    def put_back(self, one: Existing) -> None:
        """At the end, so that others have their turn; all of them once in a while."""
        self._waiting[one.fact.leg_key] = one
        pause_s = TRY_AGAIN_S / len(self._waiting)
        self._next_s = self._clock.now().monotonic_s + pause_s
