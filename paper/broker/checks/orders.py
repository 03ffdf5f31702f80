"""What the symbol takes: volume, price, filling."""

from typing import Final

from domain.mt5_words import Execution, Filling, FillingFlag, OrderType, Retcode
from paper.broker.asking import TOLERANCE, Ask, Refusal, on_grid
from paper.broker.brokers import SymbolProfile

FLAG_OF_FILLING: Final = {Filling.FOK: FillingFlag.FOK, Filling.IOC: FillingFlag.IOC}


def symbol_exists(ask: Ask) -> Refusal | None:
    """The broker has the symbol."""
    known = ask.symbol in ask.market.profiles
    return None if known else Refusal(Retcode.INVALID, "Invalid request")


def type_offered(ask: Ask) -> Refusal | None:
    """The type of order fits the action."""
    if ask.request.type in (OrderType.BUY, OrderType.SELL):
        return None
    return Refusal(Retcode.INVALID_ORDER, "Only market orders offered yet")


def volume(ask: Ask) -> Refusal | None:
    """The volume is on the symbol's grid and within its bounds."""
    lots, profile, position = ask.request.volume, ask.profile, ask.position
    if position is not None and lots == position.volume:
        return None  # what is left is always closable, be it below the minimum
    low, high = profile.volume_min * (1 - TOLERANCE), profile.volume_max * (1 + TOLERANCE)
    if low <= lots <= high and on_grid(lots, profile.volume_step):
        return None
    return Refusal(Retcode.INVALID_VOLUME, "Invalid volume")


def price(ask: Ask) -> Refusal | None:
    """Market execution ignores the price asked for."""
    if ask.profile.execution == Execution.MARKET:
        return None
    if ask.request.price > 0 and on_grid(ask.request.price, ask.profile.point):
        return None
    return Refusal(Retcode.INVALID_PRICE, "Invalid price")


def filling(ask: Ask) -> Refusal | None:
    """The symbol takes this filling."""
    if _filling_allowed(ask.profile, ask.request.type_filling):
        return None
    return Refusal(Retcode.INVALID_FILL, "Unsupported filling mode")


def _filling_allowed(profile: SymbolProfile, wanted: int) -> bool:
    if profile.execution in (Execution.REQUEST, Execution.INSTANT):
        return wanted in (Filling.FOK, Filling.IOC, Filling.RETURN)
    if wanted in (Filling.FOK, Filling.IOC):
        return bool(profile.filling_mask & FLAG_OF_FILLING[Filling(wanted)])
    return False


def quotes(ask: Ask) -> Refusal | None:
    """Stops and money cannot be judged without a quote, so this comes before them."""
    return None if ask.quote is not None else Refusal(Retcode.PRICE_OFF, "No prices")
