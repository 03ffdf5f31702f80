"""All brokers of a run: the paper broker's own engine and fault desk, on simulated time."""

from array import array
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from domain.market import Identity
from paper.address import Address
from paper.broker.account import Account
from paper.broker.asking import Switches
from paper.broker.brokers import Routing
from paper.broker.house import Event
from paper.broker.making import FeedTick
from paper.broker.records import TradeRequest
from paper.module.failures import RECEIVE_FAILED, SEND_FAILED
from paper.service.answering import answer
from paper.service.door import Door
from paper.service.faults.desk import FaultDesk
from paper.service.recorded import Recorded
from paper.service.replay import Replay
from paper.service.session import Session
from paper.service.tape import Tape
from paper.service.tick_files import Feed
from paper.service.world import Terminal, Wish, World
from tests.simulation.kernel import Kernel
from utils.clock import Now

if TYPE_CHECKING:
    from tests.simulation.terminals import Pipe
    from tests.simulation.witness import Witness

START_PRICES = {"EURUSD": (1.08500, 5, 0.00006), "XAUUSD": (2400.00, 2, 0.12)}
"""By feed: a middle price, digits, and the spread."""
STEP_POINTS = 3
TICK_EVERY_US = 500_000
DUTIES_EVERY_US = 150_000
FIRST_LOGIN = 20_000_000
RANGE_POINTS, PAST_MINUTES = 100, 10


class NothingKept:
    """A store for brokers that are never restarted."""

    def _nothing(self, *_: object) -> None:
        """Kept in memory alone."""

    write = open_account = attach = agree = _nothing

    def accounts(self) -> list[Any]:
        """None from before."""
        return []

    terminals = accounts

    def last_ticket(self, _broker: str) -> int:
        """None was given yet."""
        return 0


class ToldWorld(World):
    """The paper broker's world, which says what was done on which account."""

    on_event: Callable[[Event], None] = staticmethod(lambda _: None)
    skews: dict[tuple[str, str], float]
    """By broker and feed: how far its quotes are from everybody else's."""

    def ticks(self, ticks: Iterable[FeedTick], utc_ms: int) -> None:
        events: list[Event] = []
        for told in ticks:
            self._last_of_feed[told.symbol] = told, utc_ms
            for house in self.houses.values():
                away = self.skews.get((house.profile.name, told.symbol), 0.0)
                bid, ask = told.bid + away, told.ask + away
                events += house.on_tick(told._replace(bid=bid, ask=ask), utc_ms)
        self.settle(events)

    def settle(self, events: list[Event]) -> None:
        super().settle(events)
        for event in events:
            self.on_event(event)


class BrokerClock:
    """The brokers' machines are always right; their wall clocks are a fault's to move."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def now(self) -> Now:
        return Now(self._kernel.now_us / 1_000_000, self._kernel.true_utc_ms)


class Brokers:
    """Prices, accounts, faults; whoever trades by hand does so through `trade`."""

    def __init__(self, kernel: Kernel, witness: "Witness", seed: int) -> None:
        self.kernel = kernel
        self.witness = witness
        self.pipes: list[Pipe] = []
        self.on_change: Callable[[str], None] = lambda _key: None
        self._dice = kernel.dice("prices")
        self._logins = iter(range(FIRST_LOGIN, FIRST_LOGIN + 1_000))
        digits = {feed: digits for feed, (_, digits, _) in START_PRICES.items()}
        self.world = ToldWorld(NothingKept(), digits, lambda: next(self._logins))  # type: ignore[arg-type]
        self.world.skews = {}
        self.world.on_event = self._happened  # type: ignore[method-assign]
        feeds = [_feed(name) for name in START_PRICES]
        replay = Replay(feeds, speed=1.0, stamps="live", at_s=0.0)
        self.tape = Tape(replay, BrokerClock(kernel))
        self.faults = FaultDesk(self.world, self.tape, seed)
        self.faults.cut_off = self.cut_off
        self._recorded = Recorded([_past(name) for name in START_PRICES])
        self._place = Address(pid=0, port=0, pub_port=0, instance="simulated", state_dir="")
        self._door = Door(self.world, self.tape.utc_ms)
        self._middle = {feed: middle for feed, (middle, _, _) in START_PRICES.items()}
        self._phones: dict[tuple[int, str], Session] = {}

    def begin(self) -> None:
        """Prices move from now on."""
        for feed in self._middle:
            self._tick(feed)
        self.kernel.after(TICK_EVERY_US, self._next_ticks)
        self.kernel.after(DUTIES_EVERY_US, self._next_duties)

    def open_account(self, key: str, broker: str, *, nets: bool) -> Terminal:
        """An account with a terminal of its own."""
        wish = Wish(
            key=key,
            broker=broker,
            deposit=1_000_000.0,
            currency="USD",
            leverage=100,
            margin_mode="netting" if nets else "hedging",
        )
        return self.world.ensure_account(wish, self.kernel.true_utc_ms)

    def take_at_most(self, broker: str, lots: float) -> None:
        """No order of this broker's is larger from now on."""
        profiles = self.world.houses[broker].market.profiles
        for name, profile in list(profiles.items()):
            profiles[name] = msgspec.structs.replace(profile, volume_max=lots)

    def account(self, login: int, server: str) -> Account:
        """An account, wherever its terminal is logged in to."""
        return self.world.houses[server].accounts[login]

    def session(self) -> Session:
        """A new client's view."""
        return Session(self.world, self._place, self.tape.utc_ms, self._recorded, self._door)

    def trade(self, login: int, server: str, request: TradeRequest) -> Any:
        """A person's order, from a telephone: whatever the terminal does, it gets there."""
        return answer(self._phone(login, server), "order_send", [TradeRequest(**_fields(request))])

    def _phone(self, login: int, server: str) -> Session:
        phone = self._phones.get((login, server))
        if phone is None:
            phone = self._phones[login, server] = self.session()
            phone.take_up(Terminal(f"phone of {login}", server, login))
        return phone

    def move(self, feed: str, points: float) -> None:
        """The market jumps."""
        self._middle[feed] += points * 10.0 ** -START_PRICES[feed][1]
        self._tick(feed)

    def skew(self, broker: str, feed: str, points: float) -> None:
        """One broker's quotes are off by so much, until told otherwise."""
        self.world.skews[broker, feed] = points * 10.0 ** -START_PRICES[feed][1]
        self._tick(feed)

    def route(self, broker: str, routing: Routing) -> None:
        """How a broker fills all orders from now on."""
        house = self.world.houses[broker]
        house.profile = msgspec.structs.replace(house.profile, routing=routing)

    def set_clock(self, key: str, ms: int) -> None:
        """A broker's wall clock jumps for good; what it has resolved to do it does no later."""
        house = self.world.houses[self.world.terminal(key).broker]
        house.clock_wrong_ms += ms
        for account in house.accounts.values():
            for ticket, due in account.due.items():
                account.due[ticket] = msgspec.structs.replace(due, at_msc=due.at_msc + ms)

    def put_right(self, key: str, home: Identity) -> None:
        """Troubles that overlapped may have left a terminal elsewhere, or switched off."""
        terminal = self.world.terminal(key)
        self.world.turn(terminal, msgspec.structs.asdict(Switches()))
        self.world.log_in(terminal, home.login, home.server)

    def cut_off(self) -> None:
        """Close the pipes of terminals that died, or whose pipes broke."""
        for ending in self.faults.take_endings():
            for pipe in [p for p in self.pipes if p.key == ending.terminal]:
                pipe.break_off(SEND_FAILED if ending.is_pipe_alone else RECEIVE_FAILED)

    def _happened(self, event: Event) -> None:
        self.witness.happened(event)
        for terminal in self.world.terminals.values():
            if terminal.positions_changed:
                self.on_change(terminal.key)

    def _next_ticks(self) -> None:
        self.kernel.after(TICK_EVERY_US, self._next_ticks)
        for feed, (_, digits, _) in START_PRICES.items():
            self._middle[feed] += self._dice.randint(-STEP_POINTS, STEP_POINTS) * 10.0**-digits
            self._tick(feed)

    def _tick(self, feed: str) -> None:
        _, digits, spread = START_PRICES[feed]
        middle = self._middle[feed]
        bid, ask = round(middle - spread / 2, digits), round(middle + spread / 2, digits)
        utc_ms = self.tape.utc_ms()
        self.world.ticks((FeedTick(feed, utc_ms, bid, ask),), utc_ms)

    def _next_duties(self) -> None:
        self.kernel.after(DUTIES_EVERY_US, self._next_duties)
        if self.faults.rules():
            self.faults.tend()
            self.cut_off()
        houses = self.world.houses.values()
        if any(account.waiting for house in houses for account in house.accounts.values()):
            self.world.on_clock(self.tape.utc_ms())


def _feed(symbol: str) -> Feed:
    middle, digits, spread = START_PRICES[symbol]
    return Feed(
        symbol=symbol,
        digits=digits,
        times_ms=array("q", [0]),
        bids=array("d", [middle]),
        asks=array("d", [middle + spread]),
    )


def _past(symbol: str) -> Feed:
    """What bars of before the run are made of: every minute goes as far up as down."""
    middle, digits, spread = START_PRICES[symbol]
    away = RANGE_POINTS / 2 * 10.0**-digits
    bids = [middle + up * away for _ in range(PAST_MINUTES) for up in (0, 1, -1, 0)]
    times = [minute * 60_000 + nth * 10_000 for minute in range(PAST_MINUTES) for nth in range(4)]
    return Feed(
        symbol=symbol,
        digits=digits,
        times_ms=array("q", times),
        bids=array("d", bids),
        asks=array("d", [bid + spread for bid in bids]),
    )


def _fields(request: TradeRequest) -> dict[str, Any]:
    return {name: getattr(request, name) for name in request.__struct_fields__}
