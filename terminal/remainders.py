"""What a fill in part leaves waiting at the broker: cancelled, so that it does not fill later."""

from collections.abc import Callable
from typing import Any, Final

from terminal import requests
from terminal.accounts import Accounts
from terminal.calls import Calls, NoAnswerError

TRIES: Final = 2


class Remainders:
    """Orders of ours that were filled in part only."""

    def __init__(self, calls: Calls, accounts: Accounts) -> None:
        self._calls = calls
        self._accounts = accounts

    def cancel(self, order: int) -> bool:
        """True once the broker's own records show that the order has ended.

        That it is not listed proves nothing: a list may be older than the order (law 1).
        """
        try:
            return self._cancel(order)
        except NoAnswerError:
            return False

    def _cancel(self, order: int) -> bool:
        for _ in range(TRIES):
            if self._has_ended(order):
                return True
            # What is answered proves less than the next look: it may just have been filled.
            self._calls.ask(self._calls.module.order_send, requests.to_cancel(order))
        return self._has_ended(order)

    def _has_ended(self, order: int) -> bool:
        """Filling IOC and FOK leave nothing; RETURN does, and so do brokers that mix them up."""
        return not self._shows(self._calls.module.orders_get, order) and self._shows(
            self._calls.module.history_orders_get, order
        )

    def _shows(self, listing: Callable[..., Any], order: int) -> bool:
        return bool(self._accounts.at_home(lambda: self._calls.ask(listing, ticket=order)))
