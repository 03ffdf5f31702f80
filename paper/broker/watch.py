"""What a tick may set off in one symbol, over all accounts of a broker."""

from collections.abc import Iterator, Mapping

from paper.broker.account import Account
from paper.broker.by_server import Why
from paper.broker.counting import is_countable
from paper.broker.expiry import has_ended
from paper.broker.guards import Guards, stop_hit
from paper.broker.market import Market
from paper.broker.reaching import is_reached
from paper.broker.records import Changes, Order, Position


class Watch:
    """Hundreds of accounts share a tick: they are looked through only when a guard is reached."""

    def __init__(self, accounts: Mapping[int, Account], market: Market) -> None:
        self._accounts = accounts
        self._market = market
        self._guards: dict[str, Guards] = {}

    def take(self, changes: Changes) -> None:
        """Guard what is new; what is gone stays guarded until somebody looks in vain."""
        for position in changes.kept:
            guards = self._guards.get(position.symbol)
            if guards is not None:
                guards.take_position(position)
        for order in changes.placed:
            guards = self._guards.get(order.symbol)
            if guards is not None:
                guards.take_order(order)

    def is_called(self, symbol: str) -> bool:
        """Whether the symbol's quote may have set something off."""
        guards = self._guards.get(symbol)
        if guards is None:
            guards = self._guards[symbol] = self._fresh(symbol)
        return guards.reached(self._market.quotes[symbol])

    def answered(self, symbol: str) -> None:
        """Everything reached was dealt with: guard anew what is left."""
        self._guards.pop(symbol, None)

    def stopped(self, symbol: str) -> list[tuple[Account, Position, Why]]:
        """Positions whose stop loss or take profit is reached."""
        quote, digits = self._market.quotes[symbol], self._market.profiles[symbol].digits
        return [
            (account, position, why)
            for account, position in self._positions(symbol)
            if (why := stop_hit(position, quote, digits)) is not None
            and is_countable(self._market, account, symbol)
        ]

    def reached(self, symbol: str, now_msc: int) -> list[tuple[Account, Order]]:
        """Waiting orders to set off, oldest ticket first.

        One whose time is over waits only for the clock to say so, and one that was passed on is
        somebody else's by now.
        """
        quote, profile = self._market.quotes[symbol], self._market.profiles[symbol]
        found = [
            (account, order)
            for account, order in self._orders(symbol)
            if is_reached(order, quote)
            and order.ticket not in account.due
            and not has_ended(order, profile, now_msc)
            and is_countable(self._market, account, symbol)
        ]
        return sorted(found, key=lambda one: one[1].ticket)

    def _fresh(self, symbol: str) -> Guards:
        guards = Guards()
        for _, position in self._positions(symbol):
            guards.take_position(position)
        for _, order in self._orders(symbol):
            guards.take_order(order)
        return guards

    def _positions(self, symbol: str) -> Iterator[tuple[Account, Position]]:
        for account in self._accounts.values():
            for position in account.positions.values():
                if position.symbol == symbol:
                    yield account, position

    def _orders(self, symbol: str) -> Iterator[tuple[Account, Order]]:
        for account in self._accounts.values():
            for order in account.waiting.values():
                if order.symbol == symbol:
                    yield account, order
