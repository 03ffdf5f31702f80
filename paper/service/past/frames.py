"""MetaTrader's 21 timeframes: which bar a minute of the server's clock belongs to."""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Minutes = NDArray[np.int64]

DAY: Final = 24 * 60
HOURS_FLAG: Final = 0x4000
HOURS: Final = (1, 2, 3, 4, 6, 8, 12, 24)
WEEKS: Final = 0x8001
MONTHS: Final = 0xC001
FIRST_SUNDAY: Final = 3 * DAY
"""1970 began on a Thursday, and MetaTrader's weeks begin on Sundays."""


class Frame(NamedTuple):
    """Bars of equal length, the first of which began at `shift`; months are counted by calendar."""

    code: int
    minutes: int
    shift: int = 0

    def number(self, minutes: Minutes) -> Minutes:
        """The bar each minute belongs to, counted from 1970."""
        if self.code == MONTHS:
            return _calendar(minutes, "m").astype("datetime64[M]").astype(np.int64)
        return (minutes - self.shift) // self.minutes

    def start(self, numbers: Minutes) -> Minutes:
        """The minute in which each bar begins."""
        if self.code == MONTHS:
            return _calendar(numbers, "M").astype("datetime64[m]").astype(np.int64)
        return numbers * self.minutes + self.shift

    def number_of(self, minute: int) -> int:
        """The bar of one minute."""
        return int(self.number(np.array([minute], np.int64))[0])

    def start_of(self, number: int) -> int:
        """The first minute of one bar."""
        return int(self.start(np.array([number], np.int64))[0])


def _calendar(numbers: Minutes, unit: str) -> NDArray[Any]:
    return numbers.astype(f"datetime64[{unit}]")


FRAMES: Final[dict[int, Frame]] = {
    **{n: Frame(n, n) for n in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)},
    **{HOURS_FLAG | n: Frame(HOURS_FLAG | n, 60 * n) for n in HOURS},
    WEEKS: Frame(WEEKS, 7 * DAY, FIRST_SUNDAY),
    MONTHS: Frame(MONTHS, 30 * DAY),
}
