"""One account's state: what is open, what was done, what is left."""

from collections.abc import Iterable

from paper.broker.records import AccountTerms, Changes, Deal, Order, Position


class Account:
    """Positions by ticket, deals and orders in order; changed by whole `Changes` only."""

    def __init__(self, terms: AccountTerms) -> None:
        self.terms = terms
        self.balance = 0.0
        self.positions: dict[int, Position] = {}
        self.deals: dict[int, Deal] = {}
        self.orders: dict[int, Order] = {}
        self._deals_of: dict[int, list[Deal]] = {}
        self._orders_of: dict[int, list[Order]] = {}

    def apply(self, changes: Changes) -> None:
        """Take over what the engine decided."""
        for ticket in changes.gone:
            del self.positions[ticket]
        for position in changes.kept:
            self.positions[position.ticket] = position
        for order in changes.orders:
            self.orders[order.ticket] = order
            self._orders_of.setdefault(order.position_id, []).append(order)
        self._book(changes.deals)

    def _book(self, deals: Iterable[Deal]) -> None:
        for deal in deals:
            self.deals[deal.ticket] = deal
            self._deals_of.setdefault(deal.position_id, []).append(deal)
            self.balance = round(self.balance + deal.amount, 2)

    def deals_of(self, position_id: int) -> list[Deal]:
        """Deals that made or unmade one position."""
        return self._deals_of.get(position_id, [])

    def orders_of(self, position_id: int) -> list[Order]:
        """Orders that made or unmade one position."""
        return self._orders_of.get(position_id, [])

    def deals_of_order(self, order: int) -> list[Deal]:
        """Deals one order led to."""
        made_by = self.orders.get(order)
        if made_by is None:
            return []
        return [deal for deal in self.deals_of(made_by.position_id) if deal.order == order]
