"""Liberty-Demo, an American house: first in first out, no hedging, New York's clock."""

from typing import Final

from domain.mt5_words import CalcMode, FillingFlag, MarginMode, SwapMode
from paper.broker.brokers import BrokerProfile, Commission, SymbolProfile
from paper.broker.profiles.weeks import FOREX_WEEK, METAL_WEEK
from paper.broker.server_time import new_york_close_offset_ms

HOUSE: Final = BrokerProfile(
    name="Liberty-Demo",
    company="Liberty Futures & FX (paper)",
    symbols=(),
    margin_modes=(MarginMode.RETAIL_HEDGING,),
    clock_offset_ms=new_york_close_offset_ms,
    fifo_close=True,
    hedging_allowed=False,
    stop_out_level=100.0,
    margin_call_level=120.0,
)
SHELF: Final = (
    SymbolProfile(
        name="EURUSD",
        feed="EURUSD",
        digits=5,
        volume_max=50.0,
        filling_mask=FillingFlag.FOK,
        sessions=FOREX_WEEK,
        commission=Commission(per_lot=3.0, minimum=0.1),
        swap_mode=SwapMode.POINTS,
        swap_long=-6.2,
        swap_short=1.1,
        folder="Majors",
        description="Euro vs US Dollar",
    ),
    SymbolProfile(
        name="XAUUSD",
        feed="XAUUSD",
        digits=2,
        contract_size=10.0,
        volume_step=0.1,
        volume_min=0.1,
        calc_mode=CalcMode.CFD_LEVERAGE,
        filling_mask=FillingFlag.FOK,
        sessions=METAL_WEEK,
        swap_mode=SwapMode.CURRENCY_SYMBOL,
        swap_long=-2.4,
        swap_short=-0.6,
        currency_base="USD",
        folder="Metals",
        description="Gold Spot",
    ),
)
