"""What masters had before slaves follow them, and what the slaves' documents make of that.

From a generator of its own, so that a seed's trades, troubles and other settings stay what they
were before any of it was drawn.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec

from tests.simulation.documents import is_sound
from tests.simulation.drawing import LOTS, SETTLES_MS
from tests.simulation.schedule import Happening, Schedule
from utils.randomness import seeded

APART = 1_000_000_021
#: So many of a hundred runs.
SHARE = 30
ANSWERS = (("no", 25), ("near", 30), ("always", 45))
#: When what was there before is opened: most of it before the masters' own first look.
EARLY_MS = (0, 0, 40, 400, 1_200)


def with_existing(schedule: Schedule, *, surely: bool = False) -> Schedule:
    """The same run, in which some slaves begin late to follow what some masters have by then."""
    dice = seeded((schedule.seed + 1) * APART)
    if dice.random() * 100 >= SHARE and not surely:
        return schedule
    more = [one for name in schedule.masters for one in _had_before(dice, name)]
    settings = {name: dict(schedule.settings.get(name, {})) for name in schedule.slaves}
    comes_at_ms: dict[str, int] = {}
    for name in schedule.slaves:
        if dice.random() < 0.15:
            settings[name]["copy_existing"] = _answer(dice)
            continue
        more += _beginning(dice, schedule, name, settings[name], comes_at_ms)
    happenings = sorted((*schedule.happenings, *more), key=lambda one: one.at_ms)
    return msgspec.structs.replace(
        schedule, settings=settings, comes_at_ms=comes_at_ms, happenings=tuple(happenings)
    )


def _had_before(dice: Random, master: str) -> Iterator[Happening]:
    for _ in range(dice.randint(1, 4)):
        how = {
            "symbol": dice.randint(0, 1),
            "lots": dice.choice(LOTS),
            "stops": dice.choice((0, 0, 400, 2_000)),
            "buys": dice.random() < 0.5,
        }
        yield Happening(dice.choice(EARLY_MS), "trade", master, how)


def _beginning(
    dice: Random,
    schedule: Schedule,
    name: str,
    document: dict[str, Any],
    comes_at_ms: dict[str, int],
) -> Iterator[Happening]:
    """One slave: when it begins to follow whom, and what becomes of that later."""
    document["copy_existing"] = _answer(dice)
    ends_ms = schedule.lasts_ms + SETTLES_MS
    begins_ms = dice.randint(SETTLES_MS, max(SETTLES_MS + 500, ends_ms * 2 // 3))
    masters = list(schedule.masters)
    way = dice.choices(("starts", "names", "again"), (50, 25, 25))[0]
    if way == "starts":
        comes_at_ms[name] = begins_ms
    elif way == "names":
        document["follows"] = masters[:-1]
        yield _edit(begins_ms, name, {"follows": masters})
    else:
        document["follows"] = masters
        left_ms = dice.randint(0, begins_ms)
        yield _edit(left_ms, name, {"follows": masters[:-1]})
        yield _edit(max(begins_ms, left_ms + 1_500), name, {"follows": masters})
    assert is_sound(document), document
    # Whatever was decided once stays decided.
    if dice.random() < 0.4:
        at_ms = dice.randint(begins_ms, ends_ms + 1_000)
        yield _edit(at_ms, name, {"copy_existing": _answer(dice)})
    if dice.random() < 0.5:
        yield Happening(dice.randint(begins_ms, ends_ms + 1_000), "kill", name)


def _edit(at_ms: int, name: str, changes: dict[str, Any]) -> Happening:
    return Happening(at_ms, "edit", name, {"changes": changes})


def _answer(dice: Random) -> str:
    return dice.choices([word for word, _ in ANSWERS], [share for _, share in ANSWERS])[0]
