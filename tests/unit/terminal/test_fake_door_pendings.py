"""The in-memory door of the nodes' tests says of waiting orders what the real one says."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.ids import SlaveSymbol, SlaveTicket
from domain.market import Fate, Identity, OrderFate, Position
from domain.outcomes import Cancelled, Placed, Rejected
from terminal.mt5 import Mt5Terminal
from tests.builders import SLAVE_AT
from tests.fakes import FakeClock, FakeDoor
from tests.unit.paper.desk import Desk
from tests.unit.terminal.desk_module import module_at
from tests.unit.terminal.doors import UNTIL, a_cancel, a_change, a_placing

D = Decimal
EURUSD = SlaveSymbol("EURUSD")
A_PLACING = {
    "symbol": EURUSD, "price": D("1.38500"), "sl": D("1.38000"), "tp": D("1.40000"),
    "volume": D("0.50"),
}  # fmt: skip
UNTIL_SOON = msgspec.structs.replace(UNTIL, until_server_ms=1_399_046_400_000)


class AtTheFake:
    def __init__(self) -> None:
        self.door: Any = FakeDoor(SLAVE_AT, FakeClock())

    def reach(self, ticket: int, volume: str | None = None) -> None:
        self.door.trigger(ticket, volume)

    def let_expire(self, ticket: int) -> None:
        self.door.expire(ticket)

    def let_be_rejected(self, ticket: int) -> None:
        self.door.refuse(ticket)

    def leave(self) -> None:
        self.door.close()


class AtTheDesk:
    def __init__(self) -> None:
        self.desk = Desk()
        self.door: Any = Mt5Terminal(module_at(self.desk), path="terminal-1")
        assert isinstance(self.door.connect(), Identity)

    def reach(self, ticket: int, volume: str | None = None) -> None:
        (waits,) = [order.volume for order in self.door.orders() if order.ticket == ticket]
        self.desk.route(float(D(volume) / waits) if volume else 1.0)
        self.desk.quote("EURUSD", 1.38480, 1.38500)
        self.desk.quote("EURUSD", 1.38600, 1.38610)

    def let_expire(self, ticket: int) -> None:
        self.desk.clock(24 * 3_600_000)

    def let_be_rejected(self, ticket: int) -> None:
        self.desk.resell("EURUSD", contract_size=1e12)
        self.reach(ticket)

    def leave(self) -> None:
        self.desk.store.close()


@pytest.fixture(params=[AtTheFake, AtTheDesk], ids=["fake", "real"])
def place(request: pytest.FixtureRequest) -> Iterator[Any]:
    at = request.param()
    yield at
    at.leave()


@pytest.fixture
def ticket(place: Any) -> SlaveTicket:
    outcome = place.door.send(a_placing(**A_PLACING, lifetime=UNTIL_SOON))
    assert outcome == Placed(order=outcome.order, lifetime=UNTIL_SOON)
    return SlaveTicket(outcome.order)


def fate(place: Any, ticket: int) -> tuple[Fate, Decimal, Decimal, int]:
    found = place.door.order_of(ticket)
    assert isinstance(found, OrderFate)
    assert bool(found.done_server_ms) == (found.fate not in {Fate.WAITING, Fate.NOT_KNOWN})
    return found.fate, found.filled, found.left, found.position


def test_a_placed_order_is_listed_as_it_was_asked_for(place: Any, ticket: int) -> None:
    (order,) = place.door.orders()
    asked = a_placing(**A_PLACING, lifetime=UNTIL_SOON)
    for name in ("symbol", "kind", "volume", "price", "sl", "tp", "lifetime", "magic", "comment"):
        assert getattr(order, name) == getattr(asked, name)
    assert (order.ticket, order.initial_volume) == (ticket, asked.volume)
    assert order.placed_server_ms > 0
    assert fate(place, ticket) == (Fate.WAITING, 0, D("0.50"), 0)


def test_a_change_is_seen(place: Any, ticket: SlaveTicket) -> None:
    change = a_change(ticket=ticket, symbol=EURUSD, price=D("1.38400"), tp=D("1.41000"))
    assert place.door.send(change) == Placed(order=ticket, lifetime=change.lifetime)
    (order,) = place.door.orders()
    assert (order.price, order.sl, order.tp, order.lifetime) == (
        D("1.38400"), 0, D("1.41000"), change.lifetime,
    )  # fmt: skip


def test_a_cancelled_order_is_gone(place: Any, ticket: SlaveTicket) -> None:
    assert place.door.send(a_cancel(ticket=ticket)) == Cancelled(order=ticket)
    assert place.door.orders() == ()
    assert fate(place, ticket) == (Fate.CANCELLED, 0, D("0.50"), 0)
    again = place.door.send(a_cancel(ticket=ticket))
    assert isinstance(again, Rejected)
    assert (again.retcode, again.gone, again.sent) == (10013, True, True)


def test_law_15_a_reached_order_is_the_position_of_its_number(place: Any, ticket: int) -> None:
    place.reach(ticket)
    assert place.door.orders() == ()
    assert fate(place, ticket) == (Fate.FILLED, D("0.50"), 0, ticket)
    (position,) = place.door.positions()
    assert isinstance(position, Position)
    assert (position.identifier, position.ticket, position.volume) == (ticket, ticket, D("0.50"))
    assert (position.sl, position.tp) == (D("1.38000"), D("1.40000"))
    assert (position.magic, position.comment) == (234000123456789012, "557416654")
    (deal,) = place.door.deals_of(ticket)
    assert (deal.order, deal.position, deal.volume) == (ticket, ticket, D("0.50"))
    assert deal.magic == position.magic


def test_law_15_a_part_is_a_position_beside_the_rest(place: Any, ticket: SlaveTicket) -> None:
    place.reach(ticket, "0.20")
    (order,) = place.door.orders()
    assert (order.volume, order.initial_volume) == (D("0.30"), D("0.50"))
    assert [p.volume for p in place.door.positions()] == [D("0.20")]
    assert fate(place, ticket) == (Fate.WAITING, D("0.20"), D("0.30"), ticket)
    place.door.send(a_cancel(ticket=ticket))
    assert fate(place, ticket) == (Fate.CANCELLED, D("0.20"), D("0.30"), ticket)


def test_law_15_two_parts_make_one_position_of_two_deals(place: Any, ticket: int) -> None:
    place.reach(ticket, "0.20")
    place.reach(ticket)
    assert [(p.identifier, p.volume) for p in place.door.positions()] == [(ticket, D("0.50"))]
    deals = place.door.deals_of(ticket)
    assert [deal.volume for deal in deals] == [D("0.20"), D("0.30")]
    assert len({deal.ticket for deal in deals}) == 2
    assert fate(place, ticket) == (Fate.FILLED, D("0.50"), 0, ticket)


def test_an_order_may_expire(place: Any, ticket: int) -> None:
    place.let_expire(ticket)
    assert (place.door.orders(), place.door.positions()) == ((), ())
    assert fate(place, ticket) == (Fate.EXPIRED, 0, D("0.50"), 0)


def test_an_order_may_be_rejected_when_it_is_reached(place: Any, ticket: int) -> None:
    place.let_be_rejected(ticket)
    assert (place.door.orders(), place.door.positions()) == ((), ())
    assert fate(place, ticket) == (Fate.REJECTED, 0, D("0.50"), 0)


def test_an_order_nobody_knows_has_no_fate(place: Any) -> None:
    assert fate(place, 4711)[0] is Fate.NOT_KNOWN
