"""What a slave intends (imperative), or why it does not."""

from decimal import Decimal

import msgspec

from domain.ids import LegKey, Magic, SlaveIdentifier, SlaveSymbol
from domain.market import Side
from domain.reasons import Reason


class OpenPosition(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Open a copy at the market. `price` is what we saw; `deviation_points` what may be added."""

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


class ModifyPosition(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Set SL and TP of a copy; zero removes."""

    leg: LegKey
    identifier: SlaveIdentifier
    symbol: SlaveSymbol
    sl: Decimal
    tp: Decimal


class ClosePosition(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Close `volume` lots of a copy whose side is `side`; `whole` when nothing shall stay."""

    leg: LegKey
    identifier: SlaveIdentifier
    symbol: SlaveSymbol
    side: Side
    volume: Decimal
    whole: bool
    filling: int
    magic: Magic
    comment: str


Command = OpenPosition | ModifyPosition | ClosePosition


class Denied(msgspec.Struct, frozen=True):
    """We refuse, and say why."""

    reason: Reason
    detail: str = ""


class Nothing(msgspec.Struct, frozen=True):
    """There is nothing to send, and this is why."""

    reason: Reason
    detail: str = ""
