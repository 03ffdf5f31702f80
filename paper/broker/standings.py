"""How accounts stand, counted again only where a price or the account has changed."""

from typing import NamedTuple

from paper.broker.account import Account
from paper.broker.market import Market
from paper.broker.money import Figures, figures


class _Counted(NamedTuple):
    market: Market
    moves: int
    changes: int
    figures: Figures


class Standings:
    """Many times a second everybody wants to know, and most of the time nothing has happened."""

    def __init__(self) -> None:
        self._counted: dict[int, _Counted] = {}

    def of(self, market: Market, account: Account) -> Figures:
        """The account's floating figures by now."""
        last = self._counted.get(account.terms.login)
        if last is None or not _is_fresh(last, market, account):
            now = figures(market, account)
            last = _Counted(market, market.moves, account.changes, now)
            self._counted[account.terms.login] = last
        return last.figures


def _is_fresh(last: _Counted, market: Market, account: Account) -> bool:
    return last.changes == account.changes and last.moves == market.moves and last.market is market
