"""What the settings decided about a copy when it was opened, and no edit changes any more."""

from decimal import Decimal
from enum import StrEnum

import msgspec

ZERO = Decimal(0)


class StopKind(StrEnum):
    """What a stop follows: the master's price, its distance, a distance of ours, or nothing.

    `kept`: nobody remembers what it followed, so that it stays where it is.
    """

    EXACT = "exact"
    DISTANCE = "distance"
    OWN = "own"
    NONE = "none"
    KEPT = "kept"


class StopRule(msgspec.Struct, frozen=True, kw_only=True):
    """How one stop is found. All are distances in price units, zero for none.

    `distance`: of the copy's own stop; `offset`: how much further away than the master's;
    `otherwise`: where the master has none.
    """

    kind: StopKind = StopKind.EXACT
    distance: Decimal = ZERO
    offset: Decimal = ZERO
    otherwise: Decimal = ZERO


class CopyTerms(msgspec.Struct, frozen=True, kw_only=True):
    """`reversed`: the copy is on the other side. `anchor`: the price it was asked at.

    The stop goes to `break_even_lock` beyond the open price once the gain is `break_even_at`, and
    from a gain of `trail_from` on stays `trail_distance` behind the price, in steps of at least
    `trail_step`: price units, 0 for none.
    `min_hold_ms`: not closed sooner after its open, `max_hold_ms`: closed then, 0 for no limit.
    """

    reversed: bool = False
    anchor: Decimal = ZERO
    stop_loss: StopRule = StopRule()
    take_profit: StopRule = StopRule()
    min_hold_ms: int = 0
    max_hold_ms: int = 0
    break_even_at: Decimal = ZERO
    break_even_lock: Decimal = ZERO
    trail_from: Decimal = ZERO
    trail_distance: Decimal = ZERO
    trail_step: Decimal = ZERO

    @property
    def moves_its_stop(self) -> bool:
        """By itself, whatever the master does."""
        return bool(self.break_even_at or self.trail_distance)
