"""What became of an order nobody could answer for: looked up by its mark until found (law 4)."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from decisions.marking import is_not_anothers
from decisions.netting import net_left, without_rollovers
from domain.legs import Intent
from domain.market import Deal, Side

ZERO = Decimal(0)
#: Longer than the slowest late fill ever logged.
SETTLE_WINDOW_S = 60.0


class Unanswered(msgspec.Struct, frozen=True, kw_only=True):
    """An order whose end nobody knows, and how long it has been looked for.

    Counted on the monotonic clock, in this run of the node: a start begins the window anew.
    """

    intent: Intent
    waited_s: float


class FoundClosed(msgspec.Struct, frozen=True):
    """The open was executed, and its position is closed again, by these deals and others."""

    identifier: int
    price: Decimal
    volume: Decimal
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
    order: Unanswered, side: Side, deals: Sequence[Deal]
) -> FoundIn | FoundClosed | Waiting | Lapsed:
    """Look for an open among the account's deals, by its mark or the broker's order number.

    On a netting account other orders may have brought the position, and may turn it round. What a
    stop closed bears the mark of what it closed, and brought nothing.
    """
    dealt = without_rollovers(deals)
    own = [d for d in dealt if d.side is side and _is_of(order.intent, d.magic, d.order)]
    return _by_the_clock(order) if not own else found_by(own, side, deals)


def found_by(own: Sequence[Deal], side: Side, deals: Sequence[Deal]) -> FoundIn | FoundClosed:
    """What became of the position that these deals of one order brought something to."""
    identifier = own[0].position
    price, volume = own[-1].price, sum((deal.volume for deal in own), ZERO)
    of_position = tuple(d for d in deals if d.position == identifier)
    if net_left(of_position, side) == ZERO:
        return FoundClosed(identifier, price, volume, of_position)
    return FoundIn(identifier, price, volume)


def settle_close(
    order: Unanswered, deals: Sequence[Deal], *, is_shared: bool = False
) -> FoundDone | Waiting | Lapsed:
    """Look for a close among its position's deals; a re-read volume alone proves nothing.

    A reduction found done in part only may still fill: sent again, it would take too much. So would
    any close of a position that is shared: nothing but zero ends it (law 14).
    """
    intent = order.intent
    done = [deal for deal in deals if _is_of(intent, deal.magic, deal.order)]
    volume = sum((deal.volume for deal in done), ZERO)
    by_the_clock = _by_the_clock(order)
    is_reduction = intent.volume < intent.volume_before
    can_take_too_much = is_reduction or is_shared
    may_still_fill = can_take_too_much and volume < intent.volume and by_the_clock == Waiting()
    if not done or may_still_fill:
        return by_the_clock
    return FoundDone(done[-1].price, volume)


def _is_of(intent: Intent, magic: int, order: int) -> bool:
    by_number = order == intent.order != 0 and is_not_anothers(intent.magic, magic)
    return magic == intent.magic or by_number


def _by_the_clock(order: Unanswered) -> Waiting | Lapsed:
    return Lapsed() if order.waited_s > SETTLE_WINDOW_S else Waiting()
