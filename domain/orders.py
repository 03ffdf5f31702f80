"""What a slave intends (imperative), or why it does not."""

from decimal import Decimal

import msgspec

from domain.ids import LegKey, Magic, SlaveIdentifier, SlaveSymbol, SlaveTicket
from domain.market import Lifetime, PendingKind, Side
from domain.reasons import Reason
from domain.terms import CopyTerms


class OpenPosition(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Open a copy at the market. `price` is what we saw; `deviation_points` what may be added.

    `copy_volume`: of the whole copy, where this is a part of it; zero where it is all of it.
    `note`: what made it another size than the account's way of sizing gave, `stops_note`: what
    moved its stops, empty for nothing.
    """

    leg: LegKey
    symbol: SlaveSymbol
    side: Side
    volume: Decimal
    price: Decimal
    sl: Decimal
    tp: Decimal
    deviation_points: int
    filling: int
    magic: Magic
    comment: str
    terms: CopyTerms = CopyTerms()
    copy_volume: Decimal = Decimal(0)
    note: str = ""
    stops_note: str = ""


class ModifyPosition(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Set SL and TP of a copy; zero removes. `note`: why they are not where they should be."""

    leg: LegKey
    identifier: SlaveIdentifier
    symbol: SlaveSymbol
    sl: Decimal
    tp: Decimal
    note: str = ""


class ClosePosition(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Close `volume` lots of a copy whose side is `side`; `whole` when nothing shall stay.

    `more`: as much again is due, but the broker takes no larger order.
    """

    leg: LegKey
    identifier: SlaveIdentifier
    symbol: SlaveSymbol
    side: Side
    volume: Decimal
    whole: bool
    filling: int
    magic: Magic
    comment: str
    more: bool = False


PositionCommand = OpenPosition | ModifyPosition | ClosePosition


class PlaceOrder(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Place an order that waits for its price; zero `stop_limit_price`, `sl` or `tp` means none.

    `note`, `stops_note`: as of OpenPosition. `late_until_ms`: UTC ms until which it waits for the
    price of a position that is there already, 0 where the master's order waits as well.
    """

    leg: LegKey
    symbol: SlaveSymbol
    kind: PendingKind
    volume: Decimal
    price: Decimal
    stop_limit_price: Decimal
    sl: Decimal
    tp: Decimal
    lifetime: Lifetime
    filling: int
    magic: Magic
    comment: str
    terms: CopyTerms = CopyTerms()
    note: str = ""
    stops_note: str = ""
    late_until_ms: int = 0


class ModifyOrder(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Give a waiting order these prices, stops and lifetime, all at once; zero removes."""

    leg: LegKey
    ticket: SlaveTicket
    symbol: SlaveSymbol
    price: Decimal
    stop_limit_price: Decimal
    sl: Decimal
    tp: Decimal
    lifetime: Lifetime


class CancelOrder(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Withdraw what still waits of an order."""

    leg: LegKey
    ticket: SlaveTicket
    symbol: SlaveSymbol


PendingCommand = PlaceOrder | ModifyOrder | CancelOrder
Command = PositionCommand | PendingCommand


class Denied(msgspec.Struct, frozen=True):
    """We refuse, and say why."""

    reason: Reason
    detail: str = ""


class Nothing(msgspec.Struct, frozen=True):
    """There is nothing to send, and this is why."""

    reason: Reason
    detail: str = ""
