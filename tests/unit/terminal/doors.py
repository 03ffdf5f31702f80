"""Builders: a door over a fake module, and the commands sent through it."""

from decimal import Decimal
from typing import Any

from domain.ids import LegKey, Magic, OpeningOrder, SlaveIdentifier, SlaveSymbol, SlaveTicket
from domain.market import Identity, Lifetime, PendingKind, Side
from domain.mt5_words import Filling, TimeInForce
from domain.orders import (
    CancelOrder,
    ClosePosition,
    ModifyOrder,
    ModifyPosition,
    OpenPosition,
    PlaceOrder,
)
from terminal.mt5 import Mt5Terminal
from tests.unit.terminal.fake_mt5 import FakeMt5

HOME = Identity(51234567, "Apex-Live")
LEG = LegKey(1001, "FTMO-Demo", OpeningOrder(557416654))
GOLD = SlaveSymbol("GOLD.c")
TICKET = SlaveTicket(950)
UNTIL_MS = 1_399_060_000_000
UNTIL = Lifetime(kind=TimeInForce.SPECIFIED, until_server_ms=UNTIL_MS)


def door(module: FakeMt5, **changes: Any) -> Mt5Terminal:
    usual: dict[str, Any] = {
        "path": "C:/Program Files/Apex MT5/terminal64.exe",
        "expected": HOME,
    }
    return Mt5Terminal(module, **(usual | changes))


def an_open(**changes: Any) -> OpenPosition:
    usual: dict[str, Any] = {
        "leg": LEG, "symbol": GOLD, "side": Side.BUY, "volume": Decimal("0.3"),
        "price": Decimal("1284.55"), "sl": Decimal(0), "tp": Decimal(1290),
        "deviation_points": 50, "filling": 1, "magic": Magic(234000123456789012),
        "comment": "557416654",
    }  # fmt: skip
    return OpenPosition(**(usual | changes))


def a_close(**changes: Any) -> ClosePosition:
    usual: dict[str, Any] = {
        "leg": LEG, "identifier": SlaveIdentifier(900), "symbol": GOLD, "side": Side.BUY,
        "volume": Decimal("0.3"), "whole": True, "filling": 1, "magic": Magic(7), "comment": "c",
    }  # fmt: skip
    return ClosePosition(**(usual | changes))


def a_modify(**changes: Any) -> ModifyPosition:
    usual: dict[str, Any] = {
        "leg": LEG, "identifier": SlaveIdentifier(900), "symbol": GOLD, "sl": Decimal("1280.10"),
        "tp": Decimal(0),
    }  # fmt: skip
    return ModifyPosition(**(usual | changes))


def a_placing(**changes: Any) -> PlaceOrder:
    usual: dict[str, Any] = {
        "leg": LEG, "symbol": GOLD, "kind": PendingKind.BUY_LIMIT, "volume": Decimal("0.5"),
        "price": Decimal("1270.10"), "stop_limit_price": Decimal(0), "sl": Decimal("1260.00"),
        "tp": Decimal(0), "lifetime": UNTIL, "filling": int(Filling.RETURN),
        "magic": Magic(234000123456789012), "comment": "557416654",
    }  # fmt: skip
    return PlaceOrder(**(usual | changes))


def a_change(**changes: Any) -> ModifyOrder:
    usual: dict[str, Any] = {
        "leg": LEG, "ticket": TICKET, "symbol": GOLD, "price": Decimal("1271.30"),
        "stop_limit_price": Decimal(0), "sl": Decimal(0), "tp": Decimal("1290.00"),
        "lifetime": Lifetime(),
    }  # fmt: skip
    return ModifyOrder(**(usual | changes))


def a_cancel(**changes: Any) -> CancelOrder:
    return CancelOrder(**({"leg": LEG, "ticket": TICKET, "symbol": GOLD} | changes))
