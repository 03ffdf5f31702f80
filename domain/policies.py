"""What the operator chose for one account, and the states its trading can be in."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from domain.copy_settings import (
    Atr,
    BreakEven,
    CopyExisting,
    LateEntry,
    Size,
    StopLossType,
    TakeProfitType,
    Trailing,
)
from domain.ids import NodeName


class Role(StrEnum):
    """Account types, as users write them."""

    MASTER = "MASTER"
    SLAVE = "SLAVE"


class SlippageMode(StrEnum):
    """`either`: any distance counts. `adverse`: a better price never blocks."""

    EITHER = "either"
    ADVERSE = "adverse"


class TradingState(StrEnum):
    """What an account may do; the order is from loose to strict."""

    ACTIVE = "ACTIVE"
    REDUCING = "REDUCING"
    HALTED = "HALTED"


STRICTNESS = {TradingState.ACTIVE: 0, TradingState.REDUCING: 1, TradingState.HALTED: 2}


class Hold(StrEnum):
    """A reason, true right now, to act as REDUCING; it ends with its cause."""

    SUPERVISOR_LOST = "SUPERVISOR_LOST"
    BOOK_UNCONFIRMED = "BOOK_UNCONFIRMED"
    DATABASE_SILENT = "DATABASE_SILENT"
    BAD_DOCUMENT = "BAD_DOCUMENT"
    DRAINING = "DRAINING"
    WRONG_LOGIN = "WRONG_LOGIN"
    RECOVERING = "RECOVERING"


class Latch(msgspec.Struct, frozen=True, kw_only=True):
    """The stored half of the kill switch.

    Machines tighten it; only an operator loosens it, and each word of the operator's raises
    `counter`.
    """

    state: TradingState = TradingState.ACTIVE
    counter: int = 0
    reason: str = ""
    by: str = ""
    at_ms: int = 0


class Reset(msgspec.Struct, frozen=True, kw_only=True):
    """When a trading day begins: a wall-clock time in a zone (`server` is the broker's clock)."""

    time: str = "00:00"
    zone: str = "server"


class KillSwitch(msgspec.Struct, frozen=True, kw_only=True):
    """The daily-loss guard. `daily_loss` is money of the account, zero for none."""

    enabled: bool = True
    daily_loss: Decimal = Decimal(0)
    reset: Reset = Reset()
    resume_at_reset: bool = False


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """Which of a master's trades are wanted. None in place of a list lets everything through."""

    not_symbols: tuple[str, ...] = ()
    magics: tuple[str, ...] | None = None
    not_magics: tuple[str, ...] = ()
    comments: tuple[str, ...] | None = None
    not_comments: tuple[str, ...] = ()
    sides: tuple[str, ...] | None = None
    order_types: tuple[str, ...] | None = None
    min_master_lot: Decimal | None = None
    max_master_lot: Decimal | None = None


class Throttle(msgspec.Struct, frozen=True, kw_only=True):
    """At most so many opens within so many seconds; None means no limit."""

    opens: int | None = None
    seconds: int = 60


class PaperAccount(msgspec.Struct, frozen=True, kw_only=True):
    """How the paper broker opens the account the first time."""

    broker: str = "Paper-Demo"
    deposit: Decimal = Decimal(100000)
    currency: str = "USD"
    leverage: int = 100
    margin_mode: str = "hedging"


class AccountSettings(msgspec.Struct, frozen=True, kw_only=True):
    """An account document, validated. Field meanings stand in domain/account_fields.py."""

    name: NodeName
    type: Role
    path: str
    enabled: bool = True
    terminal: str = "mt5"
    login: int = 0
    server: str = ""
    password: str = ""
    relaunch_terminal: bool = False
    pub_port: int = 0
    paper: PaperAccount | None = None
    labels: tuple[str, ...] = ()
    follows: tuple[NodeName, ...] | None = None
    prefix: str = ""
    suffix: str = ""
    master_prefix: str = ""
    master_suffix: str = ""
    symbol_map: dict[str, str] = {}
    accepted_contracts: dict[str, str] = {}
    slippage_tolerance: Decimal = Decimal(50)
    slippage_mode: SlippageMode = SlippageMode.EITHER
    slippage_of_stop: Decimal | None = None
    open_tries: int = 4
    magic_number: int = 234000
    max_signal_age_ms: int = 5000
    late_entry: LateEntry = LateEntry.SKIP
    late_entry_seconds: int = 60
    copy_existing: CopyExisting = CopyExisting.NO
    max_lot: Decimal | None = None
    size: Size = Size()
    reverse: bool = False
    stop_loss_type: StopLossType = StopLossType.EXACT
    stop_loss_points: Decimal | None = None
    stop_loss_offset: Decimal = Decimal(0)
    protective_stop: Decimal | None = None
    require_stop_loss: bool = False
    atr: Atr = Atr()
    take_profit_type: TakeProfitType = TakeProfitType.EXACT
    take_profit_points: Decimal | None = None
    take_profit_offset: Decimal = Decimal(0)
    take_profit_ratio: Decimal | None = None
    require_take_profit: bool = False
    break_even: BreakEven = BreakEven()
    trailing: Trailing = Trailing()
    symbols: tuple[str, ...] | None = None
    filters: Filters = Filters()
    max_spread: Decimal | None = None
    max_open_trades: int | None = None
    max_open_trades_per_symbol: int | None = None
    max_open_lots: Decimal | None = None
    max_open_lots_per_symbol: Decimal | None = None
    fifo: bool = False
    block_hedging: bool = False
    throttle: Throttle = Throttle()
    partial_below_min: str = "keep"
    trading_windows: tuple[str, ...] | None = None
    min_hold_seconds: int = 0
    max_hold_seconds: int | None = None
    rules: tuple["Rule", ...] = ()
    opens_without_database: bool = False
    kill_switch: KillSwitch = KillSwitch()

    @property
    def copies_stops_exactly(self) -> bool:
        """By these settings and their rules copies have the master's stops, at the same prices."""
        exactly = (
            StopLossType.EXACT,
            TakeProfitType.EXACT,
            None,
            Decimal(0),
            Decimal(0),
            None,
            None,
        )
        have = (
            self.stop_loss_type,
            self.take_profit_type,
            self.protective_stop,
            self.stop_loss_offset,
            self.take_profit_offset,
            self.break_even.at,
            self.trailing.distance,
        )
        return exactly == have and all(rule.settings.copies_stops_exactly for rule in self.rules)


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for some of the signals: the account's settings with its own in their place.

    None stands for all masters, magic numbers or symbols; `symbols` by the master's name or ours.
    """

    masters: tuple[NodeName, ...] | None
    magics: tuple[str, ...] | None
    symbols: tuple[str, ...] | None
    settings: AccountSettings
