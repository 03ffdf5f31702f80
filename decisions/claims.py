"""Which of the listed positions belongs to which leg: by its number, else by its mark (law 4)."""

from collections.abc import Sequence

from domain.legs import Intent, Leg
from domain.market import Position


class Claims:
    """The positions of one look at the account, found by identifier and by magic."""

    def __init__(self, positions: Sequence[Position]) -> None:
        """Take in one list."""
        self._by_identifier = {p.identifier: p for p in positions}
        # Of two with one mark the one listed first, so from the end.
        self._by_magic = {p.magic: p for p in reversed(positions) if p.magic}

    def of(self, leg: Leg, intents: Sequence[Intent] = ()) -> Position | None:
        """The leg's position, None where none is listed.

        A broker that renumbers leaves the mark; one that rewrites marks gave an order's number.
        """
        held = self._by_identifier.get(leg.identifier)
        if held is None and leg.magic:
            held = self._by_magic.get(leg.magic)
        orders = (self._by_identifier.get(i.order) for i in intents if i.order)
        return held if held is not None else next((p for p in orders if p is not None), None)
