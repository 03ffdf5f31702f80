"""What an account's document says of how large copies are, and what limits them."""

from decimal import Decimal
from enum import StrEnum

import msgspec


class SizeMode(StrEnum):
    """What a copy's volume follows. The first five are shares of the master's volume."""

    SAME = "same"
    NOTIONAL = "notional"
    BALANCE = "balance"
    EQUITY = "equity"
    FREE_MARGIN = "free_margin"
    FIXED = "fixed"
    RISK_PERCENT = "risk_percent"
    RISK_MONEY = "risk_money"
    LEVERAGE = "leverage"
    FORMULA = "formula"

    @property
    def is_share(self) -> bool:
        """Of the master's volume: it is multiplied, and a symbol's lot factor counts."""
        return self in SHARES

    @property
    def is_ratio(self) -> bool:
        """Of what both accounts have."""
        return self in RATIOS

    @property
    def is_risk(self) -> bool:
        """By what is lost at the stop."""
        return self in {SizeMode.RISK_PERCENT, SizeMode.RISK_MONEY}


RATIOS = frozenset({SizeMode.BALANCE, SizeMode.EQUITY, SizeMode.FREE_MARGIN})
SHARES = RATIOS | {SizeMode.SAME, SizeMode.NOTIONAL}


class Beyond(StrEnum):
    """What becomes of a copy whose volume is beyond a limit: none is opened, or one at it."""

    SKIP = "skip"
    CLAMP = "clamp"


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """How large a copy is. Field meanings and units stand in domain/account_fields.py."""

    mode: SizeMode = SizeMode.SAME
    multiplier: Decimal | None = None
    fixed_lot: Decimal | None = None
    risk_percent: Decimal | None = None
    risk_money: Decimal | None = None
    percent_of: str = "balance"
    cost_per_lot: Decimal = Decimal(0)
    times_equity: Decimal | None = None
    formula: str = ""
    master_reference: Decimal | None = None
    own_reference: Decimal | None = None
    max_money_age_ms: int = 60_000
    ignore_contract_size: bool = False
    ignore_currency: bool = False
    min_lot: Decimal | None = None
    below_min_lot: Beyond = Beyond.SKIP
    above_max_lot: Beyond = Beyond.SKIP
    bump_at_most: Decimal | None = None


class LateEntry(StrEnum):
    """What becomes of an open that is too old, or too far away: none, or an order that waits."""

    SKIP = "skip"
    ORDER = "order"


class CopyExisting(StrEnum):
    """What becomes of positions that a master had before it was followed.

    None of them is copied, those whose price is near, or all, at any price.
    """

    NO = "no"
    NEAR = "near"
    ALWAYS = "always"


class StopLossType(StrEnum):
    """Where a copy's stop loss is; `dynamic`: so many average true ranges from its price."""

    EXACT = "exact"
    DISTANCE = "distance"
    FIXED = "fixed"
    DYNAMIC = "dynamic"
    NONE = "none"


class TakeProfitType(StrEnum):
    """Where a copy's take profit is; `ratio`: so many times its stop's distance from its price."""

    EXACT = "exact"
    DISTANCE = "distance"
    FIXED = "fixed"
    RATIO = "ratio"
    NONE = "none"


class BreakEven(msgspec.Struct, frozen=True, kw_only=True):
    """When a copy's stop goes to its open price, points of gain; None means never."""

    at: Decimal | None = None
    lock: Decimal = Decimal(0)


class Trailing(msgspec.Struct, frozen=True, kw_only=True):
    """How far behind the price a copy's stop follows, points; None means that it does not."""

    distance: Decimal | None = None
    start: Decimal = Decimal(0)
    step: Decimal = Decimal(1)


class Atr(msgspec.Struct, frozen=True, kw_only=True):
    """The average true range that a dynamic stop is measured in."""

    timeframe: str = "H1"
    period: int = 14
    times: Decimal = Decimal(2)
