"""How many decimals money has."""

from typing import Final

DECIMALS: Final = {"JPY": 0, "HUF": 0, "BTC": 8}
CENTS: Final = 2


def decimals_of(currency: str) -> int:
    """Decimals of amounts in a deposit currency."""
    return DECIMALS.get(currency, CENTS)


def rounded(amount: float, currency: str) -> float:
    """An amount as accounts in that currency keep it; never a negative zero."""
    return round(amount, decimals_of(currency)) or 0.0
