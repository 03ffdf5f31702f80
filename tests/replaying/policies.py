"""The policies: what stands in each slave's document, and what the oracle takes it to mean."""

from decimal import Decimal
from typing import Any, NamedTuple

from tests.replaying.rules import APEX, DEPOSIT, FTMO, HARBOR, Floor, Rule, Window

Document = dict[str, Any]

#: What every slave has: nothing but its policy may stand in the way of a copy.
FOR_ALL: Document = {
    "slippage_tolerance": 1_000_000,
    "max_signal_age_ms": 600_000,
    "opens_without_database": True,
}
D = Decimal


class Policy(NamedTuple):
    """One slave. `rules`: by trader; `document`: the same in the product's words."""

    name: str
    floor: Floor
    rules: dict[str, Rule]
    document: Document
    deposit: int = DEPOSIT


def _trend(name: str, rule: Rule, document: Document, floor: Floor = FTMO) -> Policy:
    return Policy(f"Trend_{name}", floor, {"Trend": rule}, document)


def _fade(name: str, rule: Rule, document: Document, deposit: int = DEPOSIT) -> Policy:
    return Policy(f"Fade_{name}", FTMO, {"Fade": rule}, document, deposit)


def _breakout(name: str, rule: Rule, document: Document) -> Policy:
    affixes = {"master_suffix": "m", "suffix": "m"}
    return Policy(f"Breakout_{name}", HARBOR, {"Breakout": rule}, document | affixes)


POLICIES: tuple[Policy, ...] = (
    _trend("One_To_One", Rule(), {}),
    _trend("Times_2_5", Rule(times=D("2.5")), {"size": {"multiplier": 2.5}}),
    _trend(
        "Fixed_Lot",
        Rule(fixed=D("0.07")),
        {"size": {"mode": "fixed", "fixed_lot": 0.07}},
    ),
    _trend("Reversed", Rule(reverse=True), {"reverse": True}),
    _trend("Wider_Spread", Rule(), {"suffix": ".c"}, APEX),
    _trend(
        "Tenths_Close_Rest",
        Rule(small_rest_is_closed=True),
        {"suffix": "m", "partial_below_min": "close"},
        HARBOR,
    ),
    _trend(
        "Own_Stops",
        Rule(copies_stops=False, stop_points=90, target_ratio=2),
        {
            "stop_loss_type": "fixed",
            "stop_loss_points": 90,
            "take_profit_type": "ratio",
            "take_profit_ratio": 2,
        },
    ),
    _trend("Held_3200_S", Rule(hold_s=3_200), {"max_hold_seconds": 3_200}),
    _trend(
        "Not_This_Symbol",
        Rule(never="SYMBOL_FILTERED"),
        {"symbols": ["XAU*"]},
    ),
    _fade(
        "Balance_Share",
        Rule(times=D("0.25")),
        {"size": {"mode": "balance", "own_reference": 25_000, "master_reference": 100_000}},
    ),
    _fade(
        "Live_Balances",
        Rule(by_balance_of=1_000),
        {"size": {"mode": "balance"}},
        deposit=570,
    ),
    _fade(
        "At_Most_0_07",
        Rule(most=D("0.07"), most_is_kept_to=True),
        {"max_lot": 0.07, "size": {"above_max_lot": "clamp"}},
    ),
    _fade("At_Least_0_10", Rule(least=D("0.1")), {"size": {"min_lot": 0.1}}),
    _fade("Sells_Only", Rule(side="sell"), {"filters": {"sides": ["SELL"]}}),
    _fade(
        "No_Stops", Rule(copies_stops=False), {"stop_loss_type": "none", "take_profit_type": "none"}
    ),
    _fade("One_At_A_Time", Rule(room=1), {"max_open_trades": 1}),
    _fade(
        "Two_In_17000_S",
        Rule(opens=2, within_s=17_000),
        {"throttle": {"opens": 2, "seconds": 17_000}},
    ),
    _fade(
        "Office_Hours",
        Rule(window=Window("Europe/Prague", 8 * 60, 17 * 60)),
        {"trading_windows": ["Mon-Fri 08:00-17:00 Europe/Prague"]},
    ),
    _breakout("One_To_One", Rule(), {}),
    _breakout("Half", Rule(times=D("0.5")), {"size": {"multiplier": 0.5}}),
    _breakout(
        "At_Market_Only", Rule(at_market_only=True), {"filters": {"order_types": ["MARKET"]}}
    ),
    Policy(
        "Rules_For_Two",
        HARBOR,
        {"Breakout": Rule(fixed=D("0.3")), "Fade": Rule(times=D(2), side="buy")},
        {
            "symbol_map": {"EURUSD": "EURUSDm", "XAUUSDm": "XAUUSDm"},
            "rules": [
                {"symbols": ["XAU*"], "size": {"mode": "fixed", "fixed_lot": 0.3}},
                {
                    "masters": ["Fade"],
                    "size": {"multiplier": 2},
                    "filters": {"sides": ["BUY"]},
                },
            ],
        },
    ),
)
