"""What the clock alone brings about, asked again until nothing more is due."""

from typing import Final

from paper.broker.expiry import drop_stops_of_the_day, expire
from paper.broker.moment import Duty
from paper.broker.rollover import roll_over
from paper.broker.routing import late_execution
from paper.broker.stopping_out import stop_out

DUTIES: Final[tuple[Duty, ...]] = (
    expire,
    late_execution,
    drop_stops_of_the_day,
    roll_over,
    stop_out,
)
