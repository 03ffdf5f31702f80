from decimal import Decimal

import pytest

from decisions.filling import filling_for, next_filling
from domain.market import SymbolSpec
from domain.mt5_words import Execution, Filling

FOK, IOC, RETURN = Filling.FOK, Filling.IOC, Filling.RETURN


def spec(execution: int, flags: int) -> SymbolSpec:
    return SymbolSpec(
        name="GOLD", digits=2, point=Decimal("0.01"), tick_size=Decimal("0.01"),
        contract_size=Decimal(100), volume_min=Decimal("0.01"), volume_max=Decimal(50),
        volume_step=Decimal("0.01"), stops_level_points=0, freeze_level_points=0,
        filling_flags=flags, execution_mode=execution, trade_mode=4,
    )  # fmt: skip


TABLE = pytest.mark.parametrize(
    ("execution", "flags", "in_turn"),
    [
        pytest.param(Execution.MARKET, 3, [IOC, FOK, RETURN], id="market, both"),
        pytest.param(Execution.MARKET, 2, [IOC, FOK, RETURN], id="market, IOC"),
        pytest.param(Execution.MARKET, 1, [FOK, IOC, RETURN], id="market, FOK"),
        pytest.param(Execution.MARKET, 4, [FOK, IOC, RETURN], id="market, book-or-cancel only"),
        pytest.param(Execution.MARKET, 0, [FOK, IOC, RETURN], id="market, none"),
        pytest.param(Execution.EXCHANGE, 3, [IOC, FOK, RETURN], id="exchange, both"),
        pytest.param(Execution.EXCHANGE, 1, [FOK, RETURN, IOC], id="exchange, FOK"),
        pytest.param(Execution.EXCHANGE, 0, [RETURN, FOK, IOC], id="exchange, none"),
        pytest.param(Execution.REQUEST, 0, [IOC, FOK, RETURN], id="request"),
        pytest.param(Execution.INSTANT, 1, [IOC, FOK, RETURN], id="instant"),
    ],
)


@TABLE
def test_ioc_comes_first_and_what_the_symbol_allows_where_it_forbids_that(
    execution: int, flags: int, in_turn: list[int]
) -> None:
    assert filling_for(spec(execution, flags)) == in_turn[0]


@TABLE
def test_refused_fillings_are_followed_by_the_others_and_then_by_none(
    execution: int, flags: int, in_turn: list[int]
) -> None:
    symbol = spec(execution, flags)
    assert next_filling(in_turn[:1], symbol) == in_turn[1]
    assert next_filling(in_turn[:2], symbol) == in_turn[2]
    assert next_filling(in_turn, symbol) is None
