"""Whether an account can carry what an order that waited would make of it."""

from paper.broker.account import Account
from paper.broker.market import Market
from paper.broker.money import figures, total_margin
from paper.broker.records import Changes


def is_affordable(market: Market, account: Account, changes: Changes) -> bool:
    """Whether the account could carry what it would hold then; to need less is always allowed."""
    after = Account(account.terms)
    after.balance, after.credit = account.balance, account.credit
    after.positions = dict(account.positions)
    after.apply(changes)
    if total_margin(market, after) <= total_margin(market, account):
        return True
    return figures(market, after).margin_free >= 0
