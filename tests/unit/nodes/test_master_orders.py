"""A master core at a scripted terminal with orders that wait: what it tells of them."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from db.journal import Journal
from decisions.booking import apply_fact
from domain.book import Book, Stamp
from domain.market import Fate, Lifetime, OrderFate, PendingKind, PendingOrder, Side, Unknowable
from domain.mt5_words import TimeInForce
from domain.records import BookKept
from domain.signals import (
    NotReady,
    OrderGone,
    OrderModified,
    OrderPlaced,
    PositionClosed,
    PositionModified,
    PositionOpened,
    Snapshot,
    SnapshotRequest,
)
from messaging import wire
from tests.builders import EPOCH, MASTER, MASTER_AT, SLAVE
from tests.fakes import FakeDoor
from tests.unit.nodes.swarm import MasterSide

D = Decimal
NOTHING = Stamp(0, 0)
MINUTE_MS = 60_000
DAY_MS = 86_400_000
NEITHER = Unknowable("2 orders are listed, yet orders_total() is 3")


@pytest.fixture
def master() -> MasterSide:
    side = MasterSide()
    side.turn()
    return side


def orders_lost(door: FakeDoor, *, is_found_alone: bool = False) -> None:
    """The terminal leaves out its orders, in lists and, unless it finds them, one by one."""
    door.orders = tuple  # type: ignore[method-assign]
    if not is_found_alone:
        door.order_of = lambda ticket: OrderFate(  # type: ignore[method-assign]
            ticket=ticket, fate=Fate.NOT_KNOWN
        )


def orders_back(door: FakeDoor) -> None:
    for name in ("orders", "order_of"):
        door.__dict__.pop(name, None)


def asked(master: MasterSide, *legs: int, have: Stamp = NOTHING) -> Snapshot | NotReady:
    answers: list[Snapshot | NotReady] = []
    master.outlet.answer = lambda _, answer: answers.append(answer)  # type: ignore[method-assign]
    request = SnapshotRequest(slave=SLAVE, have=have, legs=legs)
    master.outlet.asked.append((b"0", wire.encode(request)))
    master.turn()
    return answers[-1]


def fate(master: MasterSide, order: int) -> str:
    answer = asked(master, order)
    assert isinstance(answer, Snapshot)
    return answer.legs[0].fate


def book(master: MasterSide) -> Book:
    """As a slave holds it that heard everything."""
    held = Book(master=MASTER, login=MASTER_AT.login, server=MASTER_AT.server, stamp=NOTHING)
    for fact in master.facts:
        held = apply_fact(held, fact)
    return held


# what is told


@pytest.mark.parametrize("kind", PendingKind)
def test_an_order_is_told_when_placed_changed_and_withdrawn(
    master: MasterSide, kind: PendingKind
) -> None:
    limit = D("1277.00") if kind.is_stop_limit else D(0)
    ticket = master.door.pend("1275.00", "0.50", kind=kind, stop_limit_price=limit)
    master.turn()
    master.door.repend(ticket, price=D("1274.00"), sl=D("1260.00"))
    master.turn()
    master.door.withdraw(ticket)
    master.turn()
    assert master.told == ["OrderPlaced", "OrderModified", "OrderGone"]
    placed, changed, gone = master.facts
    assert isinstance(placed, OrderPlaced)
    assert isinstance(gone, OrderGone)
    assert (placed.order.kind, placed.order.stop_limit_price) == (kind, limit)
    assert placed.order.volume == placed.order.initial_volume == D("0.50")
    assert placed.subject.side is (Side.BUY if kind.name.startswith("BUY") else Side.SELL)
    assert (changed.price, changed.subject.sl) == (D("1274.00"), D("1260.00"))
    assert (gone.fate, gone.order.volume) == (Fate.CANCELLED, D("0.50"))
    assert book(master).orders == ()


@pytest.mark.parametrize(
    ("end", "told", "left"),
    [
        pytest.param(FakeDoor.withdraw, Fate.CANCELLED, 1, id="withdrawn"),
        pytest.param(FakeDoor.expire, Fate.EXPIRED, 1, id="expired"),
        pytest.param(FakeDoor.refuse, Fate.REJECTED, 1, id="rejected when its price came"),
        pytest.param(FakeDoor.trigger, Fate.FILLED, 0, id="filled"),
    ],
)
def test_the_end_of_an_order_is_told_with_what_became_of_it(
    master: MasterSide, end: Any, told: Fate, left: int
) -> None:
    ticket = master.door.pend("1275.00")
    master.turn()
    end(master.door, ticket)
    master.turn(3)
    gone = [fact for fact in master.facts if isinstance(fact, OrderGone)]
    assert [(fact.fate, fact.order.volume) for fact in gone] == [(told, left)]


def test_law_15_a_fill_is_told_as_the_position_first_and_then_as_the_orders_end(
    master: MasterSide,
) -> None:
    ticket = master.door.pend("1275.00")
    master.turn()
    master.door.trigger(ticket)
    master.turn()
    assert master.told == ["OrderPlaced", "PositionOpened", "OrderGone"]
    assert {fact.leg_key.opening_order for fact in master.facts} == {ticket}
    held = book(master)
    assert (held.orders, [p.opening_order for p in held.positions]) == ((), [ticket])


def test_law_15_the_end_waits_for_a_position_that_the_list_shows_late(master: MasterSide) -> None:
    ticket = master.door.pend("1275.00")
    master.turn()
    master.door.trigger(ticket)
    master.door.shows_late = [()] * 3
    master.turn(3)
    assert master.told == ["OrderPlaced"]
    master.turn()
    assert master.told == ["OrderPlaced", "PositionOpened", "OrderGone"]


@pytest.mark.history(27)
@pytest.mark.parametrize("records", ["shown", "not shown yet", "not answered"])
def test_law_15_what_is_left_of_an_order_waits_for_the_position_that_the_list_shows_late(
    master: MasterSide, records: str
) -> None:
    """Told before, it would say that it was made smaller, and copies that filled sooner be cut."""
    ticket = master.door.pend("1275.00", "1.00")
    master.turn()
    master.door.trigger(ticket, "0.40")
    master.door.shows_late = [()] * 3
    told_of = master.door.order_of
    if records == "not answered":
        master.door.order_of = lambda _: Unknowable("no")  # type: ignore[method-assign]
    if records == "not shown yet":
        fate = master.door.fates[ticket]
        master.door.fates[ticket] = msgspec.structs.replace(fate, filled=Decimal(0))
    master.turn(3)
    assert master.told == ["OrderPlaced"]
    master.door.order_of = told_of  # type: ignore[method-assign]
    master.turn(2)
    assert master.told == ["OrderPlaced", "PositionOpened", "OrderModified"]


def test_law_15_the_end_waits_for_the_rest_that_the_list_shows_late(master: MasterSide) -> None:
    """Told before, it would say that the rest never came, and copies of it would be reduced."""
    ticket = master.door.pend("1275.00", "1.00")
    master.turn()
    master.door.trigger(ticket, "0.40")
    master.turn()
    before = master.door.listing()
    master.door.trigger(ticket)
    master.door.shows_late = [before] * 3
    master.turn(3)
    assert master.told == ["OrderPlaced", "PositionOpened", "OrderModified"]
    master.turn()
    assert master.told[3:] == ["PositionModified", "OrderGone"]


def test_law_15_the_end_is_told_where_the_rest_was_taken_off_before_it_showed(
    master: MasterSide,
) -> None:
    ticket = master.door.pend("1275.00", "1.00")
    master.turn()
    master.door.trigger(ticket, "0.40")
    master.turn()
    master.door.trigger(ticket)
    master.door.reduce(ticket, "0.60")
    master.turn(2)
    assert master.told[-1] == "OrderGone"
    (position,) = book(master).positions
    assert position.volume == D("0.40")


def test_law_15_a_fill_in_part_is_a_position_and_an_order_with_the_rest(master: MasterSide) -> None:
    ticket = master.door.pend("1275.00", "1.00")
    master.turn()
    master.door.trigger(ticket, "0.40")
    master.turn()
    assert master.told[1:] == ["PositionOpened", "OrderModified"]
    assert [fact.subject.volume for fact in master.facts[1:]] == [D("0.40"), D("0.60")]
    master.door.trigger(ticket)
    master.turn()
    assert master.told[3:] == ["PositionModified", "OrderGone"]
    (position,) = book(master).positions
    assert (position.volume, position.initial_volume) == (1, 1)


def test_law_15_a_rest_that_is_withdrawn_leaves_the_position(master: MasterSide) -> None:
    ticket = master.door.pend("1275.00", "1.00")
    master.turn()
    master.door.trigger(ticket, "0.40")
    master.door.withdraw(ticket)
    master.turn()
    assert master.told == ["OrderPlaced", "PositionOpened", "OrderGone"]
    gone = master.facts[-1]
    assert isinstance(gone, OrderGone)
    assert (gone.fate, gone.order.volume) == (Fate.CANCELLED, D("0.60"))


def test_a_position_that_was_filled_further_and_then_reduced_is_told_both_times(
    master: MasterSide,
) -> None:
    ticket = master.door.pend("1275.00", "1.00")
    master.door.trigger(ticket, "0.40")
    master.turn()
    master.door.trigger(ticket)
    master.turn()
    master.door.reduce(ticket, "0.30")
    master.turn()
    volumes = [(type(f), f.subject.volume) for f in master.facts if hasattr(f, "position")]
    assert volumes[0] == (PositionOpened, D("0.40"))
    assert volumes[1] == (PositionModified, 1)
    assert volumes[2][1] == D("0.70")


def test_law_1_an_old_picture_with_more_volume_is_no_growth(master: MasterSide) -> None:
    order = master.door.trade("1.00")
    master.turn()
    before = master.door.listing()
    master.door.reduce(order, "0.40")
    master.turn()
    master.door.shows_late = [before] * 3
    master.turn(6)
    assert master.told == ["PositionOpened", "PositionReduced"]


def test_a_stop_limit_whose_price_came_goes_on_as_a_limit(master: MasterSide) -> None:
    kind = PendingKind.BUY_STOP_LIMIT
    ticket = master.door.pend("1290.00", kind=kind, stop_limit_price=D("1288.00"))
    master.turn()
    master.door.repend(
        ticket, kind=PendingKind.BUY_LIMIT, price=D("1288.00"), stop_limit_price=D(0)
    )
    master.turn()
    assert master.told == ["OrderPlaced", "OrderModified"]
    (order,) = book(master).orders
    assert (order.kind, order.price) == (PendingKind.BUY_LIMIT, D("1288.00"))


def test_law_10_the_age_of_an_order_counts_from_its_placing_on_the_brokers_clock(
    master: MasterSide,
) -> None:
    master.door.pend("1275.00", placed_server_ms=master.door.server_ms() - 20 * MINUTE_MS)
    master.turn()
    (fact,) = master.facts
    assert isinstance(fact, OrderPlaced)
    assert fact.age_ms == pytest.approx(20 * MINUTE_MS + 250, abs=50)


def test_law_2_without_the_brokers_clock_no_order_is_told_as_placed() -> None:
    master = MasterSide()
    master.door.newest_ms = 0
    master.door.pend("1275.00")
    master.turn(3)
    assert master.told == []
    master.door.newest_ms = None
    master.turn()
    assert master.told == ["OrderPlaced"]


@pytest.mark.parametrize(
    ("kind", "until_ms", "lasts_ms"),
    [
        pytest.param(TimeInForce.GTC, None, 0, id="until withdrawn"),
        pytest.param(TimeInForce.DAY, None, 0, id="of the day, its end not told"),
        pytest.param(TimeInForce.SPECIFIED, 90 * MINUTE_MS, 90 * MINUTE_MS, id="to a moment"),
        pytest.param(TimeInForce.SPECIFIED, -MINUTE_MS, 1, id="to a moment that is over"),
    ],
)
def test_how_long_an_order_lasts_is_told_by_the_brokers_own_clock(
    master: MasterSide, kind: TimeInForce, until_ms: int | None, lasts_ms: int
) -> None:
    placed = master.door.server_ms()
    until = 0 if until_ms is None else placed + until_ms
    lifetime = Lifetime(kind=kind, until_server_ms=until)
    master.door.pend("1275.00", lifetime=lifetime, placed_server_ms=placed)
    master.turn()
    (order,) = book(master).orders
    assert (order.time_in_force, order.lasts_ms) == (kind, lasts_ms)


def test_an_order_of_a_named_day_lasts_to_that_days_end(master: MasterSide) -> None:
    noon = master.door.server_ms() // DAY_MS * DAY_MS + DAY_MS // 2
    lifetime = Lifetime(kind=TimeInForce.SPECIFIED_DAY, until_server_ms=noon - DAY_MS // 2)
    master.door.pend("1275.00", lifetime=lifetime, placed_server_ms=noon)
    master.turn()
    assert book(master).orders[0].lasts_ms == DAY_MS // 2 - 1000


@pytest.mark.parametrize("hints", [True, False], ids=["with a hint", "without any"])
def test_an_order_is_found_with_and_without_a_hint(master: MasterSide, hints: bool) -> None:
    master.turn(3)
    master.door.pend("1275.00")
    master.door.hint = hints
    master.turn(1 if hints else 3, seconds=0.11)
    assert master.told == ["OrderPlaced"]


def test_orders_are_read_seldom_while_there_are_none(master: MasterSide) -> None:
    looks: list[str] = []

    def orders() -> tuple[PendingOrder, ...]:
        looks.append("orders")
        return tuple(master.door.waiting.values())

    def positions() -> Any:
        looks.append("positions")
        return FakeDoor.positions(master.door)

    master.door.orders, master.door.positions = orders, positions  # type: ignore[method-assign]
    master.turn(40, seconds=0.101)
    assert looks.count("positions") == 40
    assert 12 <= looks.count("orders") <= 17
    master.door.pend("1275.00")
    master.turn()
    looks.clear()
    master.turn(40, seconds=0.101)
    assert looks.count("orders") == looks.count("positions") == 40


# what is not


def test_nothing_is_told_twice(master: MasterSide) -> None:
    master.door.pend("1275.00")
    master.turn(10)
    assert master.told == ["OrderPlaced"]


@pytest.mark.parametrize("how", ["all of them", "one"])
@pytest.mark.history(10)
def test_law_1_orders_that_a_list_leaves_out_are_not_gone(master: MasterSide, how: str) -> None:
    first, second = master.door.pend("1275.00"), master.door.pend("1270.00")
    master.turn()
    orders_lost(master.door)
    if how == "one":
        master.door.orders = lambda: (master.door.waiting[second],)  # type: ignore[method-assign]
    master.turn(40)
    orders_back(master.door)
    master.turn(40)
    assert master.told == ["OrderPlaced"] * 2
    assert {order.opening_order for order in book(master).orders} == {first, second}


def test_law_1_an_order_that_is_at_work_when_looked_up_alone_is_not_gone(
    master: MasterSide,
) -> None:
    master.door.pend("1275.00")
    master.turn()
    orders_lost(master.door, is_found_alone=True)
    master.turn(40)
    assert master.told == ["OrderPlaced"]


def test_law_1_orders_that_cannot_be_known_change_nothing_and_keep_nothing_from_positions(
    master: MasterSide,
) -> None:
    master.door.pend("1275.00")
    master.turn()
    master.door.orders = lambda: NEITHER  # type: ignore[method-assign]
    master.door.trade()
    master.turn(5)
    assert master.told == ["OrderPlaced", "PositionOpened"]
    assert any(NEITHER.why in alarm for alarm in master.report.alarms)
    orders_back(master.door)
    master.turn(5)
    assert master.told == ["OrderPlaced", "PositionOpened"]
    assert master.report.alarms == ()


def test_law_1_an_end_is_told_when_the_history_shows_it(master: MasterSide) -> None:
    ticket = master.door.pend("1275.00")
    master.turn()
    master.door.fates_hidden = True
    master.door.withdraw(ticket)
    master.turn(20)
    assert master.told == ["OrderPlaced"]
    assert master.report.alarms == ()
    master.door.fates_hidden = False
    master.turn()
    assert master.told == ["OrderPlaced", "OrderGone"]


def test_an_order_without_an_end_is_an_alarm_after_a_while(master: MasterSide) -> None:
    ticket = master.door.pend("1275.00")
    master.turn()
    master.door.fates_hidden = True
    master.door.withdraw(ticket)
    master.turn(2, seconds=70)
    assert any(f"order {ticket} waits no more" in alarm for alarm in master.report.alarms)
    master.door.fates_hidden = False
    master.turn(8)
    assert master.told == ["OrderPlaced", "OrderGone"]
    assert master.report.alarms == ()


@pytest.mark.parametrize("fills", [True, False], ids=["filled", "withdrawn"])
def test_what_came_and_went_between_two_looks(master: MasterSide, fills: bool) -> None:
    ticket = master.door.pend("1275.00")
    if fills:
        master.door.trigger(ticket)
    else:
        master.door.withdraw(ticket)
    master.turn(5)
    assert master.told == (["PositionOpened"] if fills else [])


@pytest.mark.history(35)
def test_law_9_an_order_that_waited_long_and_lived_between_two_looks_is_told_as_a_flash(
    master: MasterSide,
) -> None:
    """Orders that were placed after it have been told meanwhile."""
    ticket = master.door.pend("1275.00")
    master.turn(5)
    later = master.door.trade()
    master.turn(5)
    master.door.trigger(ticket)
    master.door.shut(ticket)
    master.turn()
    assert later > ticket
    assert master.told[:2] == ["OrderPlaced", "PositionOpened"]
    assert sorted(master.told[2:]) == ["OrderGone", "PositionClosed", "PositionOpened"]
    flash = next(f for f in master.facts[2:] if isinstance(f, PositionOpened))
    assert flash.flash
    assert flash.leg_key.opening_order == ticket
    assert [p.opening_order for p in book(master).positions] == [later]


@pytest.mark.history(35)
def test_law_9_an_order_from_before_the_masters_first_start_is_told_as_a_flash_as_well() -> None:
    """What was traded before that start is not ours to tell, and bears higher numbers."""
    master = MasterSide()
    ticket = master.door.pend("1275.00")
    before = master.door.trade()
    master.door.shut(before)
    master.clock.pass_s(60)
    master.turn(5)
    assert master.told == ["OrderPlaced"]
    master.door.trigger(ticket)
    master.door.shut(ticket)
    master.turn()
    assert sorted(master.told[1:]) == ["OrderGone", "PositionClosed", "PositionOpened"]


def test_law_9_and_so_after_a_restart_of_the_master(master: MasterSide) -> None:
    ticket = master.door.pend("1275.00")
    master.turn(5)
    master.door.trade()
    master.turn(5)
    master.loop.finish()
    master.door.trigger(ticket)
    master.door.shut(ticket)
    master.start()
    master.turn(8)
    assert sorted(master.told) == ["OrderGone", "PositionClosed", "PositionOpened"]


def test_law_9_a_run_that_ended_soon_leaves_what_a_late_history_hid_to_the_next(
    master: MasterSide,
) -> None:
    """Its search was empty, and was no proof: records come late."""
    master.turn(5)
    master.loop.finish()
    identifier = master.door.trade()
    master.door.shut(identifier)
    master.door.deals_hidden = True
    master.start()
    master.turn(8)
    assert master.told == []
    master.loop.finish()
    master.door.deals_hidden = False
    master.start()
    master.turn(8)
    assert sorted(master.told) == ["PositionClosed", "PositionOpened"]


# netting accounts


@pytest.fixture
def netting(master: MasterSide) -> MasterSide:
    master.door.account_state = msgspec.structs.replace(master.door.account_state, hedging=False)
    master.start()
    master.turn()
    return master


def add_to(door: FakeDoor, identifier: int, ticket: int, volume: str = "") -> None:
    """A netting broker: what the order brings goes to the position that is there."""
    side, held = door.waiting[ticket].kind.side, door.held[identifier]
    door.trigger(ticket, volume or None)
    brought = door.held.pop(ticket).volume
    left = held.volume + (brought if side is held.side else -brought)
    door.held[identifier] = msgspec.structs.replace(held, volume=left)
    if not left:
        del door.held[identifier]
    # Deals' tickets grow with time.
    door.deals[-1] = msgspec.structs.replace(
        door.deals[-1], position=identifier, side=side, ticket=1_000_000 + len(door.deals)
    )
    door.fates[ticket] = msgspec.structs.replace(door.fates[ticket], position=identifier)


def test_law_14_an_order_that_adds_becomes_a_leg_of_its_own(netting: MasterSide) -> None:
    held = netting.door.trade("1.00")
    ticket = netting.door.pend("1275.00", "0.50")
    netting.turn()
    add_to(netting.door, held, ticket)
    netting.turn(2)
    assert netting.told == ["PositionOpened", "OrderPlaced", "PositionOpened", "OrderGone"]
    assert netting.facts[2].leg_key.opening_order == ticket
    assert fate(netting, ticket) == "held"


def test_law_15_an_order_that_adds_in_two_parts_is_one_leg(netting: MasterSide) -> None:
    held = netting.door.trade("1.00")
    ticket = netting.door.pend("1275.00", "0.50")
    netting.turn()
    add_to(netting.door, held, ticket, "0.20")
    netting.turn(6)
    other = netting.door.pend("1280.00", "0.10")
    add_to(netting.door, held, other)
    netting.turn(6)
    add_to(netting.door, held, ticket)
    netting.turn(6)
    told = [type(f).__name__ for f in netting.facts if f.leg_key.opening_order == ticket]
    assert told == [
        "OrderPlaced", "PositionOpened", "OrderModified", "PositionModified", "OrderGone",
    ]  # fmt: skip
    legs = {p.opening_order: p.volume for p in book(netting).positions}
    assert legs == {held: 1, other: D("0.10"), ticket: D("0.50")}
    assert book(netting).orders == ()


@pytest.mark.parametrize(
    ("volume", "told"),
    [("0.40", "PositionReduced"), ("1.00", "PositionClosed")],
    ids=["takes some off", "closes"],
)
def test_law_14_an_order_the_other_way_becomes_no_leg(
    netting: MasterSide, volume: str, told: str
) -> None:
    held = netting.door.trade("1.00")
    ticket = netting.door.pend("1295.00", volume, kind=PendingKind.SELL_LIMIT)
    netting.turn()
    assert fate(netting, ticket) == "held"
    add_to(netting.door, held, ticket)
    netting.turn(6)
    assert netting.told == ["PositionOpened", "OrderPlaced", told, "OrderGone"]
    assert fate(netting, ticket) == "closed"


# books and answers


def test_a_snapshot_holds_the_orders_and_says_of_each_leg_what_became_of_it(
    master: MasterSide,
) -> None:
    waits, withdrawn = master.door.pend("1275.00"), master.door.pend("1270.00")
    filled, closed = master.door.pend("1271.00"), master.door.pend("1272.00")
    master.turn()
    master.door.withdraw(withdrawn)
    master.door.trigger(filled)
    master.door.trigger(closed)
    master.turn()
    master.door.shut(closed)
    master.turn()
    answer = asked(master, waits, withdrawn, filled, closed, 999)
    assert isinstance(answer, Snapshot)
    assert [leg.fate for leg in answer.legs] == ["held", "closed", "held", "closed", "unknown"]
    assert [order.opening_order for order in answer.book.orders] == [waits]


@pytest.mark.parametrize("end", [FakeDoor.withdraw, FakeDoor.expire], ids=["withdrawn", "expired"])
def test_law_1_an_order_whose_end_does_not_show_yet_is_no_closed_leg(
    master: MasterSide, end: Any
) -> None:
    ticket = master.door.pend("1275.00")
    end(master.door, ticket)
    master.door.fates_hidden = True
    assert fate(master, ticket) == "unknown"
    master.door.fates_hidden = False
    assert fate(master, ticket) == "closed"


def test_law_15_a_rest_that_was_withdrawn_does_not_close_what_was_filled(
    master: MasterSide,
) -> None:
    ticket = master.door.pend("1275.00")
    master.door.trigger(ticket, "0.40")
    master.door.withdraw(ticket)
    master.door.unlisted = {ticket}
    assert fate(master, ticket) == "unknown"


def test_a_book_is_confirmed_when_the_orders_were_read() -> None:
    master = MasterSide()
    master.door.orders = lambda: NEITHER  # type: ignore[method-assign]
    master.turn(3)
    assert isinstance(asked(master), NotReady)
    orders_back(master.door)
    master.turn()
    assert isinstance(asked(master), Snapshot)


def test_orders_that_can_never_be_read_delay_what_is_told_of_positions_by_seconds() -> None:
    master = MasterSide()
    master.door.orders = lambda: NEITHER  # type: ignore[method-assign]
    master.door.trade()
    master.turn(30)
    assert isinstance(asked(master), Snapshot)
    assert any(NEITHER.why in alarm for alarm in master.report.alarms)


@pytest.mark.parametrize("kept", [True, False], ids=["orderly", "crashed"])
def test_a_restart_goes_on_with_the_orders_it_had_told(master: MasterSide, kept: bool) -> None:
    stays, withdrawn = master.door.pend("1275.00"), master.door.pend("1270.00")
    filled, changed = master.door.pend("1271.00"), master.door.pend("1272.00")
    master.turn()
    if kept:
        master.loop.finish()
    master.door.withdraw(withdrawn)
    master.door.trigger(filled)
    master.door.repend(changed, price=D("1269.00"))
    master.start()
    master.turn(3)
    told = [(type(fact), fact.leg_key.opening_order) for fact in master.facts]
    assert told == [
        (PositionOpened, filled),
        (OrderGone, withdrawn),
        (OrderGone, filled),
        (OrderModified, changed),
    ]
    answer = asked(master)
    assert isinstance(answer, Snapshot)
    assert [order.opening_order for order in answer.book.orders] == [stays, changed]


def test_a_real_journal_gives_orders_and_their_facts_back(tmp_path: Path) -> None:
    master = MasterSide()
    master.journal = Journal(tmp_path / "m.sqlite", "swarm", MASTER)  # type: ignore[assignment]
    master.start()
    master.turn()
    ticket = master.door.pend("1275.00")
    master.turn()
    told = master.facts
    master.start()
    master.turn(2)
    assert master.facts == []
    assert master.journal.facts_since(NOTHING) == told
    answer = asked(master, ticket)
    assert isinstance(answer, Snapshot)
    assert [order.opening_order for order in answer.book.orders] == [ticket]
    master.journal.close()


def test_a_book_that_was_written_before_there_were_orders_is_read() -> None:
    master = MasterSide()
    master.door.trade()
    old = {
        "master": MASTER, "login": MASTER_AT.login, "server": MASTER_AT.server,
        "stamp": {"epoch": EPOCH, "seq": 4}, "positions": [],
    }  # fmt: skip
    body = msgspec.msgpack.encode(old)
    master.journal.write(BookKept(master=MASTER, stamp=Stamp(EPOCH, 4), body=body))
    master.start()
    master.turn(2)
    assert master.told == ["PositionOpened"]


def test_everything_told_after_a_stamp_is_told_again_with_its_orders(master: MasterSide) -> None:
    ticket = master.door.pend("1275.00")
    master.turn()
    heard = master.facts[0].stamp
    master.door.trigger(ticket)
    master.turn()
    master.door.shut(ticket)
    master.turn()
    answer = asked(master, ticket, have=heard)
    assert isinstance(answer, Snapshot)
    assert [type(fact) for fact in answer.facts] == [PositionOpened, OrderGone, PositionClosed]


def test_law_9_a_flash_is_told_though_the_deal_that_opened_it_showed_late(
    netting: MasterSide,
) -> None:
    """Read in part is not read: the deal that is missing may come with any later answer."""
    netting.turn(8)
    order = netting.door.trade("0.40")
    netting.door.shut(order)
    opening = netting.door.deals.pop(-2)
    netting.turn(8)
    assert netting.told == []
    netting.door.deals.insert(-1, opening)
    netting.turn(40, seconds=1.0)
    assert netting.told == ["PositionOpened", "PositionClosed"]
    netting.turn(40, seconds=1.0)
    assert len(netting.told) == 2


def test_law_1_no_flash_is_read_out_of_a_history_that_leaves_out_what_is_held(
    netting: MasterSide,
) -> None:
    netting.turn(8)
    held = netting.door.trade("1.00")
    ticket = netting.door.pend("1275.00", "0.50")
    netting.door.deals_hidden = True
    netting.turn()
    add_to(netting.door, held, ticket)
    # A deal that took half a lot off shows, and the one that opened the position does not.
    last = netting.door.deals[-1]
    taken = {"side": Side.SELL, "order": ticket + 1, "ticket": last.ticket + 1}
    netting.door.deals.append(msgspec.structs.replace(last, **taken))
    position = netting.door.held[held]
    netting.door.held[held] = msgspec.structs.replace(position, volume=Decimal("1.00"))
    opening = netting.door.deals.pop(0)
    netting.door.deals_hidden = False
    netting.turn(12)
    assert "PositionClosed" not in netting.told
    netting.door.deals.insert(0, opening)
    netting.turn(12)
    assert "PositionClosed" not in netting.told
    assert netting.told.count("PositionOpened") == 2
