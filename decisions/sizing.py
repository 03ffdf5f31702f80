"""How large a copy is: what its mode gives, within limits, on the broker's steps.

Everything is worked out in fractions and rounded once, downwards: 0.29 lots are 29 steps of 0.01.
"""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

import msgspec

from decisions.parts import split
from decisions.rounding import ZERO, ceil_to_step, floor_to_step, plain
from decisions.size_modes import SizeCase, raw_lots
from domain.copy_settings import Beyond, Size
from domain.market import SymbolSpec
from domain.orders import Denied
from domain.reasons import Reason

ONE = Decimal(1)
#: On the way of a signal fractions are slow.
AS_THE_MASTER = Size()


class Sized(msgspec.Struct, frozen=True, kw_only=True):
    """The volume of a copy. `note`: what held it back from what its mode gave, "" for nothing."""

    volume: Decimal
    note: str = ""


def size_copy(case: SizeCase) -> Sized | Denied:
    """The volume to open, or why none."""
    return _as_the_master(case) or _by_its_mode(case)


def _as_the_master(case: SizeCase) -> Sized | None:
    """What most accounts have, where no limit is in the way."""
    if case.size != AS_THE_MASTER or case.factor != ONE or case.max_lot is not None:
        return None
    volume = floor_to_step(case.master_volume, case.spec.volume_step)
    is_within = case.spec.volume_min <= volume <= case.spec.volume_max
    return Sized(volume=volume) if is_within else None


def _by_its_mode(case: SizeCase) -> Sized | Denied:
    raw = raw_lots(case)
    if isinstance(raw, Denied):
        return raw
    volume, most = _at_least(raw, case), case.max_lot
    if isinstance(volume, Denied):
        return volume
    if most is not None and volume > most:
        if case.size.above_max_lot is Beyond.SKIP:
            return Denied(Reason.MAX_LOT, f"{volume:f} lots, at most {most:f}")
        volume = floor_to_step(most, case.spec.volume_step)
    volume = sum(split(volume, case.spec, case.most_parts), Decimal(0))
    if volume < case.spec.volume_min:
        return _bumped(raw, case)
    if case.size.min_lot is not None and volume < case.size.min_lot:
        return _below_least(raw, case.size.min_lot)
    return Sized(volume=volume, note=_note(raw, volume, case.spec))


def lots(raw: Fraction) -> str:
    """A volume for people, not rounded to any broker's step."""
    return f"{float(raw):.8g}"


def _on_steps(raw: Fraction, spec: SymbolSpec) -> Decimal:
    return (raw // _fraction(spec.volume_step)) * spec.volume_step


@lru_cache(maxsize=64)
def _fraction(step: Decimal) -> Fraction:
    """The same few for every signal."""
    return Fraction(step)


def _at_least(raw: Fraction, case: SizeCase) -> Decimal | Denied:
    """On the broker's steps, and not below the account's least by rounding either.

    A least below the broker's own raises nothing to the broker's: that is for `bump_at_most`.
    """
    volume, least = _on_steps(raw, case.spec), case.size.min_lot
    if least is None or volume >= least:
        return volume
    if case.size.below_min_lot is Beyond.SKIP:
        return _below_least(raw, least)
    return volume if least < case.spec.volume_min else ceil_to_step(least, case.spec.volume_step)


def _below_least(raw: Fraction, least: Decimal) -> Denied:
    return Denied(Reason.MIN_LOT, f"{lots(raw)} lots, at least {least:f}")


def _bumped(raw: Fraction, case: SizeCase) -> Sized | Denied:
    """The minimum, while it is at most so many times what it should be."""
    least, at_most = case.spec.volume_min, case.size.bump_at_most
    raw = max(raw, Fraction(_clamped_to(case.size)))
    too_small = Denied(Reason.VOLUME_TOO_SMALL, f"{lots(raw)} lots, the least is {least:f}")
    if at_most is None or Fraction(least) > raw * Fraction(at_most):
        return too_small
    if case.max_lot is not None and least > case.max_lot:
        return too_small
    return Sized(volume=least, note=f"{lots(raw)} lots, raised to the broker's minimum")


def _clamped_to(size: Size) -> Decimal:
    """The account's own least, where copies are raised to it; zero for none."""
    return size.min_lot or ZERO if size.below_min_lot is Beyond.CLAMP else ZERO


def _note(raw: Fraction, volume: Decimal, spec: SymbolSpec) -> str:
    """Rounding to a step is no news; a limit is."""
    if Fraction(volume) > raw:
        return f"{lots(raw)} lots, raised to {plain(volume)}"
    held_back = raw - Fraction(volume) >= Fraction(spec.volume_step)
    return f"{lots(raw)} lots, held to {plain(volume)}" if held_back else ""
