"""Whether what a symbol earns and ties up can be turned into an account's currency by now."""

from paper.broker.account import Account
from paper.broker.market import Market
from paper.broker.rates import NoRateError


def is_countable(market: Market, account: Account, symbol: str) -> bool:
    """Quotes of other symbols may be missing for a while after a start: until then nobody knows."""
    profile, currency = market.profiles[symbol], account.terms.currency
    try:
        for held in {profile.quote, profile.margin_currency}:
            market.rates.fetched(held, currency)
    except NoRateError:
        return False
    return True
