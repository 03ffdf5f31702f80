"""Runs that have failed once. They are played again with every test run.

A seed is short, and means something else when the drawing changes; a schedule means the same for
ever: `python -m tests.simulation --mode MODE --seed N --shrink` prints the least that still fails.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

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
    FailedSeed("liveness", 710_054, "what was taken off a shared copy and given back as it closed"),
    FailedSeed("safety", 730_088, "what was left of an order told before the part that had filled"),
    FailedSeed("safety", 133, "a broker's clock that went back while the master hung"),
)


def _broken(at_ms: int, who: str, fault: dict[str, Any], scope: dict[str, Any]) -> Happening:
    """Something goes wrong at a terminal."""
    return Happening(at_ms, "broken", who, {"fault": fault, "scope": scope})


def _in_parts(at_ms: int, who: str, rest_after_ms: int, ms: int) -> Happening:
    """A broker fills three tenths of an order at once, and the rest later."""
    how = {"first_part": 0.3, "rest_after_ms": rest_after_ms, "ms": ms}
    return Happening(at_ms, "in_parts", who, how)


HELD = Happening(1_600, "trade", "master", {"symbol": 0, "lots": 0.5, "stops": 0, "buys": True})
A_WHILE = {"call": "order_send", "for_ms": 750}
REFUSED = _broken(2_300, "slave1", {"kind": "retcode", "code": 10006, "executed": False}, A_WHILE)
HALF_OF_IT = {"first_part": 0.5, "rest_after_ms": 600_000, "ms": 900}
GOLD = {"symbol": 1, "lots": 0.2, "stops": 400, "buys": True}
FLASHED = Happening(3_200, "flash", "master", {"symbol": 1, "lots": 0.2})


def _pair(
    mode: Mode,
    *happenings: Happening,
    lasts_ms: int = 5_000,
    nets: tuple[str, ...] = (),
    ways: Mapping[str, Any] = {},
) -> Schedule:
    """One master, one slave."""
    return Schedule(
        seed=1,
        mode=mode,
        masters=("master",),
        slaves={"slave1": "FTMO-Demo"},
        happenings=happenings,
        lasts_ms=lasts_ms,
        nets=nets,
        settings={"slave1": ways},
    )


def _order(at_ms: int, kind: int, away_points: float) -> Happening:
    """The master lets half a lot of EURUSD wait."""
    terms = {"nth_symbol": 0, "kind": kind, "lots": 0.5, "away_points": away_points}
    return Happening(at_ms, "let_wait", "master", terms)


def _trade(at_ms: int, lots: float, *, buys: bool) -> Happening:
    how = {"symbol": 0, "lots": lots, "stops": 0, "buys": buys}
    return Happening(at_ms, "trade", "master", how)


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
            _broken(2_500, "master", {"kind": "switches", "connected": False}, {"for_ms": 9_000}),
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
    "turned round twice on a netting account while the master was down": FailedSchedule(
        _pair(
            "liveness",
            HELD,
            Happening(3_000, "kill", "master"),
            _trade(3_100, 0.7, buys=False),
            _trade(3_200, 0.9, buys=True),
            nets=("master",),
        ),
        "no verdict: legs that a held position had ended before the first search counted as told",
    ),
    "an open without an answer, and a part taken off before it was found": FailedSchedule(
        _pair(
            "safety",
            _broken(
                1_550,
                "slave1",
                {"kind": "retcode", "code": 10012, "executed": True},
                {"call": "order_send", "order": "open", "for_ms": 600},
            ),
            HELD,
            Happening(1_640, "crash", "slave1", {"after_touches": 0}),
            Happening(2_000, "close_copy", "slave1", {"nth": 0, "share": 0.5}),
            Happening(3_600, "reduce", "master", {"nth": 0, "share": 0.5}),
            lasts_ms=6_000,
        ),
        "closed early: what was listed when it was found was taken for what had been filled",
    ),
    "an order that waits, and a journal that lost its placing": FailedSchedule(
        _pair(
            "liveness",
            _order(1_800, 2, 60),
            Happening(1_750, "power_cut", "slave1", {"lost_ms": 400}),
            lasts_ms=6_000,
        ),
        "opened while its order waits: nobody looked for orders that a journal had lost",
    ),
    "filled and closed while nobody could withdraw ours": FailedSchedule(
        _pair(
            "liveness",
            _order(1_600, 2, 60),
            _broken(
                1_900,
                "slave1",
                {"kind": "retcode", "code": 10013, "executed": False},
                {"call": "order_send", "order": "remove", "for_ms": 1_500},
            ),
            Happening(1_950, "skew", "master", {"feed": "EURUSD", "points": -70, "ms": 300}),
            Happening(2_400, "close", "master", {"nth": 0}),
        ),
        "said to be copied: the fill was answered with the end of the order",
    ),
    "both orders filled in part": FailedSchedule(
        _pair(
            "safety",
            _order(1_600, 2, 30),
            _in_parts(1_900, "master", rest_after_ms=1_500, ms=3_000),
            _in_parts(1_900, "slave1", rest_after_ms=1_500, ms=3_000),
            Happening(2_000, "market", "", {"feed": "EURUSD", "points": -60}),
        ),
        "closed early: what waited yet of the master's order was taken for a reduction",
    ),
    "ours filled whole, the master's in part": FailedSchedule(
        _pair(
            "safety",
            _order(1_600, 2, 30),
            _in_parts(1_900, "master", rest_after_ms=1_500, ms=3_000),
            Happening(2_000, "market", "", {"feed": "EURUSD", "points": -60}),
        ),
        "closed early: a copy was cut to what had come of the master's order, which filled further",
    ),
    "a market copy of what had come of an order, reduced with it": FailedSchedule(
        _pair(
            "safety",
            Happening(
                1_900,
                "in_parts",
                "master",
                {"first_part": 0.4, "rest_after_ms": 1_500, "ms": 4_000},
            ),
            _order(2_000, 2, 30),
            Happening(2_100, "market", "", {"feed": "EURUSD", "points": -60}),
            _trade(2_700, 0.2, buys=False),
            nets=("master", "slave1"),
        ),
        "closed early, said the judge: of a copy that never waited a part was taken to be ahead",
    ),
    "an order whose later part opens anew what its first part had": FailedSchedule(
        _pair(
            "safety",
            _in_parts(1_500, "master", rest_after_ms=1_500, ms=4_000),
            _trade(2_000, 0.5, buys=True),
            _trade(2_050, 1.0, buys=False),
            _trade(3_580, 0.3, buys=True),
            nets=("master", "slave1"),
        ),
        "closed early, said the judge: it forgot that nothing had been left of the first part",
    ),
    "a history that leaves out the deal which opened what has ended": FailedSchedule(
        _pair(
            "liveness",
            _broken(
                1_700,
                "master",
                {"kind": "missing_rows", "which": "one"},
                {"call": "history_deals_get", "for_ms": 3_000},
            ),
            _trade(2_000, 0.1, buys=False),
            Happening(2_500, "close_all", "master"),
            nets=("master",),
        ),
        "without verdict: what was read once, in part, was not read again (liveness seed 100064)",
    ),
    "a history that leaves out the deal which shows that something is held": FailedSchedule(
        _pair(
            "safety",
            _broken(
                2_200,
                "master",
                {"kind": "missing_rows", "which": "one"},
                {"call": "history_deals_get", "for_ms": 3_000},
            ),
            _trade(2_000, 1.0, buys=True),
            _trade(2_200, 0.5, buys=True),
            _trade(2_400, 0.5, buys=False),
            nets=("master",),
        ),
        "told as closed, and held: a flash was read out of a part of a position's deals",
    ),
    "a close filled in part, and a list from before its order": FailedSchedule(
        _pair(
            "safety",
            _broken(
                1_500,
                "slave1",
                {"kind": "late_rows", "ms": 5_000},
                {"call": "orders_*", "for_ms": 5_000},
            ),
            _trade(2_000, 0.2, buys=False),
            _in_parts(2_500, "slave1", rest_after_ms=200, ms=4_000),
            Happening(3_000, "close_all", "master"),
            nets=("slave1",),
        ),
        "close crosses zero: what was not listed was taken for cancelled (safety seed 103138)",
    ),
    "a close filled in part, whose rest cannot be cancelled": FailedSchedule(
        _pair(
            "liveness",
            _trade(2_000, 0.2, buys=False),
            _broken(
                2_450,
                "slave1",
                {"kind": "retcode", "code": 10018, "executed": False},
                {"call": "order_send", "order": "remove", "for_ms": 5_000},
            ),
            _in_parts(2_500, "slave1", rest_after_ms=800, ms=4_000),
            Happening(3_000, "close_all", "master"),
            nets=("slave1",),
        ),
        "close crosses zero: the next close went out while the rest of the first could still fill",
    ),
    "filled and closed before anybody could say what became of ours": FailedSchedule(
        _pair(
            "liveness",
            _order(1_600, 2, 60),
            _broken(
                1_700,
                "slave1",
                {"kind": "missing_rows", "which": "all"},
                {"call": "history_*_get", "for_ms": 670},
            ),
            Happening(1_900, "pause", "slave1", {"ms": 300}),
            Happening(1_950, "skew", "master", {"feed": "EURUSD", "points": -70, "ms": 300}),
            Happening(2_100, "close", "master", {"nth": 0}),
        ),
        "said to be copied: what was never filled was called filled in part",
    ),
    "a reduction of a shared position that a power cut took from the journal": FailedSchedule(
        _pair(
            "safety",
            HELD,
            _trade(1_900, 0.3, buys=True),
            REFUSED,
            Happening(2_500, "reduce", "master", {"nth": 0, "share": 0.5}),
            Happening(2_950, "power_cut", "slave1", {"lost_ms": 400}),
            nets=("slave1",),
        ),
        "closed early: the same part was taken off again, from what another leg had brought",
    ),
    "a close that a power cut took from the journal, and others' volume over it": FailedSchedule(
        _pair(
            "safety",
            HELD,
            REFUSED,
            Happening(2_500, "close", "master", {"nth": 0}),
            Happening(2_950, "power_cut", "slave1", {"lost_ms": 400}),
            Happening(
                2_970, "by_hand", "slave1", {"symbol": 0, "lots": 0.7, "magic": 0, "buys": True}
            ),
            nets=("slave1",),
        ),
        "foreign touched: the same close was sent again, and took somebody else's volume",
    ),
    "a halt on a full disk, and a crash before the next heartbeat": FailedSchedule(
        _pair(
            "safety",
            Happening(1_907, "crash", "slave1", {"after_touches": 11}),
            Happening(1_919, "disk_full", "slave1", {"ms": 1_000}),
            Happening(2_056, "operator", "slave1", {"kind": "HALT"}),
            _order(2_630, 5, 12),
            Happening(2_839, "trade", "master", GOLD),
            lasts_ms=4_714,
        ),
        "opened while halted: nobody had it but the process that ended",
    ),
    "an open that a power cut took, reduced by the master before its deal shows": FailedSchedule(
        _pair(
            "liveness",
            Happening(1_550, "power_cut", "slave1", {"lost_ms": 400}),
            HELD,
            Happening(2_000, "reduce", "master", {"nth": 0, "share": 0.5}),
            _broken(
                2_100,
                "slave1",
                {"kind": "missing_rows", "which": "all"},
                {"call": "history_deals_get", "for_ms": 3_000},
            ),
        ),
        "volume not followed: the copy was taken for one that had been reduced already",
    ),
    "the part that an order brought is closed while its rest waits": FailedSchedule(
        _pair(
            "liveness",
            Happening(1_500, "in_parts", "master", HALF_OF_IT),
            _order(1_600, 3, 12),
            Happening(2_000, "skew", "master", {"feed": "EURUSD", "points": 20, "ms": 300}),
            _broken(
                2_900, "slave1", {"kind": "retcode", "code": 10006, "executed": False}, A_WHILE
            ),
            _trade(3_000, 0.25, buys=True),
            nets=("master",),
        ),
        "close lost: what waits of an order was taken for the position it had brought",
    ),
    "the rest of an open that nobody answered for, filled after its close": FailedSchedule(
        _pair(
            "liveness",
            _broken(
                1_550,
                "slave1",
                {"kind": "refuse", "code": -10001, "executed": True},
                {"call": "order_send", "times": 2, "for_ms": 4_000},
            ),
            _broken(
                1_560,
                "slave1",
                {"kind": "fill", "first_part": 0.2, "rest_after_ms": 2_000},
                {"call": "order_send", "times": 1, "for_ms": 4_000},
            ),
            HELD,
            Happening(2_100, "close", "master", {"nth": 0}),
            nets=("slave1",),
        ),
        "close lost: on a netting account it was taken for somebody else's",
    ),
    "a close that a power cut took, told again while positions are not shown": FailedSchedule(
        _pair(
            "liveness",
            Happening(
                1_450, "by_hand", "slave1", {"symbol": 1, "lots": 0.3, "magic": 0, "buys": True}
            ),
            HELD,
            Happening(1_950, "power_cut", "slave1", {"lost_ms": 400}),
            Happening(2_000, "close", "master", {"nth": 0}),
            _broken(
                2_400,
                "slave1",
                {"kind": "missing_rows", "which": "last"},
                {"call": "positions_*", "for_ms": 4_000},
            ),
            nets=("slave1",),
        ),
        "left unknown: the leg was found to have ended, and who waited for it was not told",
    ),
    "a terminal that answers late": FailedSchedule(
        _pair(
            "safety",
            _broken(
                1_500,
                "master",
                {"kind": "delay", "ms": 8_000, "when": "after"},
                {"call": "positions_get", "times": 1, "for_ms": 4_000},
            ),
            HELD,
        ),
        "opened late: the age was counted from before the call that showed the position",
    ),
    "an order that waits for longer than its copy may be held": FailedSchedule(
        _pair(
            "safety",
            _order(1_600, 2, 30),
            Happening(5_000, "market", "", {"feed": "EURUSD", "points": -60}),
            lasts_ms=8_000,
            ways={"max_hold_seconds": 3},
        ),
        "closed early: its time was counted from when the order was placed",
    ),
    "a copy that fills late, and is to be held for a while": FailedSchedule(
        _pair(
            "liveness",
            _broken(
                1_550,
                "slave1",
                {"kind": "fill", "first_part": 0.0, "rest_after_ms": 1_500},
                {"call": "order_send", "times": 1, "for_ms": 4_000},
            ),
            HELD,
            Happening(3_000, "close", "master", {"nth": 0}),
            ways={"min_hold_seconds": 2},
        ),
        "closed too soon: its time was counted from when nobody had answered for it",
    ),
}
