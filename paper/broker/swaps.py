"""What holding a position over night costs or brings, in each way symbols may charge it."""

from typing import Final

from domain.mt5_words import SwapMode
from paper.broker.brokers import SymbolProfile
from paper.broker.formulas import Trade, earned
from paper.broker.hours import weekday
from paper.broker.market import Market
from paper.broker.money import closing_price, in_deposit
from paper.broker.rates import NoRateError
from paper.broker.records import Position

WORKDAYS: Final = range(1, 6)
TRIPLE: Final = 3
DAYS_OF_A_YEAR: Final = 360
PER_CENT: Final = 100
REOPENING: Final = (SwapMode.REOPEN_CURRENT, SwapMode.REOPEN_BID)
"""Charged by opening the position anew at another price, not in money."""
INTEREST: Final = (SwapMode.INTEREST_CURRENT, SwapMode.INTEREST_OPEN)


def nights(first_day: int, last_day: int, triple_day: int) -> int:
    """Nights between two days: none at the weekend, which the triple day pays for."""
    return sum(_weight(weekday(day), triple_day) for day in range(first_day, last_day))


def _weight(day_of_week: int, triple_day: int) -> int:
    if day_of_week not in WORKDAYS:
        return 0
    return TRIPLE if day_of_week == triple_day else 1


def swap(market: Market, position: Position, currency: str, count: int) -> float:
    """Swap of so many nights in deposit currency; negative where it is charged."""
    profile = market.profiles[position.symbol]
    if profile.swap_mode == SwapMode.DISABLED:
        return 0.0
    amount = count * _nightly(market, profile, position)
    return in_deposit(market, amount, swap_currency(profile, currency), currency)


def can_be_counted(market: Market, position: Position, currency: str) -> bool:
    """Just after a start some quotes are missing; nights are charged when they are there."""
    profile = market.profiles[position.symbol]
    if position.symbol not in market.quotes:
        return False
    try:
        market.rate(swap_currency(profile, currency), currency)
    except NoRateError:
        return False
    return True


def points_of(profile: SymbolProfile, position: Position) -> float:
    """The swap of the position's side, in whatever its mode counts."""
    return profile.swap_short if position.type & 1 else profile.swap_long


def swap_currency(profile: SymbolProfile, deposit: str) -> str:
    """What the symbol's swap is counted in."""
    if profile.swap_mode == SwapMode.CURRENCY_SYMBOL:
        return profile.base
    if profile.swap_mode == SwapMode.CURRENCY_MARGIN:
        return profile.margin_currency
    return deposit if profile.swap_mode == SwapMode.CURRENCY_DEPOSIT else profile.quote


def _nightly(market: Market, profile: SymbolProfile, position: Position) -> float:
    rate = points_of(profile, position)
    if profile.swap_mode == SwapMode.POINTS:
        return earned(profile, Trade(0, position.volume, 0.0), rate * profile.point)
    if profile.swap_mode in INTEREST:
        value = earned(profile, Trade(0, position.volume, 0.0), _price(market, profile, position))
        return value * rate / PER_CENT / DAYS_OF_A_YEAR
    return rate * position.volume


def _price(market: Market, profile: SymbolProfile, position: Position) -> float:
    """Interest is due on what the position is worth now, or was when it was opened."""
    now = closing_price(market, position)
    if profile.swap_mode == SwapMode.INTEREST_OPEN or now is None:
        return position.price_open
    return now
