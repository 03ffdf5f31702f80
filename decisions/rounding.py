"""Exact arithmetic on volume steps and price ticks."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

ZERO = Decimal(0)


def floor_to_step(volume: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of `step` lots that is not above `volume`."""
    return (volume / step).to_integral_value(ROUND_FLOOR) * step


def ceil_to_step(number: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of `step` that is not below `number`."""
    return (number / step).to_integral_value(ROUND_CEILING) * step


def to_tick(price: Decimal, tick_size: Decimal) -> Decimal:
    """The nearest price on the tick grid; zero, which means none, stays zero."""
    return (price / tick_size).to_integral_value(ROUND_HALF_EVEN) * tick_size


def plain(number: Decimal) -> str:
    """A number in plain notation without trailing zeros: 1.10 and 1.1 are the same text."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
