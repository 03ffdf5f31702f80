"""When orders end by themselves: never early, never late, by the broker's wall clock."""

from typing import Any

import pytest

from domain.mt5_words import GtcMode, OrderState, OrderType, TimeInForce
from tests.unit.paper.desk import NOON_UTC_MS, Desk
from tests.unit.paper.waiting_orders import modify, move_to, offer, past, place, waiting

SERVER_MS = NOON_UTC_MS + 3 * 3_600_000
DAY_MS = 86_400_000
MIDNIGHT_MS = (SERVER_MS // DAY_MS + 1) * DAY_MS
HOUR_MS = 3_600_000


def pass_until(desk: Desk, server_ms: int) -> None:
    """Let the broker's clock reach a moment, and let it look."""
    desk.utc_ms = server_ms - 3 * HOUR_MS
    desk.world.on_clock(desk.utc_ms)


LIFETIMES = [
    pytest.param(TimeInForce.DAY, 0, MIDNIGHT_MS, id="day"),
    pytest.param(TimeInForce.SPECIFIED, SERVER_MS // 1000 + 90, SERVER_MS + 90_000, id="moment"),
    pytest.param(
        TimeInForce.SPECIFIED_DAY, SERVER_MS // 1000 - 60, MIDNIGHT_MS, id="day, earlier today"
    ),
    pytest.param(
        TimeInForce.SPECIFIED_DAY, MIDNIGHT_MS // 1000, MIDNIGHT_MS + DAY_MS, id="day, tomorrow"
    ),
]


@pytest.mark.parametrize(("type_time", "expiration", "ends_ms"), LIFETIMES)
def test_an_order_waits_until_its_end_and_no_longer(
    desk: Desk, type_time: int, expiration: int, ends_ms: int
) -> None:
    ticket = place(desk, type_time=type_time, expiration=expiration).order
    pass_until(desk, ends_ms - 1)
    assert [order.ticket for order in waiting(desk)] == [ticket]
    pass_until(desk, ends_ms)
    order = past(desk, ticket)
    assert waiting(desk) == []
    assert (order.state, order.time_done_msc, order.volume_current) == (
        OrderState.EXPIRED, ends_ms, 0.1,
    )  # fmt: skip


@pytest.mark.parametrize(("type_time", "expiration", "ends_ms"), LIFETIMES)
def test_a_tick_after_the_end_fills_nothing_even_before_the_clock_was_looked_at(
    desk: Desk, type_time: int, expiration: int, ends_ms: int
) -> None:
    ticket = place(desk, type_time=type_time, expiration=expiration).order
    desk.utc_ms = ends_ms - 3 * HOUR_MS
    move_to(desk, 1.384)
    assert desk.positions() == []
    desk.world.on_clock(desk.utc_ms)
    assert past(desk, ticket).state == OrderState.EXPIRED


@pytest.mark.parametrize(("type_time", "expiration", "ends_ms"), LIFETIMES)
def test_a_tick_just_before_the_end_still_fills(
    desk: Desk, type_time: int, expiration: int, ends_ms: int
) -> None:
    ticket = place(desk, type_time=type_time, expiration=expiration).order
    desk.utc_ms = ends_ms - 1 - 3 * HOUR_MS
    move_to(desk, 1.384)
    assert [p.ticket for p in desk.positions()] == [ticket]


def test_an_order_without_end_waits_for_years(desk: Desk) -> None:
    place(desk)
    pass_until(desk, SERVER_MS + 1_000 * DAY_MS)
    assert len(waiting(desk)) == 1


def test_several_orders_end_together(desk: Desk) -> None:
    tickets = [place(desk, type_time=TimeInForce.DAY).order for _ in range(3)]
    stays = place(desk).order
    pass_until(desk, MIDNIGHT_MS + DAY_MS)
    assert [order.ticket for order in desk.orders()] == tickets
    assert [order.ticket for order in waiting(desk)] == [stays]


def test_the_server_ends_what_ended_while_it_was_away(desk: Desk) -> None:
    ticket = place(desk, type_time=TimeInForce.DAY).order
    desk.utc_ms += 5 * DAY_MS
    desk.restart()
    desk.world.on_clock(desk.utc_ms)
    assert past(desk, ticket).state == OrderState.EXPIRED


def test_a_changed_lifetime_counts_from_the_change(desk: Desk) -> None:
    ticket = place(desk).order
    pass_until(desk, MIDNIGHT_MS + HOUR_MS)
    modify(desk, ticket, price=1.384, type_time=TimeInForce.DAY)
    pass_until(desk, MIDNIGHT_MS + DAY_MS - 1)
    assert len(waiting(desk)) == 1
    pass_until(desk, MIDNIGHT_MS + DAY_MS)
    assert waiting(desk) == []


def test_a_lifetime_taken_away_lets_the_order_wait_on(desk: Desk) -> None:
    ticket = place(desk, type_time=TimeInForce.DAY).order
    modify(desk, ticket, price=1.384)
    pass_until(desk, MIDNIGHT_MS + DAY_MS)
    assert len(waiting(desk)) == 1


def test_a_stop_limit_keeps_its_end_when_it_becomes_a_limit(desk: Desk) -> None:
    ticket = place(desk, OrderType.BUY_STOP_LIMIT, type_time=TimeInForce.DAY).order
    move_to(desk, 1.3869)
    pass_until(desk, MIDNIGHT_MS)
    assert past(desk, ticket).state == OrderState.EXPIRED


@pytest.mark.parametrize(
    ("mode", "orders_left", "sl"),
    [
        pytest.param(GtcMode.GTC, 1, 1.38, id="everything stays"),
        pytest.param(GtcMode.DAILY, 0, 0.0, id="orders and stops go"),
        pytest.param(GtcMode.DAILY_NO_STOPS, 0, 1.38, id="orders go, stops stay"),
    ],
)
def test_the_end_of_the_day_takes_what_the_symbol_keeps_for_a_day_only(
    desk: Desk, mode: GtcMode, orders_left: int, sl: float
) -> None:
    offer(desk, order_gtc_mode=mode)
    place(desk)
    desk.send(sl=1.38, tp=1.4)
    pass_until(desk, MIDNIGHT_MS - 1)
    assert (len(waiting(desk)), desk.positions()[0].sl) == (1, 1.38)
    pass_until(desk, MIDNIGHT_MS)
    (position,) = desk.positions()
    assert len(waiting(desk)) == orders_left
    assert (position.sl, position.tp) == (sl, 1.4 if sl else 0.0)


def test_stops_set_on_a_later_day_go_at_that_days_end(desk: Desk) -> None:
    offer(desk, order_gtc_mode=GtcMode.DAILY)
    ticket = desk.send().order
    pass_until(desk, MIDNIGHT_MS + HOUR_MS)
    desk.stops(ticket, sl=1.38)
    desk.restart()
    offer(desk, order_gtc_mode=GtcMode.DAILY)
    pass_until(desk, MIDNIGHT_MS + DAY_MS - 1)
    assert desk.positions()[0].sl == 1.38
    pass_until(desk, MIDNIGHT_MS + DAY_MS)
    assert desk.positions()[0].sl == 0.0


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"type_time": TimeInForce.DAY, "expiration": 5}, id="day"),
        pytest.param({"expiration": SERVER_MS // 1000 + 9}, id="no end"),
    ],
)
def test_an_end_that_is_not_asked_for_is_not_read(desk: Desk, fields: dict[str, Any]) -> None:
    place(desk, **fields)
    pass_until(desk, SERVER_MS + 10_000)
    assert len(waiting(desk)) == 1
