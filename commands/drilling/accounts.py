"""Who takes part in a drill: masters, and slaves at brokers that differ in what can differ."""

from typing import Any

from commands.demonstration.accounts import CASTS
from domain.policies import Role

Document = dict[str, Any]

MASTER_BROKER = "FTMO-Demo"
#: So much that no drill is long enough to be stopped out.
DEPOSIT = 10_000_000
#: Below what a node is paused for, so that an open that waited for it is seen to be late.
MAX_SIGNAL_AGE_MS = 2_000
#: How slaves copy, the first as the master trades; what is set holds with everything else at once.
WAYS: tuple[Document, ...] = (
    {},
    {
        "reverse": True,
        "stop_loss_type": "distance",
        "take_profit_type": "distance",
        "partial_below_min": "close",
    },
    {
        "size": {"multiplier": 0.5, "above_max_lot": "clamp"},
        "max_lot": 0.3,
        "stop_loss_type": "fixed",
        "stop_loss_points": 2_500,
        "take_profit_type": "ratio",
        "take_profit_ratio": 1.5,
        "trailing": {"distance": 900, "start": 200, "step": 50},
        "open_tries": 6,
    },
    {
        "size": {"mode": "notional", "multiplier": 2},
        "stop_loss_type": "none",
        "protective_stop": 4_000,
        "take_profit_type": "none",
        "max_hold_seconds": 20,
        "min_hold_seconds": 1,
    },
    {
        "size": {"mode": "fixed", "fixed_lot": 0.2},
        "max_open_trades": 8,
        "break_even": {"at": 300, "lock": 10},
        "rules": [
            {"symbols": ["XAU*"], "reverse": True},
            {"symbols": ["EUR*"], "size": {"mode": "equity", "ignore_currency": True}},
        ],
    },
)


def documents(masters: int, slaves: int) -> tuple[Document, ...]:
    """The account documents, the masters' first; every slave follows all of them."""
    return (*map(_master, range(1, masters + 1)), *map(_slave, range(slaves)))


def _master(number: int) -> Document:
    return {
        "name": f"Drill_Master_{number:02d}",
        "type": Role.MASTER.value,
        "enabled": True,
        "terminal": "paper",
        "path": f"drill-master-{number:02d}",
        "paper": _paper(MASTER_BROKER),
    }


def _slave(number: int) -> Document:
    cast = CASTS[number % len(CASTS)]
    name = f"{cast.title}_Slave_{number // len(CASTS) + 1:02d}"
    return {
        "name": name,
        "type": Role.SLAVE.value,
        "enabled": True,
        "terminal": "paper",
        "path": f"drill-{name.lower().replace('_', '-')}",
        "paper": _paper(cast.broker),
        "suffix": cast.suffix,
        "symbol_map": dict(cast.symbol_map),
        "slippage_tolerance": cast.tolerance,
        "max_signal_age_ms": MAX_SIGNAL_AGE_MS,
        "opens_without_database": number % 2 == 0,
        **WAYS[number % len(WAYS)],
    }


def _paper(broker: str) -> Document:
    return {
        "broker": broker,
        "deposit": DEPOSIT,
        "currency": "USD",
        "leverage": 100,
        "margin_mode": "hedging",
    }
