"""An in-memory terminal, journal and clock that fit nodes.ports, for tests that script them."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import msgspec

from domain.book import Stamp
from domain.contracts import Offered
from domain.legs import Intent, Leg
from domain.market import (
    AccountState,
    Deal,
    Fate,
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
from domain.mt5_words import DealEntry
from domain.orders import (
    CancelOrder,
    ClosePosition,
    Command,
    ModifyPosition,
    OpenPosition,
    PendingCommand,
    PlaceOrder,
)
from domain.outcomes import Cancelled, Filled, Outcome, PendingOutcome, Placed, Rejected, Unknown
from domain.policies import Latch
from domain.records import (
    BookKept,
    ContractKept,
    Cursor,
    Follow,
    JournalUnwritable,
    LatchChange,
    MasterAt,
    Record,
    SettingsKept,
)
from domain.signals import Fact
from domain.verdicts import Verdict
from tests.builders import (
    a_deal,
    a_pending,
    a_position,
    a_quote,
    a_spec,
    a_terminal,
    an_account,
    an_offer,
)
from utils.clock import Now, SystemClock

AnyOutcome = Outcome | PendingOutcome
Answer = AnyOutcome | Callable[["FakeDoor", Any], AnyOutcome]
FACTS = Fact.__args__
SERVER_AHEAD_MS = 3 * 3_600_000
GONE = Rejected(retcode=10036, comment="Position closed", gone=True)
NO_SUCH_ORDER = Rejected(retcode=10013, comment="Invalid request", gone=True)


class FakeClock:
    """Starts at the machine's time, and stands still until it is moved."""

    def __init__(self) -> None:
        self._now = SystemClock().now()

    def now(self) -> Now:
        return self._now

    def pass_s(self, seconds: float) -> None:
        self._now = Now(self._now.monotonic_s + seconds, self._now.utc_ms + round(seconds * 1000))


class FakeDoor:
    """A hedging account at a broker that fills everything, unless `answers` says otherwise.

    `sent` keeps every order. `mute` makes every answer unknowable. `unlisted` positions are held
    but not shown; `shows_late` lists old pictures that are shown before the present one. `waiting`
    holds the orders that wait, `fates` what became of all; `fates_hidden` is a history that lags.
    """

    def __init__(self, at: Identity, clock: FakeClock, first: int = 501) -> None:
        self.at = at
        self.clock = clock
        self.next_order = first
        self.held: dict[int, Position] = {}
        self.waiting: dict[int, PendingOrder] = {}
        self.fates: dict[int, OrderFate] = {}
        self.fates_hidden = False
        self.deals: list[Deal] = []
        self.specs: dict[str, SymbolSpec] = {"XAUUSD": a_spec(), "EURUSD": a_spec("EURUSD")}
        self.quotes: dict[str, Quote | None] = {}
        self.ranges: dict[tuple[str, str, int], Decimal] = {}
        self.rates: dict[tuple[str, str], Decimal] = {}
        self.account_state = an_account(identity=at)
        self.terminal = a_terminal()
        self.sent: list[Command] = []
        self.answers: list[Answer] = []
        self.mute: Unknowable | None = None
        self.unlisted: set[int] = set()
        self.shows_late: list[tuple[Position, ...]] = []
        self.deals_hidden = False
        self.newest_ms: int | None = None
        self.ahead_ms = SERVER_AHEAD_MS
        self.hint = False
        self.connects = 0
        self.before_quote: Callable[[], None] = lambda: None

    # what a node asks

    def connect(self) -> Identity | Unknowable:
        self.connects += 1
        return self.mute or self.at

    def identity(self) -> Identity | Unknowable:
        return self.mute or self.at

    def state(self) -> TerminalState | Unknowable:
        return self.mute or self.terminal

    def account(self) -> AccountState | Unknowable:
        return self.mute or self.account_state

    def positions(self) -> tuple[Position, ...] | Unknowable:
        if self.mute:
            return self.mute
        if self.shows_late:
            return self.shows_late.pop(0)
        return self.listing()

    def orders(self) -> tuple[PendingOrder, ...] | Unknowable:
        return self.mute or tuple(self.waiting.values())

    def order_of(self, ticket: int) -> OrderFate | Unknowable:
        fate = self.fates.get(ticket)
        if fate is None or (self.fates_hidden and fate.fate is not Fate.WAITING):
            fate = OrderFate(ticket=ticket, fate=Fate.NOT_KNOWN)
        return self.mute or fate

    def deals_of(self, identifier: int) -> tuple[Deal, ...] | Unknowable:
        if self.mute:
            return self.mute
        hidden = self.deals_hidden
        return () if hidden else tuple(d for d in self.deals if d.position == identifier)

    def deals_between(self, from_server_s: int, to_server_s: int) -> tuple[Deal, ...] | Unknowable:
        found = tuple(d for d in self.deals if from_server_s <= d.server_ms / 1000 <= to_server_s)
        return self.mute or (() if self.deals_hidden else found)

    def spec(self, symbol: str) -> SymbolSpec | Unknowable | None:
        return self.mute or self.specs.get(symbol)

    def spec_anew(self, symbol: str) -> SymbolSpec | Unknowable | None:
        return self.spec(symbol)

    def symbols(self) -> tuple[Offered, ...] | Unknowable:
        return self.mute or tuple(an_offer(name, s) for name, s in self.specs.items())

    def quote(self, symbol: str) -> Quote | None:
        self.before_quote()
        if self.mute:
            return None
        return self.quotes.get(symbol, a_quote(server_ms=self.server_ms()))

    def tick_value(self, symbol: str) -> Decimal | Unknowable:
        spec = self.specs[symbol]
        return self.mute or spec.contract_size * spec.tick_size

    def loss_per_lot(
        self, side: Side, symbol: str, entry: Decimal, stop: Decimal
    ) -> Decimal | Unknowable:
        """As an account in the symbol's own currency of profit loses it."""
        distance = entry - stop if side is Side.BUY else stop - entry
        return self.mute or distance * self.specs[symbol].contract_size

    def rate(self, of: str, into: str) -> Decimal | Unknowable:
        if of == into:
            return Decimal(1)
        return self.mute or self.rates.get((of, into), Unknowable(f"no rate of {of}"))

    def average_true_range(self, symbol: str, timeframe: str, period: int) -> Decimal | Unknowable:
        asked = self.ranges.get((symbol, timeframe, period), Unknowable("no bars"))
        return self.mute or asked

    def newest_server_ms(self) -> int:
        return self.server_ms() if self.newest_ms is None else self.newest_ms

    def send(self, command: Command) -> AnyOutcome:
        self.sent.append(command)
        if not self.answers:
            return self.execute(command)
        answer = self.answers.pop(0)
        return answer(self, command) if callable(answer) else answer

    def hinted(self) -> bool:
        hint, self.hint = self.hint, False
        return hint

    def waitable(self) -> object | None:
        return None

    def close(self) -> None:
        self.mute = Unknowable("closed")

    # what a test, a trader or the broker does

    def listing(self) -> tuple[Position, ...]:
        return tuple(p for i, p in self.held.items() if i not in self.unlisted)

    def server_ms(self) -> int:
        return self.clock.now().utc_ms + self.ahead_ms

    def trade(self, volume: Any = "1.00", side: Side = Side.BUY, **changes: Any) -> int:
        """Somebody opens a position; its identifier is returned."""
        identifier, self.next_order = self.next_order, self.next_order + 1
        usual = {"volume": volume, "side": side, "opened_server_ms": self.server_ms()}
        position = a_position(identifier, **(usual | changes))
        self.held[identifier] = position
        self._book(position, position.side, position.volume, identifier, DealEntry.IN, changes)
        self.hint = True
        return identifier

    def change(self, identifier: int, **changes: Any) -> None:
        """Somebody moves its stops."""
        exact = {name: Decimal(value) for name, value in changes.items()}
        self.held[identifier] = msgspec.structs.replace(self.held[identifier], **exact)
        self.hint = True

    def reduce(self, identifier: int, volume: Any, **deal: Any) -> None:
        """Somebody closes part of it, or all."""
        position, out = self.held.pop(identifier), Decimal(volume)
        if position.volume > out:
            self.held[identifier] = msgspec.structs.replace(position, volume=position.volume - out)
        order, self.next_order = self.next_order + 100_000, self.next_order + 1
        self._book(position, position.side.opposite, out, order, DealEntry.OUT, deal)
        self.hint = True

    def shut(self, identifier: int, **deal: Any) -> None:
        """Somebody closes it whole."""
        self.reduce(identifier, self.held[identifier].volume, **deal)

    def pend(self, price: Any, volume: Any = "1.00", **changes: Any) -> int:
        """Somebody places an order that waits; its ticket is returned."""
        ticket, self.next_order = self.next_order, self.next_order + 1
        usual = {"price": price, "volume": volume, "placed_server_ms": self.server_ms()}
        order = a_pending(ticket, **({"initial_volume": volume} | usual | changes))
        self._keep_waiting(order)
        return ticket

    def repend(self, ticket: int, **changes: Any) -> None:
        """Somebody changes its price, stops or lifetime."""
        self._keep_waiting(msgspec.structs.replace(self.waiting[ticket], **changes))

    def trigger(self, ticket: int, volume: Any = None, **deal: Any) -> None:
        """Its price is reached: all of it, or so much, becomes the position of its number.

        A stop-limit is filled at its limit, as if the market had come back to it.
        """
        order = self.waiting.pop(ticket)
        filled = order.volume if volume is None else Decimal(volume)
        self._fill(order, filled, deal)
        left = order.volume - filled
        if left:
            self._keep_waiting(msgspec.structs.replace(order, volume=left))
        else:
            self._end(order, Fate.FILLED, Decimal(0))

    def expire(self, ticket: int) -> None:
        """Its time is over."""
        order = self.waiting.pop(ticket)
        self._end(order, Fate.EXPIRED, order.volume)

    def withdraw(self, ticket: int) -> None:
        """Somebody cancels it."""
        order = self.waiting.pop(ticket)
        self._end(order, Fate.CANCELLED, order.volume)

    def refuse(self, ticket: int) -> None:
        """Its price is reached, and the broker rejects it then: there is no money for it."""
        order = self.waiting.pop(ticket)
        self._end(order, Fate.REJECTED, order.volume)

    def orders_sent(self, kind: type[Command]) -> list[Any]:
        return [command for command in self.sent if isinstance(command, kind)]

    @property
    def opens(self) -> list[OpenPosition]:
        return self.orders_sent(OpenPosition)

    @property
    def closes(self) -> list[ClosePosition]:
        return self.orders_sent(ClosePosition)

    @property
    def modifies(self) -> list[ModifyPosition]:
        return self.orders_sent(ModifyPosition)

    @property
    def placings(self) -> list[PlaceOrder]:
        return self.orders_sent(PlaceOrder)

    @property
    def cancels(self) -> list[CancelOrder]:
        return self.orders_sent(CancelOrder)

    def execute(self, command: Any) -> Any:
        """Do what is asked."""
        if isinstance(command, PendingCommand):
            return self._execute_pending(command)
        if isinstance(command, OpenPosition):
            return self._open(command)
        if command.identifier not in self.held:
            return GONE
        if isinstance(command, ModifyPosition):
            self.change(command.identifier, sl=command.sl, tp=command.tp)
            return Filled(order=0, deal=0, volume=Decimal(0), price=Decimal(0))
        self.reduce(command.identifier, command.volume, magic=command.magic)
        deal = self.deals[-1]
        return Filled(order=deal.order, deal=deal.ticket, volume=deal.volume, price=deal.price)

    def _execute_pending(self, command: PendingCommand) -> PendingOutcome:
        if isinstance(command, PlaceOrder):
            return self._place(command)
        if command.ticket not in self.waiting:
            return NO_SUCH_ORDER
        if isinstance(command, CancelOrder):
            self.withdraw(command.ticket)
            return Cancelled(order=command.ticket)
        changes = ("price", "stop_limit_price", "sl", "tp", "lifetime")
        self.repend(command.ticket, **{name: getattr(command, name) for name in changes})
        return Placed(order=command.ticket, lifetime=command.lifetime)

    def _place(self, command: PlaceOrder) -> Placed:
        told = ("symbol", "kind", "stop_limit_price", "sl", "tp", "lifetime", "magic", "comment")
        asked = {name: getattr(command, name) for name in told}
        ticket = self.pend(command.price, command.volume, **asked)
        return Placed(order=ticket, lifetime=command.lifetime)

    def _keep_waiting(self, order: PendingOrder) -> None:
        self.waiting[order.ticket] = order
        self._note(order, Fate.WAITING, order.volume)
        self.hint = True

    def _end(self, order: PendingOrder, fate: Fate, left: Decimal) -> None:
        self._note(order, fate, left)
        self.hint = True

    def _note(self, order: PendingOrder, fate: Fate, left: Decimal) -> None:
        filled = order.initial_volume - left
        self.fates[order.ticket] = OrderFate(
            ticket=order.ticket,
            fate=fate,
            filled=filled,
            left=left,
            position=order.ticket if filled else 0,
            magic=order.magic,
            done_server_ms=0 if fate is Fate.WAITING else self.server_ms(),
        )

    def _fill(self, order: PendingOrder, volume: Decimal, deal: dict[str, Any]) -> None:
        price = order.stop_limit_price or order.price
        held = self.held.get(order.ticket) or a_position(
            order.ticket,
            symbol=order.symbol,
            side=order.kind.side,
            volume=0,
            price_open=price,
            sl=order.sl,
            tp=order.tp,
            magic=order.magic,
            comment=order.comment,
            opened_server_ms=self.server_ms(),
        )
        position = msgspec.structs.replace(held, volume=held.volume + volume)
        self.held[order.ticket] = position
        number, self.next_order = self.next_order + 200_000, self.next_order + 1
        told = {"magic": order.magic, "ticket": number} | deal
        self._book(position, position.side, volume, order.ticket, DealEntry.IN, told)

    def _open(self, command: OpenPosition, volume: Decimal | None = None) -> Filled:
        identifier = self.trade(
            volume or command.volume,
            command.side,
            symbol=command.symbol,
            price_open=command.price,
            sl=command.sl,
            tp=command.tp,
            magic=command.magic,
            comment=command.comment,
        )
        filled = self.held[identifier].volume
        return Filled(
            order=identifier,
            deal=identifier + 100_000,
            volume=filled,
            price=command.price,
            in_part=filled < command.volume,
        )

    def _book(
        self,
        position: Position,
        side: Side,
        volume: Decimal,
        order: int,
        entry: DealEntry,
        told: dict[str, Any],
    ) -> None:
        usual = {
            "ticket": order + 100_000,
            "order": order,
            "symbol": position.symbol,
            "side": side,
            "volume": volume,
            "entry": entry,
            "price": position.price_open,
            "server_ms": self.server_ms(),
        }
        told = {k: v for k, v in told.items() if k in {"magic", "net", "price", "ticket"}}
        self.deals.append(a_deal(position.identifier, **(usual | told)))


def done_but_unknown(door: FakeDoor, command: Command) -> Unknown:
    """The broker executes it, and its answer is lost."""
    door.execute(command)
    return Unknown(code=-10001, comment="send failed")


def lost(door: FakeDoor, command: Command) -> Unknown:
    """The order is lost on its way, and nobody can tell."""
    return Unknown(code=10012, comment="timeout")


def filled_in_part(volume: str) -> Answer:
    def answer(door: FakeDoor, command: Command) -> Outcome:
        assert isinstance(command, OpenPosition)
        return door._open(command, Decimal(volume))

    return answer


class FakeJournal:
    """What a journal file remembers, in memory. `full` refuses every write, as a full disk does."""

    def __init__(self) -> None:
        self.full = False
        self.written: list[Record] = []
        self.bound: Identity | None = None
        self._legs: dict[object, Leg] = {}
        self._intents: dict[str, Intent] = {}
        self._newest: dict[type, Any] = {}
        self._cursors: dict[str, Stamp] = {}
        self._masters: dict[str, MasterAt] = {}
        self._facts: dict[Stamp, Fact] = {}
        self._follows: dict[str, Follow] = {}
        self._contracts: dict[str, ContractKept] = {}

    def write(self, *records: Record) -> None:
        if self.full:
            raise JournalUnwritable("disk full")
        self.written.extend(records)
        for record in records:
            self._take(record)

    def _take(self, record: Record) -> None:
        if isinstance(record, Leg):
            self._legs[record.key] = record
        elif isinstance(record, Intent):
            self._intents[record.intent] = record
        elif isinstance(record, Cursor):
            self._cursors[record.master] = record.stamp
        elif isinstance(record, Follow):
            self._follows[record.master] = record
        elif isinstance(record, MasterAt):
            self._masters[record.master] = record
        elif isinstance(record, ContractKept):
            self._contracts[record.symbol] = record
        elif isinstance(record, FACTS):
            self._facts[record.stamp] = record
        else:
            self._newest[type(record)] = record

    def bind(self, login: int, server: str, *, meant: bool = False) -> None:
        self.bound = Identity(login, server)

    def legs(self) -> list[Leg]:
        return list(self._legs.values())

    def open_intents(self) -> list[Intent]:
        return [i for i in self._intents.values() if not i.outcome]

    def cursor(self, master: str) -> Stamp | None:
        return self._cursors.get(master)

    def follows(self) -> list[Follow]:
        return list(self._follows.values())

    def latch(self) -> Latch | None:
        change: LatchChange | None = self._newest.get(LatchChange)
        return None if change is None else change.after

    def settings(self) -> dict[str, Any] | None:
        kept: SettingsKept | None = self._newest.get(SettingsKept)
        return None if kept is None else kept.document

    def masters(self) -> list[MasterAt]:
        return list(self._masters.values())

    def book(self) -> BookKept | None:
        return self._newest.get(BookKept)

    def contracts(self) -> list[ContractKept]:
        return list(self._contracts.values())

    def facts_since(self, stamp: Stamp) -> list[Fact]:
        return [self._facts[s] for s in sorted(self._facts) if s > stamp]

    def close(self) -> None:
        self.full = True

    def of(self, kind: type[Any]) -> list[Any]:
        return [record for record in self.written if isinstance(record, kind)]

    @property
    def verdicts(self) -> list[Verdict]:
        return self.of(Verdict)


def told(verdicts: Iterable[Verdict]) -> list[tuple[str, str, str]]:
    """Verdicts in short: what happened, what became of it, why."""
    return [(v.event, v.kind.value, v.reason.value) for v in verdicts]
