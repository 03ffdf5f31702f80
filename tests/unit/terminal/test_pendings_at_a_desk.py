"""The door's orders that wait, at the paper broker's own engine, under terms of every sort."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from domain.ids import SlaveSymbol, SlaveTicket
from domain.market import Fate, Identity, Lifetime, OrderFate, PendingKind, PendingOrder, Unknowable
from domain.mt5_words import (
    Execution,
    ExpirationFlag,
    Filling,
    GtcMode,
    OrderMode,
    Retcode,
    TimeInForce,
)
from domain.outcomes import Cancelled, Placed, Rejected
from terminal.mt5 import Mt5Terminal
from tests.unit.paper.desk import Desk
from tests.unit.terminal.desk_module import module_at
from tests.unit.terminal.doors import a_cancel, a_change, a_placing

D = Decimal
EURUSD = SlaveSymbol("EURUSD")
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
SERVER_AHEAD_MS = 3 * HOUR_MS
PRICES: dict[PendingKind, tuple[str, str]] = {
    PendingKind.BUY_LIMIT: ("1.38500", "0"),
    PendingKind.SELL_LIMIT: ("1.38700", "0"),
    PendingKind.BUY_STOP: ("1.38700", "0"),
    PendingKind.SELL_STOP: ("1.38500", "0"),
    PendingKind.BUY_STOP_LIMIT: ("1.38700", "1.38650"),
    PendingKind.SELL_STOP_LIMIT: ("1.38500", "1.38550"),
}
#: Bids, one after the other, that bring each kind to its fill.
WAY_TO_THE_FILL: dict[PendingKind, tuple[float, ...]] = {
    PendingKind.BUY_LIMIT: (1.38480,),
    PendingKind.SELL_LIMIT: (1.38710,),
    PendingKind.BUY_STOP: (1.38710,),
    PendingKind.SELL_STOP: (1.38480,),
    PendingKind.BUY_STOP_LIMIT: (1.38710, 1.38620),
    PendingKind.SELL_STOP_LIMIT: (1.38480, 1.38560),
}
KINDS = pytest.mark.parametrize("kind", PendingKind)
EXECUTIONS = pytest.mark.parametrize("execution", Execution, ids=lambda mode: mode.name)


class Seat:
    """A desk with our door to it."""

    def __init__(self, **desk: Any) -> None:
        self.desk = Desk(**desk)
        self.door = Mt5Terminal(module_at(self.desk), path="terminal-1")
        assert isinstance(self.door.connect(), Identity)

    def place(self, kind: PendingKind = PendingKind.BUY_LIMIT, **changes: Any) -> Any:
        price, limit = PRICES[kind]
        usual = {
            "symbol": EURUSD, "kind": kind, "volume": D("0.50"), "price": D(price),
            "stop_limit_price": D(limit), "sl": D(0), "lifetime": Lifetime(),
        }  # fmt: skip
        return self.door.send(a_placing(**(usual | changes)))

    def placed(self, kind: PendingKind = PendingKind.BUY_LIMIT, **changes: Any) -> SlaveTicket:
        outcome = self.place(kind, **changes)
        assert isinstance(outcome, Placed), outcome
        return SlaveTicket(outcome.order)

    def orders(self) -> tuple[PendingOrder, ...]:
        seen = self.door.orders()
        assert not isinstance(seen, Unknowable), seen.why
        return seen

    def fate(self, ticket: int) -> OrderFate:
        found = self.door.order_of(ticket)
        assert not isinstance(found, Unknowable), found.why
        return found

    def held(self) -> dict[int, Decimal]:
        seen = self.door.positions()
        assert not isinstance(seen, Unknowable), seen.why
        return {one.identifier: one.volume for one in seen}

    def go(self, *bids: float) -> None:
        for bid in bids:
            self.desk.later(1_000)
            self.desk.quote("EURUSD", bid, round(bid + 0.0001, 5))

    def server_ms(self) -> int:
        return self.desk.utc_ms + SERVER_AHEAD_MS


Sit = Callable[..., Seat]


@pytest.fixture
def sit() -> Iterator[Sit]:
    taken: list[Seat] = []

    def at_a_desk(**desk: Any) -> Seat:
        taken.append(Seat(**desk))
        return taken[-1]

    yield at_a_desk
    for seat in taken:
        seat.desk.store.close()


@KINDS
@EXECUTIONS
def test_an_order_of_each_kind_is_placed_changed_and_cancelled_at_each_execution(
    sit: Sit, execution: Execution, kind: PendingKind
) -> None:
    seat = sit()
    seat.desk.resell("EURUSD", execution=execution)
    ticket = seat.placed(kind)
    (order,) = seat.orders()
    price, limit = map(D, PRICES[kind])
    assert (order.ticket, order.kind, order.volume) == (ticket, kind, D("0.50"))
    assert (order.price, order.stop_limit_price) == (price, limit)
    assert (order.magic, order.comment) == (234000123456789012, "557416654")

    away = D("0.0002") if price > D("1.386") else D("-0.0002")
    change = a_change(
        ticket=ticket, symbol=EURUSD, price=price + away, stop_limit_price=limit and limit + away,
        tp=D("0"),
    )  # fmt: skip
    assert seat.door.send(change) == Placed(order=ticket, lifetime=Lifetime())
    (order,) = seat.orders()
    assert (order.price, order.stop_limit_price) == (price + away, limit and limit + away)
    assert seat.door.send(change) == Placed(order=ticket, lifetime=Lifetime()), "no changes"

    assert seat.door.send(a_cancel(ticket=ticket)) == Cancelled(order=ticket)
    assert (seat.orders(), seat.held()) == ((), {})
    found = seat.fate(ticket)
    assert (found.fate, found.filled, found.left) == (Fate.CANCELLED, 0, D("0.50"))


@KINDS
@EXECUTIONS
def test_law_15_an_order_becomes_the_position_of_its_number(
    sit: Sit, execution: Execution, kind: PendingKind
) -> None:
    seat = sit()
    seat.desk.resell("EURUSD", execution=execution)
    ticket = seat.placed(kind)
    seat.go(*WAY_TO_THE_FILL[kind])
    assert (seat.orders(), seat.held()) == ((), {ticket: D("0.50")})
    found = seat.fate(ticket)
    assert (found.fate, found.filled, found.position) == (Fate.FILLED, D("0.50"), ticket)
    for late in (a_cancel(ticket=ticket), a_change(ticket=ticket, symbol=EURUSD)):
        outcome = seat.door.send(late)
        assert isinstance(outcome, Rejected)
        assert outcome.gone


@pytest.mark.parametrize("margin_mode", ["netting", "exchange"])
def test_on_a_netting_account_a_fill_goes_into_the_position_that_is_there(
    sit: Sit, margin_mode: str
) -> None:
    seat = sit(broker="a house that nets", margin_mode=margin_mode)
    first, second = seat.placed(), seat.placed(PendingKind.BUY_STOP)
    seat.go(1.38480, 1.38710)
    assert seat.held() == {first: D("1.00")}
    assert (seat.fate(first).position, seat.fate(second).position) == (first, first)


def test_a_stop_limit_that_was_reached_waits_on_as_a_limit(sit: Sit) -> None:
    seat = sit()
    ticket = seat.placed(PendingKind.SELL_STOP_LIMIT)
    seat.go(1.38480)
    (order,) = seat.orders()
    assert (order.ticket, order.kind) == (ticket, PendingKind.SELL_LIMIT)
    assert (order.price, order.stop_limit_price) == (D("1.38550"), 0)


def test_law_15_an_order_filled_in_part_waits_beside_its_position_and_is_cancelled(
    sit: Sit,
) -> None:
    seat = sit()
    ticket = seat.placed()
    seat.desk.route(0.4)
    seat.go(1.38480, 1.38600)
    (order,) = seat.orders()
    assert (order.volume, order.initial_volume) == (D("0.30"), D("0.50"))
    found = seat.fate(ticket)
    assert (found.fate, found.filled, found.position) == (Fate.WAITING, D("0.20"), ticket)
    assert seat.held() == {ticket: D("0.20")}

    assert seat.door.send(a_cancel(ticket=ticket)) == Cancelled(order=ticket)
    found = seat.fate(ticket)
    assert (found.fate, found.filled, found.left) == (Fate.CANCELLED, D("0.20"), D("0.30"))
    assert (found.in_part, found.position) == (True, ticket)


def test_law_15_a_part_taken_at_once_with_the_rest_cancelled_is_told(sit: Sit) -> None:
    seat = sit()
    ticket = seat.placed(filling=int(Filling.IOC))
    seat.desk.route(0.4)
    seat.go(1.38480)
    found = seat.fate(ticket)
    assert (found.fate, found.filled, found.left) == (Fate.CANCELLED, D("0.20"), D("0.30"))
    assert (seat.orders(), seat.held()) == ((), {ticket: D("0.20")})


def test_an_order_that_is_only_passed_on_is_placed_by_10008(sit: Sit) -> None:
    seat = sit()
    seat.desk.route(0.0, rest_after_ms=500)
    ticket = seat.placed()
    seat.go(1.38480)
    assert seat.fate(ticket).fate is Fate.WAITING, "reached, and not filled yet"
    seat.desk.clock(1_000)
    assert seat.fate(ticket).fate is Fate.FILLED


@pytest.mark.parametrize(
    ("kind", "after_ms"),
    [
        pytest.param(TimeInForce.SPECIFIED, HOUR_MS, id="a moment"),
        pytest.param(TimeInForce.SPECIFIED_DAY, DAY_MS, id="a day"),
        pytest.param(TimeInForce.DAY, DAY_MS, id="today"),
    ],
)
@EXECUTIONS
def test_an_order_whose_time_is_over_has_expired(
    sit: Sit, execution: Execution, kind: TimeInForce, after_ms: int
) -> None:
    seat = sit()
    seat.desk.resell("EURUSD", execution=execution)
    until_ms = 0 if kind is TimeInForce.DAY else seat.server_ms() + HOUR_MS
    wanted = Lifetime(kind=kind, until_server_ms=until_ms)
    outcome = seat.place(lifetime=wanted)
    assert outcome == Placed(order=outcome.order, lifetime=wanted)
    (order,) = seat.orders()
    assert order.lifetime.kind is kind
    assert until_ms in {0, order.lifetime.until_server_ms}
    seat.desk.clock(after_ms)
    assert seat.orders() == ()
    found = seat.fate(outcome.order)
    assert (found.fate, found.filled) == (Fate.EXPIRED, 0)


@pytest.mark.parametrize(
    ("offered", "kind"),
    [
        pytest.param(
            ExpirationFlag.GTC | ExpirationFlag.DAY | ExpirationFlag.SPECIFIED_DAY,
            TimeInForce.SPECIFIED_DAY,
            id="no moments",
        ),
        pytest.param(ExpirationFlag.GTC | ExpirationFlag.DAY, TimeInForce.GTC, id="today only"),
        pytest.param(ExpirationFlag.GTC, TimeInForce.GTC, id="no end"),
    ],
)
@EXECUTIONS
def test_a_broker_that_forbids_a_lifetime_gets_one_that_it_takes(
    sit: Sit, execution: Execution, offered: ExpirationFlag, kind: TimeInForce
) -> None:
    seat = sit()
    seat.desk.resell("EURUSD", execution=execution, expiration_mode=int(offered))
    until_ms = seat.server_ms() + HOUR_MS
    outcome = seat.place(lifetime=Lifetime(kind=TimeInForce.SPECIFIED, until_server_ms=until_ms))
    assert isinstance(outcome, Placed), outcome
    (order,) = seat.orders()
    assert order.lifetime == outcome.lifetime
    assert order.lifetime.kind is kind


def test_a_broker_that_drops_orders_overnight_has_let_it_expire(sit: Sit) -> None:
    seat = sit()
    seat.desk.resell("EURUSD", order_gtc_mode=int(GtcMode.DAILY))
    ticket = seat.placed()
    seat.desk.clock(DAY_MS)
    assert seat.fate(ticket).fate is Fate.EXPIRED


def test_an_order_the_account_cannot_carry_when_it_is_reached_is_rejected(sit: Sit) -> None:
    seat = sit(deposit=100.0)
    ticket = seat.placed()
    seat.go(1.38480)
    found = seat.fate(ticket)
    assert (found.fate, found.filled, seat.held()) == (Fate.REJECTED, 0, {})


@pytest.mark.parametrize(
    ("terms", "changes", "retcode"),
    [
        pytest.param({}, {"price": D("1.38900")}, Retcode.INVALID_PRICE, id="wrong side"),
        pytest.param({}, {"sl": D("1.39000")}, Retcode.INVALID_STOPS, id="stop above a buy"),
        pytest.param({}, {"volume": D("0.001")}, Retcode.INVALID_VOLUME, id="too small"),
        pytest.param(
            {}, {"lifetime": Lifetime(kind=TimeInForce.SPECIFIED, until_server_ms=1_000)},
            Retcode.INVALID_EXPIRATION, id="time over",
        ),
        pytest.param(
            {"order_mode": int(OrderMode.MARKET)}, {}, Retcode.INVALID_ORDER, id="not offered"
        ),
        pytest.param({"volume_limit": 0.4}, {}, Retcode.LIMIT_VOLUME, id="too much in the symbol"),
        pytest.param(
            {"execution": Execution.EXCHANGE, "filling_mask": 0}, {"filling": int(Filling.IOC)},
            Retcode.INVALID_FILL, id="filling",
        ),
    ],
)  # fmt: skip
def test_a_refused_placing_says_why_and_leaves_nothing(
    sit: Sit, terms: dict[str, Any], changes: dict[str, Any], retcode: Retcode
) -> None:
    seat = sit()
    seat.desk.resell("EURUSD", **terms)
    outcome = seat.place(**changes)
    assert isinstance(outcome, Rejected)
    assert (outcome.retcode, outcome.sent, outcome.gone) == (retcode, True, False)
    assert seat.orders() == ()


def test_the_account_may_have_no_more_orders(sit: Sit) -> None:
    seat = sit()
    seat.desk.habits(limit_orders=1)
    seat.placed()
    outcome = seat.place()
    assert isinstance(outcome, Rejected)
    assert outcome.retcode == Retcode.LIMIT_ORDERS


def test_an_order_near_its_price_is_frozen_and_not_gone(sit: Sit) -> None:
    seat = sit()
    ticket = seat.placed()
    seat.desk.resell("EURUSD", freeze_level_points=50)
    seat.go(1.38510)
    outcome = seat.door.send(a_cancel(ticket=ticket))
    assert isinstance(outcome, Rejected)
    assert (outcome.retcode, outcome.gone) == (Retcode.FROZEN, False)
    assert [order.ticket for order in seat.orders()] == [ticket]


def test_an_order_nobody_placed_is_not_known_and_gone(sit: Sit) -> None:
    seat = sit()
    assert seat.fate(4711).fate is Fate.NOT_KNOWN
    outcome = seat.door.send(a_cancel(ticket=SlaveTicket(4711)))
    assert isinstance(outcome, Rejected)
    assert outcome.gone


def test_an_order_on_its_way_to_a_deal_is_no_waiting_order_and_has_a_fate(sit: Sit) -> None:
    seat = sit()
    seat.desk.route(0.0, rest_after_ms=1_000)
    ticket = seat.desk.send().order
    assert seat.orders() == ()
    assert seat.fate(ticket).fate is Fate.WAITING
    seat.desk.clock(2_000)
    assert seat.fate(ticket).fate is Fate.FILLED
