"""What the symbol takes: volume, price, filling."""

from typing import Final

from domain.mt5_words import Execution, Filling, FillingFlag, OrderMode, OrderType, Retcode
from paper.broker.asking import TOLERANCE, Ask, Refusal, on_grid
from paper.broker.brokers import SymbolProfile

AT_MARKET: Final = (OrderType.BUY, OrderType.SELL)
BY_PRICE: Final = range(OrderType.BUY_LIMIT, OrderType.SELL_STOP_LIMIT + 1)
AT_A_PRICE: Final = (Execution.REQUEST, Execution.INSTANT)
"""Executions that promise the price asked for."""
FLAG_OF_FILLING: Final = {Filling.FOK: FillingFlag.FOK, Filling.IOC: FillingFlag.IOC}


def symbol_exists(ask: Ask) -> Refusal | None:
    """The broker has the symbol."""
    known = ask.symbol in ask.market.profiles
    return None if known else Refusal(Retcode.INVALID, "Invalid request")


def type_offered(ask: Ask) -> Refusal | None:
    """A deal is bought or sold at the market, and the symbol takes such orders."""
    kind = ask.request.type
    if kind in BY_PRICE or (kind in AT_MARKET and not ask.profile.order_mode & OrderMode.MARKET):
        return Refusal(Retcode.INVALID_ORDER, "Invalid order")
    if kind in AT_MARKET:
        return None
    return Refusal(Retcode.INVALID, "Invalid request")


def volume(ask: Ask) -> Refusal | None:
    """The volume is on the symbol's grid and within its bounds."""
    lots, profile, closing = ask.request.volume, ask.profile, ask.closing
    if closing is not None and lots == closing.volume:
        return None  # what is left is always closable, be it below the minimum
    low, high = profile.volume_min * (1 - TOLERANCE), profile.volume_max * (1 + TOLERANCE)
    if low <= lots <= high and on_grid(lots, profile.volume_step):
        return None
    return Refusal(Retcode.INVALID_VOLUME, "Invalid volume")


def price(ask: Ask) -> Refusal | None:
    """Only instant and request execution care for the price asked for."""
    if ask.profile.execution not in AT_A_PRICE:
        return None
    if ask.request.price > 0 and on_grid(ask.request.price, ask.profile.tick_size):
        return None
    return Refusal(Retcode.INVALID_PRICE, "Invalid price")


def filling(ask: Ask) -> Refusal | None:
    """The symbol takes this filling."""
    if ask.request.type_filling in fillings_at_market(ask.profile):
        return None
    return Refusal(Retcode.INVALID_FILL, "Unsupported filling mode")


def fillings_at_market(profile: SymbolProfile) -> frozenset[int]:
    """Fillings a market order may name, which the mask restricts at some executions only.

    BOC is for orders that are to stand in the book: a market order never does.
    """
    if profile.execution in AT_A_PRICE:
        return frozenset((Filling.FOK, Filling.IOC, Filling.RETURN))
    by_mask = {wanted for wanted, flag in FLAG_OF_FILLING.items() if flag & profile.filling_mask}
    if profile.execution == Execution.EXCHANGE:
        return frozenset((*by_mask, Filling.RETURN))
    return frozenset(by_mask)


def quotes(ask: Ask) -> Refusal | None:
    """Stops and money cannot be judged without a quote, so this comes before them."""
    if ask.quote is not None and ask.symbol not in ask.hidden:
        return None
    return Refusal(Retcode.PRICE_OFF, "No prices")
