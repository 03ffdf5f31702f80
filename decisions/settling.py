"""What became of an order nobody could answer for: looked up by its mark until found (law 4)."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from decisions.evidence import deals_prove_closed
from decisions.netting import net_left
from domain.legs import Intent
from domain.market import Deal, Side

ZERO = Decimal(0)
#: Longer than the slowest late fill ever logged.
SETTLE_WINDOW_MS = 60_000


class FoundClosed(msgspec.Struct, frozen=True):
    """The open was executed, and its position is closed again."""

    identifier: int
    deals: tuple[Deal, ...]


class FoundIn(msgspec.Struct, frozen=True):
    """The open was executed, and is part of a position that is there."""

    identifier: int
    price: Decimal
    volume: Decimal


class FoundDone(msgspec.Struct, frozen=True):
    """The close or reduction was executed, in one deal or several."""

    price: Decimal
    volume: Decimal


class Waiting(msgspec.Struct, frozen=True):
    """Not found yet, and the window is open."""


class Lapsed(msgspec.Struct, frozen=True):
    """Not found in the window. Should it show up later, it is dealt with then."""


def settle_open(
    intent: Intent, deals: Sequence[Deal], now_ms: int
) -> FoundClosed | Waiting | Lapsed:
    """Look for an open that no listed position shows, by its mark or the broker's order number."""
    identifier = next((d.position for d in deals if _is_of(intent, d.magic, d.order)), None)
    if identifier is not None:
        of_position = tuple(d for d in deals if d.position == identifier)
        proven = deals_prove_closed(of_position)
        return FoundClosed(identifier, of_position) if proven else Waiting()
    return _by_the_clock(intent, now_ms)


def settle_open_in_net(
    intent: Intent, side: Side, deals: Sequence[Deal], now_ms: int
) -> FoundIn | FoundClosed | Waiting | Lapsed:
    """The same on a netting account, where a position may be there for other reasons."""
    own = [deal for deal in deals if _is_of(intent, deal.magic, deal.order)]
    if not own:
        return _by_the_clock(intent, now_ms)
    identifier = own[0].position
    of_position = tuple(d for d in deals if d.position == identifier)
    if net_left(of_position, side) == ZERO:
        return FoundClosed(identifier, of_position)
    volume = sum((deal.volume for deal in own), ZERO)
    return FoundIn(identifier, own[-1].price, volume)


def settle_close(
    intent: Intent, deals: Sequence[Deal], now_ms: int
) -> FoundDone | Waiting | Lapsed:
    """Look for a close among its position's deals; a re-read volume alone proves nothing.

    A reduction found done in part only may still fill: sent again, it would take too much.
    """
    done = [deal for deal in deals if _is_of(intent, deal.magic, deal.order)]
    volume = sum((deal.volume for deal in done), ZERO)
    by_the_clock = _by_the_clock(intent, now_ms)
    is_reduction = intent.volume < intent.volume_before
    may_still_fill = is_reduction and volume < intent.volume and by_the_clock == Waiting()
    if not done or may_still_fill:
        return by_the_clock
    return FoundDone(done[-1].price, volume)


def _is_of(intent: Intent, magic: int, order: int) -> bool:
    return magic == intent.magic or order == intent.order != 0


def _by_the_clock(intent: Intent, now_ms: int) -> Waiting | Lapsed:
    lapsed = now_ms - intent.written_at_ms > SETTLE_WINDOW_MS
    return Lapsed() if lapsed else Waiting()
