"""A terminal, reached through any module with the MetaTrader5 API."""

from decimal import Decimal
from typing import Final, overload

from domain.contracts import Offered
from domain.market import (
    AccountState,
    Deal,
    Identity,
    OrderFate,
    PendingOrder,
    Position,
    Quote,
    Side,
    SymbolSpec,
    TerminalState,
    Unknowable,
)
from domain.mt5_words import LastError, Retcode
from domain.orders import Command, PendingCommand, PositionCommand
from domain.outcomes import Outcome, PendingOutcome, Rejected
from terminal.accounts import Accounts
from terminal.calls import Calls, MetaTraderModule, NoAnswerError, told
from terminal.connecting import NOTHING_THERE, must_not_be_tried, why_not
from terminal.contracts import Contracts
from terminal.deals import Deals
from terminal.fates import Fates
from terminal.orders import Orders
from terminal.pendings import Pendings
from terminal.positions import Positions
from terminal.quotes import Quotes
from terminal.ranges import Ranges
from terminal.remainders import Remainders
from terminal.waiting import WaitingOrders
from terminal.worths import Worths

DEFAULT_TIMEOUT_MS: Final = 60_000
#: Refusals of what a contract allows, as it is remembered: the broker may have changed it.
OF_THE_CONTRACT: Final = frozenset({Retcode.INVALID_VOLUME, Retcode.INVALID_STOPS, Retcode.FROZEN})


class Mt5Terminal:
    """One terminal and the one account in it; `expected` is the only account believed.

    Without `expected`, the account found at the first connect is.
    """

    def __init__(  # noqa: PLR0913 - what initialize() takes, by name
        self,
        module: MetaTraderModule,
        *,
        path: str,
        login: int | None = None,
        server: str | None = None,
        password: str | None = None,
        timeout_ms: int = DEFAULT_TIMEOUT_MS,
        expected: Identity | None = None,
    ) -> None:
        self._path = path
        self._login = {"login": login, "server": server, "password": password}
        self._timeout_ms = timeout_ms
        self._calls = Calls(module, password or "")
        self._accounts = Accounts(self._calls, expected)
        self._contracts = Contracts(self._calls, self._accounts)
        self._quotes = Quotes(self._calls, self._contracts)
        self._worths = Worths(self._calls, self._contracts, self._quotes)
        self._ranges = Ranges(self._calls, self._contracts)
        self._positions = Positions(self._calls, self._accounts, self._contracts)
        self._deals = Deals(self._calls, self._accounts, self._contracts)
        pendings = Pendings(self._calls, self._accounts, self._contracts)
        self._pendings = pendings
        self._fates = Fates(self._calls, self._accounts, self._contracts, pendings, self._deals)
        self._waiting = WaitingOrders(self._calls, self._contracts, pendings)
        remainders = Remainders(self._calls, self._accounts)
        self._orders = Orders(self._calls, self._positions, self._deals, self._quotes, remainders)

    def connect(self) -> Identity | Unknowable:
        """Attach to the terminal, logging in where a login was given; again after any loss."""
        return told(self._connect)

    def _connect(self) -> Identity:
        self._contracts.forget()
        self._quotes.forget()
        self._positions.forget()
        self._worths.forget()
        self._attach()
        self._accounts.check_path(self._path)
        identity = self._accounts.settle_in()
        self._contracts.watch_market()
        return identity

    def _attach(self) -> None:
        try:
            if must_not_be_tried(self._path):
                raise NoAnswerError(NOTHING_THERE, LastError.INTERNAL_FAIL_INIT)  # noqa: TRY301 - told as all others are
            self._calls.ask(self._calls.module.initialize, self._path, **self._initialize_by())
        except NoAnswerError as why:
            account = f" logged in to {self._login['login']}" if self._login["login"] else ""
            text = why_not(self._path, account, why.code, str(why))
            raise NoAnswerError(text, why.code) from None

    def _initialize_by(self) -> dict[str, int | str]:
        """Server and password mean something to initialize() only beside a login."""
        given = {name: value for name, value in self._login.items() if value is not None}
        return {"timeout": self._timeout_ms, **(given if "login" in given else {})}

    def identity(self) -> Identity | Unknowable:
        """Which account the terminal is logged in to, whoever that is."""
        return told(self._accounts.identity)

    def state(self) -> TerminalState | Unknowable:
        """Whether the terminal is connected and lets programs trade."""
        return told(self._accounts.state)

    def account(self) -> AccountState | Unknowable:
        """The account's money."""
        return told(self._accounts.account)

    def positions(self) -> tuple[Position, ...] | Unknowable:
        """All open positions, whoever opened them."""
        return told(self._positions.all)

    def orders(self) -> tuple[PendingOrder, ...] | Unknowable:
        """All orders that wait for their price, whoever placed them."""
        return told(self._pendings.all)

    def order_of(self, ticket: int) -> OrderFate | Unknowable:
        """What became of an order."""
        return told(lambda: self._fates.of(ticket))

    def deals_of(self, identifier: int) -> tuple[Deal, ...] | Unknowable:
        """All deals of one position, oldest first."""
        return told(lambda: self._deals.of_position(identifier))

    def deals_between(self, from_server_s: int, to_server_s: int) -> tuple[Deal, ...] | Unknowable:
        """Deals of a window of the broker's wall clock, both ends included."""
        return told(lambda: self._deals.between(from_server_s, to_server_s))

    def spec(self, symbol: str) -> SymbolSpec | Unknowable | None:
        """The contract of a symbol; None when the broker does not know it."""
        return told(lambda: self._contracts.sound(symbol))

    def spec_anew(self, symbol: str) -> SymbolSpec | Unknowable | None:
        """The same, asked again; None or no answer changes nothing of what is known."""
        return told(lambda: self._contracts.anew(symbol))

    def symbols(self) -> tuple[Offered, ...] | Unknowable:
        """Every symbol of this broker; it may take long."""
        return told(self._contracts.offered)

    def quote(self, symbol: str) -> Quote | None:
        """The newest bid and ask, None where there are none."""
        return self._quotes.quote(symbol)

    def tick_value(self, symbol: str) -> Decimal | Unknowable:
        """Money that a lot loses by one tick, as of now."""
        return told(lambda: self._worths.tick_value(symbol))

    def loss_per_lot(
        self, side: Side, symbol: str, entry: Decimal, stop: Decimal
    ) -> Decimal | Unknowable:
        """Money of the account that a lot loses from one price to another, by the broker."""
        return told(lambda: self._worths.loss_per_lot(side, symbol, entry, stop))

    def rate(self, of: str, into: str) -> Decimal | Unknowable:
        """What one unit of a currency is in another."""
        return told(lambda: self._worths.rate(of, into))

    def average_true_range(self, symbol: str, timeframe: str, period: int) -> Decimal | Unknowable:
        """How far the price went on average in a bar, over the last closed bars; price units."""
        return told(lambda: self._ranges.average(symbol, timeframe, period))

    def newest_server_ms(self) -> int:
        """The newest tick time over all symbols watched, on the broker's wall clock; 0 for none."""
        return self._quotes.newest_server_ms()

    @overload
    def send(self, command: PositionCommand) -> Outcome: ...
    @overload
    def send(self, command: PendingCommand) -> PendingOutcome: ...
    def send(self, command: Command) -> Outcome | PendingOutcome:
        """Hand an order to the broker. Never raises for what a broker or a terminal does."""
        if isinstance(command, PendingCommand):
            answer: Outcome | PendingOutcome = self._waiting.send(command)
        else:
            answer = self._orders.send(command, self._contracts)
        if isinstance(answer, Rejected) and answer.retcode in OF_THE_CONTRACT:
            self._contracts.renew(command.symbol)
        return answer

    def hinted(self) -> bool:
        """True once after a hint that positions changed; false where the module gives none."""
        hint = getattr(self._calls.module, "_positions_changed", None)
        if hint is None:
            return False
        try:
            return bool(hint())
        except Exception:  # noqa: BLE001 - whatever is wrong, the look that follows will find it
            return True

    def waitable(self) -> object | None:
        """A socket that becomes readable when there is a hint; None where there is none."""
        socket = getattr(self._calls.module, "_hint_socket", None)
        return None if socket is None else socket()

    def close(self) -> None:
        """Let go of the terminal."""
        told(lambda: self._calls.ask(self._calls.module.shutdown))
