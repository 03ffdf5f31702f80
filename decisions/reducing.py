"""How much of a copy stays after its master has reduced."""

from decimal import Decimal

import msgspec

from decisions.rounding import floor_to_step
from domain.legs import Leg
from domain.market import SymbolSpec

ZERO = Decimal(0)


def volume_after_reduction(leg: Leg, held: Decimal, spec: SymbolSpec) -> Decimal:
    """What should be left: the ratio of the master's volumes against what was filled (law 2).

    Never more than is held, and never below the minimum volume while the master still holds some,
    unless the leg was opened under `partial_below_min: close`.
    """
    if leg.target.closed:
        return ZERO
    wanted = _whole_steps_due(leg, spec.volume_step)
    if wanted < spec.volume_min:
        wanted = spec.volume_min if leg.keep_minimum else ZERO
    return min(wanted, held)


def _whole_steps_due(leg: Leg, step: Decimal) -> Decimal:
    """Of a copy in parts rounded once for all of them: together they leave what one would.

    The share of a part is not always smaller after a further reduction, and what was taken off is
    never put back: so after several of them a part may have less than its share.
    """
    before = leg.parts_before
    if before == ZERO:
        return floor_to_step(_exactly_due(leg), step)
    upto = msgspec.structs.replace(leg, filled_volume=before + leg.filled_volume)
    earlier = msgspec.structs.replace(leg, filled_volume=before)
    return floor_to_step(_exactly_due(upto), step) - floor_to_step(_exactly_due(earlier), step)


def _exactly_due(leg: Leg) -> Decimal:
    target = leg.target
    copied = leg.master_volume_copied or target.initial_volume
    if leg.terms_sent is None or not leg.wanted_volume:
        return leg.filled_volume * target.volume / copied
    return _due_of_an_order(leg, copied)


def _due_of_an_order(leg: Leg, copied: Decimal) -> Decimal:
    """A copy's order may fill sooner than the master's, all of it or more of it.

    What it is ahead is held until that order leaves the book (law 15); reductions take from the
    rest.
    """
    target, wanted, filled = leg.target, leg.wanted_volume, leg.filled_volume
    if not target.there:
        return filled
    # Times `copied`, as a quotient would be cut after some digits.
    ahead = filled * copied - wanted * target.initial_volume
    if ahead < ZERO:
        return filled * target.volume / target.initial_volume
    held = ZERO if target.order is None else ahead
    return (wanted * target.volume + held) / copied
