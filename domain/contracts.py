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
