"""People at terminals of the paper broker."""

from typing import Any

from tests.client_copies import fresh_client
from tests.machine.machine import Machine
from tests.waiting import eventually

BUY, SELL, DEAL, DONE = 0, 1, 1, 10009
FOK, IOC, IOC_FLAG = 0, 1, 2
SYMBOL = "EURUSD"
EVER = (0, 2_000_000_000)
BACK_WITHIN_S = 15


class Seat:
    """One person before the terminal of this path, who sits down again after the broker was away.

    `terminal` is the module that a script of MetaTrader's would import.
    """

    def __init__(self, machine: Machine, path: str) -> None:
        self.terminal = fresh_client()
        self._machine = machine
        self._path = path
        eventually(self._sit_down, BACK_WITHIN_S)

    def positions(self) -> list[Any]:
        """What is open at the broker."""
        return list(self._asked("positions_get"))

    def volumes(self) -> list[float]:
        """In lots, the oldest position first."""
        return [round(held.volume, 2) for held in self.positions()]

    def holdings(self) -> list[tuple[int, float]]:
        """Direction and lots of each position, whatever its symbol and ticket are here."""
        return sorted((held.type, round(held.volume, 2)) for held in self.positions())

    def deals(self) -> list[tuple[Any, ...]]:
        """All there ever were: ticket, order, entry, volume and magic."""
        found = self._asked("history_deals_get", *EVER)
        return [(d.ticket, d.order, d.entry, d.volume, d.magic) for d in found]

    def leave(self) -> None:
        """Nobody sits here any more."""
        self.terminal.shutdown()

    def _asked(self, call: str, *args: Any) -> Any:
        """An answer may be empty, but must be one."""
        answers = eventually(lambda: self._answers(call, *args), BACK_WITHIN_S)
        return answers[0]

    def _answers(self, call: str, *args: Any) -> list[Any]:
        answer = getattr(self.terminal, call)(*args)
        if answer is None:
            self._sit_down()
            return []
        return [answer]

    def _sit_down(self) -> bool:
        address = self._machine.broker_address()
        self.terminal._connect_to(address.host, address.port)
        return bool(self.terminal.initialize(self._path))


class Account(Seat):
    """Looks at an account from the broker's side, and touches nothing."""


class Trader(Seat):
    """A person at the master's terminal."""

    def __init__(self, machine: Machine, path: str = "ftmo") -> None:
        super().__init__(machine, path)
        self.terminal.symbol_select(SYMBOL, True)

    def buy(self, volume: float = 0.1, symbol: str = SYMBOL) -> int:
        """The ticket of the new position."""
        return self._deal(symbol, BUY, volume)

    def sell(self, volume: float = 0.1, symbol: str = SYMBOL) -> int:
        """The ticket of the new position, a short one."""
        return self._deal(symbol, SELL, volume)

    def reduce(self, ticket: int, volume: float) -> None:
        """So much less of it."""
        (held,) = self.terminal.positions_get(ticket=ticket)
        self._deal(held.symbol, SELL if held.type == BUY else BUY, volume, position=ticket)

    def close(self, ticket: int) -> None:
        """All of it."""
        (held,) = self.terminal.positions_get(ticket=ticket)
        self.reduce(ticket, held.volume)

    def close_all(self) -> None:
        """Every position, the oldest first."""
        for held in self.positions():
            self.close(held.ticket)

    def tick(self, symbol: str = SYMBOL) -> Any:
        """The newest price; waits for the first."""
        return eventually(lambda: self.terminal.symbol_info_tick(symbol))

    def _deal(self, symbol: str, kind: int, volume: float, **more: int) -> int:
        price = self.tick(symbol).ask if kind == BUY else self.tick(symbol).bid
        wish = {"action": DEAL, "symbol": symbol, "volume": volume, "type": kind, "price": price}
        takes_ioc = self.terminal.symbol_info(symbol).filling_mode & IOC_FLAG
        wish |= {"deviation": 50, "type_filling": IOC if takes_ioc else FOK}
        told = self.terminal.order_send(wish | more)
        assert told is not None, self.terminal.last_error()
        assert told.retcode == DONE, told
        return int(told.order)
