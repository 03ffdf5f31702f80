"""Whether there is money for it, and whether money can be counted."""

from domain.mt5_words import Retcode, TradeAction
from paper.broker.asking import Ask, Refusal
from paper.broker.market import NoRateError
from paper.broker.money import Trade, figures, margin


def countable(ask: Ask) -> Refusal | None:
    """Profit can be turned into the deposit currency."""
    try:
        ask.market.rate(ask.profile.quote, ask.account.terms.currency)
        added_margin(ask)
    except NoRateError:
        return Refusal(Retcode.PRICE_OFF, "No prices", by_server=True)
    return None


def money(ask: Ask) -> Refusal | None:
    """There is margin for it."""
    if not ask.opening_lots or added_margin(ask) <= figures(ask.market, ask.account).margin_free:
        return None
    return Refusal(Retcode.NO_MONEY, "No money", by_server=True)


def added_margin(ask: Ask) -> float:
    """What a new position would tie up; closing ties up nothing."""
    if ask.request.action != TradeAction.DEAL or not ask.opening_lots:
        return 0.0
    terms = ask.account.terms
    trade = Trade(ask.request.type, ask.opening_lots, ask.price)
    return margin(ask.market, ask.profile, terms.currency, terms.leverage, trade)
