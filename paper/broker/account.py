"""One account's state: what is open, what was done, what is left."""

from collections.abc import Iterable

import msgspec

from domain.mt5_words import DealType, MarginMode
from paper.broker.currencies import rounded
from paper.broker.pace import Pace
from paper.broker.records import AccountTerms, Changes, Deal, Due, Order, Position


class Account:
    """What is open, what waits and what is past, by ticket; changed by whole `Changes` only."""

    def __init__(self, terms: AccountTerms) -> None:
        self.terms = terms
        self.balance = 0.0
        self.credit = 0.0
        self.pace = Pace()
        self.changes = 0
        """How often it has changed: who has counted it knows whether to count again."""
        self.positions: dict[int, Position] = {}
        self.waiting: dict[int, Order] = {}
        self.due: dict[int, Due] = {}
        self.deals: dict[int, Deal] = {}
        self.orders: dict[int, Order] = {}
        self._deals_of: dict[int, list[Deal]] = {}
        self._deals_by: dict[int, list[Deal]] = {}
        self._orders_of: dict[int, list[Order]] = {}

    def lend(self, leverage: int) -> None:
        """From now on margin may be traded so many times; what is open needs other margin then."""
        self.terms = msgspec.structs.replace(self.terms, leverage=leverage)
        self.changes += 1

    def apply(self, changes: Changes) -> None:
        """Take over what the engine decided."""
        self.changes += 1
        for ticket in changes.gone:
            del self.positions[ticket]
        for position in changes.kept:
            self._keep(position)
        for order in changes.placed:
            self.waiting[order.ticket] = order
        for due in changes.due:
            self.due[due.ticket] = due
        for order in changes.orders:
            self.waiting.pop(order.ticket, None)
            self.due.pop(order.ticket, None)
            self.orders[order.ticket] = order
            self._orders_of.setdefault(order.position_id, []).append(order)
        self._book(changes.deals)

    def _keep(self, position: Position) -> None:
        """By ticket, as the store has them: an order filled late comes before what came since."""
        is_late = self.positions and position.ticket < next(reversed(self.positions))
        is_new = position.ticket not in self.positions
        self.positions[position.ticket] = position
        if is_late and is_new:
            self.positions = dict(sorted(self.positions.items()))

    def _book(self, deals: Iterable[Deal]) -> None:
        for deal in deals:
            self.deals[deal.ticket] = deal
            self._deals_of.setdefault(deal.position_id, []).append(deal)
            self._deals_by.setdefault(deal.order, []).append(deal)
            self._move_money(deal)

    def _move_money(self, deal: Deal) -> None:
        currency = self.terms.currency
        if deal.type == DealType.CREDIT:
            self.credit = rounded(self.credit + deal.amount, currency)
        else:
            self.balance = rounded(self.balance + deal.amount, currency)

    @property
    def nets(self) -> bool:
        """Whether there is one position per symbol, as on netting and exchange accounts."""
        return self.terms.margin_mode != MarginMode.RETAIL_HEDGING

    def position_in(self, symbol: str) -> Position | None:
        """The first position in a symbol: on a netting account the only one."""
        return next((p for p in self.positions.values() if p.symbol == symbol), None)

    def position_of(self, identifier: int) -> Position | None:
        """The open position of that identifier, whatever ticket it has by now."""
        if not identifier:
            return None
        found = self.positions.get(identifier)
        if found is not None and found.identifier == identifier:
            return found
        return next((p for p in self.positions.values() if p.identifier == identifier), None)

    def lots_being_closed(self, position: Position) -> float:
        """What market orders that wait will close of a position."""
        return sum(
            (
                order.volume_current
                for order in self.waiting.values()
                if order.position_id == position.identifier and order.type == 1 - position.type
            ),
            start=0.0,
        )

    def deals_of(self, position_id: int) -> list[Deal]:
        """Deals that made or unmade one position."""
        return self._deals_of.get(position_id, [])

    def orders_of(self, position_id: int) -> list[Order]:
        """Orders that made or unmade one position."""
        return self._orders_of.get(position_id, [])

    def deals_of_order(self, order: int) -> list[Deal]:
        """Deals one order led to, whichever positions they met."""
        return self._deals_by.get(order, []) if order else []
