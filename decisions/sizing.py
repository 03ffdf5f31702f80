"""How large a copy is, and how much of it stays after a reduction."""

from decimal import Decimal

from decisions.rounding import floor_to_step
from domain.legs import Leg
from domain.market import SymbolSpec

ZERO = Decimal(0)


def copy_volume(master_volume: Decimal, spec: SymbolSpec) -> Decimal | None:
    """One to one, on the slave's step, at most the broker's maximum; None below its minimum."""
    volume = min(floor_to_step(master_volume, spec.volume_step), spec.volume_max)
    return volume if volume >= spec.volume_min else None


def volume_after_reduction(leg: Leg, held: Decimal, spec: SymbolSpec) -> Decimal:
    """What should be left: the ratio of the master's volumes against what was filled (law 2).

    Never more than is held, and never below the minimum volume while the master still holds some,
    unless the leg was opened under `partial_below_min: close`.
    """
    if leg.target.closed:
        return ZERO
    copied = leg.master_volume_copied or leg.target.initial_volume
    ratio = leg.filled_volume * leg.target.volume / copied
    wanted = floor_to_step(ratio, spec.volume_step)
    if wanted < spec.volume_min:
        wanted = spec.volume_min if leg.keep_minimum else ZERO
    return min(wanted, held)
