"""Deals that move money without a trade: deposits, credit, charges and the like."""

from typing import Final

from domain.mt5_words import DealEntry, DealType, Reason
from paper.broker.records import Changes, Deal

TRADES: Final = (DealType.BUY, DealType.SELL, DealType.BUY_CANCELED, DealType.SELL_CANCELED)
KINDS: Final = {kind.name.lower(): kind for kind in DealType if kind not in TRADES}
"""What may be booked by hand, by its name in small letters."""


def booked(kind: DealType, amount: float, comment: str, *, ticket: int, now_msc: int) -> Changes:
    """The deal that books an amount: what is positive comes in, what is negative goes out."""
    deal = Deal(
        ticket=ticket,
        time=now_msc // 1000,
        time_msc=now_msc,
        type=kind,
        entry=DealEntry.IN,
        reason=Reason.CLIENT,
        profit=amount,
        comment=comment,
    )
    return Changes(deals=(deal,), last_ticket=ticket)
