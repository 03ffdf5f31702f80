"""What the drill's judge reads in a slave's document, worked out apart from what places orders."""

from decimal import Decimal
from typing import Any

import pytest

from decisions.asked_for import Position, asked_for
from tests.builders import a_spec

D = Decimal
SPECS = {"XAUUSD": a_spec()}


def most(size: dict[str, Any], *, known: bool = True, **changes: Any) -> Decimal | None:
    position = Position(master="Lead", symbol="XAUUSD", lots=D("0.40"), **changes)
    return asked_for({"size": size}, position, SPECS if known else {}).most_lots


def test_a_copy_may_be_as_large_as_the_least_the_account_opens() -> None:
    assert most({"min_lot": 1, "below_min_lot": "clamp"}) == 1
    assert most({"min_lot": 1, "below_min_lot": "skip"}) == D("0.40")


def test_a_copy_may_be_bumped_to_its_brokers_least() -> None:
    tenth = Position(master="Lead", symbol="XAUUSD", lots=D("0.02"))
    specs = {"XAUUSD": a_spec(volume_min="0.10")}
    asked = asked_for({"size": {"bump_at_most": 9}}, tenth, specs)
    assert asked.most_lots == D("0.10")


def test_a_contract_nobody_told_bounds_nothing() -> None:
    assert most({"mode": "notional"}) is None
    assert most({"mode": "notional"}, known=False, contract_size=D(10)) is None
    assert most({"mode": "notional"}, contract_size=D(10)) == D("0.04")


@pytest.mark.parametrize(
    ("magic", "is_reversed"), [(6, False), (7, True), (99, False), (100, True), (199, True)]
)
def test_a_rule_may_be_for_some_magic_numbers(magic: int, *, is_reversed: bool) -> None:
    document = {"rules": [{"magics": ["7", "100-199"], "reverse": True}]}
    position = Position(master="Lead", symbol="XAUUSD", lots=D(1), magic=magic)
    assert asked_for(document, position, SPECS).is_reversed is is_reversed
