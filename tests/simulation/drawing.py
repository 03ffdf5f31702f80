"""From a seed to a schedule: who trades what, and what goes wrong when."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from tests.simulation.acts import MS
from tests.simulation.schedule import Happening, Mode, Schedule
from tests.simulation.stage import SYMBOLS
from utils.randomness import seeded

SETTLES_MS = 1_500
#: How long, how often, and how much slower than usual people and troubles are: most runs are short
#: and busy, some are long enough for whatever takes a minute.
PACES = ((2_500, 6_000, 74, 1.0), (7_000, 16_000, 22, 1.6), (70_000, 85_000, 4, 9.0))
FOREIGN_MAGICS = (0, 234_000, 234_000 * 10**12 + 123_456_789_012, 777)
LOTS = (0.1, 0.2, 0.5, 1.0, 1.3)
#: Shorter and longer than the decision's life, silence, a lost supervisor, and the hung limit.
PAUSES_MS = (300, 1_200, 2_500, 5_500, 8_000, 14_000)
ENOUGH = 100

Drawn = tuple[str, str, dict[str, Any]]


def draw_plain(seed: int, mode: Mode, troubles: Sequence[str] = ()) -> Schedule:
    """Hedging accounts and market orders alone: what a seed has meant from the beginning."""
    dice = seeded(seed)
    masters = ("master",) if dice.random() < 0.85 else ("master", "second")
    count = dice.choices((1, 2, 3), (60, 30, 10))[0]
    names = tuple(f"slave{n + 1}" for n in range(count))
    slaves = {name: dice.choice(list(SYMBOLS)) for name in names}
    shortest_ms, longest_ms, _, pace = dice.choices(PACES, [share for *_, share, _ in PACES])[0]
    lasts_ms = dice.randint(shortest_ms, longest_ms)
    happenings = [
        *_trading(dice, masters, names, lasts_ms, pace),
        *_trouble(dice, [*masters, *names, *names], lasts_ms, pace, troubles),
    ]
    return Schedule(
        seed=seed,
        mode=mode,
        masters=masters,
        slaves=slaves,
        happenings=tuple(sorted(happenings, key=lambda one: one.at_ms)),
        lasts_ms=lasts_ms,
    )


def _trading(
    dice: Random, masters: tuple[str, ...], slaves: tuple[str, ...], lasts_ms: int, pace: float
) -> list[Happening]:
    found = []
    for master in masters:
        rate_ms = dice.choice((220, 450, 900)) * pace
        found += spread_out(dice, lasts_ms, rate_ms, lambda master=master: _trader(dice, master))
    for slave in slaves:
        if dice.random() < 0.6:
            found += spread_out(
                dice, lasts_ms, 2_000 * pace, lambda slave=slave: _hand(dice, slave)
            )
    return found


def _trouble(
    dice: Random, nodes: list[str], lasts_ms: int, pace: float, named: Sequence[str]
) -> list[Happening]:
    """Few kinds in one run, so that each has its way; some runs have none."""
    kinds = list(named) or dice.sample(list(TROUBLES), dice.randint(0, 5))
    if not kinds:
        return []
    rate_ms = dice.choice((400, 800, 1_600)) * pace
    return spread_out(
        dice, lasts_ms, rate_ms, lambda: TROUBLES[dice.choice(kinds)](dice, dice.choice(nodes))
    )


def spread_out(
    dice: Random, lasts_ms: int, every_ms: float, make: Callable[[], Drawn]
) -> list[Happening]:
    found, at_ms = [], SETTLES_MS + int(dice.expovariate(1 / every_ms))
    while at_ms < lasts_ms + SETTLES_MS and len(found) < ENOUGH:
        found.append(Happening(at_ms, *make()))
        at_ms += 1 + int(dice.expovariate(1 / every_ms))
    return found


def _trader(dice: Random, who: str) -> Drawn:
    what = dice.choices(
        ("trade", "basket", "modify", "reduce", "close", "close_all", "flash"),
        (34, 5, 14, 14, 24, 4, 5),
    )[0]
    symbol, lots, nth = dice.randint(0, 1), dice.choice(LOTS), dice.randint(0, 30)
    how: dict[str, dict[str, Any]] = {
        "trade": {
            "symbol": symbol,
            "lots": lots,
            "stops": dice.choice((0, 0, 150, 400)),
            "buys": dice.random() < 0.5,
        },
        "basket": {"symbol": symbol, "lots": lots, "size": dice.randint(2, 6)},
        "modify": {"nth": nth, "points": dice.choice((100, 250, 500))},
        "reduce": {"nth": nth, "share": dice.choice((0.25, 0.5, 0.99))},
        "close": {"nth": nth},
        "close_all": {},
        "flash": {"symbol": symbol, "lots": lots},
    }
    return what, who, how[what]


def _hand(dice: Random, who: str) -> Drawn:
    what = dice.choices(("by_hand", "close_copy", "modify"), (50, 35, 15))[0]
    how: dict[str, dict[str, Any]] = {
        "by_hand": {
            "symbol": dice.randint(0, 1),
            "lots": dice.choice((0.1, 0.5)),
            "magic": dice.choice(FOREIGN_MAGICS),
            "buys": dice.random() < 0.5,
        },
        "close_copy": {"nth": dice.randint(0, 30), "share": dice.choice((1.0, 1.0, 0.5))},
        "modify": {"nth": dice.randint(0, 30), "points": 300},
    }
    return what, who, how[what]


def _broken(dice: Random, who: str, fault: dict[str, Any], **scope: Any) -> Drawn:
    return "broken", who, {"fault": fault, "scope": scope}


def _refused_call(dice: Random, who: str) -> Drawn:
    """None, with last_error -10001 or -10002 whether executed or not, or -10004."""
    call = dice.choice(("order_send", "order_send", "positions_get", "history_deals_get", "*"))
    executed = dice.random() < 0.5
    code = dice.choice((-10001, -10002) if executed else (-10001, -10002, -10004))
    fault = {"kind": "refuse", "code": code, "executed": executed and call == "order_send"}
    return _broken(dice, who, fault, call=call, times=dice.randint(1, 4), for_ms=4_000)


def _mute(dice: Random, who: str) -> Drawn:
    """Positions and history answer None for long, while all else goes on."""
    fault = {"kind": "refuse", "code": dice.choice((-10002, -1))}
    return _broken(dice, who, fault, call="*s_get", for_ms=dice.choice((2_000, 8_000)))


def _timed_out(dice: Random, who: str) -> Drawn:
    """10012 with and without execution; 10011, 10031 and codes nobody knows."""
    fault = {
        "kind": "retcode",
        "code": dice.choice((10012, 10012, 10012, 10011, 10031, 10008)),
        "executed": dice.random() < 0.5,
    }
    return _broken(dice, who, fault, times=dice.randint(1, 3), for_ms=5_000)


def _refusing(dice: Random, who: str) -> Drawn:
    """Proven refusals: requotes, price changes, throttling, no money, a closed market."""
    code = dice.choice((10004, 10020, 10021, 10024, 10019, 10018, 10006, 10016))
    fault = {"kind": "retcode", "code": code, "executed": False}
    return _broken(dice, who, fault, times=dice.randint(1, 4), for_ms=3_000)


def _filled_late(dice: Random, who: str) -> Drawn:
    """10008 and the fill later: within the settle window, or after it."""
    rest_ms = dice.choice((200, 1_500, 6_000, 30_000, 70_000))
    fault = {"kind": "fill", "first_part": 0.0, "rest_after_ms": rest_ms}
    return _broken(dice, who, fault, call="order_send", times=1, for_ms=5_000)


def _filled_in_part(dice: Random, who: str) -> Drawn:
    """10010; the rest is cancelled, or fills later."""
    rest_ms = dice.choice((None, 50, 2_000))
    fault = {"kind": "fill", "first_part": dice.choice((0.2, 0.5)), "rest_after_ms": rest_ms}
    return _broken(dice, who, fault, call="order_send", times=1, for_ms=5_000)


def _vanished(dice: Random, who: str) -> Drawn:
    """Rows are left out of a list, or all of them, for some looks."""
    which = dice.choice(("all", "one", "one", "last"))
    call = dice.choice(("positions_*", "positions_*", "history_deals_get", "positions_get"))
    fault = {"kind": "missing_rows", "which": which}
    return _broken(dice, who, fault, call=call, for_ms=dice.choice((300, 1_000, 3_000)))


def _late_rows(dice: Random, who: str) -> Drawn:
    """What was done shows up later."""
    call = dice.choice(("positions_*", "history_deals_get"))
    fault = {"kind": "late_rows", "ms": dice.choice((300, 1_500, 4_000))}
    return _broken(dice, who, fault, call=call, for_ms=5_000)


def _slow(dice: Random, who: str) -> Drawn:
    """Slow calls, before or after the deed."""
    fault = {
        "kind": "delay",
        "ms": dice.choice((50, 400, 1_500, 3_000)),
        "when": dice.choice(("before", "after")),
    }
    return _broken(dice, who, fault, call=dice.choice(("order_send", "*")), times=3, for_ms=4_000)


def _hanging(dice: Random, who: str) -> Drawn:
    """The terminal hangs in a call, or does not come back at all."""
    fault = {"kind": "hang", "ms": dice.choice((900, 3_000, 7_000, None)), "when": "after"}
    return _broken(dice, who, fault, call=dice.choice(("order_send", "*")), times=1, for_ms=9_000)


def _dead_terminal(dice: Random, who: str) -> Drawn:
    """The terminal dies, or its pipe breaks, under a call."""
    when = dice.choice(("before", "after"))
    kind = dice.choice(({"kind": "death", "down_ms": 2_000}, {"kind": "pipe_lost"}))
    call = dice.choice(("order_send", "positions_get", "*"))
    return _broken(dice, who, {**kind, "when": when}, call=call, times=1, for_ms=4_000)


def _offline(dice: Random, who: str) -> Drawn:
    """No connection to the broker for a while, or the Algo Trading button off."""
    switch = dice.choice(("connected", "connected", "trade_allowed", "account_trade_allowed"))
    fault = {"kind": "switches", switch: False}
    return _broken(dice, who, fault, for_ms=dice.choice((500, 2_500, 7_000)))


def _logged_in_elsewhere(dice: Random, who: str) -> Drawn:
    """Somebody logs the terminal into another account."""
    return _broken(dice, who, {"kind": "other_account"}, for_ms=dice.choice((300, 2_000, 6_000)))


def _brokers_clock(dice: Random, who: str) -> Drawn:
    """The broker's wall clock jumps, as in spring and autumn, or is set right."""
    return "brokers_clock", who, {"ms": dice.choice((3_600_000, -3_600_000, 7_000, -7_000))}


def _bad_quotes(dice: Random, who: str) -> Drawn:
    """Quotes stand still, are crossed, or zero."""
    fault = {"kind": dice.choice(("stale_ticks", "crossed_ticks", "zero_prices"))}
    return _broken(dice, who, fault, for_ms=dice.choice((1_000, 6_000)))


def _our_clock(dice: Random, _who: str) -> Drawn:
    return "our_clock", "", {"ms": dice.choice((-3_000, 2_000, 10_000, 3_600_000, -3_600_000))}


def _market(dice: Random, _who: str) -> Drawn:
    points = dice.choice((-450, -160, 160, 450))
    return "market", "", {"feed": dice.choice(("EURUSD", "XAUUSD")), "points": points}


def _weather(dice: Random, who: str) -> Drawn:
    weather: dict[str, Any] = dice.choice(
        (
            {"lost": 0.3},
            {"doubled": 0.4},
            {"delay_us": [100 * MS, 900 * MS]},
            {"delay_us": [1, 2_500 * MS], "lost": 0.1, "doubled": 0.2},
            {"is_cut": True},
            {"is_cut": True, "holds_back": True},
            {"is_deaf": True},
            {"high_water": 2},
        )
    )
    return "wires", who, {"ms": dice.choice((500, 2_000, 6_500)), "weather": weather}


def _operator(dice: Random, who: str) -> Drawn:
    slave = who if who.startswith("slave") else "slave1"
    return "operator", slave, {"kind": dice.choice(("HALT", "RESUME", "RESUME"))}


def _edit(dice: Random, who: str) -> Drawn:
    slave = who if who.startswith("slave") else "slave1"
    changes: dict[str, Any] = dice.choice(
        (
            {"enabled": False},
            {"enabled": True},
            {"suffix": ".other"},
            {"symbol_map": {"XAUUSD": "NOSUCH"}},
            {"max_open_trades": 1},
        )
    )
    return "edit", slave, {"changes": changes}


TROUBLES: dict[str, Callable[[Random, str], Drawn]] = {
    "killed": lambda _, who: ("kill", who, {}),
    "crashed": lambda dice, who: ("crash", who, {"after_touches": dice.randint(0, 40)}),
    "paused": lambda dice, who: ("pause", who, {"ms": dice.choice(PAUSES_MS)}),
    "power": lambda dice, who: ("power_cut", who, {"lost_ms": dice.choice((50, 400, 2_000))}),
    "disk": lambda dice, who: ("disk_full", who, {"ms": dice.choice((1_000, 5_000))}),
    "launcher": lambda dice, _: ("no_supervisor", "", {"ms": dice.choice((2_000, 8_000))}),
    "database": lambda dice, _: ("no_database", "", {"ms": dice.choice((1_500, 6_000))}),
    "refused call": _refused_call,
    "mute": _mute,
    "timed out": _timed_out,
    "refusing": _refusing,
    "filled late": _filled_late,
    "filled in part": _filled_in_part,
    "vanished": _vanished,
    "late rows": _late_rows,
    "slow": _slow,
    "hanging": _hanging,
    "dead terminal": _dead_terminal,
    "offline": _offline,
    "elsewhere": _logged_in_elsewhere,
    "broker's clock": _brokers_clock,
    "bad quotes": _bad_quotes,
    "our clock": _our_clock,
    "market": _market,
    "weather": _weather,
    "operator": _operator,
    "edits": _edit,
}
