"""What a broker may be like: its symbols, its sizes, its habits."""

from typing import Final

import msgspec

from domain.mt5_words import (
    AccountTradeMode,
    CalcMode,
    ChartMode,
    Execution,
    FillingFlag,
    MarginMode,
    StopOutMode,
    SwapMode,
    SymbolTradeMode,
)
from paper.broker.hours import AROUND_THE_CLOCK, Week
from paper.broker.server_time import ClockOffset, eet_offset_ms

EVERY_ORDER: Final = 127
EVERY_EXPIRATION: Final = 15
METALS: Final = ("XAU", "XAG", "XPT", "XPD")
FOREX_MODES: Final = (CalcMode.FOREX, CalcMode.FOREX_NO_LEVERAGE)


class Making(msgspec.Struct, frozen=True, kw_only=True):
    """How a symbol's prices come out of the feed's: as they are, unless said otherwise."""

    factor: float = 1.0
    upside_down: bool = False
    """One divided by the feed's price: a pair seen from its other side."""
    divided_by: str = ""
    """Another feed to divide by: a cross."""


AS_FED: Final = Making()


class Commission(msgspec.Struct, frozen=True, kw_only=True):
    """What a deal costs, in deposit currency: on every side, unless said otherwise."""

    per_lot: float = 0.0
    percent: float = 0.0
    """Of the turnover."""
    minimum: float = 0.0
    """Per deal that costs anything."""
    on_entry_only: bool = False


FREE: Final = Commission()


class SymbolProfile(msgspec.Struct, frozen=True, kw_only=True):
    """One symbol as one broker sells it."""

    name: str
    feed: str
    digits: int
    made: Making = AS_FED
    contract_size: float = 100_000.0
    volume_min: float = 0.01
    volume_max: float = 500.0
    volume_step: float = 0.01
    volume_limit: float = 0.0
    tick_points: int = 1
    tick_value: float = 0.0
    """Worth of a tick of one lot in profit currency; 0 for what the contract makes it."""
    stops_level_points: int = 0
    freeze_level_points: int = 0
    extra_spread_points: int = 0
    filling_mask: int = FillingFlag.IOC
    execution: int = Execution.MARKET
    calc_mode: int = CalcMode.FOREX
    chart_mode: int = ChartMode.BID
    trade_mode: int = SymbolTradeMode.FULL
    order_mode: int = EVERY_ORDER
    expiration_mode: int = EVERY_EXPIRATION
    order_gtc_mode: int = 0
    sessions: Week = AROUND_THE_CLOCK
    book_depth: int = 0
    commission: Commission = FREE
    swap_mode: int = SwapMode.DISABLED
    swap_long: float = 0.0
    swap_short: float = 0.0
    swap_rollover3days: int = 3
    margin_initial: float = 0.0
    """Fixed margin of one lot in margin currency; 0 for what the formula says."""
    margin_maintenance: float = 0.0
    """The same while the position is held; 0 for the initial one."""
    margin_rate_buy: float = 1.0
    margin_rate_sell: float = 1.0
    margin_hedged: float | None = None
    """Contract size that counts for the covered part; None for the contract's own."""
    margin_hedged_use_leg: bool = True
    """Of opposite positions only the larger side is counted."""
    face_value: float = 0.0
    currency_base: str = ""
    currency_profit: str = ""
    currency_margin: str = ""
    folder: str = ""
    category: str = ""
    exchange: str = ""
    isin: str = ""
    description: str = ""

    @property
    def point(self) -> float:
        """Smallest step a price can be written in."""
        return float(10.0**-self.digits)

    @property
    def tick_size(self) -> float:
        """Smallest step of the price."""
        return self.tick_points * self.point

    @property
    def tick_worth(self) -> float:
        """What a tick of one lot is worth in profit currency."""
        return self.tick_value or self.contract_size * self.tick_size

    @property
    def base(self) -> str:
        """What is bought or sold."""
        return self.currency_base or self.feed[:3]

    @property
    def quote(self) -> str:
        """What profit is counted in."""
        return self.currency_profit or self.feed[3:6]

    @property
    def margin_currency(self) -> str:
        """What margin is counted in."""
        if self.currency_margin:
            return self.currency_margin
        return self.base if self.calc_mode in FOREX_MODES else self.quote

    @property
    def feeds(self) -> tuple[str, ...]:
        """The feeds its prices are made from."""
        return (self.feed, self.made.divided_by) if self.made.divided_by else (self.feed,)


class Routing(msgspec.Struct, frozen=True, kw_only=True):
    """How an accepted market order is filled: at once and whole, unless said otherwise."""

    first_part: float = 1.0
    """Part of the volume that is filled before the answer; 0 answers 10008, less than 1 10010."""
    rest_after_ms: int | None = None
    """When what is left is filled; None cancels it."""


AT_ONCE: Final = Routing()


class BrokerProfile(msgspec.Struct, frozen=True, kw_only=True):
    """One broker: its symbols, its clock, its house rules."""

    name: str
    company: str
    symbols: tuple[SymbolProfile, ...]
    margin_modes: tuple[MarginMode, ...] = tuple(MarginMode)
    """The kinds of account it offers."""
    trade_mode: AccountTradeMode = AccountTradeMode.DEMO
    stop_out_mode: StopOutMode = StopOutMode.PERCENT
    stop_out_level: float = 30.0
    margin_call_level: float = 50.0
    clock_offset_ms: ClockOffset = eet_offset_ms
    fifo_close: bool = False
    hedging_allowed: bool = True
    limit_orders: int = 200
    limit_positions: int = 0
    requests_per_second: int = 0
    renumbers_at_rollover: bool = False
    shows_fill_price: bool = True
    routing: Routing = AT_ONCE


def is_metal(feed: str) -> bool:
    """Metals have contracts, digits and margins of their own."""
    return feed.startswith(METALS)
