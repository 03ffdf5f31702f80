"""What the clock alone brings about, asked again until nothing more is due."""

from typing import Final

from paper.broker.expiry import drop_stops_of_the_day, expire
from paper.broker.moment import Duty
from paper.broker.rollover import roll_over
from paper.broker.routing import late_execution

FOR_ORDERS: Final[tuple[Duty, ...]] = (expire, late_execution)
FOR_POSITIONS: Final[tuple[Duty, ...]] = (drop_stops_of_the_day, roll_over)
"""Only a new day or a price that was missing leads to these."""
