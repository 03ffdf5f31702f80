"""What one connection has taken up: a terminal, and through it a broker and an account."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from domain.mt5_words import LastError
from paper.address import Address
from paper.broker.account import Account
from paper.broker.brokers import Routing
from paper.broker.house import House
from paper.service.door import Door
from paper.service.recorded import NOTHING_RECORDED, Recorded
from paper.service.world import ServerRefusal, Terminal, World


class Session:
    """One client's view of the world; `paper/service/answering.py` answers its calls."""

    def __init__(
        self,
        world: World,
        place: Address,
        utc_ms: Callable[[], int],
        recorded: Recorded = NOTHING_RECORDED,
        door: Door | None = None,
    ) -> None:
        self.world = world
        self.place = place
        self.utc_ms = utc_ms
        self.recorded = recorded
        self.door = door or Door(world, utc_ms)
        self.books: set[str] = set()
        self._terminal: Terminal | None = None
        self._routing: Routing | None = None
        self._switches_known = 0

    def take_up(self, terminal: Terminal) -> None:
        """From now on every call is about this terminal."""
        self._terminal = terminal
        self.books = set()

    def let_go(self) -> None:
        """From now on there is no terminal."""
        self._terminal = None

    @property
    def key(self) -> str:
        """The key of the terminal taken up; empty while there is none."""
        return "" if self._terminal is None else self._terminal.key

    def missed_switch(self) -> bool:
        """True once after the terminal was logged in to another account, whoever did it."""
        now = 0 if self._terminal is None else self._terminal.switches_of_account
        was, self._switches_known = self._switches_known, now
        return now > was

    def is_ahead_of_pushes(self) -> bool:
        """Whether something was done on the account that has not been pushed yet."""
        return self._terminal is not None and self._terminal.stale

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
    def routing(self) -> Routing:
        """How the broker fills: its own way, or the way that was asked for once."""
        return self.house.profile.routing if self._routing is None else self._routing

    @contextmanager
    def routed(self, routing: Routing) -> Iterator[None]:
        """For as long as this lasts, orders are filled this way."""
        self._routing = routing
        try:
            yield
        finally:
            self._routing = None

    @property
    def account(self) -> Account:
        """The terminal's account."""
        return self.world.account_of(self.terminal)
