"""Whether the market is open."""

from domain.mt5_words import Retcode
from paper.broker.asking import Ask, Refusal


def session_open(ask: Ask) -> Refusal | None:
    """The market is open, and the symbol's session is on by the server's clock."""
    if ask.market.is_open(ask.symbol, ask.now_msc):
        return None
    return Refusal(Retcode.MARKET_CLOSED, "Market closed", by_server=True)
