"""Trading weeks that several brokers keep, by their own clocks."""

from typing import Final

from paper.broker.hours import ALL_DAY, CLOSED, MIDNIGHT, Week, at, weekdays

FOREX_WEEK: Final[Week] = (
    CLOSED,
    ((at(0, 5), MIDNIGHT),),
    (ALL_DAY,),
    (ALL_DAY,),
    (ALL_DAY,),
    ((0, at(23, 55)),),
    CLOSED,
)
METAL_WEEK: Final[Week] = weekdays((at(1), MIDNIGHT))
"""The first hour of every day is the metals' break."""
INDEX_WEEK: Final[Week] = weekdays((at(8), at(16, 30)), (at(16, 45), at(21)))
STOCK_WEEK: Final[Week] = weekdays((at(10), at(14)), (at(14, 5), at(18, 45)))
FUTURES_WEEK: Final[Week] = weekdays(
    (at(10), at(14)), (at(14, 5), at(18, 45)), (at(19), at(23, 50))
)
