"""Settings that contradict each other are refused when they are written, with a way out."""

from typing import Any

import pytest

from decisions.account_documents import parse_account
from decisions.swarm_check import check_swarm
from domain.policies import AccountSettings

PLAIN = {"name": "S", "type": "SLAVE", "path": "C:/S/terminal64.exe"}
FIXED = {"mode": "fixed", "fixed_lot": 1}
RISK = {"mode": "risk_money", "risk_money": 100}


def faults(**settings: Any) -> list[str]:
    read = parse_account(PLAIN | settings)
    return [] if isinstance(read, AccountSettings) else [problem.field for problem in read]


CONTRADICTIONS = {
    "more than the most": ("size.min_lot", {"size": {"min_lot": 2}, "max_lot": 1.99}),
    "more than may be open": ("size.min_lot", {"size": {"min_lot": 2}, "max_open_lots": 1}),
    "more than may be open on a symbol": (
        "size.min_lot",
        {"size": {"min_lot": 2}, "max_open_lots_per_symbol": 1},
    ),
    "a fixed lot that is skipped": ("size.fixed_lot", {"size": FIXED, "max_lot": 0.5}),
    "a fixed lot below the least": ("size.min_lot", {"size": FIXED | {"min_lot": 1.5}}),
    "a fixed lot that has no room": ("size.fixed_lot", {"size": FIXED, "max_open_lots": 0.5}),
    "a masters lot between nothing": (
        "filters.min_master_lot",
        {"filters": {"min_master_lot": 2, "max_master_lot": 1}},
    ),
    "held longer and shorter": (
        "min_hold_seconds",
        {"min_hold_seconds": 61, "max_hold_seconds": 60},
    ),
    "magics backwards": ("filters.magics", {"filters": {"magics": ["5", "199-100"]}}),
    "denied magics backwards": ("filters.not_magics", {"filters": {"not_magics": ["9-8"]}}),
    "a magic allowed and denied": (
        "filters.magics",
        {"filters": {"magics": ["5", "6"], "not_magics": ["6"]}},
    ),
    "a magic allowed within a range that is denied": (
        "filters.magics",
        {"filters": {"magics": ["5-6"], "not_magics": ["1-10"]}},
    ),
    "a comment allowed and denied": (
        "filters.comments",
        {"filters": {"comments": ["scalp*"], "not_comments": ["scalp*"]}},
    ),
    "no comment that is not denied": (
        "filters.comments",
        {"filters": {"comments": ["scalp*"], "not_comments": ["*"]}},
    ),
    "no window": ("trading_windows", {"trading_windows": []}),
    "a window of nothing": ("trading_windows", {"trading_windows": ["Mon 08:00-08:00 UTC"]}),
    "break-even at the price": ("break_even.lock", {"break_even": {"at": 100, "lock": 100}}),
    "break-even behind the trailing stop": (
        "break_even.at",
        {"break_even": {"at": 300}, "trailing": {"distance": 200, "start": 250}},
    ),
    "a risk without a stop": ("size.mode", {"size": RISK, "stop_loss_type": "none"}),
    "a ratio of nothing": (
        "take_profit_type",
        {"stop_loss_type": "none", "take_profit_type": "ratio", "take_profit_ratio": 2},
    ),
    "a lock without break-even": ("break_even.lock", {"break_even": {"lock": 10}}),
    "a start without trailing": ("trailing.start", {"trailing": {"start": 10}}),
    "raised to nothing": ("size.below_min_lot", {"size": {"below_min_lot": "clamp"}}),
    "a percentage of nothing": ("size.percent_of", {"size": {"percent_of": "equity"}}),
    "a rule nobody asks": ("rules.1", {"rules": [{"max_lot": 1}, {"masters": ["M"]}]}),
    "a rule behind every symbol": (
        "rules.1",
        {"rules": [{"symbols": ["*"], "max_lot": 1}, {"symbols": ["XAU*"]}]},
    ),
    "a rule behind every symbol, in two stars": (
        "rules.1",
        {"rules": [{"symbols": ["**"], "max_lot": 1}, {"symbols": ["XAU*"]}]},
    ),
    "a rule against the account": (
        "rules.0.size.min_lot",
        {"max_lot": 1, "rules": [{"masters": ["M"], "size": {"min_lot": 2}}]},
    ),
}
FINE = {
    "the least is the most": {"size": {"min_lot": 2}, "max_lot": 2},
    "a fixed lot that is clamped": {"size": FIXED | {"above_max_lot": "clamp"}, "max_lot": 0.5},
    "a lot that is raised": {"size": FIXED | {"min_lot": 2, "below_min_lot": "clamp"}},
    "one magic as a range": {"filters": {"magics": ["100-100", "5"], "not_magics": ["7"]}},
    "symbols that a rule denies": {
        "symbols": ["XAU*"],
        "rules": [{"masters": ["M"], "filters": {"not_symbols": ["XAU*"]}}],
    },
    "exactly so long": {"min_hold_seconds": 60, "max_hold_seconds": 60},
    "the whole day": {"trading_windows": ["Mon 00:00-00:00 UTC"]},
    "over midnight": {"trading_windows": ["Sun 23:00-02:00 UTC"]},
    "break-even before the trailing stop": {
        "break_even": {"at": 150, "lock": 10},
        "trailing": {"distance": 200, "start": 300},
    },
    "break-even nearer than the trailing stop": {
        "break_even": {"at": 300, "lock": 150},
        "trailing": {"distance": 200},
    },
    "a risk by the protective stop": {
        "size": RISK,
        "stop_loss_type": "none",
        "protective_stop": 300,
    },
    "a rule for all behind the others": {"rules": [{"masters": ["M"]}, {"max_lot": 1}]},
}


@pytest.mark.parametrize(("field", "settings"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_what_cannot_all_be_meant_is_refused(field: str, settings: dict[str, Any]) -> None:
    assert faults(**settings) == [field]


@pytest.mark.parametrize("settings", FINE.values(), ids=FINE.keys())
def test_what_fits_together_is_taken(settings: dict[str, Any]) -> None:
    assert faults(**settings) == []


def test_every_refusal_says_what_to_do() -> None:
    for _, settings in CONTRADICTIONS.values():
        read = parse_account(PLAIN | settings)
        assert isinstance(read, tuple)
        assert all(problem.what_to_do.endswith(".") and problem.wanted for problem in read)


def test_what_could_not_be_read_is_said_once_and_contradicts_nothing() -> None:
    assert faults(size={"min_lot": "two"}, max_lot=1) == ["size.min_lot"]
    assert faults(rules=[{"symbols": 5}, {"masters": 7}]) == [
        "rules.0.symbols",
        "rules.1.masters",
    ]


def test_a_rule_for_a_master_that_no_account_is_stops_its_account() -> None:
    """A slip of the pen would be another size than was meant."""
    master = PLAIN | {"name": "Gold_Desk", "type": "MASTER", "path": "C:/M/terminal64.exe"}
    slave = PLAIN | {"rules": [{"masters": ["Gold_Desk", "Gold_Desck"], "max_lot": 1}]}
    read = [parse_account(document) for document in (master, slave)]
    sound = [one for one in read if isinstance(one, AccountSettings)]
    assert len(sound) == 2
    (fault, *_) = check_swarm(sound)
    assert (fault.account, fault.field) == ("S", "rules.0.masters")
    assert "Gold_Desck" in fault.found
