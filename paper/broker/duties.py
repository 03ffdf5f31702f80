"""What the clock alone brings about, asked again until nothing more is due."""

from typing import Final

from paper.broker.moment import Duty

DUTIES: Final[tuple[Duty, ...]] = ()
