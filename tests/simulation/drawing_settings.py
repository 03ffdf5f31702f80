"""What the slaves' documents ask for, drawn from a seed: every way of copying, alone and together.

From a generator of their own, so that a seed's trades and troubles stay what they were before any
of it was drawn.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import msgspec

from tests.simulation.by_settings import WINDOWS_S
from tests.simulation.documents import is_sound
from tests.simulation.drawing import Drawn, spread_out
from tests.simulation.schedule import Happening, Schedule
from tests.simulation.wishes import FORMULAS
from utils.randomness import seeded

APART = 1_000_000_009
#: So many of a hundred slaves have the plain settings, and so many have theirs edited under way.
PLAIN, EDITED = 30, 20
Document = dict[str, Any]


def with_settings(schedule: Schedule, kind: str = "") -> Schedule:
    """The same run, whose slaves copy in ways of their own; of one kind alone, where named."""
    dice = seeded((schedule.seed + 1) * APART)
    settings = {name: _drawn(dice, schedule.slaves[name], kind) for name in schedule.slaves}
    more: list[Happening] = []
    for name, broker in schedule.slaves.items():
        if dice.random() * 100 < EDITED and not kind:
            pace_ms = schedule.lasts_ms / 2
            more += spread_out(
                dice, schedule.lasts_ms, pace_ms, lambda who=name, at=broker: _edit(dice, who, at)
            )
    happenings = sorted((*schedule.happenings, *more), key=lambda one: one.at_ms)
    return msgspec.structs.replace(schedule, settings=settings, happenings=tuple(happenings))


def _drawn(dice: Random, broker: str, kind: str) -> Document:
    names = [name for name, share in SHARES.items() if dice.random() * 100 < share]
    if kind:
        names = [kind]
    elif dice.random() * 100 < PLAIN:
        names = []
    document: Document = {}
    for name in names:
        more = KINDS[name](dice)
        if "factor" in more:
            more |= _factor(broker, more.pop("factor"))
        document = document | more if is_sound(document | more) else document
    return document


def _edit(dice: Random, who: str, broker: str) -> Drawn:
    """What replaces all that it replaces: no figure is left of what was there before."""
    name = dice.choice(EDITABLE)
    changes = KINDS[name](dice)
    if "factor" in changes:
        changes = _factor(broker, changes["factor"])
    return "edit", who, {"changes": changes}


def _factor(broker: str, factor: str) -> Document:
    gold = {"Apex-Demo": "GOLD", "Harbor-Demo": "XAUUSDm", "Union-Demo": "GOLD.pro"}
    return {"symbol_map": {"XAUUSD": f"{gold.get(broker, 'XAUUSD')}|{factor}"}}


def _size(dice: Random) -> Document:
    size = dict(dice.choice(SIZES))
    if size.get("mode") == "formula":
        size["formula"] = dice.choice(sorted(FORMULAS))
    if dice.random() < 0.3:
        size |= {"min_lot": dice.choice((0.1, 0.3)), "below_min_lot": _beyond(dice)}
    if dice.random() < 0.3:
        size["bump_at_most"] = dice.choice((1.5, 3, 100))
    document: Document = {"size": size, "max_lot": None}
    if dice.random() < 0.4:
        size["above_max_lot"] = _beyond(dice)
        document["max_lot"] = dice.choice((0.1, 0.4, 1))
    return document


def _beyond(dice: Random) -> str:
    return dice.choice(("skip", "clamp"))


def _stop_loss(dice: Random) -> Document:
    none = {"stop_loss_points": None, "stop_loss_offset": 0, "protective_stop": None}
    return {**none, "stop_loss_type": "exact", **dice.choice(STOP_LOSSES)}


def _take_profit(dice: Random) -> Document:
    none = {"take_profit_points": None, "take_profit_offset": 0, "take_profit_ratio": None}
    return {**none, "take_profit_type": "exact", **dice.choice(TAKE_PROFITS)}


def _filters(dice: Random) -> Document:
    found: Document = {"filters": {}}
    for one in dice.sample(FILTERS, dice.randint(1, 2)):
        found["filters"] |= one
    if dice.random() < 0.3:
        found["symbols"] = dice.choice((["XAU*"], ["eurusd"], ["GOLD*", "EUR*"]))
    return found


def _hold(dice: Random) -> Document:
    least_s = dice.choice((0, 1, 2, 3))
    most_s = dice.choice((None, least_s + 1, least_s + 4, 30))
    return {"min_hold_seconds": least_s, "max_hold_seconds": most_s}


def _moving(dice: Random) -> Document:
    even = {"at": dice.choice((5, 40, 120)), "lock": dice.choice((0, 3))}
    trail = {
        "distance": dice.choice((20, 80, 200)),
        "start": dice.choice((0, 10, 100)),
        "step": dice.choice((1, 5, 20)),
    }
    which = dice.choice(({"break_even": even}, {"trailing": trail}, {}))
    return which or {"break_even": even, "trailing": trail}


def _rules(dice: Random) -> Document:
    return {"rules": [dict(one) for one in dice.sample(RULES, dice.randint(1, 2))]}


def _one_of(*documents: Document) -> Callable[[Random], Document]:
    return lambda dice: dict(dice.choice(documents))


SIZES: Sequence[Document] = (
    {"multiplier": 0.5},
    {"multiplier": 2},
    {"multiplier": 0.37},
    {"mode": "notional"},
    {"mode": "notional", "multiplier": 0.3},
    {"mode": "balance", "own_reference": 300_000, "master_reference": 1_000_000},
    {"mode": "balance", "own_reference": 500_000, "ignore_contract_size": True},
    {"mode": "equity", "multiplier": 0.5},
    {"mode": "equity", "ignore_currency": True},
    {"mode": "free_margin", "multiplier": 0.5, "ignore_contract_size": True},
    {"mode": "fixed", "fixed_lot": 0.3},
    {"mode": "risk_money", "risk_money": 120},
    {"mode": "risk_money", "risk_money": 90, "cost_per_lot": 7},
    {"mode": "risk_percent", "risk_percent": 0.01, "own_reference": 1_000_000},
    {"mode": "risk_percent", "risk_percent": 0.02, "percent_of": "equity"},
    {"mode": "leverage", "times_equity": 0.05},
    {"mode": "formula"},
)
STOP_LOSSES: Sequence[Document] = (
    {"stop_loss_type": "distance"},
    {"stop_loss_type": "distance", "stop_loss_offset": 30},
    {"stop_loss_type": "fixed", "stop_loss_points": 300},
    {"stop_loss_type": "none"},
    {"stop_loss_type": "none", "protective_stop": 600},
    {"stop_loss_offset": 25},
    {"stop_loss_offset": -20, "protective_stop": 350},
    {"protective_stop": 500},
    {"stop_loss_type": "dynamic", "atr": {"timeframe": "M1", "period": 2, "times": 3}},
)
TAKE_PROFITS: Sequence[Document] = (
    {"take_profit_type": "distance"},
    {"take_profit_type": "distance", "take_profit_offset": -30},
    {"take_profit_type": "fixed", "take_profit_points": 400},
    {"take_profit_type": "none"},
    {"take_profit_type": "ratio", "take_profit_ratio": 1.5},
    {"take_profit_offset": 40},
)
FILTERS: Sequence[Document] = (
    {"sides": ["BUY"]},
    {"sides": ["SELL"]},
    {"order_types": ["MARKET", "BUY_LIMIT", "SELL_STOP"]},
    {"order_types": ["BUY_LIMIT", "SELL_LIMIT", "BUY_STOP", "SELL_STOP"]},
    {"min_master_lot": 0.2},
    {"max_master_lot": 0.5},
    {"not_symbols": ["xau*"]},
    {"not_magics": ["5", "100-199"]},
    {"magics": ["0"]},
    {"not_comments": ["?*"]},
)
RULES: Sequence[Document] = (
    {"masters": ["second"], "reverse": True},
    {"symbols": ["XAU*"], "size": {"mode": "fixed", "fixed_lot": 0.2}, "max_lot": None},
    {"masters": ["master"], "symbols": ["EURUSD"], "size": {"multiplier": 0.5}},
    {"symbols": ["GOLD*"], "filters": {"sides": ["BUY"]}},
    {"stop_loss_type": "none", "stop_loss_points": None, "reverse": True},
)
KINDS: dict[str, Callable[[Random], Document]] = {
    "size": _size,
    "reverse": _one_of({"reverse": True}, {"reverse": True}, {"reverse": False}),
    "stop loss": _stop_loss,
    "take profit": _take_profit,
    "required": _one_of({"require_stop_loss": True}, {"require_take_profit": True}),
    "filters": _filters,
    "room": _one_of(
        {"max_open_trades": 3},
        {"max_open_trades_per_symbol": 1},
        {"max_open_lots": 1.2},
        {"max_open_lots_per_symbol": 0.7},
    ),
    "throttle": _one_of(
        {"throttle": {"opens": 2, "seconds": 3}}, {"throttle": {"opens": 5, "seconds": 60}}
    ),
    "prices": _one_of(
        {"max_spread": 30},
        {"max_spread": 7},
        {"slippage_of_stop": 20},
        {"slippage_mode": "adverse", "slippage_tolerance": 500},
        {"open_tries": 1},
        {"open_tries": 7},
    ),
    "hold": _hold,
    "moving": _moving,
    "windows": lambda dice: {"trading_windows": dice.sample(sorted(WINDOWS_S), 2)},
    "small": _one_of({"partial_below_min": "close"}),
    "factor": _one_of({"factor": "0.5"}, {"factor": "2"}),
    "rules": _rules,
    "one way": _one_of({"block_hedging": True}, {"fifo": True}),
}
#: How often a slave has something of a kind, in a hundred of those that are not plain.
SHARES = {
    "size": 45,
    "reverse": 30,
    "stop loss": 35,
    "take profit": 30,
    "required": 5,
    "filters": 15,
    "room": 12,
    "throttle": 10,
    "prices": 15,
    "hold": 25,
    "moving": 20,
    "windows": 8,
    "small": 15,
    "factor": 20,
    "rules": 15,
    "one way": 10,
}
#: What stands by itself: nothing of it depends on what is there besides.
EDITABLE = ("size", "reverse", "stop loss", "take profit", "hold", "moving", "small", "factor")
