"""What a master's terminal lists, as it goes into the book: one leg for each order that opened."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from decisions.detecting import booked, booked_leg, with_stops
from decisions.netting import NetStory, net_story, signed
from domain.book import Book, BookPosition
from domain.market import Position, SymbolSpec, Unknowable
from nodes.ports import TerminalDoor
from utils.clock import Now

#: A volume that was taken off and put back between two looks shows in the deals only.
READ_AGAIN_S = 1.0
#: Records come late; what they do not show after so long they are not going to show.
RECORDS_LATE_S = 60.0

Legs = tuple[BookPosition, ...]


class _Read(NamedTuple):
    shown: Position
    legs: Legs
    at_s: float


class BookReader:
    """On a hedging account a position is a leg; on a netting account its deals tell the legs."""

    def __init__(self, door: TerminalDoor) -> None:
        """Deals are asked through `door`, and only on netting accounts."""
        self._door = door
        self._read: dict[int, _Read] = {}
        self.is_netting = False

    def read(self, positions: Sequence[Position], book: Book, now: Now) -> Legs:
        """The legs of all positions. What cannot be read is as the book has it."""
        if not self.is_netting:
            return tuple(booked(position) for position in positions)
        listed = {position.identifier for position in positions}
        self._read = {i: read for i, read in self._read.items() if i in listed}
        return tuple(leg for p in positions for leg in self._legs(p, book, now.monotonic_s))

    def story(self, identifier: int, symbol: str) -> NetStory | None:
        """What became of each leg of a position; None where nobody can say."""
        deals = self._door.deals_of(identifier)
        spec = self._door.spec(symbol)
        if isinstance(deals, Unknowable) or not isinstance(spec, SymbolSpec):
            return None
        return net_story(deals, spec.volume_step)

    def _legs(self, position: Position, book: Book, now_s: float) -> Legs:
        before = self._read.get(position.identifier)
        if before is not None and _is_same(before, position) and now_s - before.at_s < READ_AGAIN_S:
            return tuple(_with_stops_of(position, leg) for leg in before.legs)
        story = self.story(position.identifier, position.symbol)
        if story is None or story.signed_volume != signed(position.side, position.volume):
            # The deal that explains the list does not show yet.
            return tuple(p for p in book.positions if p.identifier == position.identifier)
        legs = tuple(booked_leg(position, leg) for leg in story.held)
        self._read[position.identifier] = _Read(position, legs, now_s)
        return legs


def _is_same(before: _Read, position: Position) -> bool:
    shown = before.shown
    return (shown.side, shown.volume, shown.price_open) == (
        position.side,
        position.volume,
        position.price_open,
    )


def _with_stops_of(position: Position, leg: BookPosition) -> BookPosition:
    return with_stops(leg, msgspec.structs.replace(leg, sl=position.sl, tp=position.tp))
