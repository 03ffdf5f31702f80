"""The executions in an account's history."""

from decimal import Decimal
from typing import Any

from domain.market import Deal, Side
from domain.mt5_words import DealType
from terminal import exact
from terminal.accounts import Accounts
from terminal.calls import Calls, NoAnswerError
from terminal.contracts import Contracts


class Deals:
    """Reads deals; deposits, fees and cancelled deals are no executions and are left out."""

    def __init__(self, calls: Calls, accounts: Accounts, contracts: Contracts) -> None:
        self._calls = calls
        self._accounts = accounts
        self._contracts = contracts

    def of_position(self, identifier: int) -> tuple[Deal, ...]:
        """All deals of one position, oldest first."""
        return self._read(position=int(identifier))

    def between(self, from_server_s: int, to_server_s: int) -> tuple[Deal, ...]:
        """Deals of a window of the broker's wall clock, both ends included, oldest first."""
        found = self._read(int(from_server_s), int(to_server_s))
        if not self._accounts.state().connected:
            # What was done meanwhile, from a telephone perhaps, is not in its history yet.
            raise NoAnswerError("the terminal has no connection to its trade server")
        return found

    def by_ticket(self, ticket: int) -> Deal | None:
        """One deal, where the history shows it already."""
        found = self._read(ticket=int(ticket))
        return next((deal for deal in found if deal.ticket == ticket), None)

    def _read(self, *window: int, **by: int) -> tuple[Deal, ...]:
        listed = self._accounts.at_home(
            lambda: self._calls.ask(self._calls.module.history_deals_get, *window, **by)
        )
        executed = (one for one in listed if one.type in {DealType.BUY, DealType.SELL})
        found = (self._deal(one) for one in executed)
        return tuple(sorted(found, key=lambda deal: (deal.server_ms, deal.ticket)))

    def _deal(self, told: Any) -> Deal:  # noqa: ANN401 - MetaTrader's own type
        spec = self._contracts.known(told.symbol)
        step = spec.volume_step if spec else Decimal(0)
        net = sum(map(exact.money, (told.profit, told.commission, told.swap, told.fee)))
        return Deal(
            ticket=told.ticket,
            order=told.order,
            position=told.position_id,
            symbol=told.symbol,
            side=Side.BUY if told.type == DealType.BUY else Side.SELL,
            entry=told.entry,
            volume=exact.volume(told.volume, step),
            price=exact.price(told.price, spec.digits) if spec else exact.number(told.price),
            net=Decimal(net),
            server_ms=told.time_msc or told.time * 1000,
            magic=told.magic,
            reason=told.reason,
            comment=told.comment,
        )
