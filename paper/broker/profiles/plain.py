"""A broker nobody described: plain names, the feed's digits, everything allowed, no hours."""

from collections.abc import Callable

from domain.mt5_words import CalcMode, FillingFlag
from paper.broker.brokers import SymbolProfile, is_metal

Offer = Callable[[str, int], SymbolProfile]
"""From a feed symbol and its digits to what a broker makes of it."""


def plain(feed: str, digits: int) -> SymbolProfile:
    """The symbol as its feed calls it."""
    metal = is_metal(feed)
    return SymbolProfile(
        name=feed,
        feed=feed,
        digits=2 if metal else digits,
        contract_size=100.0 if metal else 100_000.0,
        calc_mode=CalcMode.CFD_LEVERAGE if metal else CalcMode.FOREX,
        filling_mask=FillingFlag.FOK | FillingFlag.IOC,
        folder="Metals" if metal else "Forex",
    )
