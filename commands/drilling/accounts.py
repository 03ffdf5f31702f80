"""Who takes part in a drill: masters, and slaves at brokers that differ in what can differ."""

from typing import Any

from commands.demonstration.accounts import CASTS, Cast
from domain.policies import Role
from utils.clock import utc_ms

Document = dict[str, Any]

MASTER_BROKER = "FTMO-Demo"
#: So much that no drill is long enough to be stopped out.
DEPOSIT = 10_000_000
#: Below what a node is paused for, so that an open that waited for it is seen to be late.
MAX_SIGNAL_AGE_MS = 2_000
#: Where slaves trade: the demo's brokers, and one at whom large copies come in parts.
PLACES: tuple[Cast, ...] = (
    *CASTS,
    Cast(
        title="Minnow",
        broker="Minnow-Demo",
        suffix=".s",
        symbol_map={},
        tolerance=400,
        why="4 dollars of gold",
        limits={},
    ),
)


def half_a_day(hour: int) -> str:
    """A trading window from that hour on."""
    return f"Mon-Sun {hour % 24:02d}:00-{(hour + 12) % 24:02d}:00 UTC"


#: One is open and the other is not, for as many hours yet as no drill lasts or moves our clock by.
NOW_H = utc_ms() // 3_600_000
OPEN_NOW, SHUT_NOW = half_a_day(NOW_H - 6), half_a_day(NOW_H + 6)
#: An open that comes a little late, or at another price than the master's, waits for that price.
COMES_LATE: Document = {"slippage_tolerance": 1, "late_entry": "order", "late_entry_seconds": 8}
#: How slaves copy. What is set holds with everything else at once, and what a rule sets for some of
#: the master's strategies (commands/drilling/trading.py) holds on top of it.
WAYS: tuple[Document, ...] = (
    {
        "throttle": {"opens": 6, "seconds": 10},
        "rules": [
            {"magics": ["11"], **COMES_LATE, "copy_existing": "always"},
            {"magics": ["12"], "trading_windows": [OPEN_NOW], "copy_existing": "near"},
            {"magics": ["13"], "trading_windows": [SHUT_NOW], "copy_existing": "near"},
            {"magics": ["14"], "filters": {"sides": ["SELL"], "min_master_lot": 0.3}},
            {
                "magics": ["15"],
                "size": {"mode": "risk_money", "risk_money": 800, "above_max_lot": "clamp"},
                "max_lot": 2,
            },
            {
                "magics": ["16"],
                "filters": {"comments": ["news*"], "not_symbols": ["EUR*"]},
                "stop_loss_type": "dynamic",
                "atr": {"timeframe": "M1", "period": 5, "times": 6},
            },
        ],
    },
    {
        "reverse": True,
        "stop_loss_type": "distance",
        "take_profit_type": "distance",
        "partial_below_min": "close",
        "max_open_lots": 3,
        "rules": [
            {"magics": ["11-12"], **COMES_LATE, "max_signal_age_ms": 500},
            {
                "magics": ["13"],
                "size": {"mode": "formula", "formula": "max(0.1, floor(master_lots * 5) / 10)"},
            },
            {
                "magics": ["14-15"],
                "reverse": False,
                "filters": {"max_master_lot": 0.4},
                "copy_existing": "always",
            },
            {
                "magics": ["16"],
                "size": {"mode": "risk_percent", "risk_percent": 0.01, "above_max_lot": "clamp"},
                "max_lot": 2,
                "require_stop_loss": True,
            },
        ],
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
        "max_open_trades": 6,
        "block_hedging": True,
        "rules": [
            {
                "magics": ["11"],
                "size": {"mode": "fixed", "fixed_lot": 0.2},
                "copy_existing": "always",
                "min_hold_seconds": 1,
                "max_hold_seconds": 15,
            },
            {
                "magics": ["12"],
                "size": {"mode": "balance", "ignore_currency": True, "above_max_lot": "clamp"},
                "max_lot": 1,
            },
            {"magics": ["13-14"], "filters": {"sides": ["BUY"], "comments": ["grid*"]}},
            {"magics": ["15"], **COMES_LATE, "open_tries": 3},
        ],
    },
    {
        "size": {"multiplier": 2},
        "break_even": {"at": 300, "lock": 10},
        "max_open_lots": 12,
        "symbols": ["EUR*", "XAU*"],
        "rules": [
            {"magics": ["11"], **COMES_LATE},
            {
                "magics": ["12"],
                "size": {"mode": "notional", "multiplier": 2},
                "stop_loss_type": "none",
                "protective_stop": 4_000,
                "take_profit_type": "none",
                "max_hold_seconds": 20,
                "min_hold_seconds": 1,
            },
            {"magics": ["13"], "copy_existing": "always"},
            {"magics": ["14"], "filters": {"not_symbols": ["XAU*"]}},
            {"symbols": ["XAU*"], "reverse": True},
        ],
    },
    {
        "size": {"mode": "fixed", "fixed_lot": 0.2},
        "max_open_trades": 8,
        "fifo": True,
        "break_even": {"at": 300, "lock": 10},
        "rules": [
            {"magics": ["11-13"], "copy_existing": "near", "max_hold_seconds": 4},
            {"symbols": ["XAU*"], "reverse": True, "max_hold_seconds": 4},
            {"symbols": ["EUR*"], "size": {"mode": "equity", "ignore_currency": True}},
        ],
    },
)


def documents(masters: int, slaves: int, turn: int = 0) -> tuple[Document, ...]:
    """The account documents, the masters' first; every slave follows all of them.

    `turn`: which of the ways the first slave has, as there are more of them than slaves.
    """
    ways = (WAYS[(number + turn) % len(WAYS)] for number in range(slaves))
    return (*map(_master, range(1, masters + 1)), *map(_slave, range(slaves), ways))


def _master(number: int) -> Document:
    return {
        "name": f"Drill_Master_{number:02d}",
        "type": Role.MASTER.value,
        "enabled": True,
        "terminal": "paper",
        "path": f"drill-master-{number:02d}",
        "paper": _paper(MASTER_BROKER),
    }


def _slave(number: int, way: Document) -> Document:
    cast = PLACES[number % len(PLACES)]
    name = f"{cast.title}_Slave_{number // len(PLACES) + 1:02d}"
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
        **way,
    }


def _paper(broker: str) -> Document:
    return {
        "broker": broker,
        "deposit": DEPOSIT,
        "currency": "USD",
        "leverage": 100,
        "margin_mode": "hedging",
    }
