"""What a broker offers: symbols, and the terms of each that money depends on."""

from decimal import Decimal

import msgspec


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A symbol as a broker's list shows it."""

    symbol: str
    base: str
    profit: str
    digits: int
    contract_size: Decimal


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """What a lot of a symbol is, and in which steps it is traded: whose change alters money.

    Spreads, swaps, margins and the value of a tick change by themselves and are no part of it.
    """

    contract_size: Decimal
    digits: int
    tick_size: Decimal
    volume_min: Decimal
    volume_step: Decimal
    calc_mode: int
    base: str
    profit: str


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A symbol that may be the master's under another name, and why it is thought so.

    `certain`: nothing else is as near, and nothing that is known speaks against it.
    """

    symbol: str
    base: str
    profit: str
    digits: int
    contract_size: Decimal
    why: str
    certain: bool = False
