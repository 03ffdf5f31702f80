"""Names and numbers that must not be mixed up: each has a type of its own."""

from typing import NewType

import msgspec

NodeName = NewType("NodeName", str)
"""An account's `name` in its document; also the name of the node that runs it."""

MasterSymbol = NewType("MasterSymbol", str)
SlaveSymbol = NewType("SlaveSymbol", str)

OpeningOrder = NewType("OpeningOrder", int)
"""The order that opened a master position. On a hedging account it equals the identifier."""

MasterIdentifier = NewType("MasterIdentifier", int)
SlaveIdentifier = NewType("SlaveIdentifier", int)
"""MetaTrader's position identifier: unlike the ticket it never changes."""

SlaveTicket = NewType("SlaveTicket", int)
"""The number of an order that waits; on a hedging account its position has it as identifier."""

Magic = NewType("Magic", int)
JourneyId = NewType("JourneyId", str)
"""Ties one master event to every verdict, order and fill it caused."""


class LegKey(msgspec.Struct, frozen=True, order=True):
    """One master position as it is copied: which account it lives on, and what opened it.

    `part`: of a copy that is too large for one order; 0 is the first, and mostly all of it.
    """

    master_login: int
    master_server: str
    opening_order: OpeningOrder
    part: int = 0

    @property
    def first(self) -> "LegKey":
        """The first part of the same copy: the key by which its master's facts name it."""
        if self.part == 0:
            return self
        return LegKey(self.master_login, self.master_server, self.opening_order)

    @property
    def text(self) -> str:
        """The key as one line, as it stands in `trades` and in the journal."""
        return f"{self.master_login}@{self.master_server}#{self.opening_order}.{self.part}"
