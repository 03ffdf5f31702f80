"""What one position becomes when deals meet it: larger, smaller, or turned to the other side."""

from typing import Final

import msgspec

from paper.broker.records import Position

PRICE_DECIMALS: Final = 10
"""An average price is kept finer than any symbol's digits: rounding to digits would make money."""
MONEY_DECIMALS: Final = 8
"""As many as the finest currency has: only what floats add is cut off."""


def increased(position: Position, part: Position, lots: float, *, brings_stops: bool) -> Position:
    """A deal of the same side adds to it, at the volume-weighted price.

    Its stops replace the position's, but only those that are set. A later part of an order brings
    none: whoever moved them since the first meant it. Magic, comment and opening time stay the
    opener's.
    """
    paid = position.price_open * position.volume + part.price_open * part.volume
    return msgspec.structs.replace(
        position,
        volume=lots,
        price_open=round(paid / (position.volume + part.volume), PRICE_DECIMALS),
        time_update_msc=part.time_msc,
        sl=(brings_stops and part.sl) or position.sl,
        tp=(brings_stops and part.tp) or position.tp,
    )


def reduced(position: Position, lots: float, now_msc: int, *, swap_realised: float) -> Position:
    """What stays keeps ticket, price, stops, comment and its share of the swap."""
    return msgspec.structs.replace(
        position,
        volume=lots,
        time_update_msc=now_msc,
        swap=round(position.swap - swap_realised, MONEY_DECIMALS),
    )


def turned(position: Position, part: Position, lots: float) -> Position:
    """A larger deal of the other side: a new position in all but its identifier."""
    return msgspec.structs.replace(part, identifier=position.identifier, volume=lots)
