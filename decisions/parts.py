"""A copy larger than its broker's largest order is opened in parts, each a leg of its own.

A part has its own mark, its own position and its own end; together they are the one copy of a
master's position, and one verdict answers for all of them.
"""

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Self

import msgspec

from decisions.rounding import floor_to_step
from domain.legs import Leg
from domain.market import SymbolSpec

ZERO = Decimal(0)
#: What is larger than so many of the broker's largest orders is held to that.
MOST_PARTS = 20


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A copy of which parts are there, and others still to be opened.

    `asked`: lots of all parts so far, `part`: the number of the next. `has_ended`: a part of it is
    closed, refused, given up or to be closed, so that nothing more is opened.
    """

    first: Leg
    asked: Decimal
    part: int
    has_ended: bool

    @classmethod
    def of(cls, parts: Sequence[Leg]) -> Self | None:
        """None where there is nothing yet, or nothing more to come."""
        asked = sum((leg.wanted_volume for leg in parts), ZERO)
        if not parts or asked >= parts[0].copy_volume:
            return None
        return cls(
            first=parts[0],
            asked=asked,
            part=parts[-1].key.part + 1,
            has_ended=not all(leg.live and not leg.is_to_end for leg in parts),
        )

    @property
    def rest(self) -> Decimal:
        """Lots that nobody has asked for yet."""
        return self.first.copy_volume - self.asked


def split(volume: Decimal, spec: SymbolSpec, most: int = MOST_PARTS) -> tuple[Decimal, ...]:
    """Parts that add up to `volume`, or to as much of it as `most` orders can bring.

    The largest come first, each within the broker's limits and on its steps, as `volume` is.
    """
    if volume <= spec.volume_max:
        return (volume,)
    largest = floor_to_step(spec.volume_max, spec.volume_step)
    least = (spec.volume_min / spec.volume_step).to_integral_value(ROUND_CEILING) * spec.volume_step
    if largest < least or largest <= ZERO:
        return ()
    count = int((volume / largest).to_integral_value(ROUND_CEILING))
    if count > most or count * least > volume:
        count = min(most, count - 1)
        volume = count * largest
    parts, left = [], volume
    for later in reversed(range(count)):
        parts.append(min(largest, left - later * least))
        left -= parts[-1]
    return tuple(parts)
