"""What a terminal shows of the market and of an account. Prices, volumes and money are exact."""

from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

import msgspec

from domain.mt5_words import ExpirationFlag, OrderMode, TimeInForce

EVERY_LIFETIME = int(~ExpirationFlag(0))
EVERY_KIND = int(~OrderMode(0))


class Side(StrEnum):
    """The direction of a position or a deal."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def opposite(self) -> "Side":
        """The side of the deal that closes."""
        return Side.SELL if self is Side.BUY else Side.BUY


class SymbolSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A symbol's contract at one broker. Volumes in lots; levels in points.

    `lifetime_flags`, `kind_flags` and `calc_mode` are MetaTrader's expiration_mode, order_mode and
    trade_calc_mode; `base` and `profit` the currencies of a lot and of what it earns.
    """

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
    lifetime_flags: int = EVERY_LIFETIME
    kind_flags: int = EVERY_KIND
    calc_mode: int = 0
    base: str = ""
    profit: str = ""

    def takes(self, kind: "PendingKind") -> bool:
        """Whether orders of this kind may wait in this symbol."""
        return bool(self.kind_flags & kind.mode)


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
    closes_oldest_first: bool = False

    @property
    def funds(self) -> "Funds":
        """Its money alone."""
        return Funds(
            currency=self.currency,
            balance=self.balance,
            equity=self.equity,
            margin_free=self.margin_free,
        )


class Funds(msgspec.Struct, frozen=True, kw_only=True):
    """What an account has, in its own currency: what ratios of sizes are made of."""

    currency: str
    balance: Decimal
    equity: Decimal
    margin_free: Decimal


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


class PendingKind(StrEnum):
    """What an order that waits for its price does there."""

    BUY_LIMIT = "BUY_LIMIT"
    SELL_LIMIT = "SELL_LIMIT"
    BUY_STOP = "BUY_STOP"
    SELL_STOP = "SELL_STOP"
    BUY_STOP_LIMIT = "BUY_STOP_LIMIT"
    SELL_STOP_LIMIT = "SELL_STOP_LIMIT"

    @property
    def side(self) -> Side:
        """The direction of the position it becomes."""
        return Side.BUY if self.name.startswith(Side.BUY) else Side.SELL

    @property
    def is_stop_limit(self) -> bool:
        """At its price it only becomes a limit order, which has a price of its own."""
        return self in {PendingKind.BUY_STOP_LIMIT, PendingKind.SELL_STOP_LIMIT}

    @property
    def mode(self) -> OrderMode:
        """What a symbol must allow for it."""
        if self.is_stop_limit:
            return OrderMode.STOP_LIMIT
        is_limit = self in {PendingKind.BUY_LIMIT, PendingKind.SELL_LIMIT}
        return OrderMode.LIMIT if is_limit else OrderMode.STOP


class Lifetime(msgspec.Struct, frozen=True, kw_only=True):
    """How long an order waits. `until_server_ms` is the broker's wall clock, 0 for no moment."""

    kind: TimeInForce = TimeInForce.GTC
    until_server_ms: int = 0


class PendingOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that waits for its price. `volume` is what is left of `initial_volume`.

    Zero `stop_limit_price`, `sl` or `tp` means none. A stop-limit whose price was reached is shown
    as the limit that it became, under the same ticket.
    """

    ticket: int
    symbol: str
    kind: PendingKind
    volume: Decimal
    initial_volume: Decimal
    price: Decimal
    stop_limit_price: Decimal
    sl: Decimal
    tp: Decimal
    lifetime: Lifetime
    magic: int
    comment: str
    placed_server_ms: int


class Fate(StrEnum):
    """What became of an order."""

    WAITING = "waiting"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    NOT_KNOWN = "not_known"

    @property
    def is_final(self) -> bool:
        """The broker's records say that it waits no more, and why."""
        return self not in {Fate.WAITING, Fate.NOT_KNOWN}


class OrderFate(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an order, as far as the broker's records show it by now.

    `filled` lots went to `position`; `left` lots wait, or never will be filled. `NOT_KNOWN` is what
    neither the orders nor the history show: history comes late, so it is no proof of anything.
    """

    ticket: int
    fate: Fate
    filled: Decimal = Decimal(0)
    left: Decimal = Decimal(0)
    position: int = 0
    magic: int = 0
    done_server_ms: int = 0

    @property
    def in_part(self) -> bool:
        """Some of it was filled, and not all."""
        return bool(self.filled) and self.fate is not Fate.FILLED

    @property
    def ended_unfilled(self) -> bool:
        """It ended, and became no position."""
        return self.fate.is_final and self.fate is not Fate.FILLED and not self.filled


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


T = TypeVar("T")


def known(answer: T | Unknowable) -> T | None:
    """What was answered, for those to whom a missing figure is just that."""
    return None if isinstance(answer, Unknowable) else answer
