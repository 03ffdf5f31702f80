"""How much slaves' brokers take at once, so that some copies are opened in parts.

From a generator of its own, so that nothing else that a seed stands for is another for it.
"""

import msgspec

from tests.simulation.schedule import Schedule
from utils.randomness import seeded

APART = 1_000_000_087
#: So many of a hundred runs.
SHARE = 20
LARGEST = (0.2, 0.4, 0.4, 1.0)


def with_parts(schedule: Schedule) -> Schedule:
    """The same run, in which a copy may have to be several orders."""
    dice = seeded((schedule.seed + 1) * APART)
    if dice.random() * 100 >= SHARE:
        return schedule
    return msgspec.structs.replace(schedule, largest_order=dice.choice(LARGEST))
