"""Figures that can never be had later: the times and prices of every step of one event."""

from decimal import Decimal

import msgspec


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """UTC microseconds since 1970 of each step; 0 where the step was not reached."""

    seen_us: int = 0
    published_us: int = 0
    received_us: int = 0
    decided_us: int = 0
    sent_us: int = 0
    answered_us: int = 0


class Prices(msgspec.Struct, frozen=True, kw_only=True):
    """The master's price, ours at the decision, what was requested and filled; spread in points."""

    master: Decimal | None = None
    at_decision: Decimal | None = None
    requested: Decimal | None = None
    filled: Decimal | None = None
    spread_points: Decimal | None = None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Times and prices of one order, as a trade record keeps them."""

    times: Times = Times()
    prices: Prices = Prices()
