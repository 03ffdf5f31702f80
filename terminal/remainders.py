"""What a fill in part leaves waiting at the broker: cancelled, so that it does not fill later."""

from typing import Final

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
        """True once a look shows that nothing of the order waits any more."""
        try:
            return self._cancel(order)
        except NoAnswerError:
            return False

    def _cancel(self, order: int) -> bool:
        for _ in range(TRIES):
            if not self._waits(order):
                return True
            # What is answered proves less than the next look: it may just have been filled.
            self._calls.ask(self._calls.module.order_send, requests.to_cancel(order))
        return not self._waits(order)

    def _waits(self, order: int) -> bool:
        """Filling IOC and FOK leave nothing; RETURN does, and so do brokers that mix them up."""
        return bool(
            self._accounts.at_home(
                lambda: self._calls.ask(self._calls.module.orders_get, ticket=order)
            )
        )
