"""Absence needs evidence: when a position that is not listed may be called closed (law 1)."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from domain.market import Deal, Unknowable
from domain.mt5_words import Reason

ZERO = Decimal(0)
EQUAL_LOOKS = 5
LOOKS_SPAN_S = 5.0


class Absence(msgspec.Struct, frozen=True, kw_only=True):
    """How often, and for how long, a position has been missing from good answers that agree.

    `listed`: the identifiers that these answers show.
    """

    first_s: float
    looks: int = 1
    listed: frozenset[int] = frozenset()


def seen_absent(
    earlier: Absence | None, now_s: float, listed: frozenset[int] = frozenset()
) -> Absence:
    """One more good answer without the position; `now_s` is monotonic.

    Looks count as equal only while the answers are: another list begins the row anew.
    """
    if earlier is None or earlier.listed != listed:
        return Absence(first_s=now_s, listed=listed)
    return msgspec.structs.replace(earlier, looks=earlier.looks + 1)


def deals_prove_closed(deals: Sequence[Deal] | Unknowable) -> bool:
    """The signed volumes of all its deals sum to zero, and there is at least one.

    Closed by a rollover it is about to be opened anew, by another deal.
    """
    if isinstance(deals, Unknowable) or not deals:
        return False
    return _sum_to_zero(deals) and _newest(deals).reason != Reason.ROLLOVER


def looks_prove_closed(deals: Sequence[Deal] | Unknowable, absence: Absence, now_s: float) -> bool:
    """No deal ever shows up, but five equal looks over at least 5 s say it is gone: with an alarm.

    Deals that do show up and do not sum to zero say the opposite, however often one looks.
    """
    if isinstance(deals, Unknowable) or not _sum_to_zero(deals):
        return False
    return absence.looks >= EQUAL_LOOKS and now_s - absence.first_s >= LOOKS_SPAN_S


def last_price(deals: Sequence[Deal] | Unknowable) -> Decimal:
    """The price of the newest deal; zero where none is known."""
    return ZERO if isinstance(deals, Unknowable) or not deals else _newest(deals).price


def _sum_to_zero(deals: Sequence[Deal]) -> bool:
    return sum((d.signed_volume for d in deals), ZERO) == ZERO


def _newest(deals: Sequence[Deal]) -> Deal:
    return max(deals, key=lambda d: (d.server_ms, d.ticket))
