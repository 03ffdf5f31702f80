"""MetaTrader's words have MetaTrader's numbers, as its package exports them."""

from enum import IntEnum, IntFlag

import pytest

from domain import mt5_words as words
from paper.module import mt5_constants

FAMILIES: list[tuple[str, type[IntEnum] | type[IntFlag]]] = [
    ("TRADE_RETCODE", words.Retcode),
    ("TRADE_ACTION", words.TradeAction),
    ("ORDER_TYPE", words.OrderType),
    ("ORDER_FILLING", words.Filling),
    ("ORDER_TIME", words.TimeInForce),
    ("ORDER_STATE", words.OrderState),
    ("POSITION_TYPE", words.PositionType),
    ("DEAL_ENTRY", words.DealEntry),
    ("DEAL_REASON", words.Reason),
    ("SYMBOL_TRADE_EXECUTION", words.Execution),
    ("SYMBOL_TRADE_MODE", words.SymbolTradeMode),
    ("SYMBOL_CALC_MODE", words.CalcMode),
    ("SYMBOL_SWAP_MODE", words.SwapMode),
    ("SYMBOL_CHART_MODE", words.ChartMode),
    ("ACCOUNT_MARGIN_MODE", words.MarginMode),
    ("ACCOUNT_TRADE_MODE", words.AccountTradeMode),
    ("ACCOUNT_STOPOUT_MODE", words.StopOutMode),
    ("TICK_FLAG", words.TickFlag),
]
NOT_EXPORTED = {"HEDGE_PROHIBITED"}


@pytest.mark.parametrize(("prefix", "family"), FAMILIES, ids=[prefix for prefix, _ in FAMILIES])
def test_a_family_is_complete_and_has_the_packages_numbers(
    prefix: str, family: type[IntEnum] | type[IntFlag]
) -> None:
    exported = {
        name.removeprefix(f"{prefix}_").replace("_", ""): value
        for name, value in vars(mt5_constants).items()
        if name.startswith(f"{prefix}_")
    }
    ours = {m.name.replace("_", ""): m.value for m in family if m.name not in NOT_EXPORTED}
    assert ours == exported


def test_last_error_codes_are_the_packages() -> None:
    exported = {v for name, v in vars(mt5_constants).items() if name.startswith("RES_")}
    assert {code.value for code in words.LastError} == exported


def test_every_retcode_has_its_name() -> None:
    assert words.RETCODE_NAMES[10009] == "DONE"
    assert set(words.RETCODE_NAMES) == {code.value for code in words.Retcode}
