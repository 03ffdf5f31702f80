"""What holds instead for some masters, magic numbers and symbols."""

from decimal import Decimal
from typing import Any

import pytest

from decisions.account_documents import parse_account
from decisions.asked_for import Position, asked_for
from decisions.rules import is_like, settings_for
from domain.ids import NodeName
from domain.policies import AccountSettings

SLAVE: dict[str, Any] = {
    "name": "Apex",
    "type": "SLAVE",
    "path": "x",
    "max_lot": 5,
    "size": {"mode": "equity", "multiplier": 0.5},
    "rules": [
        {"masters": ["Gold"], "symbols": ["XAU*", "gold.c"], "max_lot": 1},
        {"masters": ["Gold", "News"], "reverse": True, "max_lot": None},
        {"magics": ["7", "100-199"], "symbols": ["EUR*"], "max_lot": 2},
        {"symbols": ["US30"], "size": {"mode": "fixed", "fixed_lot": 0.1}},
    ],
}


def read(**changes: Any) -> AccountSettings:
    found = parse_account(SLAVE | changes)
    assert isinstance(found, AccountSettings), found
    return found


@pytest.mark.parametrize(
    ("master", "names", "limit", "reverse", "mode"),
    [
        ("Other", ("EURUSD",), 5, False, "equity"),
        ("Gold", ("XAUUSD", "XAUUSD.c"), 1, False, "equity"),
        ("Gold", ("METAL", "GOLD.c"), 1, False, "equity"),
        ("Gold", ("EURUSD", "EURUSD.c"), None, True, "equity"),
        ("News", ("XAUUSD",), None, True, "equity"),
        ("Other", ("us30",), 5, False, "fixed"),
        ("News", ("US30",), None, True, "equity"),
    ],
)
def test_the_first_rule_that_fits_holds_and_the_account_for_the_rest(
    master: str, names: tuple[str, ...], limit: int | None, reverse: bool, mode: str
) -> None:
    held = settings_for(read(), NodeName(master), 0, *names)
    assert (held.max_lot, held.reverse, held.size.mode.value) == (limit, reverse, mode)


@pytest.mark.parametrize(
    ("magic", "symbol", "limit"),
    [
        (7, "EURUSD", 2),
        (100, "EURUSD", 2),
        (199, "EURGBP", 2),
        (200, "EURUSD", 5),
        (0, "EURUSD", 5),
        (7, "GBPUSD", 5),
    ],
)
def test_a_rule_may_be_for_some_magic_numbers(magic: int, symbol: str, limit: int) -> None:
    assert settings_for(read(), NodeName("Other"), magic, symbol).max_lot == limit


def test_a_section_of_a_rule_takes_the_place_of_the_whole_section() -> None:
    held = settings_for(read(), NodeName("Other"), 0, "US30")
    assert held.size.multiplier is None


def test_an_account_without_rules_has_its_own_settings() -> None:
    settings = read(rules=[])
    assert settings_for(settings, NodeName("Gold"), 0, "XAUUSD") is settings


@pytest.mark.parametrize(
    ("rule", "field", "said"),
    [
        ({"follows": ["M"]}, "rules.0.follows", "what holds for the whole account"),
        ({"revers": True}, "rules.0.revers", "Did you mean reverse?"),
        ({"size": {"mode": "fixed"}}, "rules.0.size.mode", "Add size.fixed_lot"),
        ({"size": {"fixed_lot": 1}}, "rules.0.size.fixed_lot", "Set size.mode to fixed"),
        ({"size": {"mode": "formula", "formula": "1 +"}}, "rules.0.size.formula", "Correct it"),
        ({"max_spread": -1}, "rules.0.max_spread", "0 to"),
        ({"magics": ["199-100"], "max_lot": 1}, "rules.0.magics", "Write 100-199"),
    ],
)
def test_a_fault_names_its_rule(rule: dict[str, Any], field: str, said: str) -> None:
    faults = parse_account(SLAVE | {"rules": [rule]})
    assert isinstance(faults, tuple)
    (fault,) = faults
    assert fault.field == field
    assert said in fault.text


@pytest.mark.parametrize("written", [{"reverse": True}, "reverse", ["reverse"], [{}] * 201])
def test_what_is_no_list_of_rules_is_refused(written: object) -> None:
    faults = parse_account(SLAVE | {"rules": written})
    assert isinstance(faults, tuple)
    assert {fault.field for fault in faults} == {"rules"}


@pytest.mark.parametrize(
    ("name", "pattern", "fits"),
    [
        ("[SP500]", "[SP500]", True),
        ("[SP500]", "[*", True),
        ("S", "[SP500]", False),
        ("XAUUSD.c", "xau*", True),
        ("XAUUSD", "XAUUS?", True),
        ("XAUUSD", "XAUUSD.", False),
    ],
)
def test_of_a_pattern_only_a_star_and_a_question_mark_are_not_themselves(
    name: str, pattern: str, *, fits: bool
) -> None:
    assert is_like(name, (pattern,)) is fits
    position = Position(master="M", symbol=name, lots=Decimal(1))
    document = {"rules": [{"symbols": [pattern], "reverse": True}]}
    assert asked_for(document, position, {}).is_reversed is fits


@pytest.mark.parametrize(
    ("field", "value"),
    [("slippage_tolerance", "abc"), ("path", 7), ("size", {"mode": "none"}), ("prefix", None)],
)
def test_a_fault_of_the_account_is_told_beside_rules_as_without_them(
    field: str, value: object
) -> None:
    found = parse_account(SLAVE | {field: value})
    without = parse_account({n: v for n, v in SLAVE.items() if n != "rules"} | {field: value})
    assert isinstance(found, tuple)
    assert found == without
    assert found[0].field.startswith(field)
