"""Warden-Demo: a limit for everything, and a symbol for every kind of no; open all week."""

from typing import Final

import msgspec

from domain.mt5_words import (
    AccountTradeMode,
    CalcMode,
    ExpirationFlag,
    FillingFlag,
    GtcMode,
    MarginMode,
    OrderMode,
    SymbolTradeMode,
)
from paper.broker.brokers import BrokerProfile, SymbolProfile

HOUSE: Final = BrokerProfile(
    name="Warden-Demo",
    company="Warden Capital (paper)",
    symbols=(),
    margin_modes=(MarginMode.RETAIL_HEDGING, MarginMode.RETAIL_NETTING),
    trade_mode=AccountTradeMode.CONTEST,
    limit_orders=3,
    limit_positions=5,
    requests_per_second=5,
    shows_fill_price=False,
)
_EURUSD: Final = SymbolProfile(
    name="EURUSD",
    feed="EURUSD",
    digits=5,
    filling_mask=FillingFlag.FOK | FillingFlag.IOC,
    volume_limit=1.0,
    folder="Forex",
)
_XAUUSD: Final = SymbolProfile(
    name="XAUUSD.close",
    feed="XAUUSD",
    digits=2,
    contract_size=100.0,
    calc_mode=CalcMode.CFD_LEVERAGE,
    filling_mask=FillingFlag.FOK | FillingFlag.IOC,
    trade_mode=SymbolTradeMode.CLOSE_ONLY,
    folder="Metals",
)
SHELF: Final = (
    _EURUSD,
    msgspec.structs.replace(_EURUSD, name="EURUSD.long", trade_mode=SymbolTradeMode.LONG_ONLY),
    msgspec.structs.replace(_EURUSD, name="EURUSD.short", trade_mode=SymbolTradeMode.SHORT_ONLY),
    msgspec.structs.replace(
        _EURUSD,
        name="EURUSD.market",
        order_mode=OrderMode.MARKET | OrderMode.SL | OrderMode.TP,
        expiration_mode=ExpirationFlag.GTC,
    ),
    msgspec.structs.replace(_EURUSD, name="EURUSD.day", order_gtc_mode=GtcMode.DAILY),
    _XAUUSD,
    msgspec.structs.replace(_XAUUSD, name="XAUUSD.off", trade_mode=SymbolTradeMode.DISABLED),
)
