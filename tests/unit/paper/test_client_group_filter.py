"""Group masks as MetaTrader's module was seen to treat them."""

import pytest

from paper.wire.group_filter import group_filter

SYMBOLS = ["EURUSD", "XAUUSD", "EURUSD"]


@pytest.mark.parametrize(
    ("group", "matches"),
    [
        ("*USD*", 3), ("*usd*", 0), ("XAU*", 1), ("*,!XAU*", 2), ("*, !XAU*", 2),
        (" * , !XAU* ", 2),
        ("!XAU*", 0), ("!XAU*,*", 2), ("EURUSD", 2), ("EUR*,XAU*", 3), ("*EUR*,*XAU*,!*USD", 0),
        ("", 0), ("ABC", 0), ("EURUS", 0), ("?URUSD", 0), ("E.RUSD", 0), ("*", 3), (",,", 0),
    ],
)  # fmt: skip
def test_a_group_selects_the_symbols_metatrader_selects(group: str, matches: int) -> None:
    assert len([symbol for symbol in SYMBOLS if group_filter(group)(symbol)]) == matches


def test_a_mask_of_the_longest_length_is_answered_at_once() -> None:
    assert not group_filter("*a" * 998)("b" * 31)
