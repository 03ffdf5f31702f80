"""Law 15, the master's half: what it tells of orders that wait at the paper broker's houses."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from db.journal import Journal
from decisions.booking import apply_fact, book_hash
from domain.book import Book, Stamp
from domain.control import NodeReport
from domain.market import Fate, PendingKind
from domain.mt5_words import OrderType, TimeInForce
from domain.signals import Fact, MasterHeartbeat, OrderGone, OrderPlaced, PositionOpened
from messaging.in_memory import InMemoryBus, InMemoryControlLine
from nodes.master_loop import MasterLoop, MasterParts
from paper.address import Address
from paper.admin import Admin
from paper.starting import ensure_running
from tests.builders import MASTER
from tests.copying import DONE, SOON_S, Seat
from tests.waiting import eventually
from utils.clock import SystemClock

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]

BID, ASK = 1.38600, 1.38610
HOUR_MS = 3_600_000
WEEK_MS = 7 * 24 * HOUR_MS
WEDNESDAY_NOON_MS = (6 * 24 + 12) * HOUR_MS  # 1970-01-07
PLACE, MODIFY, REMOVE = 5, 7, 8
IOC, RETURN = 1, 2
ABOVE = {PendingKind.SELL_LIMIT, PendingKind.BUY_STOP, PendingKind.BUY_STOP_LIMIT}
STEP = 0.0010
HOUSES = pytest.mark.parametrize(
    ("house", "symbol", "mode"),
    [
        pytest.param("FTMO-Demo", "EURUSD", "hedging", id="a hedging account"),
        pytest.param("Kontor-Demo", "EURUSD.k", "netting", id="a netting account"),
        pytest.param("Bourse-Demo", "EU-12", "exchange", id="an exchange account"),
    ],
)


class Sitting:
    """A master's node and its trader at one account; `until` lets the node turn."""

    numbers = iter(range(1, 1_000))

    def __init__(
        self, address: Address, admin: Admin, journal: Path, house: str, mode: str
    ) -> None:
        self.admin = admin
        self.key = f"master-{next(self.numbers)}"
        admin.ensure_account(self.key, house, margin_mode=mode, deposit=1_000_000.0)
        self.to_the_start()
        self.seat = Seat(address, self.key)
        self.journal_path = journal / f"{self.key}.sqlite"
        self.facts: list[Fact] = []
        self.journal: Journal | None = None
        self.start()

    def to_the_start(self) -> None:
        now_ms = self.admin.advance_clock(0)
        self.admin.advance_clock((WEDNESDAY_NOON_MS - now_ms) % WEEK_MS)
        self.go(0)

    def start(self) -> None:
        """The node starts, or starts again after a crash."""
        self.stop()
        self.journal = Journal(self.journal_path, "swarm", MASTER)
        self.outlet = InMemoryBus().outlet(MASTER)
        self.control = InMemoryControlLine()
        self.loop = MasterLoop(
            MasterParts(
                name=MASTER,
                pid=1,
                door=self.seat.door,
                outlet=self.outlet,
                journal=self.journal,
                control=self.control,
                clock=SystemClock(),
                longest_look_s=0.05,
                expected=self.seat.identity,
                known_epochs=(),
            )
        )
        self.until(lambda: any(beat.confirmed for beat in self.beats))

    def stop(self) -> None:
        if self.journal is not None:
            self.journal.close()

    @property
    def beats(self) -> list[MasterHeartbeat]:
        return [s for s in self.outlet.said if isinstance(s, MasterHeartbeat)]

    @property
    def report(self) -> NodeReport:
        return [m for m in self.control.said if isinstance(m, NodeReport)][-1]

    def step(self) -> None:
        said = len(self.outlet.said)
        self.loop.step()
        new = self.outlet.said[said:]
        self.facts += [fact for fact in new if not isinstance(fact, MasterHeartbeat)]

    def until(self, condition: Callable[[], Any]) -> None:
        def turned() -> Any:
            self.step()
            return condition()

        eventually(turned, SOON_S)

    def beat(self, times: int = 1) -> None:
        """So many heartbeats later, half a second each."""
        wanted = len(self.beats) + times
        self.until(lambda: len(self.beats) >= wanted)

    def told(self, ticket: int) -> list[str]:
        return [type(f).__name__ for f in self.facts if f.leg_key.opening_order == ticket]

    def gone(self, ticket: int) -> OrderGone:
        (found,) = [
            fact
            for fact in self.facts
            if isinstance(fact, OrderGone) and fact.order.opening_order == ticket
        ]
        return found

    @property
    def book(self) -> Book:
        """As a slave holds it that heard every fact."""
        at = self.seat.identity
        held = Book(master=MASTER, login=at.login, server=at.server, stamp=Stamp(0, 0))
        for fact in self.facts:
            held = apply_fact(held, fact)
        return held

    # what the trader and the market do

    def send(self, **fields: Any) -> Any:
        done = self.seat.module.order_send(fields)
        assert done is not None, self.seat.module.last_error()
        assert done.retcode == DONE, done
        return done

    def place(self, symbol: str, kind: PendingKind, volume: float, **fields: Any) -> int:
        up = 1 if kind in ABOVE else -1
        price = self.price(symbol) + up * STEP
        limit = {"stoplimit": round(price - up * STEP / 2, 5)} if kind.is_stop_limit else {}
        usual = {
            "action": PLACE, "symbol": symbol, "volume": volume, "type": OrderType[kind.name].value,
            "price": round(price, 5), "type_filling": RETURN,
        }  # fmt: skip
        return int(self.send(**(usual | limit | fields)).order)

    def price(self, symbol: str) -> float:
        tick = eventually(lambda: self.seat.module.symbol_info_tick(symbol))
        return round(float(tick.bid), 4)

    def move(self, ticket: int, **fields: Any) -> None:
        (order,) = self.seat.module.orders_get(ticket=ticket)
        asked = {"price": order.price_open, "sl": order.sl, "tp": order.tp}
        if order.price_stoplimit:
            asked["stoplimit"] = order.price_stoplimit
        self.send(action=MODIFY, order=ticket, **(asked | fields))

    def withdraw(self, ticket: int) -> None:
        self.send(action=REMOVE, order=ticket)

    def go(self, steps: float) -> None:
        self.admin.tick("EURUSD", round(BID + steps * STEP, 5), round(ASK + steps * STEP, 5))

    def leave(self) -> None:
        self.stop()
        self.seat.leave()


Sit = Callable[..., Sitting]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Address, Admin]]:
    """One paper broker for all tests; its tape stands still."""
    address = ensure_running(tmp_path_factory.mktemp("paper"))
    with Admin(address.host, address.port) as admin:
        admin.pause()
        yield address, admin
    process = psutil.Process(address.pid)
    process.kill()
    process.wait(10)


@pytest.fixture
def sit(broker: tuple[Address, Admin], tmp_path: Path) -> Iterator[Sit]:
    sittings: list[Sitting] = []

    def down(house: str = "FTMO-Demo", mode: str = "hedging") -> Sitting:
        sittings.append(Sitting(*broker, tmp_path, house, mode))
        return sittings[-1]

    yield down
    broker[1].clear_faults()
    for sitting in sittings:
        sitting.leave()


def volume_of(sitting: Sitting, symbol: str) -> float:
    return float(10 * sitting.seat.module.symbol_info(symbol).volume_step)


@HOUSES
def test_all_six_kinds_are_told_placed_changed_and_withdrawn(
    sit: Sit, house: str, symbol: str, mode: str
) -> None:
    sitting = sit(house, mode)
    volume = volume_of(sitting, symbol)
    tickets = {kind: sitting.place(symbol, kind, volume) for kind in PendingKind}
    sitting.until(lambda: len(sitting.book.orders) == 6)
    orders = {order.opening_order: order for order in sitting.book.orders}
    listed = {order.ticket: order for order in sitting.seat.module.orders_get()}
    for kind, ticket in tickets.items():
        order, shown = orders[ticket], listed[ticket]
        assert order.kind is kind
        assert float(order.price) == shown.price_open
        assert float(order.stop_limit_price) == shown.price_stoplimit
        assert float(order.volume) == pytest.approx(volume)
        assert (order.time_in_force, order.lasts_ms) == (TimeInForce.GTC, 0)
    ages = [fact.age_ms for fact in sitting.facts if isinstance(fact, OrderPlaced)]
    assert len(ages) == 6
    assert max(ages) < 5_000

    for kind, ticket in tickets.items():
        away = 2 if kind in ABOVE else -2
        sitting.move(ticket, price=round(sitting.price(symbol) + away * STEP, 5))
        sitting.until(lambda ticket=ticket: sitting.told(ticket)[-1] == "OrderModified")
        sitting.withdraw(ticket)
        sitting.until(lambda ticket=ticket: sitting.told(ticket)[-1] == "OrderGone")
        assert sitting.told(ticket) == ["OrderPlaced", "OrderModified", "OrderGone"]
        assert sitting.gone(ticket).fate is Fate.CANCELLED
    assert sitting.book.orders == ()
    assert sitting.report.alarms == ()


@HOUSES
def test_law_15_what_is_reached_is_told_as_a_position_of_the_same_number_and_then_gone(
    sit: Sit, house: str, symbol: str, mode: str
) -> None:
    sitting = sit(house, mode)
    volume = volume_of(sitting, symbol)
    limit = sitting.place(symbol, PendingKind.BUY_LIMIT, volume)
    both = sitting.place(symbol, PendingKind.BUY_STOP_LIMIT, volume)
    stays = sitting.place(symbol, PendingKind.SELL_LIMIT, volume, price=round(BID + 9 * STEP, 5))
    sitting.until(lambda: len(sitting.book.orders) == 3)
    sitting.go(2)
    sitting.until(lambda: "OrderModified" in sitting.told(both))
    order = sitting.book.find_order(both)
    assert order is not None
    assert (order.kind, order.stop_limit_price) == (PendingKind.BUY_LIMIT, 0)
    sitting.go(-2)
    sitting.until(lambda: [o.opening_order for o in sitting.book.orders] == [stays])
    assert sitting.told(limit) == ["OrderPlaced", "PositionOpened", "OrderGone"]
    assert sitting.told(both) == ["OrderPlaced", "OrderModified", "PositionOpened", "OrderGone"]
    for ticket in (limit, both):
        assert (sitting.gone(ticket).fate, sitting.gone(ticket).order.volume) == (Fate.FILLED, 0)
    assert {p.opening_order for p in sitting.book.positions} == {limit, both}
    sitting.beat()
    assert sitting.beats[-1].book_hash == book_hash(sitting.book)


@pytest.mark.parametrize("mode", ["netting", "exchange"])
def test_law_14_an_order_the_other_way_takes_volume_off_and_becomes_no_leg(
    sit: Sit, mode: str
) -> None:
    house, symbol = ("Kontor-Demo", "EURUSD.k") if mode == "netting" else ("Bourse-Demo", "EU-12")
    sitting = sit(house, mode)
    volume = volume_of(sitting, symbol)
    first = sitting.place(symbol, PendingKind.BUY_LIMIT, 2 * volume)
    sitting.until(lambda: sitting.told(first))
    sitting.go(-2)
    sitting.until(lambda: sitting.told(first)[-1:] == ["OrderGone"])
    takes_off = sitting.place(symbol, PendingKind.SELL_LIMIT, volume)
    sitting.until(lambda: sitting.told(takes_off) == ["OrderPlaced"])
    sitting.go(4)
    sitting.until(lambda: sitting.told(takes_off) == ["OrderPlaced", "OrderGone"])
    assert sitting.gone(takes_off).fate is Fate.FILLED
    (leg,) = sitting.book.positions
    assert (leg.opening_order, float(leg.volume)) == (first, pytest.approx(volume))
    answers = sitting.loop._watcher.fates([takes_off])
    assert answers[takes_off].fate == "closed"


@HOUSES
def test_an_order_whose_time_is_over_is_told_as_expired(
    sit: Sit, house: str, symbol: str, mode: str
) -> None:
    sitting = sit(house, mode)
    volume = volume_of(sitting, symbol)
    tick = eventually(lambda: sitting.seat.module.symbol_info_tick(symbol))
    moment = {"type_time": int(TimeInForce.SPECIFIED), "expiration": tick.time + 3600}
    lifetimes = [moment, {"type_time": int(TimeInForce.DAY)}, {}]
    tickets = [sitting.place(symbol, PendingKind.BUY_LIMIT, volume, **one) for one in lifetimes]
    sitting.until(lambda: len(sitting.book.orders) == 3)
    lasting = [order.lasts_ms for order in sitting.book.orders]
    assert lasting[0] == pytest.approx(HOUR_MS, abs=10_000)
    assert HOUR_MS < lasting[1] <= 24 * HOUR_MS
    assert lasting[2] == 0
    sitting.admin.advance_clock(2 * HOUR_MS)
    sitting.until(lambda: sitting.told(tickets[0])[-1] == "OrderGone")
    sitting.admin.advance_clock(22 * HOUR_MS)
    sitting.until(lambda: sitting.told(tickets[1])[-1] == "OrderGone")
    assert {sitting.gone(ticket).fate for ticket in tickets[:2]} == {Fate.EXPIRED}
    assert [order.opening_order for order in sitting.book.orders] == tickets[2:]


@pytest.mark.parametrize("mode", ["hedging", "netting"])
def test_what_an_order_is_filled_with_later_adds_to_its_position(sit: Sit, mode: str) -> None:
    """The rest of an order at the market; of one that waited it looks the same."""
    sitting = sit("FTMO-Demo", mode)
    sitting.admin.fault("fill", sitting.key, first_part=0.4, rest_after_ms=1_500, times=1)
    tick = eventually(lambda: sitting.seat.module.symbol_info_tick("EURUSD"))
    done = sitting.seat.module.order_send(
        action=1, symbol="EURUSD", volume=1.0, type=0, price=tick.ask, type_filling=IOC
    )
    sitting.until(lambda: sitting.told(done.order) == ["PositionOpened"])
    assert float(sitting.book.positions[0].volume) == 0.4
    sitting.admin.advance_clock(1_500)
    sitting.until(lambda: sitting.told(done.order) == ["PositionOpened", "PositionModified"])
    (position,) = sitting.book.positions
    assert (float(position.volume), float(position.initial_volume)) == (1.0, 1.0)
    assert sitting.book.orders == (), "what waits for no price is not told"


def test_what_happened_while_the_master_was_away_is_told_when_it_is_back(sit: Sit) -> None:
    sitting = sit()
    kinds = [PendingKind.BUY_LIMIT] * 3 + [PendingKind.SELL_LIMIT] * 2
    stays, filled, flashed, moved, withdrawn = (
        sitting.place("EURUSD", kind, 0.1, price=price)
        for kind, price in zip(kinds, (1.3, 1.385, 1.385, 1.5, 1.51), strict=True)
    )
    sitting.until(lambda: len(sitting.book.orders) == 5)
    sitting.move(moved, price=1.52)
    sitting.withdraw(withdrawn)
    sitting.go(-2)
    eventually(lambda: len(sitting.seat.held()) == 2)
    sitting.seat.sell("EURUSD", 0.1, position=flashed)
    late = sitting.place("EURUSD", PendingKind.SELL_LIMIT, 0.1, price=1.53)
    told = len(sitting.facts)
    sitting.start()
    sitting.until(lambda: "PositionClosed" in sitting.told(flashed))
    assert sitting.told(filled) == ["OrderPlaced", "PositionOpened", "OrderGone"]
    assert sorted(sitting.told(flashed)) == [
        "OrderGone", "OrderPlaced", "PositionClosed", "PositionOpened",
    ]  # fmt: skip
    assert sitting.told(moved) == ["OrderPlaced", "OrderModified"]
    assert sitting.told(withdrawn) == ["OrderPlaced", "OrderGone"]
    assert sitting.told(late) == ["OrderPlaced"]
    assert sitting.told(stays) == ["OrderPlaced"]
    flash = next(
        f for f in sitting.facts[told:]
        if isinstance(f, PositionOpened) and f.leg_key.opening_order == flashed
    )  # fmt: skip
    assert flash.flash
    assert {o.opening_order for o in sitting.book.orders} == {stays, moved, late}
    sitting.beat()
    assert sitting.beats[-1].book_hash == book_hash(sitting.book)


@pytest.mark.history(10)
@pytest.mark.parametrize(
    ("call", "which"),
    [
        pytest.param("orders_*", "all", id="an empty list, and the count agrees"),
        pytest.param("orders_*", "first", id="one row dropped, and the count agrees"),
        pytest.param("orders_get", "all", id="an empty list, and the count does not agree"),
    ],
)
def test_law_1_orders_that_a_terminal_leaves_out_for_a_second_are_not_gone(
    sit: Sit, call: str, which: str
) -> None:
    sitting = sit()
    tickets = [sitting.place("EURUSD", PendingKind.BUY_LIMIT, 0.1) for _ in range(3)]
    sitting.until(lambda: len(sitting.book.orders) == 3)
    told = len(sitting.facts)
    sitting.admin.fault("missing_rows", sitting.key, call=call, which=which)
    sitting.beat(3)
    position = sitting.seat.deal("EURUSD", 0.1)
    sitting.until(lambda: sitting.told(position) == ["PositionOpened"])
    sitting.admin.clear_faults(terminal=sitting.key)
    sitting.beat(2)
    assert len(sitting.facts) == told + 1
    sitting.withdraw(tickets[1])
    sitting.until(lambda: sitting.told(tickets[1]) == ["OrderPlaced", "OrderGone"])
    assert {o.opening_order for o in sitting.book.orders} == {tickets[0], tickets[2]}


def test_law_1_an_end_that_the_history_shows_late_is_told_late(sit: Sit) -> None:
    sitting = sit()
    ticket = sitting.place("EURUSD", PendingKind.BUY_LIMIT, 0.1)
    sitting.until(lambda: sitting.told(ticket) == ["OrderPlaced"])
    sitting.admin.fault("late_rows", sitting.key, call="history_*", ms=600_000.0)
    sitting.withdraw(ticket)
    sitting.beat(3)
    assert sitting.told(ticket) == ["OrderPlaced"]
    sitting.admin.clear_faults(terminal=sitting.key)
    sitting.until(lambda: sitting.told(ticket) == ["OrderPlaced", "OrderGone"])


def test_law_15_the_end_waits_for_a_position_that_is_listed_late(sit: Sit) -> None:
    sitting = sit()
    ticket = sitting.place("EURUSD", PendingKind.BUY_LIMIT, 0.1)
    sitting.until(lambda: sitting.told(ticket) == ["OrderPlaced"])
    sitting.admin.fault("missing_rows", sitting.key, call="positions_*")
    sitting.go(-2)
    eventually(lambda: not sitting.seat.module.orders_get())
    sitting.beat(2)
    assert sitting.told(ticket) == ["OrderPlaced"]
    sitting.admin.clear_faults(terminal=sitting.key)
    sitting.until(lambda: len(sitting.told(ticket)) == 3)
    assert sitting.told(ticket) == ["OrderPlaced", "PositionOpened", "OrderGone"]
