"""What a terminal shows of the market and of an account. Prices, volumes and money are exact."""

from decimal import Decimal
from enum import StrEnum

import msgspec


class Side(StrEnum):
    """The direction of a position or a deal."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def opposite(self) -> "Side":
        """The side of the deal that closes."""
        return Side.SELL if self is Side.BUY else Side.BUY


class SymbolSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A symbol's contract at one broker. Volumes in lots; levels in points."""

    name: str
    digits: int
    point: Decimal
    tick_size: Decimal
    contract_size: Decimal
    volume_min: Decimal
    volume_max: Decimal
    volume_step: Decimal
    stops_level_points: int
    freeze_level_points: int
    filling_flags: int
    execution_mode: int
    trade_mode: int


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """The newest bid and ask. `server_ms` is the broker's wall clock, in ms since 1970."""

    bid: Decimal
    ask: Decimal
    server_ms: int

    def entry(self, side: Side) -> Decimal:
        """The price at which a position of this side would open."""
        return self.ask if side is Side.BUY else self.bid

    def exit(self, side: Side) -> Decimal:
        """The price at which a position of this side would close."""
        return self.bid if side is Side.BUY else self.ask


class Identity(msgspec.Struct, frozen=True):
    """Which account a terminal is logged in to."""

    login: int
    server: str


class AccountState(msgspec.Struct, frozen=True, kw_only=True):
    """An account's money, in its own currency. `profit` is floating."""

    identity: Identity
    currency: str
    balance: Decimal
    equity: Decimal
    profit: Decimal
    margin: Decimal
    margin_free: Decimal
    trade_allowed: bool
    hedging: bool


class TerminalState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a terminal can trade at all."""

    connected: bool
    trade_allowed: bool
    data_path: str


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """An open position as the terminal lists it. Zero `sl` or `tp` means none."""

    ticket: int
    identifier: int
    symbol: str
    side: Side
    volume: Decimal
    price_open: Decimal
    sl: Decimal
    tp: Decimal
    magic: int
    comment: str
    opened_server_ms: int
    profit: Decimal


class Deal(msgspec.Struct, frozen=True, kw_only=True):
    """One execution. `entry` is MetaTrader's DEAL_ENTRY_* number, `net` all money it booked."""

    ticket: int
    order: int
    position: int
    symbol: str
    side: Side
    entry: int
    volume: Decimal
    price: Decimal
    net: Decimal
    server_ms: int
    magic: int
    reason: int
    comment: str

    @property
    def signed_volume(self) -> Decimal:
        """Lots, buys positive and sells negative."""
        return self.volume if self.side is Side.BUY else -self.volume


class Unknowable(msgspec.Struct, frozen=True):
    """The terminal gave no answer one could believe. Never to be read as "nothing there"."""

    why: str
