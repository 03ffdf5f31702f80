"""What each broker in the box offers: its names for symbols, its sizes, its habits."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from domain.mt5_words import (
    CalcMode,
    Execution,
    FillingFlag,
    SwapMode,
    SymbolTradeMode,
)
from paper.broker.server_time import eet_offset_ms

EVERY_ORDER: Final = 127
EVERY_EXPIRATION: Final = 15
METALS: Final = ("XAU", "XAG", "XPT", "XPD")


class SymbolProfile(msgspec.Struct, frozen=True, kw_only=True):
    """One symbol as one broker sells it."""

    name: str
    feed: str
    digits: int
    contract_size: float = 100_000.0
    volume_min: float = 0.01
    volume_max: float = 500.0
    volume_step: float = 0.01
    stops_level_points: int = 0
    filling_mask: int = FillingFlag.IOC
    execution: int = Execution.MARKET
    calc_mode: int = CalcMode.FOREX
    commission_per_lot: float = 0.0
    extra_spread_points: int = 0
    trade_mode: int = SymbolTradeMode.FULL
    order_mode: int = EVERY_ORDER
    expiration_mode: int = EVERY_EXPIRATION
    order_gtc_mode: int = 0
    freeze_level_points: int = 0
    volume_limit: float = 0.0
    book_depth: int = 0
    swap_mode: int = SwapMode.DISABLED
    swap_long: float = 0.0
    swap_short: float = 0.0
    swap_rollover3days: int = 3
    margin_initial: float = 0.0
    margin_maintenance: float = 0.0

    @property
    def point(self) -> float:
        """Smallest step of the price."""
        return float(10.0**-self.digits)

    @property
    def base(self) -> str:
        """What is bought or sold."""
        return self.feed[:3]

    @property
    def quote(self) -> str:
        """What profit is counted in."""
        return self.feed[3:6]

    @property
    def margin_currency(self) -> str:
        """What margin is counted in."""
        return self.base if self.calc_mode == CalcMode.FOREX else self.quote


class Routing(msgspec.Struct, frozen=True, kw_only=True):
    """How an accepted market order is filled: at once and whole, unless said otherwise."""

    first_part: float = 1.0
    """Part of the volume that is filled before the answer; 0 answers 10008, less than 1 10010."""
    rest_after_ms: int | None = None
    """When what is left is filled; None cancels it."""


AT_ONCE: Final = Routing()


class BrokerProfile(msgspec.Struct, frozen=True, kw_only=True):
    """One broker: its symbols and its clock."""

    name: str
    company: str
    symbols: tuple[SymbolProfile, ...]
    stop_out_percent: float = 30.0
    margin_call_percent: float = 50.0
    clock_offset_ms: Callable[[int], int] = eet_offset_ms
    fifo_close: bool = False
    hedging_allowed: bool = True
    limit_orders: int = 200
    limit_positions: int = 0
    requests_per_second: int = 0
    renumbers_at_rollover: bool = False
    shows_fill_price: bool = True
    routing: Routing = AT_ONCE


Offer = Callable[[str, int], SymbolProfile]
"""From a feed symbol and its digits to what a broker makes of it."""


def profile_for(name: str, feed_digits: Mapping[str, int]) -> BrokerProfile:
    """The broker of that name, selling whatever the feeds have; an unknown name sells plainly."""
    offer = OFFERS.get(name, _generic)
    symbols = tuple(offer(feed, digits) for feed, digits in sorted(feed_digits.items()))
    return BrokerProfile(name=name, company=f"{name} (paper)", symbols=symbols)


def is_metal(feed: str) -> bool:
    """Metals have contracts, digits and margins of their own."""
    return feed.startswith(METALS)


def _generic(feed: str, digits: int) -> SymbolProfile:
    """Plain names, the feed's digits, everything allowed."""
    metal = is_metal(feed)
    return SymbolProfile(
        name=feed,
        feed=feed,
        digits=2 if metal else digits,
        contract_size=100.0 if metal else 100_000.0,
        calc_mode=CalcMode.CFD_LEVERAGE if metal else CalcMode.FOREX,
        filling_mask=FillingFlag.FOK | FillingFlag.IOC,
    )


def _ftmo(feed: str, digits: int) -> SymbolProfile:
    """Plain names, immediate-or-cancel only, commission on both sides."""
    return msgspec.structs.replace(
        _generic(feed, digits),
        filling_mask=FillingFlag.IOC,
        volume_max=100.0,
        commission_per_lot=2.5,
    )


def _apex(feed: str, digits: int) -> SymbolProfile:
    """Suffix .c, gold by another name, fill-or-kill only: an IOC order is refused."""
    return msgspec.structs.replace(
        _generic(feed, digits),
        name="GOLD" if feed == "XAUUSD" else f"{feed}.c",
        filling_mask=FillingFlag.FOK,
        extra_spread_points=2,
    )


def _harbor(feed: str, digits: int) -> SymbolProfile:
    """Suffix m, gold in three digits, tenths of a lot only."""
    return msgspec.structs.replace(
        _generic(feed, digits),
        name=f"{feed}m",
        digits=3 if is_metal(feed) else digits,
        volume_min=0.1,
        volume_step=0.1,
        volume_max=200.0,
        stops_level_points=5,
    )


def _union(feed: str, digits: int) -> SymbolProfile:
    """Suffix .pro, gold in small contracts, instant execution: the price asked for matters."""
    metal = is_metal(feed)
    return msgspec.structs.replace(
        _generic(feed, digits),
        name="GOLD.pro" if feed == "XAUUSD" else f"{feed}.pro",
        contract_size=10.0 if metal else 100_000.0,
        execution=Execution.INSTANT,
        commission_per_lot=1.0,
    )


OFFERS: Final[dict[str, Offer]] = {
    "FTMO-Demo": _ftmo,
    "Apex-Demo": _apex,
    "Harbor-Demo": _harbor,
    "Union-Demo": _union,
}
