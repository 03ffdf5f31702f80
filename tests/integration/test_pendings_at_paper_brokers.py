"""Orders that wait, through the terminal door, at several houses of the real paper broker."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import psutil
import pytest

from domain.ids import SlaveSymbol, SlaveTicket
from domain.market import (
    Fate,
    Identity,
    Lifetime,
    OrderFate,
    PendingKind,
    PendingOrder,
    Quote,
    SymbolSpec,
    Unknowable,
)
from domain.mt5_words import TimeInForce
from domain.outcomes import Cancelled, Placed, Rejected, Unknown
from paper.admin import Admin
from paper.starting import ensure_running
from terminal.mt5 import Mt5Terminal
from tests.client_copies import fresh_client
from tests.unit.terminal.doors import a_cancel, a_change, a_placing
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]

D = Decimal
BID, ASK = 1.38600, 1.38610
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
WEDNESDAY_NOON_MS = 6 * DAY_MS + DAY_MS // 2  # 1970-01-07
ABOVE = {PendingKind.SELL_LIMIT, PendingKind.BUY_STOP, PendingKind.BUY_STOP_LIMIT}
HOUSES = pytest.mark.parametrize(
    ("house", "symbol", "margin_mode"),
    [
        pytest.param("FTMO-Demo", "EURUSD", "hedging", id="market execution"),
        pytest.param("Apex-Demo", "EURUSD.c", "hedging", id="market execution, fill or kill"),
        pytest.param("Union-Demo", "EURUSD.pro", "hedging", id="instant execution"),
        pytest.param("Meridian-Demo", "EURUSD_m", "hedging", id="request execution"),
        pytest.param("Bourse-Demo", "EU-12", "exchange", id="exchange execution"),
        pytest.param("Kontor-Demo", "EURUSD.k", "netting", id="a house that nets"),
    ],
)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Admin]:
    """One paper broker for all tests; its tape stands still."""
    address = ensure_running(tmp_path_factory.mktemp("paper"))
    with Admin(address.host, address.port) as admin:
        admin.pause()
        yield admin
    process = psutil.Process(address.pid)
    process.kill()
    process.wait(10)


class Seat:
    """One account of a house with our door to it, and its symbol."""

    numbers = iter(range(1, 1_000))

    def __init__(self, admin: Admin, house: str, symbol: str, margin_mode: str) -> None:
        self.admin = admin
        self.key = f"terminal-{next(self.numbers)}"
        self.symbol = SlaveSymbol(symbol)
        self.nets = margin_mode != "hedging"
        admin.ensure_account(self.key, house, margin_mode=margin_mode, deposit=1_000_000.0)
        self.to_the_start()
        module: Any = fresh_client()
        module._connect_to(*admin._socket.getpeername())
        self.door = Mt5Terminal(module, path=self.key, timeout_ms=10_000)
        assert isinstance(self.door.connect(), Identity)
        spec = self.door.spec(symbol)
        assert isinstance(spec, SymbolSpec)
        self.spec = spec
        self.step = 100 * max(spec.tick_size, spec.point)
        self.volume = 10 * spec.volume_step

    def to_the_start(self) -> None:
        """A Wednesday noon, and the usual price."""
        week_ms = 7 * DAY_MS
        now_ms = self.admin.advance_clock(0)
        self.admin.advance_clock((WEDNESDAY_NOON_MS - now_ms) % week_ms)
        self.admin.tick("EURUSD", BID, ASK)

    def quote(self) -> Quote:
        return eventually(lambda: self.door.quote(self.symbol))

    def prices(self, kind: PendingKind) -> tuple[Decimal, Decimal]:
        """A hundred ticks away, and a stop-limit's limit half the way back."""
        up = 1 if kind in ABOVE else -1
        ticks = (self.quote().entry(kind.side) / self.spec.tick_size).to_integral_value()
        price = ticks * self.spec.tick_size + up * self.step
        return price, (price - up * self.step / 2 if kind.is_stop_limit else D(0))

    def place(self, kind: PendingKind, **changes: Any) -> Any:
        price, limit = self.prices(kind)
        usual = {
            "symbol": self.symbol, "kind": kind, "volume": self.volume, "price": price,
            "stop_limit_price": limit, "sl": D(0), "lifetime": Lifetime(),
        }  # fmt: skip
        return self.door.send(a_placing(**(usual | changes)))

    def placed(self, kind: PendingKind, **changes: Any) -> SlaveTicket:
        outcome = self.place(kind, **changes)
        assert isinstance(outcome, Placed), outcome
        return SlaveTicket(outcome.order)

    def orders(self) -> dict[int, PendingOrder]:
        seen = self.door.orders()
        assert not isinstance(seen, Unknowable), seen.why
        return {order.ticket: order for order in seen}

    def fate(self, ticket: int) -> OrderFate:
        found = self.door.order_of(ticket)
        assert not isinstance(found, Unknowable), found.why
        return found

    def held(self) -> dict[int, Decimal]:
        seen = self.door.positions()
        assert not isinstance(seen, Unknowable), seen.why
        return {one.identifier: one.volume for one in seen}

    def go(self, steps: float) -> None:
        """The feed moves so many times as far as orders are away."""
        move = steps * float(self.step)
        self.admin.tick("EURUSD", round(BID + move, 5), round(ASK + move, 5))


Sit = Callable[..., Seat]


@pytest.fixture
def sit(broker: Admin) -> Iterator[Sit]:
    seats: list[Seat] = []

    def down(house: str = "FTMO-Demo", symbol: str = "EURUSD", mode: str = "hedging") -> Seat:
        seats.append(Seat(broker, house, symbol, mode))
        return seats[-1]

    yield down
    broker.clear_faults()
    for seat in seats:
        seat.door.close()


@HOUSES
def test_all_six_kinds_are_placed_modified_and_cancelled(
    sit: Sit, house: str, symbol: str, margin_mode: str
) -> None:
    seat = sit(house, symbol, margin_mode)
    placed = {kind: seat.placed(kind) for kind in PendingKind}
    orders = seat.orders()
    assert {kind: orders[ticket].kind for kind, ticket in placed.items()} == {
        kind: kind for kind in PendingKind
    }
    for kind, ticket in placed.items():
        price, limit = seat.prices(kind)
        assert (orders[ticket].price, orders[ticket].stop_limit_price) == (price, limit)
        assert orders[ticket].volume == seat.volume

        away = seat.step if kind in ABOVE else -seat.step
        change = a_change(
            ticket=ticket, symbol=seat.symbol, price=price + away, tp=D(0),
            stop_limit_price=limit and limit + away,
        )  # fmt: skip
        assert seat.door.send(change) == Placed(order=ticket, lifetime=Lifetime())
        assert seat.orders()[ticket].price == price + away
        assert seat.door.send(a_cancel(ticket=ticket)) == Cancelled(order=ticket)
        assert seat.fate(ticket).fate is Fate.CANCELLED
    assert (seat.orders(), seat.held()) == ({}, {})


@HOUSES
def test_law_15_what_is_reached_becomes_a_position(
    sit: Sit, house: str, symbol: str, margin_mode: str
) -> None:
    seat = sit(house, symbol, margin_mode)
    below = [seat.placed(PendingKind.BUY_LIMIT), seat.placed(PendingKind.SELL_STOP)]
    pulled_back = seat.placed(PendingKind.SELL_STOP_LIMIT)
    stays = seat.placed(PendingKind.BUY_STOP)
    seat.go(-2)
    eventually(lambda: seat.orders().keys() == {pulled_back, stays})
    assert seat.orders()[pulled_back].kind is PendingKind.SELL_LIMIT
    seat.go(0)
    eventually(lambda: seat.orders().keys() == {stays})
    for ticket in (*below, pulled_back):
        found = seat.fate(ticket)
        assert (found.fate, found.filled, found.left) == (Fate.FILLED, seat.volume, 0)
        assert seat.nets or found.position == ticket
    if not seat.nets:
        assert seat.held() == dict.fromkeys((*below, pulled_back), seat.volume)
    outcome = seat.door.send(a_cancel(ticket=below[0]))
    assert isinstance(outcome, Rejected)
    assert outcome.gone, "what became of it, its fate tells"


@HOUSES
def test_orders_end_when_their_time_is_over(
    sit: Sit, house: str, symbol: str, margin_mode: str
) -> None:
    seat = sit(house, symbol, margin_mode)
    until_ms = seat.quote().server_ms + HOUR_MS
    lifetimes = [
        Lifetime(kind=TimeInForce.SPECIFIED, until_server_ms=until_ms // 1000 * 1000),
        Lifetime(kind=TimeInForce.SPECIFIED_DAY, until_server_ms=until_ms // 1000 * 1000),
        Lifetime(kind=TimeInForce.DAY),
    ]
    tickets = [seat.placed(PendingKind.BUY_LIMIT, lifetime=lifetime) for lifetime in lifetimes]
    stays = seat.placed(PendingKind.BUY_LIMIT)
    orders = seat.orders()
    assert [orders[ticket].lifetime for ticket in tickets[:2]] == lifetimes[:2]
    assert orders[tickets[2]].lifetime.kind is TimeInForce.DAY

    seat.admin.advance_clock(2 * HOUR_MS)
    eventually(lambda: seat.fate(tickets[0]).fate is Fate.EXPIRED)
    assert seat.orders().keys() == {*tickets[1:], stays}
    seat.admin.advance_clock(DAY_MS)
    eventually(lambda: seat.orders().keys() == {stays})
    assert {seat.fate(ticket).fate for ticket in tickets} == {Fate.EXPIRED}


@pytest.mark.parametrize("executed", [True, False], ids=["it was placed", "it was not"])
def test_law_4_an_unanswered_placing_is_found_by_looking(sit: Sit, executed: bool) -> None:
    seat = sit()
    seat.admin.fault("retcode", seat.key, code=10012, executed=executed, ticket=False, times=1)
    assert isinstance(seat.place(PendingKind.BUY_LIMIT), Unknown)
    found = [order.magic for order in seat.orders().values()]
    assert found == [234000123456789012] * executed


def test_law_1_a_fill_that_the_history_shows_late_is_not_known_meanwhile(sit: Sit) -> None:
    seat = sit()
    ticket = seat.placed(PendingKind.BUY_LIMIT)
    seat.admin.fault("late_rows", seat.key, call="history_*", ms=600_000.0)
    seat.go(-2)
    eventually(lambda: not seat.orders())
    assert seat.fate(ticket).fate is Fate.NOT_KNOWN
    seat.admin.clear_faults(terminal=seat.key)
    assert seat.fate(ticket).fate is Fate.FILLED


def test_law_1_orders_that_a_terminal_leaves_out_are_unknowable(sit: Sit) -> None:
    seat = sit()
    seat.placed(PendingKind.BUY_LIMIT)
    seat.admin.fault("missing_rows", seat.key, call="orders_get")
    assert isinstance(seat.door.orders(), Unknowable)
    seat.admin.clear_faults(terminal=seat.key)
    assert len(seat.orders()) == 1


def test_law_1_without_its_server_a_terminal_says_nothing_of_orders(sit: Sit) -> None:
    seat = sit()
    ticket = seat.placed(PendingKind.BUY_LIMIT)
    seat.admin.turn(seat.key, connected=False)
    eventually(lambda: isinstance(seat.door.orders(), Unknowable))
    assert isinstance(seat.door.order_of(ticket), Unknowable)
    assert isinstance(seat.door.send(a_cancel(ticket=ticket)), Unknown)
    seat.admin.turn(seat.key, connected=True)
    eventually(lambda: not isinstance(seat.door.orders(), Unknowable))
    assert seat.fate(ticket).fate is Fate.WAITING


def test_a_symbol_without_waiting_orders_is_refused_and_says_so_in_its_contract(sit: Sit) -> None:
    seat = sit("Warden-Demo", "EURUSD.market")
    outcome = seat.place(PendingKind.BUY_LIMIT)
    assert isinstance(outcome, Rejected)
    assert outcome.retcode == 10035
    assert (seat.spec.kind_flags, seat.spec.lifetime_flags) == (49, 1)
