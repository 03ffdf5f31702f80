"""Everybody who sits at a terminal, and how long it takes until they see the same."""

from tests.machine.machine import Machine
from tests.machine.names import COPIED_WITHIN_S
from tests.machine.seats import Account, Seat, Trader
from tests.waiting import eventually


class People:
    """They leave when the test is over."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._there: list[Seat] = []

    def trader(self, path: str = "ftmo") -> Trader:
        """Who trades for a master."""
        trader = Trader(self._machine, path)
        self._there.append(trader)
        return trader

    def account(self, path: str) -> Account:
        """Who looks at the account of this terminal."""
        account = Account(self._machine, path)
        self._there.append(account)
        return account

    def leave(self) -> None:
        """All of them."""
        for one in self._there:
            one.leave()


def until_flat(*seats: Seat, within_s: float = COPIED_WITHIN_S) -> None:
    """Waits until none of them holds anything."""
    eventually(lambda: not any(seat.positions() for seat in seats), within_s)


def until_equal(trader: Trader, *copies: Seat, within_s: float = COPIED_WITHIN_S) -> None:
    """Waits until each of them holds what the trader does, by direction and lots."""
    eventually(lambda: all(copy.holdings() == trader.holdings() for copy in copies), within_s)
