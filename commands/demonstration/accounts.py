"""Who takes part in the demo: one master, and slaves at brokers that differ in what can differ."""

from typing import Any, NamedTuple

from domain.policies import Role

Document = dict[str, Any]

MASTER = "Demo_Master"
MASTER_PATH = "demo-master"
MASTER_BROKER = "FTMO-Demo"
DEPOSIT = 100_000
STRICT_MAX_LOT = 0.5


class Cast(NamedTuple):
    """A slave as it is cast; `why` explains its tolerance to the person who watches."""

    title: str
    broker: str
    suffix: str
    symbol_map: dict[str, str]
    tolerance: int
    why: str
    limits: dict[str, Any]


CASTS = (
    Cast(
        title="Apex",
        broker="Apex-Demo",
        suffix=".c",
        symbol_map={"XAUUSD": "GOLD"},
        tolerance=300,
        why="300 points of 0.01 are 3 dollars of gold, which jumps by half a dollar within 10 ms",
        limits={},
    ),
    Cast(
        title="Harbor",
        broker="Harbor-Demo",
        suffix="m",
        symbol_map={},
        tolerance=4000,
        why="gold has three digits here, so 4000 points are 4 dollars; lots in tenths only",
        limits={},
    ),
    Cast(
        title="Union",
        broker="Union-Demo",
        suffix=".pro",
        symbol_map={"XAUUSD": "GOLD.pro"},
        tolerance=500,
        why="5 dollars of gold, as instant execution requotes what has moved on; and, on purpose, "
        f"nothing above {STRICT_MAX_LOT} lots, so that a refusal is seen with its reason",
        limits={"max_lot": STRICT_MAX_LOT},
    ),
)


def documents(slaves: int) -> tuple[Document, ...]:
    """The account documents, the master's first."""
    return (_master(), *(_slave(number) for number in range(slaves)))


def cast_of(number: int) -> Cast:
    """What the slave of this number (from 0) is like."""
    return CASTS[number % len(CASTS)]


def _master() -> Document:
    return {
        "name": MASTER,
        "type": Role.MASTER.value,
        "enabled": True,
        "terminal": "paper",
        "path": MASTER_PATH,
        "paper": _paper(MASTER_BROKER),
    }


def _slave(number: int) -> Document:
    cast = cast_of(number)
    name = f"{cast.title}_Slave_{number // len(CASTS) + 1:02d}"
    return {
        "name": name,
        "type": Role.SLAVE.value,
        "enabled": True,
        "terminal": "paper",
        "path": f"demo-{name.lower().replace('_', '-')}",
        "paper": _paper(cast.broker),
        "follows": [MASTER],
        "suffix": cast.suffix,
        "symbol_map": dict(cast.symbol_map),
        "slippage_tolerance": cast.tolerance,
        **cast.limits,
    }


def _paper(broker: str) -> Document:
    return {
        "broker": broker,
        "deposit": DEPOSIT,
        "currency": "USD",
        "leverage": 100,
        "margin_mode": "hedging",
    }
