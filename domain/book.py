"""Everything a master's account holds, at one (epoch, seq)."""

from decimal import Decimal

import msgspec

from domain.ids import LegKey, MasterIdentifier, MasterSymbol, NodeName, OpeningOrder
from domain.market import PendingKind, Side


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


class BookOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order of a master's that waits for its price, raw. Its ticket is what opens its position.

    `volume` is what is left of `initial_volume`, lots; zero `stop_limit_price`, `sl` or `tp` means
    none. `time_in_force` is MetaTrader's number, `lasts_ms` runs from its placing to its expiry, on
    whatever clock, and is 0 where none is specified.
    """

    opening_order: OpeningOrder
    symbol: MasterSymbol
    kind: PendingKind
    volume: Decimal
    initial_volume: Decimal
    price: Decimal
    stop_limit_price: Decimal
    sl: Decimal
    tp: Decimal
    time_in_force: int
    lasts_ms: int
    placed_server_ms: int
    magic: int
    comment: str

    @property
    def side(self) -> Side:
        """The direction of the position it becomes."""
        return self.kind.side

    @property
    def terms(self) -> tuple[Decimal | int, ...]:
        """What can be changed of an order that waits."""
        return (self.price, self.stop_limit_price, self.sl, self.tp, *self.lifetime)

    @property
    def lifetime(self) -> tuple[int, int]:
        """How long it waits, as far as that is told."""
        return self.time_in_force, self.lasts_ms


class Stamp(msgspec.Struct, frozen=True, order=True):
    """The place of a fact in a master's story. Epochs only grow; seq grows within one."""

    epoch: int
    seq: int


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """What a master holds after the fact `stamp`; speaks only for its own (login, server)."""

    master: NodeName
    login: int
    server: str
    stamp: Stamp
    positions: tuple[BookPosition, ...] = ()
    orders: tuple[BookOrder, ...] = ()

    def leg_key(self, opening_order: OpeningOrder) -> LegKey:
        """The key of the leg that copies the position this order opened."""
        return LegKey(self.login, self.server, opening_order)

    def find(self, opening_order: OpeningOrder) -> BookPosition | None:
        """The position that this order opened, if it is still held."""
        return next((p for p in self.positions if p.opening_order == opening_order), None)

    def find_order(self, ticket: OpeningOrder) -> BookOrder | None:
        """The order of this ticket, if it still waits."""
        return next((o for o in self.orders if o.opening_order == ticket), None)
