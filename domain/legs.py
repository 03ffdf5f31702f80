"""One master position as copied on one slave, from wanted to closed."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from domain.book import BookOrder, Stamp
from domain.figures import Figures
from domain.ids import (
    JourneyId,
    LegKey,
    Magic,
    MasterSymbol,
    NodeName,
    SlaveIdentifier,
    SlaveSymbol,
    SlaveTicket,
)
from domain.market import Side
from domain.reasons import Reason
from domain.terms import CopyTerms

ZERO = Decimal(0)


class LegState(StrEnum):
    """Where a leg stands. Terminal states never go back to `open`, but for an adopted late fill."""

    OPENING = "opening"
    PENDING = "pending"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"
    MISSED = "missed"
    DENIED = "denied"
    REJECTED = "rejected"
    RELEASED = "released"


LIVE_STATES = frozenset({LegState.OPENING, LegState.PENDING, LegState.OPEN, LegState.CLOSING})


class MasterTarget(msgspec.Struct, frozen=True, kw_only=True):
    """What the master's position is now, as far as we were told. Volume zero: known closed.

    `order`: the order that still waits to become the position, or more of it; while nothing of it
    has filled, the position is not `there`, and the figures are the order's.
    """

    stamp: Stamp
    journey: JourneyId
    volume: Decimal
    initial_volume: Decimal
    sl: Decimal
    tp: Decimal
    order: BookOrder | None = None
    there: bool = True

    @property
    def closed(self) -> bool:
        """The master no longer holds it, and said so."""
        return self.volume == ZERO


class Leg(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything one copy, or one part of a large one, needs to be followed to its end.

    Settings act once: what they decided (symbol, side, magic, volume, terms) is frozen in here.
    `master_volume_copied` is what the master held when we copied it, which may be less than it
    had opened with; zero in journals from before it was kept. `stops_confirmed`: the broker has
    shown the position with its stops since it was opened.
    `copy_volume`: lots of the whole copy of which this is a part, zero where it is all of it;
    `parts_before`: what was asked for by its earlier parts.
    `stops_out`: SL and TP of orders that nobody has answered for, which may be executed yet.
    `trail_sl`: where its own stop has got to by itself. Of an order that waits: `ticket` is our
    own order's, `terms_sent` the master's order as it was when ours was placed or last changed.
    `late_until_ms`: until when an order of ours waits for the price of a position that was not
    opened in time, UTC ms, 0 where none does.
    """

    key: LegKey
    opened_by: Stamp
    journey: JourneyId
    master: NodeName
    master_symbol: MasterSymbol
    symbol: SlaveSymbol
    side: Side
    magic: Magic
    comment: str
    state: LegState
    target: MasterTarget
    wanted_volume: Decimal
    keep_minimum: bool = True
    master_price: Decimal = ZERO
    master_volume_copied: Decimal = ZERO
    reason: Reason = Reason.NONE
    identifier: SlaveIdentifier = SlaveIdentifier(0)
    ticket: SlaveTicket = SlaveTicket(0)
    terms_sent: BookOrder | None = None
    filled_volume: Decimal = ZERO
    volume: Decimal = ZERO
    price_open: Decimal = ZERO
    price_close: Decimal = ZERO
    net: Decimal = ZERO
    sl_sent: Decimal = ZERO
    tp_sent: Decimal = ZERO
    stops_confirmed: bool = True
    answered: Stamp = Stamp(0, 0)
    opened_at_ms: int = 0
    closed_at_ms: int = 0
    opening: Figures | None = None
    closing: Figures | None = None
    terms: CopyTerms = CopyTerms()
    trail_sl: Decimal = ZERO
    stops_out: tuple[tuple[Decimal, Decimal], ...] = ()
    copy_volume: Decimal = ZERO
    parts_before: Decimal = ZERO
    late_until_ms: int = 0

    @property
    def by_order(self) -> bool:
        """It was asked for by an order that waits, not at the market."""
        return self.terms_sent is not None or self.late_until_ms > 0

    @property
    def is_tombstone(self) -> bool:
        """Its close was heard before its open: there never was an order."""
        return self.state is LegState.CLOSED and not self.identifier and not self.magic

    @property
    def never_filled(self) -> bool:
        """Its order was refused, or withdrawn and that proven: its master's fill may be copied."""
        is_of_order = self.terms_sent is not None and self.reason is not Reason.NEVER_ANSWERED
        return is_of_order and not self.live and self.state is not LegState.CLOSED

    @property
    def is_to_end(self) -> bool:
        """Its master's position is closed, an operator wants it closed, or its time is over."""
        return self.target.closed or self.reason in {Reason.OPERATOR_CLOSED, Reason.MAX_HOLD}

    @property
    def live(self) -> bool:
        """A position of it is, or may be, at the broker."""
        return self.state in LIVE_STATES


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """A command written down before it goes to the broker. `outcome` is empty until it is known."""

    intent: str
    leg: LegKey
    kind: str
    volume: Decimal
    volume_before: Decimal = ZERO
    magic: Magic
    stamp: Stamp
    journey: JourneyId
    written_at_ms: int
    outcome: str = ""
    detail: str = ""
    order: int = 0
