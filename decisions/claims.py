"""Which of the listed positions belongs to which leg: by its number, else by its mark (law 4)."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Protocol

import msgspec

from decisions.marking import is_not_anothers
from decisions.netting import signed
from decisions.repairs import Share
from decisions.stops import stops_of
from domain.legs import Intent, Leg, LegState
from domain.market import Position, Side

ZERO = Decimal(0)


class Claims(Protocol):
    """The positions of one look at the account, as its legs have them."""

    def of(self, leg: Leg, intents: Sequence[Intent] = ()) -> Position | None:
        """The leg's position, None where none is listed."""
        ...

    def share(self, leg: Leg) -> Share | None:
        """How the leg stands in a position that it shares; None where it shares none."""
        ...


class SymbolUse(msgspec.Struct, frozen=True, kw_only=True):
    """What is on a symbol of a netting account: foreign lots, and whose copies (login, server)."""

    foreign: Decimal | None
    masters: frozenset[tuple[int, str]] = frozenset()
    sides: frozenset[Side] = frozenset()


class HedgingClaims:
    """Every leg has a position of its own."""

    def __init__(self, positions: Sequence[Position]) -> None:
        """Take in one list."""
        self._by_identifier = {p.identifier: p for p in positions}
        # Of two with one mark the one listed first, so from the end.
        self._by_magic = {p.magic: p for p in reversed(positions) if p.magic}

    def of(self, leg: Leg, intents: Sequence[Intent] = ()) -> Position | None:
        """A broker that renumbers leaves the mark; one that rewrites it gave an order's number."""
        held = self._by_identifier.get(leg.identifier)
        if held is None and leg.magic:
            held = self._by_magic.get(leg.magic)
        return held if held is not None else self._by_number(leg, intents)

    def _by_number(self, leg: Leg, intents: Sequence[Intent]) -> Position | None:
        """One position is claimed by one intent: a number counts only without another's mark."""
        found = (self._by_identifier.get(i.order) for i in intents if i.order)
        return next((p for p in found if p is not None and _bears(p, leg)), None)

    def share(self, _: Leg) -> Share | None:
        """It shares nothing."""
        return None


class NettingClaims:
    """A symbol has one position, which its legs share; what they do not explain is foreign.

    `unsettled`: legs with an order whose end is not known, so that nobody can say what is foreign.
    """

    def __init__(
        self, positions: Sequence[Position], live: Iterable[Leg], unsettled: frozenset[str]
    ) -> None:
        """Take in one list, the live legs, and the symbols whose volume is in doubt."""
        self._by_symbol = {p.symbol: p for p in positions}
        self._unsettled = unsettled
        self._sharers: dict[str, list[Leg]] = {}
        for leg in live:
            if leg.state is LegState.OPEN:
                self._sharers.setdefault(leg.symbol, []).append(leg)

    def of(self, leg: Leg, _: Sequence[Intent] = ()) -> Position | None:
        """Never more than is left in the leg's direction, so that no close crosses zero."""
        position = self._by_symbol.get(leg.symbol)
        if position is None or leg.state is not LegState.OPEN or position.side is not leg.side:
            return None
        is_its_own = position.identifier == leg.identifier
        if not is_its_own and (leg.identifier or self.foreign(leg.symbol) != ZERO):
            return None
        return msgspec.structs.replace(position, volume=min(leg.volume, position.volume))

    def share(self, leg: Leg) -> Share:
        """The oldest leg keeps the position's stops: those furthest from the market of all."""
        sharers = self._sharers.get(leg.symbol) or [leg]
        wanted = [stops_of(one) for one in sharers]
        keeper = min(sharers, key=lambda one: (one.opened_at_ms, one.key))
        return Share(
            foreign=self.foreign(leg.symbol),
            keeps_stops=keeper.key == leg.key,
            sl=_furthest(leg.side, [stops.sl for stops in wanted]),
            tp=_furthest(leg.side.opposite, [stops.tp for stops in wanted]),
        )

    def foreign(self, symbol: str) -> Decimal | None:
        """Lots on a symbol that no leg explains, buys positive; None where it cannot be said."""
        if symbol in self._unsettled:
            return None
        position = self._by_symbol.get(symbol)
        listed = ZERO if position is None else signed(position.side, position.volume)
        ours = (signed(leg.side, leg.volume) for leg in self._sharers.get(symbol, []))
        return listed - sum(ours, ZERO)

    def use_of(self, symbol: str) -> SymbolUse:
        """Who is on a symbol."""
        sharers = self._sharers.get(symbol, [])
        return SymbolUse(
            foreign=self.foreign(symbol),
            masters=frozenset((g.key.master_login, g.key.master_server) for g in sharers),
            sides=frozenset(leg.side for leg in sharers),
        )

    def unexplained(self) -> frozenset[str]:
        """Every symbol on which something foreign is listed."""
        return frozenset(symbol for symbol in self._by_symbol if self.foreign(symbol))

    def foreign_by_symbol(self) -> dict[str, Decimal]:
        """Where legs and position do not agree."""
        found = {symbol: self.foreign(symbol) for symbol in self._sharers}
        return {symbol: lots for symbol, lots in found.items() if lots}


def _bears(position: Position, leg: Leg) -> bool:
    return is_not_anothers(leg.magic, position.magic)


def _furthest(side: Side, levels: Sequence[Decimal]) -> Decimal:
    """The level that a falling (for SELL: rising) price reaches last; none if a leg has none."""
    if not all(levels):
        return ZERO
    return min(levels) if side is Side.BUY else max(levels)
