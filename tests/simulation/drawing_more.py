"""From a seed to a schedule, in full: what `drawing` draws, netting accounts, orders that wait.

These, and who lets late opens wait, come from generators of their own, so that a seed's market
orders and troubles stay what they were before any of them was drawn.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec

from tests.simulation.drawing import FOREIGN_MAGICS, LOTS, Drawn, draw_plain, spread_out
from tests.simulation.drawing_beside import with_beside
from tests.simulation.drawing_existing import with_existing
from tests.simulation.drawing_parts import with_parts
from tests.simulation.drawing_settings import with_settings
from tests.simulation.schedule import DRAWN, EXISTING, PLAINLY, Happening, Mode, Schedule
from utils.randomness import seeded

APART = 1_000_000_007
APART_LATE = 1_000_000_033
FLAVOURS = (("plain", 20), ("nets", 25), ("orders", 35), ("both", 20))
KINDS = (2, 3, 4, 5, 6, 7)
FEEDS = ("EURUSD", "XAUUSD")
AWAY = (4, 12, 25, 60)


def draw(
    seed: int, mode: Mode, troubles: Sequence[str] = (), flavour: str = "", ways: str = DRAWN
) -> Schedule:
    """The same schedule for the same seed; these troubles alone and this flavour, where named.

    `ways` of copying: drawn from the seed, plain ones, or those of one kind alone.
    """
    schedule = _draw(seed, mode, troubles, flavour)
    if ways == PLAINLY:
        return schedule
    if ways == EXISTING:
        return with_existing(schedule, surely=True)
    if ways == DRAWN:
        drawn = with_beside(with_existing(with_settings(schedule)))
        return drawn if troubles else with_parts(drawn)
    return with_settings(schedule, ways)


def _draw(seed: int, mode: Mode, troubles: Sequence[str], flavour: str) -> Schedule:
    plain = draw_plain(seed, mode, troubles)
    dice = seeded((seed + 1) * APART)
    words = [word for word, _ in FLAVOURS]
    drawn = dice.choices(words, [share for _, share in FLAVOURS])[0]
    flavour = flavour or drawn
    nets = _nets(dice, plain) if flavour in {"nets", "both"} else ()
    more: list[Happening] = []
    if nets:
        more += _on_nets(dice, plain, nets)
    if flavour in {"orders", "both"}:
        more += _waiting(dice, plain, is_calm=bool(troubles))
    happenings = sorted((*plain.happenings, *more), key=lambda one: one.at_ms)
    late = () if troubles else _late(seed, plain)
    return msgspec.structs.replace(plain, happenings=tuple(happenings), nets=nets, late=late)


def _late(seed: int, plain: Schedule) -> tuple[str, ...]:
    """In one run of four, some slaves."""
    dice = seeded((seed + 1) * APART_LATE)
    if dice.random() < 0.75:
        return ()
    return tuple(name for name in plain.slaves if dice.random() < 0.7)


def _nets(dice: Random, plain: Schedule) -> tuple[str, ...]:
    """All four combinations of master and slave."""
    names = (*plain.masters, *plain.slaves)
    return tuple(name for name in names if dice.random() < 0.6)


def _pace(plain: Schedule) -> float:
    """Long runs are slow ones."""
    return max(1.0, plain.lasts_ms / 8_000)


def _on_nets(dice: Random, plain: Schedule, nets: Sequence[str]) -> list[Happening]:
    """More on one symbol: adds, reductions, reversals; and users now and then in between."""
    found: list[Happening] = []
    for name in plain.masters:
        rate_ms = 700 * _pace(plain)
        found += spread_out(dice, plain.lasts_ms, rate_ms, lambda name=name: _adding(dice, name))
    for name in plain.slaves:
        if name in nets and dice.random() < 0.3:
            rate_ms = 3_000 * _pace(plain)
            found += spread_out(dice, plain.lasts_ms, rate_ms, lambda name=name: _user(dice, name))
    return found


def _adding(dice: Random, who: str) -> Drawn:
    what = dice.choices(("trade", "reduce", "close"), (70, 20, 10))[0]
    how: dict[str, dict[str, Any]] = {
        "trade": {
            "symbol": 0,
            "lots": dice.choice((0.1, 0.2, 0.3, 0.7, 1.5)),
            "stops": dice.choice((0, 0, 0, 150)),
            "buys": dice.random() < 0.7,
        },
        "reduce": {"nth": dice.randint(0, 3), "share": dice.choice((0.25, 0.5, 0.9))},
        "close": {"nth": dice.randint(0, 3)},
    }
    return what, who, how[what]


def _user(dice: Random, who: str) -> Drawn:
    if dice.random() < 0.5:
        return "close_copy", who, {"nth": dice.randint(0, 3), "share": dice.choice((1.0, 0.5))}
    how = {"symbol": dice.randint(0, 1), "lots": dice.choice((0.1, 0.4)), "magic": 0}
    return "by_hand", who, {**how, "buys": dice.random() < 0.5}


def _waiting(dice: Random, plain: Schedule, *, is_calm: bool) -> list[Happening]:
    """Orders at the masters; prices that come to them; users and troubles that meddle."""
    found: list[Happening] = []
    lasts_ms, pace = plain.lasts_ms, _pace(plain)
    for name in plain.masters:
        rate_ms = dice.choice((350, 700)) * pace
        found += spread_out(dice, lasts_ms, rate_ms, lambda name=name: _orders(dice, name))
    found += spread_out(dice, lasts_ms, 900 * pace, lambda: _prices(dice, plain))
    for name in plain.slaves:
        if dice.random() < 0.35:
            rate_ms = 2_500 * pace
            found += spread_out(dice, lasts_ms, rate_ms, lambda name=name: _meddling(dice, name))
    if is_calm or dice.random() < 0.4:
        return found
    kinds = dice.sample(TROUBLES_OF_ORDERS, dice.randint(1, 3))
    nodes = (*plain.masters, *plain.slaves, *plain.slaves)
    rate_ms = dice.choice((700, 1_500)) * pace
    return found + spread_out(
        dice, lasts_ms, rate_ms, lambda: dice.choice(kinds)(dice, dice.choice(nodes))
    )


def _orders(dice: Random, who: str) -> Drawn:
    what = dice.choices(("let_wait", "move_order", "withdraw"), (60, 20, 20))[0]
    how: dict[str, dict[str, Any]] = {
        "let_wait": _terms(dice, dice.choice(LOTS)),
        "move_order": {"nth": dice.randint(0, 30), "points": dice.choice(AWAY)},
        "withdraw": {"nth": dice.randint(0, 30)},
    }
    return what, who, how[what]


def _terms(dice: Random, lots: float, magic: int = 0) -> dict[str, Any]:
    return {
        "nth_symbol": dice.randint(0, 1),
        "kind": dice.choice(KINDS),
        "lots": lots,
        "away_points": dice.choice(AWAY),
        "stops_points": dice.choice((0, 0, 150)),
        "lives_s": dice.choice((0, 0, 0, 2, 4)),
        "magic": magic,
    }


def _prices(dice: Random, plain: Schedule) -> Drawn:
    feed, points = dice.choice(FEEDS), dice.choice((-70, -30, -12, 12, 30, 70))
    if dice.random() < 0.5:
        return "market", "", {"feed": feed, "points": points}
    who = dice.choice((*plain.masters, *plain.slaves))
    return "skew", who, {"feed": feed, "points": points, "ms": dice.choice((300, 1_500, 5_000))}


def _meddling(dice: Random, who: str) -> Drawn:
    what = dice.choices(("withdraw", "let_wait", "move_order"), (50, 35, 15))[0]
    how: dict[str, dict[str, Any]] = {
        "withdraw": {"nth": dice.randint(0, 30)},
        "let_wait": _terms(dice, 0.1, dice.choice(FOREIGN_MAGICS)),
        "move_order": {"nth": dice.randint(0, 30), "points": 40},
    }
    return what, who, how[what]


def _broken(who: str, fault: dict[str, Any], **scope: Any) -> Drawn:
    return "broken", who, {"fault": fault, "scope": scope}


def _lost_rows(dice: Random, who: str) -> Drawn:
    """Orders that wait are left out of the list, some or all; the count says the same."""
    fault = {"kind": "missing_rows", "which": dice.choice(("all", "one", "last"))}
    call = dice.choice(("orders_*", "orders_*", "orders_get"))
    return _broken(who, fault, call=call, for_ms=dice.choice((300, 1_000, 4_000)))


def _hidden_fates(dice: Random, who: str) -> Drawn:
    """What became of an order does not show in the history for a while."""
    fault: dict[str, Any] = {"kind": "missing_rows", "which": "all"}
    if dice.random() < 0.5:
        fault = {"kind": "late_rows", "ms": dice.choice((500, 2_000, 5_000))}
    call = dice.choice(("history_orders_get", "history_*_get", "orders_*"))
    return _broken(who, fault, call=call, for_ms=dice.choice((1_000, 5_000)))


def _mute_about_orders(dice: Random, who: str) -> Drawn:
    """Orders and their history answer None."""
    fault = {"kind": "refuse", "code": dice.choice((-10002, -1))}
    call = dice.choice(("orders_get", "history_orders_get", "*orders_*"))
    return _broken(who, fault, call=call, for_ms=dice.choice((1_000, 5_000)))


def _unknown_answers(dice: Random, who: str) -> Drawn:
    """To placing, changing and withdrawing, executed or not."""
    order = dice.choice(("pending", "modify", "remove"))
    executed = dice.random() < 0.5
    fault: dict[str, Any] = {"kind": "refuse", "code": dice.choice((-10001, -10002))}
    if dice.random() < 0.6:
        fault = {"kind": "retcode", "code": dice.choice((10012, 10011, 10031))}
    fault["executed"] = executed
    times, call = dice.randint(1, 3), "order_send"
    return _broken(who, fault, call=call, order=order, times=times, for_ms=5_000)


def _refusals(dice: Random, who: str) -> Drawn:
    """Proven ones, of what concerns orders that wait."""
    order = dice.choice(("pending", "modify", "remove"))
    code = dice.choice((10006, 10013, 10015, 10024, 10018, 10029))
    fault = {"kind": "retcode", "code": code, "executed": False}
    times, call = dice.randint(1, 4), "order_send"
    return _broken(who, fault, call=call, order=order, times=times, for_ms=4_000)


def _in_parts(dice: Random, who: str) -> Drawn:
    """A broker that fills in parts, orders that waited as well."""
    rest_ms = dice.choice((None, 200, 1_500))
    how = {"first_part": dice.choice((0.3, 0.5)), "rest_after_ms": rest_ms}
    return "in_parts", who, {**how, "ms": dice.choice((1_000, 4_000))}


def _halts(dice: Random, who: str) -> Drawn:
    """The latch leaves ACTIVE while orders wait."""
    slave = who if who.startswith("slave") else "slave1"
    return "operator", slave, {"kind": dice.choice(("HALT", "HALT", "RESUME"))}


TROUBLES_OF_ORDERS = (
    _lost_rows,
    _hidden_fates,
    _mute_about_orders,
    _unknown_answers,
    _refusals,
    _in_parts,
    _halts,
)
