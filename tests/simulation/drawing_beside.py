"""Settings that stand beside all others: how old a signal may be, and opens without a database.

From a generator of their own, so that nothing else that a seed stands for is another for it.
"""

from random import Random
from typing import Any

import msgspec

from tests.simulation.schedule import Schedule
from utils.randomness import seeded

APART = 1_000_000_093
AGES_MS = (3_000, 20_000, 60_000)


def with_beside(schedule: Schedule) -> Schedule:
    """The same run, in which some slaves have one or both of them."""
    dice = seeded((schedule.seed + 1) * APART)
    settings = {
        name: {**schedule.settings.get(name, {}), **_drawn(dice)} for name in schedule.slaves
    }
    return msgspec.structs.replace(schedule, settings=settings)


def _drawn(dice: Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if dice.random() < 0.15:
        found["max_signal_age_ms"] = dice.choice(AGES_MS)
    if dice.random() < 0.15:
        found["opens_without_database"] = True
    return found
