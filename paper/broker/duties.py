"""What the clock alone brings about, asked again until nothing more is due."""

from typing import Final

from paper.broker.expiry import drop_stops_of_the_day, expire
from paper.broker.moment import Duty

DUTIES: Final[tuple[Duty, ...]] = (
    expire,
    drop_stops_of_the_day,
)
