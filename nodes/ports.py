"""What nodes need from outside, in the nodes' words. Adapters fit by shape; wiring joins them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Protocol, overload

from decisions.rebuilding import Remembered
from domain.book import Stamp
from domain.contracts import Offered
from domain.control import FromNode, ToNode
from domain.ids import NodeName
from domain.legs import Intent, Leg
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
from domain.orders import PendingCommand, PositionCommand
from domain.outcomes import Outcome, PendingOutcome
from domain.policies import Latch
from domain.records import BookKept, ContractKept, Follow, MasterAt, Record
from domain.signals import (
    Fact,
    Malformed,
    Received,
    Signal,
    SnapshotAnswer,
    SnapshotRequest,
)


class TerminalDoor(Protocol):
    """One terminal. Every answer is either to be believed or `Unknowable`."""

    def connect(self) -> Identity | Unknowable:
        """Attach to the terminal, logging in where the document says so."""
        ...

    def identity(self) -> Identity | Unknowable:
        """Which account the terminal is logged in to; cheap, asked around every order."""
        ...

    def state(self) -> TerminalState | Unknowable:
        """Whether the terminal is connected and lets programs trade."""
        ...

    def account(self) -> AccountState | Unknowable:
        """The account's money."""
        ...

    def positions(self) -> tuple[Position, ...] | Unknowable:
        """All open positions, whoever opened them."""
        ...

    def orders(self) -> tuple[PendingOrder, ...] | Unknowable:
        """All orders that wait for their price, whoever placed them."""
        ...

    def order_of(self, ticket: int) -> OrderFate | Unknowable:
        """What became of an order."""
        ...

    def deals_of(self, identifier: int) -> tuple[Deal, ...] | Unknowable:
        """All deals of one position, oldest first."""
        ...

    def deals_between(self, from_server_s: int, to_server_s: int) -> tuple[Deal, ...] | Unknowable:
        """Deals of a window of the broker's wall clock, both ends included."""
        ...

    def spec(self, symbol: str) -> SymbolSpec | Unknowable | None:
        """The contract of a symbol; None when the broker does not know it."""
        ...

    def spec_anew(self, symbol: str) -> SymbolSpec | Unknowable | None:
        """The same, asked again; None or no answer changes nothing of what is known."""
        ...

    def symbols(self) -> tuple[Offered, ...] | Unknowable:
        """Every symbol of this broker; it may take long."""
        ...

    def quote(self, symbol: str) -> Quote | None:
        """The newest bid and ask, None where there are none."""
        ...

    def tick_value(self, symbol: str) -> Decimal | Unknowable:
        """Money that a lot loses by one tick, as of now."""
        ...

    def loss_per_lot(
        self, side: Side, symbol: str, entry: Decimal, stop: Decimal
    ) -> Decimal | Unknowable:
        """Money of the account that a lot loses from one price to another, by the broker."""
        ...

    def rate(self, of: str, into: str) -> Decimal | Unknowable:
        """What one unit of a currency is in another."""
        ...

    def average_true_range(self, symbol: str, timeframe: str, period: int) -> Decimal | Unknowable:
        """How far the price went on average in a bar, over the last closed bars; price units."""
        ...

    def newest_server_ms(self) -> int:
        """The newest tick time over all symbols watched, on the broker's wall clock; 0 for none."""
        ...

    @overload
    def send(self, command: PositionCommand) -> Outcome: ...
    @overload
    def send(self, command: PendingCommand) -> PendingOutcome:
        """Hand an order to the broker. Never raises for what a broker or a terminal does."""
        ...

    def hinted(self) -> bool:
        """True once after a hint that positions changed; a hint only triggers a look."""
        ...

    def waitable(self) -> object | None:
        """A socket that becomes readable when there is a hint, where the terminal has one."""
        ...

    def close(self) -> None:
        """Let go of the terminal."""
        ...


class SignalOutlet(Protocol):
    """A master's two sockets."""

    def addresses(self) -> tuple[str, str]:
        """Where slaves find the signals and the snapshots."""
        ...

    def publish(self, signal: Signal) -> None:
        """Tell every follower."""
        ...

    def requests(self) -> list[tuple[bytes, SnapshotRequest | Malformed]]:
        """Snapshot requests that have come in, each with the peer to answer."""
        ...

    def answer(self, peer: bytes, answer: SnapshotAnswer) -> None:
        """Answer one request."""
        ...

    def waitables(self) -> Sequence[object]:
        """The sockets a loop waits on."""
        ...

    def close(self) -> None:
        """Close both sockets."""
        ...


class SignalInlet(Protocol):
    """A slave's sockets towards the masters it follows."""

    def follow(self, master: NodeName, signals: str, snapshots: str) -> None:
        """Connect to a master; the same addresses again change nothing."""
        ...

    def unfollow(self, master: NodeName) -> None:
        """Disconnect from a master."""
        ...

    def drain(self) -> list[Received]:
        """Everything that has arrived, in order, without waiting."""
        ...

    def ask(self, master: NodeName, request: SnapshotRequest) -> None:
        """Ask a master for a snapshot."""
        ...

    def waitables(self) -> Sequence[object]:
        """The sockets a loop waits on."""
        ...

    def close(self) -> None:
        """Close all sockets."""
        ...


class ControlLine(Protocol):
    """A node's line to the supervisor."""

    def say(self, message: FromNode) -> None:
        """Send without waiting; a supervisor that is not there is no error."""
        ...

    def drain(self) -> list[ToNode]:
        """Everything that has arrived, in order, without waiting."""
        ...

    def waitables(self) -> Sequence[object]:
        """The sockets a loop waits on."""
        ...

    def close(self) -> None:
        """Close the socket."""
        ...


class Waiter(Protocol):
    """Sleeps until something can be read, or the time is over."""

    def wait(self, waitables: Sequence[object], timeout_s: float) -> None:
        """Return as soon as one of the sockets is readable."""
        ...


class Recollection(Protocol):
    """What a database knows of a slave whose journal is new."""

    def answer(self) -> Remembered | None:
        """All of it; None while the database does not answer."""
        ...

    def taken(self) -> None:
        """It stands in the journal: nobody need be asked again."""
        ...


class Journal(Protocol):
    """A node's memory on this machine, written before the broker is called."""

    def write(self, *records: Record) -> None:
        """Append all or nothing; raises JournalUnwritable."""
        ...

    def bind(self, login: int, server: str, *, meant: bool = False) -> None:
        """Tie the journal to an account; raises where it names another one."""
        ...

    def legs(self) -> list[Leg]:
        """Every leg ever journaled, newest state."""
        ...

    def open_intents(self) -> list[Intent]:
        """Intents without an outcome."""
        ...

    def cursor(self, master: str) -> Stamp | None:
        """The last stamp acted on, of this master."""
        ...

    def follows(self) -> list[Follow]:
        """Since when masters are followed."""
        ...

    def latch(self) -> Latch | None:
        """The stored half of the kill switch."""
        ...

    def settings(self) -> dict[str, Any] | None:
        """The last good account document."""
        ...

    def masters(self) -> list[MasterAt]:
        """Where masters were last found."""
        ...

    def book(self) -> BookKept | None:
        """A master's last book."""
        ...

    def contracts(self) -> list[ContractKept]:
        """The contracts of this broker's symbols, as they were seen or accepted."""
        ...

    def facts_since(self, stamp: Stamp) -> list[Fact]:
        """Facts published after this stamp, in order."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...
