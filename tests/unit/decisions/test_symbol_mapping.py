"""What a master's symbol is called at the slave's broker."""

import pytest

from decisions.symbol_mapping import slave_symbol

MAP = {"XAUUSD": "GOLD", "US30": "DJ30", "ODD": ""}


@pytest.mark.parametrize(
    ("master", "suffix", "slave"),
    [
        pytest.param("XAUUSD", ".c", "GOLD", id="mapped: no suffix"),
        pytest.param("EURUSD", ".c", "EURUSD.c", id="not mapped: the suffix"),
        pytest.param("EURUSD", "", "EURUSD", id="not mapped, no suffix"),
        pytest.param("XAUUSD", "", "GOLD", id="mapped, no suffix"),
        pytest.param("xauusd", ".c", "xauusd.c", id="names are compared as they are written"),
        pytest.param("ODD", ".c", "", id="mapped to nothing is not unmapped"),
    ],
)
def test_a_mapped_symbol_stands_as_it_is_and_only_an_unmapped_one_gets_the_suffix(
    master: str, suffix: str, slave: str
) -> None:
    assert slave_symbol(master, MAP, suffix) == slave
