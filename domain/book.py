"""Everything a master's account holds, at one (epoch, seq)."""

from decimal import Decimal

import msgspec

from domain.ids import LegKey, MasterIdentifier, MasterSymbol, NodeName, OpeningOrder
from domain.market import Side


class BookPosition(msgspec.Struct, frozen=True, kw_only=True):
    """A master's position, raw. Volumes in lots, zero `sl` or `tp` means none."""

    identifier: MasterIdentifier
    opening_order: OpeningOrder
    symbol: MasterSymbol
    side: Side
    volume: Decimal
    initial_volume: Decimal
    price_open: Decimal
    sl: Decimal
    tp: Decimal
    opened_server_ms: int
    magic: int
    comment: str


class Stamp(msgspec.Struct, frozen=True, order=True):
    """The place of a fact in a master's story. Epochs only grow; seq grows within one."""

    epoch: int
    seq: int


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """A master's positions after the fact `stamp`; speaks only for its own (login, server)."""

    master: NodeName
    login: int
    server: str
    stamp: Stamp
    positions: tuple[BookPosition, ...] = ()

    def leg_key(self, opening_order: OpeningOrder) -> LegKey:
        """The key of the leg that copies the position this order opened."""
        return LegKey(self.login, self.server, opening_order)

    def find(self, opening_order: OpeningOrder) -> BookPosition | None:
        """The position that this order opened, if it is still held."""
        return next((p for p in self.positions if p.opening_order == opening_order), None)
