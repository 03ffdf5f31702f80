"""Two pictures of a master's positions, and what happened between them."""

from collections.abc import Sequence

import msgspec

from decisions.netting import NetLeg
from domain.book import BookPosition
from domain.ids import MasterIdentifier, MasterSymbol, OpeningOrder
from domain.market import Position


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What differs. `absent` is not yet `closed`: that needs evidence from the deals."""

    opened: tuple[BookPosition, ...] = ()
    modified: tuple[BookPosition, ...] = ()
    reduced: tuple[BookPosition, ...] = ()
    absent: tuple[BookPosition, ...] = ()

    @property
    def none(self) -> bool:
        """Nothing differs."""
        return not (self.opened or self.modified or self.reduced or self.absent)


def detect(before: Sequence[BookPosition], seen: Sequence[BookPosition]) -> Changes:
    """Compare what we told last with what the terminal shows now, by what opened it."""
    told = {p.opening_order: p for p in before}
    shown = {p.opening_order: p for p in seen}
    pairs = [(old, shown[order]) for order, old in told.items() if order in shown]
    return Changes(
        opened=tuple(p for p in seen if p.opening_order not in told),
        modified=tuple(with_stops(old, new) for old, new in pairs if _stops_differ(old, new)),
        reduced=tuple(after_change(old, new) for old, new in pairs if new.volume < old.volume),
        absent=tuple(old for order, old in told.items() if order not in shown),
    )


def booked(position: Position) -> BookPosition:
    """A position as it goes into the book of a hedging account."""
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


def booked_leg(position: Position, leg: NetLeg) -> BookPosition:
    """A leg of a netting account's position; SL and TP are the position's."""
    return BookPosition(
        identifier=MasterIdentifier(position.identifier),
        opening_order=OpeningOrder(leg.order),
        symbol=MasterSymbol(position.symbol),
        side=leg.side,
        volume=leg.volume,
        initial_volume=leg.initial_volume,
        price_open=leg.price_open,
        sl=position.sl,
        tp=position.tp,
        opened_server_ms=leg.opened_server_ms,
        magic=leg.magic,
        comment=leg.comment,
    )


def with_stops(old: BookPosition, new: BookPosition) -> BookPosition:
    """The booked position with the stops that are seen now, and its volume as told before."""
    return msgspec.structs.replace(old, sl=new.sl, tp=new.tp)


def after_change(old: BookPosition, new: BookPosition) -> BookPosition:
    """The booked position as it is seen now, volume and stops."""
    return msgspec.structs.replace(old, volume=new.volume, sl=new.sl, tp=new.tp)


def _stops_differ(old: BookPosition, new: BookPosition) -> bool:
    return old.sl != new.sl or old.tp != new.tp
