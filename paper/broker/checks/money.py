"""Whether there is money for it, and whether money can be counted."""

from domain.mt5_words import Retcode, TradeAction
from paper.broker.asking import Ask, Refusal
from paper.broker.formulas import Trade
from paper.broker.money import figures, margin, margin_of, trade_of
from paper.broker.rates import NoRateError


def countable(ask: Ask) -> Refusal | None:
    """Profit and margin can be turned into the deposit currency."""
    try:
        ask.market.rate(ask.profile.quote, ask.account.terms.currency)
        added_margin(ask)
    except NoRateError:
        return Refusal(Retcode.PRICE_OFF, "No prices", by_server=True)
    return None


def money(ask: Ask) -> Refusal | None:
    """There is margin for it; what needs no more than is tied up already may always be done.

    On its own a trade needs as much as beside others, or more: so those are looked at last.
    """
    if not ask.opening_lots:
        return None
    now = figures(ask.market, ask.account)
    if added_margin(ask) <= now.margin_free:
        return None
    needed = _margin_after(ask) - now.margin
    if needed <= max(now.margin_free, 0.0):
        return None
    return Refusal(Retcode.NO_MONEY, "No money", by_server=True)


def added_margin(ask: Ask) -> float:
    """What a new position would tie up on its own; closing ties up nothing."""
    if ask.request.action != TradeAction.DEAL or not ask.opening_lots:
        return 0.0
    terms = ask.account.terms
    return margin(ask.market, ask.profile, terms.currency, terms.leverage, _opened(ask))


def _opened(ask: Ask) -> Trade:
    return Trade(ask.request.type, ask.opening_lots, ask.price)


def _margin_after(ask: Ask) -> float:
    """What would be held then, with the initial margin for what is new."""
    terms, new = ask.account.terms, _opened(ask)
    kept = [p for p in ask.account.positions.values() if p is not ask.closing]
    trades = [*((p.symbol, trade_of(p)) for p in kept), (ask.symbol, new)]
    held = margin(ask.market, ask.profile, terms.currency, terms.leverage, new, is_held=True)
    return margin_of(ask.market, terms, trades) + added_margin(ask) - held
