"""Market depth: who asks for it, and what stands in it."""

from typing import Final

from domain.mt5_words import LastError
from paper.broker.brokers import SymbolProfile
from paper.broker.quotes import Quote
from paper.service.rows import Row
from paper.service.session import Session
from paper.service.world import ServerRefusal

SELL: Final = 1
BUY: Final = 2
LARGEST_LOTS: Final = 50
SHUFFLING: Final = 7919
"""A prime, so that neighbouring prices do not show neighbouring volumes."""


def market_book_add(session: Session, name: str) -> bool:
    """Ask for a symbol's depth from now on; False where the broker shows none."""
    profile = session.house.market.profiles.get(name)
    if profile is None or not profile.book_depth:
        return False
    session.books.add(name)
    return True


def market_book_release(session: Session, name: str) -> bool:
    """Ask for it no longer; False where nobody did."""
    asked = name in session.books
    session.books.discard(name)
    return asked


def market_book_get(session: Session, name: str) -> list[Row]:
    """BookInfo rows from the highest price down: sellers, then buyers."""
    if name not in session.books:
        raise ServerRefusal(LastError.FAIL, f"market_book_add({name!r}) comes first")
    house = session.house
    quote = house.market.quotes.get(name)
    return [] if quote is None else _depth(house.market.profiles[name], quote)


def _depth(profile: SymbolProfile, quote: Quote) -> list[Row]:
    steps = range(profile.book_depth)
    sellers = [_row(profile, SELL, quote.ask, step) for step in reversed(steps)]
    return sellers + [_row(profile, BUY, quote.bid, -step) for step in steps]


def _row(profile: SymbolProfile, kind: int, best: float, steps: int) -> Row:
    """Volumes follow from the prices, so that one quote shows the same book twice."""
    price = round(best + steps * profile.tick_size, profile.digits)
    lots = 1 + round(price / profile.tick_size) * SHUFFLING % LARGEST_LOTS
    return [kind, price, lots, float(lots)]
