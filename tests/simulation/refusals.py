"""What is refused for the sake of a setting: whether some document of the slave's does say so."""

from collections.abc import Callable, Mapping
from typing import Any

from domain.reasons import Reason
from tests.simulation.stage import Stage
from tests.simulation.wishes import RATIOS, Wishes

RISKS = frozenset({"risk_money", "risk_percent"})
#: Decided by what the master has alone, so that the judge can decide it once more.
PLAIN = frozenset(
    {
        Reason.SIDE_FILTERED,
        Reason.ORDER_TYPE_FILTERED,
        Reason.MASTER_LOT_FILTERED,
        Reason.SYMBOL_FILTERED,
        Reason.NO_TARGET,
    }
)
#: Decided by what is so at that moment: here it is only seen that somebody asked for it at all.
ASKED_FOR: Mapping[Reason, Callable[[Wishes], Any]] = {
    Reason.MAX_LOT: lambda wishes: wishes.said("max_lot"),
    Reason.MIN_LOT: lambda wishes: wishes.said("size.min_lot"),
    Reason.MAX_OPEN_LOTS: lambda wishes: (
        wishes.said("max_open_lots") or wishes.said("max_open_lots_per_symbol")
    ),
    Reason.MAX_OPEN_TRADES: lambda wishes: (
        wishes.said("max_open_trades") or wishes.said("max_open_trades_per_symbol")
    ),
    Reason.HEDGING_BLOCKED: lambda wishes: wishes.said("block_hedging"),
    Reason.TOO_MANY_IN_TIME: lambda wishes: wishes.said("throttle.opens"),
    Reason.OUTSIDE_HOURS: lambda wishes: wishes.said("trading_windows"),
    Reason.SPREAD_TOO_WIDE: lambda wishes: wishes.said("max_spread"),
    Reason.VOLATILITY_UNKNOWN: lambda wishes: wishes.said("stop_loss_type") == "dynamic",
    Reason.NO_STOP: lambda wishes: (
        wishes.said("require_stop_loss") or wishes.said("size.mode") in RISKS
    ),
    Reason.RISK_UNKNOWN: lambda wishes: wishes.said("size.mode") in RISKS,
    Reason.MASTER_MONEY_UNKNOWN: lambda wishes: wishes.said("size.mode") in RATIOS,
    Reason.MASTER_MONEY_STALE: lambda wishes: wishes.said("size.mode") in RATIOS,
    Reason.RATE_UNKNOWN: lambda wishes: wishes.said("size.mode") in RATIOS,
}
#: Whoever sets such things wants fewer copies.
BY_SETTINGS = PLAIN | ASKED_FOR.keys() | {Reason.VOLUME_TOO_SMALL, Reason.FIFO_BUSY}


def is_founded(stage: Stage, name: str, order: int, reason: Reason, *, waits: bool) -> bool:
    """Nothing is known against it."""
    witness = stage.witness
    known = (witness.awaited if waits else witness.originals).get(order)
    if known is None or reason not in PLAIN | ASKED_FOR.keys():
        return True
    of = witness.by_settings.subject(known)
    for document in witness.by_settings.all_of(name):
        wishes = Wishes(document, of.master, of.symbol)
        kept_out = [
            why
            for lots in dict.fromkeys(of.lots)
            for kinds in [[kind] for kind in dict.fromkeys(of.kinds)] or [[]]
            for theirs in dict.fromkeys(of.history)
            for why in wishes.keeps_out(kinds, of.side, [lots], [theirs])
        ]
        if reason.value in kept_out or (reason in ASKED_FOR and ASKED_FOR[reason](wishes)):
            return True
    return False
