"""What became of an order, by the orders at work, the history of orders and their deals."""

from decimal import Decimal
from typing import Any, Final

from domain.market import Fate, OrderFate
from domain.mt5_words import OrderState
from terminal import exact
from terminal.accounts import Accounts
from terminal.calls import Calls
from terminal.contracts import Contracts
from terminal.deals import Deals
from terminal.pendings import Pendings

#: An order in any other state is on its way to one of these.
FINAL: Final = {
    OrderState.FILLED: Fate.FILLED,
    OrderState.CANCELED: Fate.CANCELLED,
    OrderState.EXPIRED: Fate.EXPIRED,
    OrderState.REJECTED: Fate.REJECTED,
}


class Fates:
    """Looks orders up, whether they still wait or not."""

    def __init__(
        self,
        calls: Calls,
        accounts: Accounts,
        contracts: Contracts,
        pendings: Pendings,
        deals: Deals,
    ) -> None:
        self._calls = calls
        self._accounts = accounts
        self._contracts = contracts
        self._pendings = pendings
        self._deals = deals

    def of(self, ticket: int) -> OrderFate:
        """Orders at work first: one that ends between the two looks is then in the history."""
        told = self._pendings.at_work(ticket)
        if told is not None:
            return self._fate(told, Fate.WAITING)
        told = self._in_history(ticket)
        if told is None:
            return OrderFate(ticket=ticket, fate=Fate.NOT_KNOWN)
        return self._fate(told, FINAL.get(told.state, Fate.NOT_KNOWN))

    def _in_history(self, ticket: int) -> Any | None:  # noqa: ANN401 - MetaTrader's own type
        listed = self._accounts.at_home(
            lambda: self._calls.ask(self._calls.module.history_orders_get, ticket=int(ticket))
        )
        return next((one for one in listed if one.ticket == ticket), None)

    def _fate(self, told: Any, fate: Fate) -> OrderFate:  # noqa: ANN401 - MetaTrader's own type
        spec = self._contracts.known(told.symbol)
        step = spec.volume_step if spec else Decimal(0)
        whole = exact.volume(told.volume_initial, step)
        left = exact.volume(told.volume_current, step)
        position, dealt = self._dealt(told)
        # The order's own record and its deals may come one after the other: the more counts.
        filled = whole if fate is Fate.FILLED else min(max(whole - left, dealt), whole)
        return OrderFate(
            ticket=told.ticket,
            fate=fate,
            filled=filled,
            left=whole - filled,
            position=position if filled else 0,
            magic=told.magic,
            done_server_ms=told.time_done_msc or told.time_done * 1000,
        )

    def _dealt(self, told: Any) -> tuple[int, Decimal]:  # noqa: ANN401 - MetaTrader's own type
        """The position its deals went to, and how much they add up to.

        Where an order does not name its position, it has the order's number.
        """
        position = told.position_id or told.ticket
        deals = (d for d in self._deals.of_position(position) if d.order == told.ticket)
        return position, sum((deal.volume for deal in deals), Decimal(0))
