"""All legs of a slave, in memory as they stand in its journal."""

from collections.abc import Iterable
from decimal import Decimal

from decisions.parts import Begun
from domain.ids import LegKey, NodeName, OpeningOrder, SlaveSymbol
from domain.legs import Leg, LegState
from domain.market import Position
from domain.reasons import Reason

ZERO = Decimal(0)


class LegBook:
    """Every leg there ever was, and which of them are live."""

    def __init__(self, legs: Iterable[Leg]) -> None:
        """Start from what the journal knows."""
        self._legs = {leg.key: leg for leg in legs}
        self._live = {key for key, leg in self._legs.items() if leg.live}
        self._given_up = {key for key, leg in self._legs.items() if _is_given_up(leg)}
        #: Further parts of copies that were too large for one order, by the key of the first.
        self._further: dict[LegKey, set[LegKey]] = {}
        for key in self._legs:
            self._note_part(key)
        self._by_magic: dict[int, LegKey] = {
            leg.magic: key for key, leg in self._legs.items() if leg.magic
        }

    def find(self, key: LegKey) -> Leg | None:
        """The leg of this key."""
        return self._legs.get(key)

    def parts_of(self, key: LegKey) -> list[Leg]:
        """All parts of the copy that this leg is or belongs to, in their order; mostly one."""
        keys = sorted({key.first, *self._further.get(key.first, ())})
        return [self._legs[one] for one in keys if one in self._legs]

    def is_live(self, key: LegKey) -> bool:
        """A position of this leg is, or may be, at the broker."""
        return key in self._live

    def put(self, leg: Leg) -> None:
        """Take in a leg's new state."""
        self._legs[leg.key] = leg
        self._note_part(leg.key)
        if leg.magic:
            self._by_magic[leg.magic] = leg.key
        (self._live.add if leg.live else self._live.discard)(leg.key)
        (self._given_up.add if _is_given_up(leg) else self._given_up.discard)(leg.key)

    def _note_part(self, key: LegKey) -> None:
        if key.part:
            self._further.setdefault(key.first, set()).add(key)

    def interrupted(self) -> list[list[Leg]]:
        """The parts of each live copy of which some were never asked for."""
        parts = [self.parts_of(key) for key in {leg.key.first for leg in self.live()}]
        return [own for own in parts if Begun.of(own) is not None]

    def live(self) -> list[Leg]:
        """Legs with a position at the broker, or perhaps one."""
        return [self._legs[key] for key in sorted(self._live)]

    def given_up(self) -> list[Leg]:
        """Legs whose open was sent and never found."""
        return [self._legs[key] for key in sorted(self._given_up)]

    def live_count(self) -> int:
        """How many there are."""
        return len(self._live)

    def lots_by_symbol(self) -> dict[str, list[Decimal]]:
        """What each live copy has, or asked for where that is not known yet, by its symbol."""
        found: dict[str, list[Decimal]] = {}
        for leg in self.live():
            lots = leg.volume if leg.state is LegState.OPEN else leg.wanted_volume
            found.setdefault(leg.symbol, []).append(lots)
        return found

    def copies_beside(self, key: LegKey) -> dict[LegKey, SlaveSymbol]:
        """The symbols of all live copies but this one, each once in however many parts it is."""
        return {leg.key.first: leg.symbol for leg in self.live() if leg.key.first != key.first}

    def opened_since(self, at_ms: int, besides: LegKey) -> int:
        """How many other copies were sent since then, UTC ms, as far as they were not refused."""
        lately = (g for g in self._legs.values() if g.opened_at_ms >= at_ms and _was_sent(g))
        return len({leg.key.first for leg in lately} - {besides.first})

    def live_of(self, master: NodeName) -> list[Leg]:
        """The live legs that copy this master."""
        return [leg for leg in self.live() if leg.master == master]

    def orders_by_master(self) -> dict[NodeName, tuple[OpeningOrder, ...]]:
        """The opening orders of all live legs, for a snapshot request."""
        orders: dict[NodeName, dict[OpeningOrder, None]] = {}
        for leg in self.live():
            orders.setdefault(leg.master, {})[leg.key.opening_order] = None
        return {master: tuple(found) for master, found in orders.items()}

    def closed_without_result(self, since_ms: int) -> list[Leg]:
        """Legs closed since then whose deals have not been reckoned, as far as one can see."""
        return [
            leg
            for leg in self._legs.values()
            if leg.state is LegState.CLOSED and leg.closed_at_ms >= since_ms and not leg.net
        ]

    def filled_in(self, identifier: int) -> Decimal:
        """Lots that all legs together brought into a position."""
        return sum(
            (g.filled_volume for g in self._legs.values() if g.identifier == identifier), ZERO
        )

    def magic_is_taken(self, magic: int, by_other_than: LegKey) -> bool:
        """An unclosed leg other than this one carries the mark."""
        key = self._by_magic.get(magic)
        return key is not None and key != by_other_than and key in self._live

    def has_mark(self, magic: int) -> bool:
        """Some leg carries it."""
        return magic in self._by_magic

    def of_mark(self, magic: int) -> Leg | None:
        """The leg that carries it."""
        key = self._by_magic.get(magic)
        return None if key is None else self._legs[key]

    def owner_of(self, position: Position) -> Leg | None:
        """The leg this position belongs to: by identifier, else by its mark."""
        marked = self.of_mark(position.magic)
        if marked is not None:
            return marked
        return next((g for g in self.live() if g.identifier == position.identifier), None)


def _was_sent(leg: Leg) -> bool:
    return leg.live or bool(leg.filled_volume) or _is_given_up(leg)


def _is_given_up(leg: Leg) -> bool:
    return leg.state is LegState.MISSED and leg.reason is Reason.NEVER_ANSWERED
