"""Two pictures of a master's positions, and what happened between them."""

from collections.abc import Mapping, Sequence

import msgspec

from domain.book import BookPosition
from domain.ids import MasterIdentifier, MasterSymbol, OpeningOrder
from domain.market import Position


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What differs. `absent` is not yet `closed`: that needs evidence from the deals."""

    opened: tuple[Position, ...] = ()
    modified: tuple[BookPosition, ...] = ()
    reduced: tuple[BookPosition, ...] = ()
    absent: tuple[BookPosition, ...] = ()

    @property
    def none(self) -> bool:
        """Nothing differs."""
        return not (self.opened or self.modified or self.reduced or self.absent)


def detect(before: Mapping[int, BookPosition], seen: Sequence[Position]) -> Changes:
    """Compare what we told last, by identifier, with what the terminal shows now."""
    seen_by_identifier = {p.identifier: p for p in seen}
    pairs = [(old, seen_by_identifier[i]) for i, old in before.items() if i in seen_by_identifier]
    return Changes(
        opened=tuple(p for p in seen if p.identifier not in before),
        modified=tuple(with_stops(old, new) for old, new in pairs if _stops_differ(old, new)),
        reduced=tuple(after_change(old, new) for old, new in pairs if new.volume < old.volume),
        absent=tuple(old for i, old in before.items() if i not in seen_by_identifier),
    )


def booked(position: Position) -> BookPosition:
    """A position seen for the first time, as it goes into the book of a hedging account."""
    return BookPosition(
        identifier=MasterIdentifier(position.identifier),
        opening_order=OpeningOrder(position.identifier),
        symbol=MasterSymbol(position.symbol),
        side=position.side,
        volume=position.volume,
        initial_volume=position.volume,
        price_open=position.price_open,
        sl=position.sl,
        tp=position.tp,
        opened_server_ms=position.opened_server_ms,
        magic=position.magic,
        comment=position.comment,
    )


def with_stops(old: BookPosition, new: Position) -> BookPosition:
    """The booked position with the stops that are seen now, and its volume as told before."""
    return msgspec.structs.replace(old, sl=new.sl, tp=new.tp)


def after_change(old: BookPosition, new: Position) -> BookPosition:
    """The booked position as it is seen now, volume and stops."""
    return msgspec.structs.replace(old, volume=new.volume, sl=new.sl, tp=new.tp)


def _stops_differ(old: BookPosition, new: Position) -> bool:
    return old.sl != new.sl or old.tp != new.tp
