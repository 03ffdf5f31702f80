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
    }


def _paper(broker: str) -> Document:
    return {
        "broker": broker,
        "deposit": DEPOSIT,
        "currency": "USD",
        "leverage": 100,
        "margin_mode": "hedging",
    }
