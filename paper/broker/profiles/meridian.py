"""Meridian-Demo: prices on request, near its stops nothing moves, tickets change over night."""

from typing import Final

from domain.mt5_words import CalcMode, Execution, FillingFlag, MarginMode, SwapMode
from paper.broker.brokers import BrokerProfile, Commission, SymbolProfile
from paper.broker.profiles.weeks import FOREX_WEEK, METAL_WEEK
from paper.broker.server_time import new_york_close_offset_ms

HOUSE: Final = BrokerProfile(
    name="Meridian-Demo",
    company="Meridian Markets (paper)",
    symbols=(),
    margin_modes=(MarginMode.RETAIL_HEDGING, MarginMode.RETAIL_NETTING),
    clock_offset_ms=new_york_close_offset_ms,
    renumbers_at_rollover=True,
    stop_out_level=20.0,
    margin_call_level=80.0,
)
SHELF: Final = (
    SymbolProfile(
        name="EURUSD_m",
        feed="EURUSD",
        digits=5,
        execution=Execution.REQUEST,
        filling_mask=FillingFlag.FOK,
        stops_level_points=20,
        freeze_level_points=10,
        sessions=FOREX_WEEK,
        swap_mode=SwapMode.POINTS,
        swap_long=-7.5,
        swap_short=2.3,
        margin_hedged=50_000.0,
        margin_hedged_use_leg=False,
        folder="Forex\\Majors",
        description="Euro vs US Dollar",
    ),
    SymbolProfile(
        name="XAUUSD_m",
        feed="XAUUSD",
        digits=2,
        contract_size=100.0,
        calc_mode=CalcMode.CFD_LEVERAGE,
        execution=Execution.REQUEST,
        filling_mask=FillingFlag.FOK,
        stops_level_points=30,
        freeze_level_points=15,
        sessions=METAL_WEEK,
        commission=Commission(per_lot=6.0, on_entry_only=True),
        swap_mode=SwapMode.POINTS,
        swap_long=-21.0,
        swap_short=4.0,
        swap_rollover3days=5,
        margin_rate_sell=1.5,
        margin_hedged=0.0,
        margin_hedged_use_leg=False,
        folder="Metals",
        description="Gold vs US Dollar",
    ),
)
