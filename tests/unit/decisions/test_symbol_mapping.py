"""What a master's symbol is called at the slave's broker."""

from decimal import Decimal
from typing import Any

import pytest

from decisions.account_documents import parse_account
from decisions.symbol_mapping import Mapped, slave_symbol
from domain.policies import AccountSettings
from tests.builders import some_settings

MAP = {"XAUUSD": "GOLD", "US30": "DJ30|0.1", "GER40.pro": "DE40", "GER40": "DAX"}


@pytest.mark.parametrize(
    ("master", "affixes", "slave"),
    [
        pytest.param("XAUUSD", {"suffix": ".c"}, "GOLD", id="mapped: no suffix"),
        pytest.param("EURUSD", {"suffix": ".c"}, "EURUSD.c", id="not mapped: the suffix"),
        pytest.param("EURUSD", {}, "EURUSD", id="neither"),
        pytest.param("EURUSD", {"prefix": "m."}, "m.EURUSD", id="a prefix"),
        pytest.param("xauusd", {"suffix": ".c"}, "xauusd.c", id="as it is written"),
        pytest.param("EURUSD.pro", {"master_suffix": ".pro"}, "EURUSD", id="theirs off"),
        pytest.param(
            "#EURUSD.pro",
            {"master_prefix": "#", "master_suffix": ".pro", "prefix": "m.", "suffix": "c"},
            "m.EURUSDc",
            id="theirs off and ours on, at both ends",
        ),
        pytest.param("XAUUSD.pro", {"master_suffix": ".pro"}, "GOLD", id="mapped without theirs"),
        pytest.param("GER40.pro", {"master_suffix": ".pro"}, "DE40", id="mapped with theirs first"),
        pytest.param(".pro", {"master_suffix": ".pro"}, ".pro", id="nothing but an affix"),
        pytest.param("EURUSD", {"master_suffix": ".pro"}, "EURUSD", id="theirs is not there"),
    ],
)
def test_a_mapped_symbol_stands_as_it_is_and_only_an_unmapped_one_changes_its_affixes(
    master: str, affixes: dict[str, str], slave: str
) -> None:
    settings = some_settings(symbol_map=MAP, **affixes)
    assert slave_symbol(master, settings) == Mapped(slave)


def test_behind_a_stroke_stands_how_many_lots_are_one() -> None:
    assert slave_symbol("US30", some_settings(symbol_map=MAP)) == Mapped("DJ30", Decimal("0.1"))


@pytest.mark.parametrize(
    ("value", "is_good"),
    [
        ("DJ30", True),
        ("DJ30|0.1", True),
        ("DJ30|10", True),
        ("DJ 30|2", True),
        ("DJ30|0", False),
        ("DJ30|0.000", False),
        ("DJ30|", False),
        ("DJ30|x", False),
        ("DJ30|-1", False),
        ("DJ30|1|2", False),
        ("|2", False),
    ],
)
def test_a_factor_is_a_number_above_zero(value: str, *, is_good: bool) -> None:
    document: dict[str, Any] = {"name": "A", "type": "SLAVE", "path": "x"}
    read = parse_account(document | {"symbol_map": {"US|30": value}})
    assert isinstance(read, AccountSettings) is is_good
