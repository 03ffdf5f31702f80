"""Runs that have failed once. They are played again with every test run.

A seed is short, and means something else when the drawing changes; a schedule means the same for
ever: `python -m tests.simulation --mode MODE --seed N --shrink` prints the least that still fails.
"""

from typing import NamedTuple

from tests.simulation.schedule import Happening, Mode, Schedule


class FailedSeed(NamedTuple):
    """A seed, and what it showed when it failed."""

    mode: Mode
    seed: int
    showed: str


class FailedSchedule(NamedTuple):
    """An explicit schedule, and what it showed when it failed."""

    schedule: Schedule
    showed: str


SEEDS: tuple[FailedSeed, ...] = (
    FailedSeed("liveness", 61, "what was opened and closed while the terminal was cut off"),
    FailedSeed("liveness", 108, "a verdict that stayed unknown"),
    FailedSeed("liveness", 288, "a terminal that was read while it was cut off"),
    FailedSeed("safety", 133, "a broker's clock that went back while the master hung"),
)

HELD = Happening(1_600, "trade", "master", {"symbol": 0, "lots": 0.5, "stops": 0, "buys": True})
FLASHED = Happening(3_200, "flash", "master", {"symbol": 1, "lots": 0.2})


def _pair(mode: Mode, *happenings: Happening, lasts_ms: int = 5_000) -> Schedule:
    """One master, one slave."""
    return Schedule(
        seed=1,
        mode=mode,
        masters=("master",),
        slaves={"slave1": "FTMO-Demo"},
        happenings=happenings,
        lasts_ms=lasts_ms,
    )


SCHEDULES: dict[str, FailedSchedule] = {
    "opened and closed while the master was down": FailedSchedule(
        _pair("liveness", HELD, Happening(3_000, "kill", "master"), FLASHED),
        "no verdict: the next run of the master left out what began before its first search",
    ),
    "opened and closed while the master had told nothing yet": FailedSchedule(
        _pair("liveness", Happening(3_000, "kill", "master"), FLASHED),
        "no verdict: its journal knew of no position, hence of no time",
    ),
    "opened and closed while the master's terminal was cut off": FailedSchedule(
        _pair(
            "liveness",
            HELD,
            Happening(
                2_500,
                "broken",
                "master",
                {"fault": {"kind": "switches", "connected": False}, "scope": {"for_ms": 9_000}},
            ),
            FLASHED,
            lasts_ms=14_000,
        ),
        "no verdict: the stale history of a terminal without its server was believed",
    ),
    "told while the master's disk was full, to a slave that did not hear": FailedSchedule(
        _pair(
            "liveness",
            Happening(1_500, "disk_full", "master", {"ms": 4_000}),
            Happening(1_700, "wires", "slave1", {"ms": 1_500, "weather": {"is_deaf": True}}),
            Happening(2_000, "flash", "master", {"symbol": 1, "lots": 0.2}),
        ),
        "no verdict: a snapshot brought only the facts that stood in the journal",
    ),
    "a terminal that answers late": FailedSchedule(
        _pair(
            "safety",
            Happening(
                1_500,
                "broken",
                "master",
                {
                    "fault": {"kind": "delay", "ms": 8_000, "when": "after"},
                    "scope": {"call": "positions_get", "times": 1, "for_ms": 4_000},
                },
            ),
            HELD,
        ),
        "opened late: the age was counted from before the call that showed the position",
    ),
}
