"""How large a copy is: what its mode gives, within limits, on the broker's steps.

Everything is worked out in fractions and rounded once, downwards: 0.29 lots are 29 steps of 0.01.
"""

from decimal import Decimal
from fractions import Fraction

import msgspec

from decisions.parts import split
from decisions.rounding import floor_to_step, plain
from decisions.size_modes import SizeCase, raw_lots
from domain.copy_settings import Beyond
from domain.market import SymbolSpec
from domain.orders import Denied
from domain.reasons import Reason


class Sized(msgspec.Struct, frozen=True, kw_only=True):
    """The volume of a copy. `note`: what held it back from what its mode gave, "" for nothing."""

    volume: Decimal
    note: str = ""


def size_copy(case: SizeCase) -> Sized | Denied:
    """The volume to open, or why none."""
    raw = raw_lots(case)
    if isinstance(raw, Denied):
        return raw
    least, most = case.size.min_lot, case.max_lot
    if least is not None and raw < least:
        if case.size.below_min_lot is Beyond.SKIP:
            return Denied(Reason.MIN_LOT, f"{lots(raw)} lots, at least {least:f}")
        raw = Fraction(least)
    volume = _on_steps(raw, case.spec)
    if most is not None and volume > most:
        if case.size.above_max_lot is Beyond.SKIP:
            return Denied(Reason.MAX_LOT, f"{volume:f} lots, at most {most:f}")
        volume = floor_to_step(most, case.spec.volume_step)
    volume = sum(split(volume, case.spec, case.most_parts), Decimal(0))
    if volume < case.spec.volume_min:
        return _bumped(raw, case)
    return Sized(volume=volume, note=_note(raw, volume, case.spec))


def lots(raw: Fraction) -> str:
    """A volume for people, not rounded to any broker's step."""
    return f"{float(raw):.8g}"


def _on_steps(raw: Fraction, spec: SymbolSpec) -> Decimal:
    return (raw // Fraction(spec.volume_step)) * spec.volume_step


def _bumped(raw: Fraction, case: SizeCase) -> Sized | Denied:
    """The minimum, while it is at most so many times what it should be."""
    least, at_most = case.spec.volume_min, case.size.bump_at_most
    too_small = Denied(Reason.VOLUME_TOO_SMALL, f"{lots(raw)} lots, the least is {least:f}")
    if at_most is None or Fraction(least) > raw * Fraction(at_most):
        return too_small
    if case.max_lot is not None and least > case.max_lot:
        return too_small
    return Sized(volume=least, note=f"{lots(raw)} lots, raised to the broker's minimum")


def _note(raw: Fraction, volume: Decimal, spec: SymbolSpec) -> str:
    """Rounding to a step is no news; a limit is."""
    held_back = raw - Fraction(volume) >= Fraction(spec.volume_step)
    return f"{lots(raw)} lots, held to {plain(volume)}" if held_back else ""
