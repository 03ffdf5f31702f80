"""Whether the market is open."""

from domain.mt5_words import Retcode
from paper.broker.asking import Ask, Refusal


def session_open(ask: Ask) -> Refusal | None:
    """The market is open."""
    if ask.market.open:
        return None
    return Refusal(Retcode.MARKET_CLOSED, "Market closed", by_server=True)
