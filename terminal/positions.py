"""The open positions of an account, or why nobody can say which there are."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from domain.market import Position, Side
from domain.mt5_words import PositionType
from terminal import exact
from terminal.accounts import Accounts
from terminal.calls import Calls, NoAnswerError
from terminal.contracts import Contracts


class Positions:
    """Looks at positions, and remembers which ticket each identifier had."""

    def __init__(self, calls: Calls, accounts: Accounts, contracts: Contracts) -> None:
        self._calls = calls
        self._accounts = accounts
        self._contracts = contracts
        self._tickets: dict[int, int] = {}

    def all(self) -> tuple[Position, ...]:
        """Every open position, whoever opened it."""
        found = self._accounts.at_home(self._look)
        self._tickets = {one.identifier: one.ticket for one in found}
        return found

    def ticket_of(self, identifier: int) -> int | None:
        """The live ticket of a position; None where a fresh look shows none."""
        if identifier not in self._tickets:
            self.all()
        return self._tickets.get(identifier)

    def forget(self) -> None:
        """Look again before the next order; brokers renumber tickets."""
        self._tickets = {}

    def _look(self) -> tuple[Position, ...]:
        listed = self._calls.ask(self._calls.module.positions_get)
        if not self._accounts.state().connected:
            raise NoAnswerError("the terminal has no connection to its trade server")
        if not listed and (doubt := self._doubt()):
            # One that opened between these calls looks the same; then the list has it by now.
            listed = self._calls.ask(self._calls.module.positions_get)
            if not listed:
                raise NoAnswerError(f"an empty list of positions, yet {doubt}")
        elif self._lacks_a_known_one(listed) and self._is_short(listed):
            listed = self._calls.ask(self._calls.module.positions_get)
            if self._lacks_a_known_one(listed) and (short := self._is_short(listed)):
                raise NoAnswerError(f"a list of {len(listed)} positions, yet {short}")
        return tuple(self._position(one) for one in listed)

    def _lacks_a_known_one(self, listed: Sequence[Any]) -> bool:
        """A position of the last look is not in this list."""
        return not self._tickets.keys() <= {one.identifier for one in listed}

    def _is_short(self, listed: Sequence[Any]) -> str:
        """The terminal counts more positions than it lists."""
        total = self._calls.ask(self._calls.module.positions_total)
        return f"positions_total() is {total}" if total > len(listed) else ""

    def _doubt(self) -> str:
        """An empty list is the answer of a terminal that is still loading, too."""
        if total := self._calls.ask(self._calls.module.positions_total):
            return f"positions_total() is {total}"
        if margin := self._accounts.account().margin:
            return f"a margin of {margin} is in use"
        return ""

    def _position(self, told: Any) -> Position:  # noqa: ANN401 - MetaTrader's own type
        spec = self._contracts.watch(told.symbol)
        step = spec.volume_step if spec else Decimal(0)
        opened, sl, tp = (
            exact.price(value, spec.digits) if spec else exact.number(value)
            for value in (told.price_open, told.sl, told.tp)
        )
        return Position(
            ticket=told.ticket,
            identifier=told.identifier,
            symbol=told.symbol,
            side=Side.BUY if told.type == PositionType.BUY else Side.SELL,
            volume=exact.volume(told.volume, step),
            price_open=opened,
            sl=sl,
            tp=tp,
            magic=told.magic,
            comment=told.comment,
            opened_server_ms=told.time_msc or told.time * 1000,
            profit=exact.money(told.profit),
        )
