"""What a netting account's deals tell: its legs, and which volume is nobody's (law 14).

On a netting account a symbol has one position. A leg is what one order brought to it: the order
that opened it, added to it, or crossed zero. What takes volume off, takes it off all legs in
proportion. On a hedging account the same reading gives the one leg that there is.
"""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal

import msgspec

from domain.market import Deal, Side
from domain.mt5_words import Reason

ZERO = Decimal(0)


class NetLeg(msgspec.Struct, frozen=True, kw_only=True):
    """What one order brought, and how much of it is left. `price`: of its last deal so far."""

    order: int
    side: Side
    volume: Decimal
    initial_volume: Decimal
    price_open: Decimal
    price: Decimal
    opened_server_ms: int
    magic: int
    comment: str


class NetStory(msgspec.Struct, frozen=True, kw_only=True):
    """A position's legs, oldest first: those that hold, and those that have ended.

    `orders` made all its deals; one that only took volume off brought no leg. `deals`: their
    tickets, of all that were read.
    """

    held: tuple[NetLeg, ...] = ()
    ended: tuple[NetLeg, ...] = ()
    orders: frozenset[int] = frozenset()
    deals: frozenset[int] = frozenset()

    @property
    def signed_volume(self) -> Decimal:
        """What the position must be by these deals: lots, positive for a buy."""
        return sum((signed(leg.side, leg.volume) for leg in self.held), ZERO)

    def holds(self, order: int) -> bool:
        """Whether something of what this order brought is left."""
        return any(leg.order == order for leg in self.held)

    def ending_of(self, order: int) -> NetLeg | None:
        """The leg of this order, if it has ended."""
        return next((leg for leg in self.ended if leg.order == order), None)


def signed(side: Side, volume: Decimal) -> Decimal:
    """Lots, positive for a buy."""
    return volume if side is Side.BUY else -volume


def net_left(deals: Sequence[Deal], side: Side) -> Decimal:
    """Lots that a position's deals leave in this direction; zero where it went to the other."""
    net = sum((deal.signed_volume for deal in without_rollovers(deals)), ZERO)
    return max(signed(side, net), ZERO)


def lots_brought(deals: Sequence[Deal], side: Side) -> Decimal:
    """Lots that all of these deals together brought in this direction."""
    return sum((deal.volume for deal in without_rollovers(deals) if deal.side is side), ZERO)


def net_story(deals: Sequence[Deal], step: Decimal) -> NetStory:
    """Read a position's deals, all of them, in the order they were made; `step` in lots."""
    story = NetStory()
    made = without_rollovers(deals)
    for deal in sorted(made, key=lambda deal: deal.ticket):
        story = _after(story, deal, step)
    return msgspec.structs.replace(
        story,
        orders=frozenset(deal.order for deal in made),
        deals=frozenset(deal.ticket for deal in made),
    )


def without_rollovers(deals: Sequence[Deal]) -> list[Deal]:
    """A rollover may close a position and open it anew, in two deals: it stays what it was."""
    return [deal for deal in deals if deal.reason != Reason.ROLLOVER]


def _after(story: NetStory, deal: Deal, step: Decimal) -> NetStory:
    net = story.signed_volume
    if net == ZERO or (net > ZERO) is (deal.side is Side.BUY):
        return _grown(story, deal, deal.volume)
    left = abs(net) - deal.volume
    if left >= ZERO:
        return _reduced(story, left, deal, step)
    return _grown(_reduced(story, ZERO, deal, step), deal, -left)


def _grown(story: NetStory, deal: Deal, volume: Decimal) -> NetStory:
    """A later part of the same order belongs to the same leg, whatever came in between."""
    if story.holds(deal.order):
        legs = (
            _filled_further(leg, volume) if leg.order == deal.order else leg for leg in story.held
        )
        return msgspec.structs.replace(story, held=tuple(legs))
    leg = NetLeg(
        order=deal.order,
        side=deal.side,
        volume=volume,
        initial_volume=volume,
        price_open=deal.price,
        price=deal.price,
        opened_server_ms=deal.server_ms,
        magic=deal.magic,
        comment=deal.comment,
    )
    return msgspec.structs.replace(story, held=(*story.held, leg))


def _filled_further(leg: NetLeg, volume: Decimal) -> NetLeg:
    initial = leg.initial_volume + volume
    return msgspec.structs.replace(leg, volume=leg.volume + volume, initial_volume=initial)


def _reduced(story: NetStory, left: Decimal, deal: Deal, step: Decimal) -> NetStory:
    volumes = shared_out([leg.volume for leg in story.held], left, step)
    legs = [
        msgspec.structs.replace(leg, volume=volume, price=deal.price)
        for leg, volume in zip(story.held, volumes, strict=True)
    ]
    held = tuple(leg for leg in legs if leg.volume > ZERO)
    ended = tuple(leg for leg in legs if leg.volume == ZERO)
    return NetStory(held=held, ended=(*story.ended, *ended))


def shared_out(volumes: Sequence[Decimal], left: Decimal, step: Decimal) -> list[Decimal]:
    """What each keeps of `left` lots, in proportion and in whole steps; it adds up exactly.

    Steps that proportion cannot give go to those who lose most by rounding, of equals the oldest.
    """
    total = sum(volumes, ZERO)
    if left == ZERO:
        return [ZERO] * len(volumes)
    shares = [(v * left / total / step).to_integral_value(ROUND_FLOOR) * step for v in volumes]
    # Multiplied, as a quotient is cut after some digits, and equals would not be equal.
    losers = sorted(range(len(volumes)), key=lambda i: shares[i] * total - volumes[i] * left)
    for loser in losers:
        missing = left - sum(shares, ZERO)
        shares[loser] += min(step, missing, volumes[loser] - shares[loser])
    return shares
