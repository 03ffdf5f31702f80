"""A rollover in its two steps, as brokers do it that close and reopen."""

import msgspec

from domain.market import Position
from domain.mt5_words import DealEntry, Reason
from tests.builders import a_deal
from tests.fakes import FakeDoor


def close_for_the_night(door: FakeDoor, identifier: int) -> Position:
    """The first half; what the position was is returned."""
    position = door.held.pop(identifier)
    _book(door, position, DealEntry.OUT)
    return position


def open_anew(door: FakeDoor, before: Position) -> None:
    """The other half: another ticket, another price, the same identifier."""
    door.held[before.identifier] = msgspec.structs.replace(
        before, ticket=before.ticket + 70_000, price_open=before.price_open + 1
    )
    _book(door, before, DealEntry.IN)


def _book(door: FakeDoor, position: Position, entry: DealEntry) -> None:
    """A deal that no order caused."""
    side = position.side.opposite if entry is DealEntry.OUT else position.side
    door.deals.append(
        a_deal(
            position.identifier,
            ticket=300_000 + len(door.deals),
            order=0,
            symbol=position.symbol,
            side=side,
            volume=position.volume,
            entry=entry,
            reason=int(Reason.ROLLOVER),
            server_ms=door.server_ms(),
        )
    )
    door.hint = True
