"""What brokers take for deals: by the lot, by the turnover, at least so much."""

from typing import Final

import msgspec

from domain.mt5_words import DealEntry
from paper.broker.account import Account
from paper.broker.currencies import rounded
from paper.broker.formulas import Trade, earned
from paper.broker.market import Market
from paper.broker.records import Changes, Deal

PER_CENT: Final = 100
ENTRIES: Final = (DealEntry.IN, DealEntry.INOUT)


def with_commission(market: Market, account: Account, changes: Changes) -> Changes:
    """The same changes, every deal of them charged."""
    currency = account.terms.currency
    charged = tuple(
        msgspec.structs.replace(deal, commission=-commission(market, currency, deal) or 0.0)
        for deal in changes.deals
    )
    return msgspec.structs.replace(changes, deals=charged)


def commission(market: Market, currency: str, deal: Deal) -> float:
    """What one deal costs in deposit currency."""
    profile = market.profiles[deal.symbol]
    plan = profile.commission
    if plan.on_entry_only and deal.entry not in ENTRIES:
        return 0.0
    amount = plan.per_lot * deal.volume
    if plan.percent:
        amount += _turnover(market, currency, deal) * plan.percent / PER_CENT
    return rounded(max(amount, plan.minimum), currency) if amount else 0.0


def _turnover(market: Market, currency: str, deal: Deal) -> float:
    profile = market.profiles[deal.symbol]
    value = earned(profile, Trade(0, deal.volume, 0.0), deal.price)
    return value * market.rates.paid(profile.quote, currency)
