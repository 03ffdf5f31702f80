"""What one connection has taken up: a terminal, and through it a broker and an account."""

from collections.abc import Callable

from domain.mt5_words import LastError
from paper.address import Address
from paper.broker.account import Account
from paper.broker.house import House
from paper.service.world import ServerRefusal, Terminal, World


class Session:
    """One client's view of the world; `paper/service/answering.py` answers its calls."""

    def __init__(self, world: World, place: Address, utc_ms: Callable[[], int]) -> None:
        self.world = world
        self.place = place
        self.utc_ms = utc_ms
        self._terminal: Terminal | None = None

    def take_up(self, terminal: Terminal) -> None:
        """From now on every call is about this terminal."""
        self._terminal = terminal

    def let_go(self) -> None:
        """From now on there is no terminal."""
        self._terminal = None

    @property
    def terminal(self) -> Terminal:
        """The terminal taken up by initialize."""
        if self._terminal is None:
            raise ServerRefusal(LastError.FAIL, "call initialize first")
        return self._terminal

    @property
    def house(self) -> House:
        """The broker of the terminal's account."""
        return self.world.house_of(self.terminal)

    @property
    def account(self) -> Account:
        """The terminal's account."""
        return self.world.account_of(self.terminal)
