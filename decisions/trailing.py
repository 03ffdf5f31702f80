"""A copy's own stop on the way with the price: break-even and trailing, which only ever tighten."""

from decimal import Decimal

from domain.legs import Leg
from domain.market import Quote, Side

ZERO = Decimal(0)


def trailed(leg: Leg, quote: Quote) -> Decimal:
    """Where the copy's own stop belongs by this price; zero while it has none.

    It never goes back, and follows in steps, so that a broker is not asked at every tick.
    """
    terms, up = leg.terms, 1 if leg.side is Side.BUY else -1
    price = quote.exit(leg.side)
    gain = (price - leg.price_open) * up
    best = leg.trail_sl
    if terms.break_even_at and gain >= terms.break_even_at:
        best = tighter(leg.side, best, leg.price_open + up * terms.break_even_lock)
    if terms.trail_distance and gain >= terms.trail_from:
        level = price - up * terms.trail_distance
        if best == ZERO or (level - best) * up >= terms.trail_step:
            best = tighter(leg.side, best, level)
    return best


def tighter(side: Side, one: Decimal, other: Decimal) -> Decimal:
    """Of two stops the one that is nearer to the price; zero is none."""
    if ZERO in {one, other}:
        return max(one, other)
    return max(one, other) if side is Side.BUY else min(one, other)
