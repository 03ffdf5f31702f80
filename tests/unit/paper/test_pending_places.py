"""Orders that wait where things differ: accounts that net, routing, sessions, last prices."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from domain.mt5_words import (
    DealEntry,
    Filling,
    OrderState,
    OrderType,
    Reason,
    Retcode,
    TimeInForce,
    TradeAction,
)
from paper.broker.brokers import Routing
from paper.broker.hours import at, weekdays
from paper.broker.quotes import Quote
from tests.unit.paper.desk import Desk
from tests.unit.paper.waiting_orders import modify, move_to, offer, past, place, remove, waiting

OpenDesk = Callable[..., Desk]
BUY_LIMIT, SELL_LIMIT = OrderType.BUY_LIMIT, OrderType.SELL_LIMIT
BUY_STOP, SELL_STOP = OrderType.BUY_STOP, OrderType.SELL_STOP
HOUR_MS = 3_600_000


@pytest.fixture
def netting(open_desk: OpenDesk) -> Desk:
    return open_desk("Somewhere-Demo", margin_mode="netting")


def settle_on(desk: Desk, **fields: Any) -> None:
    """Let the broker have other habits from now on."""
    house = desk.session.house
    house.profile = msgspec.structs.replace(house.profile, **fields)


@pytest.mark.parametrize(
    ("volume", "left", "entries"),
    [
        pytest.param(0.1, (0, 0.2), [DealEntry.OUT], id="reduces"),
        pytest.param(0.3, None, [DealEntry.OUT], id="closes"),
        pytest.param(0.5, (1, 0.2), [DealEntry.INOUT], id="turns"),
    ],
)
def test_where_positions_net_an_order_set_off_meets_the_position(
    netting: Desk, volume: float, left: tuple[int, float] | None, entries: list[DealEntry]
) -> None:
    opened = netting.send(volume=0.3).order
    ticket = place(netting, SELL_LIMIT, volume=volume).order
    move_to(netting, 1.387)
    held = [(position.type, position.volume) for position in netting.positions()]
    assert held == ([] if left is None else [left])
    assert past(netting, ticket).position_id == opened
    assert [deal.entry for deal in netting.deals() if deal.order == ticket] == entries


def test_where_positions_net_an_order_of_the_same_side_adds_to_it(netting: Desk) -> None:
    opened = netting.send(volume=0.1).order
    place(netting, BUY_LIMIT, volume=0.1)
    move_to(netting, 1.3849)
    (position,) = netting.positions()
    assert (position.ticket, position.volume) == (opened, 0.2)
    assert position.price_open == pytest.approx((1.3861 + 1.385) / 2)


@pytest.mark.parametrize("named", [True, False], ids=["position named", "symbol alone"])
def test_where_positions_net_stops_are_moved_by_symbol(netting: Desk, named: bool) -> None:
    ticket = netting.send().order if named else (netting.send(), 0)[1]
    fields = {"action": TradeAction.SLTP, "symbol": "EURUSD", "volume": 0.0, "position": ticket}
    assert netting.send(**fields, sl=1.38, tp=1.4).retcode == Retcode.DONE
    assert [(p.sl, p.tp) for p in netting.positions()] == [(1.38, 1.4)]
    assert netting.send(**fields, sl=1.38, tp=1.4).retcode == Retcode.NO_CHANGES
    assert netting.send(**fields, sl=1.4).retcode == Retcode.INVALID_STOPS
    assert netting.send(**fields).retcode == Retcode.DONE
    assert [(p.sl, p.tp) for p in netting.positions()] == [(0.0, 0.0)]


def test_where_positions_net_a_symbol_without_one_has_no_stops_to_move(netting: Desk) -> None:
    fields = {"action": TradeAction.SLTP, "symbol": "EURUSD", "volume": 0.0}
    assert netting.send(**fields, sl=1.38).retcode == Retcode.POSITION_CLOSED


def test_an_order_filled_in_part_waits_on_beside_its_position(desk: Desk) -> None:
    settle_on(desk, routing=Routing(first_part=0.4))
    ticket = place(desk, BUY_LIMIT, volume=1.0).order
    move_to(desk, 1.3849)
    (order,), (position,) = waiting(desk), desk.positions()
    assert (order.ticket, order.state, order.volume_current) == (ticket, OrderState.PARTIAL, 0.6)
    assert (position.ticket, position.volume) == (ticket, 0.4)
    move_to(desk, 1.386)
    assert len(waiting(desk)) == 1, "the market is away again"
    move_to(desk, 1.3849)
    assert waiting(desk) == []
    assert [(p.ticket, p.volume) for p in desk.positions()] == [(ticket, 1.0)]
    assert past(desk, ticket).state == OrderState.FILLED


def test_an_order_that_takes_what_is_there_is_cancelled_for_the_rest(desk: Desk) -> None:
    settle_on(desk, routing=Routing(first_part=0.4))
    ticket = place(desk, BUY_LIMIT, volume=1.0, type_filling=Filling.IOC).order
    move_to(desk, 1.3849)
    order = past(desk, ticket)
    assert (order.state, order.volume_current) == (OrderState.CANCELED, 0.6)
    assert ([p.volume for p in desk.positions()], waiting(desk)) == ([0.4], [])


def test_the_rest_of_an_order_filled_in_part_can_be_withdrawn(desk: Desk) -> None:
    settle_on(desk, routing=Routing(first_part=0.4))
    ticket = place(desk, BUY_LIMIT, volume=1.0).order
    move_to(desk, 1.3849)
    move_to(desk, 1.386)
    assert modify(desk, ticket, price=1.384).retcode == Retcode.DONE
    assert waiting(desk)[0].state == OrderState.PARTIAL
    assert remove(desk, ticket).retcode == Retcode.DONE
    assert (past(desk, ticket).state, len(desk.positions())) == (OrderState.CANCELED, 1)


@pytest.mark.parametrize("first_part", [0.0, 0.4], ids=["passed on", "filled in part"])
def test_a_late_rest_of_a_limit_waits_for_its_price(desk: Desk, first_part: float) -> None:
    settle_on(desk, routing=Routing(first_part=first_part, rest_after_ms=1_000))
    ticket = place(desk, BUY_LIMIT, volume=1.0).order
    move_to(desk, 1.3849)
    move_to(desk, 1.3849)
    assert waiting(desk)[0].volume_current == 1.0 - first_part
    desk.later(1_000)
    move_to(desk, 1.386)
    desk.world.on_clock(desk.utc_ms)
    assert len(waiting(desk)) == 1, "the price is away when its time comes"
    move_to(desk, 1.3848)
    desk.world.on_clock(desk.utc_ms)
    (position,) = desk.positions()
    assert (waiting(desk), position.ticket, position.volume) == ([], ticket, 1.0)
    assert desk.deals(ticket)[-1].price == 1.3849


def test_a_rest_whose_time_is_over_is_not_filled_late(desk: Desk) -> None:
    settle_on(desk, routing=Routing(first_part=0.4, rest_after_ms=1_000))
    ticket = place(desk, BUY_LIMIT, volume=1.0, type_time=TimeInForce.DAY).order
    move_to(desk, 1.3849)
    desk.later(24 * HOUR_MS)
    desk.world.on_clock(desk.utc_ms)
    assert (past(desk, ticket).state, past(desk, ticket).volume_current) == (
        OrderState.EXPIRED, 0.6,
    )  # fmt: skip
    assert [position.volume for position in desk.positions()] == [0.4]


def test_a_broker_that_passes_orders_on_says_placed(desk: Desk) -> None:
    settle_on(desk, routing=Routing(first_part=0.0, rest_after_ms=1_000))
    answer = place(desk)
    assert (answer.retcode, answer.comment) == (Retcode.PLACED, "Order placed")
    assert (answer.deal, answer.volume, answer.price) == (0, 0.1, 0.0)
    assert [order.ticket for order in waiting(desk)] == [answer.order]


def test_tickets_given_after_a_late_order_survive_a_restart(desk: Desk) -> None:
    settle_on(desk, routing=Routing(first_part=0.0, rest_after_ms=1_000))
    place(desk, BUY_LIMIT)
    newest = place(desk, SELL_LIMIT).order
    move_to(desk, 1.3849)
    desk.restart()
    assert place(desk, SELL_LIMIT).order > newest


def test_nothing_is_set_off_while_the_session_is_over(desk: Desk) -> None:
    offer(desk, sessions=weekdays((0, at(16))))
    ticket = place(desk, BUY_LIMIT).order
    held = desk.send(sl=1.3855).order
    desk.later(HOUR_MS)
    move_to(desk, 1.3849)
    assert ([p.ticket for p in desk.positions()], len(waiting(desk))) == ([held], 1)
    desk.later(3 * 24 * HOUR_MS - HOUR_MS)
    move_to(desk, 1.3840)
    assert ([p.ticket for p in desk.positions()], waiting(desk)) == ([ticket], [])
    assert desk.positions()[0].price_open == 1.3841
    assert desk.deals(held)[-1].price == 1.384


def test_where_hedging_is_forbidden_no_order_opens_the_other_side(desk: Desk) -> None:
    settle_on(desk, hedging_allowed=False)
    ticket = place(desk, SELL_LIMIT).order
    held = desk.send().order
    move_to(desk, 1.387)
    assert [p.ticket for p in desk.positions()] == [held]
    assert past(desk, ticket).state == OrderState.REJECTED


def test_nothing_is_set_off_before_its_money_can_be_counted(open_desk: OpenDesk) -> None:
    desk = open_desk(currency="EUR")
    gold = {"symbol": "XAUUSD", "volume": 0.1}
    ticket = place(desk, BUY_LIMIT, **gold, price=1280.0).order
    held = desk.send(**gold, sl=1281.0).order
    quotes = desk.session.house.market.quotes
    rate = quotes.pop("EURUSD")
    desk.quote("XAUUSD", 1279.0, 1279.3)
    assert ([p.ticket for p in desk.positions()], len(waiting(desk))) == ([held], 1)
    quotes["EURUSD"] = rate
    desk.quote("XAUUSD", 1279.0, 1279.3)
    assert ([p.ticket for p in desk.positions()], waiting(desk)) == ([ticket], [])
    assert desk.deals(held)[-1].profit < 0


def test_a_late_fill_waits_until_its_money_can_be_counted(open_desk: OpenDesk) -> None:
    desk = open_desk(currency="EUR")
    settle_on(desk, routing=Routing(first_part=0.0, rest_after_ms=0))
    place(desk, BUY_LIMIT, symbol="XAUUSD", volume=0.1, price=1280.0)
    desk.quote("XAUUSD", 1279.0, 1279.3)
    quotes = desk.session.house.market.quotes
    rate = quotes.pop("EURUSD")
    desk.world.on_clock(desk.utc_ms)
    assert desk.positions() == []
    quotes["EURUSD"] = rate
    desk.world.on_clock(desk.utc_ms)
    assert len(desk.positions()) == 1


@pytest.fixture
def traded(desk: Desk) -> Desk:
    """A desk where EURUSD has last prices."""
    quotes = desk.session.house.market.quotes
    quotes["EURUSD"] = Quote(1.386, 1.3861, quotes["EURUSD"].time_msc, has_trades=True)
    return desk


def last(desk: Desk) -> float:
    return desk.session.house.market.quotes["EURUSD"].last


def test_where_there_are_last_prices_orders_wait_for_those(traded: Desk) -> None:
    ticket = place(traded, BUY_LIMIT, price=1.3855).order
    move_to(traded, 1.3858)
    assert last(traded) == 1.3858, "the market fell: somebody sold at the bid"
    traded.quote("EURUSD", 1.3855, 1.3857)
    assert last(traded) == 1.3855
    (position,) = traded.positions()
    assert (position.ticket, position.price_open) == (ticket, 1.3855), "a limit at its own price"


def test_where_there_are_last_prices_stops_wait_for_those(traded: Desk) -> None:
    ticket = traded.send(sl=1.3855).order
    traded.quote("EURUSD", 1.3854, 1.3868)
    assert last(traded) == 1.3868
    assert len(traded.positions()) == 1, "the bid is beyond the stop, but nobody traded there"
    traded.quote("EURUSD", 1.3855, 1.3856)
    assert traded.positions() == []
    leaving = traded.deals(ticket)[-1]
    assert (leaving.reason, leaving.price) == (Reason.SL, 1.3855)
