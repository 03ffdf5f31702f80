"""Five brokers that trade day and night, so that a demonstration works on a Sunday too."""

import msgspec

from domain.mt5_words import Execution, FillingFlag
from paper.broker.brokers import Commission, SymbolProfile, is_metal
from paper.broker.profiles.plain import plain


def ftmo(feed: str, digits: int) -> SymbolProfile:
    """Plain names, immediate-or-cancel only, commission on both sides."""
    return msgspec.structs.replace(
        plain(feed, digits),
        filling_mask=FillingFlag.IOC,
        volume_max=100.0,
        commission=Commission(per_lot=2.5),
    )


def apex(feed: str, digits: int) -> SymbolProfile:
    """Suffix .c, gold by another name, fill-or-kill only: an IOC order is refused."""
    return msgspec.structs.replace(
        plain(feed, digits),
        name="GOLD" if feed == "XAUUSD" else f"{feed}.c",
        filling_mask=FillingFlag.FOK,
        extra_spread_points=2,
    )


def harbor(feed: str, digits: int) -> SymbolProfile:
    """Suffix m, gold in three digits, tenths of a lot only."""
    return msgspec.structs.replace(
        plain(feed, digits),
        name=f"{feed}m",
        digits=3 if is_metal(feed) else digits,
        volume_min=0.1,
        volume_step=0.1,
        volume_max=200.0,
        stops_level_points=5,
    )


def union(feed: str, digits: int) -> SymbolProfile:
    """Suffix .pro, gold in small contracts, instant execution: the price asked for matters."""
    metal = is_metal(feed)
    return msgspec.structs.replace(
        plain(feed, digits),
        name="GOLD.pro" if feed == "XAUUSD" else f"{feed}.pro",
        contract_size=10.0 if metal else 100_000.0,
        execution=Execution.INSTANT,
        commission=Commission(per_lot=1.0),
    )


def minnow(feed: str, digits: int) -> SymbolProfile:
    """Suffix .s, half a lot at most in an order: what is larger takes several."""
    return msgspec.structs.replace(plain(feed, digits), name=f"{feed}.s", volume_max=0.5)
