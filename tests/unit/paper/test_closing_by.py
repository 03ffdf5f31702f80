"""Two opposite positions that close each other."""

from typing import Any

import pytest

from domain.mt5_words import DealEntry, OrderMode, OrderState, OrderType, Reason, Retcode
from tests.unit.paper.desk import Desk

SELL = OrderType.SELL


def bought_and_sold(desk: Desk, bought: float, sold: float) -> tuple[int, int]:
    """A buy at 1.3861 and a sell at 1.3880."""
    buy = desk.send(volume=bought).order
    desk.quote("EURUSD", 1.38800, 1.38810)
    return buy, desk.send(volume=sold, type=SELL).order


def test_equal_positions_both_go_at_the_opening_price_of_the_second(desk: Desk) -> None:
    buy, sell = bought_and_sold(desk, 0.2, 0.2)
    answer = desk.close_by(buy, sell)
    first, second = desk.deals()[-2:]
    order = desk.orders()[-1]

    assert desk.positions() == []
    assert (answer.retcode, answer.deal, answer.order) == (Retcode.DONE, first.ticket, order.ticket)
    assert (answer.volume, answer.price) == (0.2, 1.388)
    assert answer.request_id > 0
    assert (order.type, order.state, order.reason) == (8, OrderState.FILLED, Reason.EXPERT)
    assert (order.position_id, order.position_by_id) == (buy, sell)
    assert (order.volume_initial, order.volume_current) == (0.2, 0.0)
    assert [deal.entry for deal in (first, second)] == [DealEntry.OUT_BY, DealEntry.OUT_BY]
    assert [deal.position_id for deal in (first, second)] == [buy, sell]
    assert [deal.type for deal in (first, second)] == [SELL, OrderType.BUY]
    assert [deal.profit for deal in (first, second)] == [38.0, 0.0], "no spread is paid"
    assert [deal.order for deal in (first, second)] == [order.ticket, order.ticket]


@pytest.mark.parametrize(
    ("bought", "sold", "left"),
    [
        pytest.param(0.3, 0.1, (0, 0.2), id="the buy is larger"),
        pytest.param(0.1, 0.3, (1, 0.2), id="the sell is larger"),
    ],
)
def test_the_larger_position_keeps_the_rest_under_its_ticket(
    desk: Desk, bought: float, sold: float, left: tuple[int, float]
) -> None:
    tickets = bought_and_sold(desk, bought, sold)
    desk.later(4_000)
    desk.close_by(*tickets)
    (position,) = desk.positions()

    assert (position.ticket, position.volume) == (tickets[left[0]], left[1])
    assert position.time_update_msc == position.time_msc + 4_000
    assert desk.deals()[-2].profit == 19.0, "of 0.1 lots"


@pytest.mark.parametrize(
    ("fields", "retcode"),
    [
        pytest.param({"position_by": 5}, Retcode.POSITION_CLOSED, id="the second is gone"),
        pytest.param({"position": 5}, Retcode.POSITION_CLOSED, id="the first is gone"),
        pytest.param({"symbol": "XAUUSD"}, Retcode.INVALID, id="another symbol named"),
        pytest.param({"symbol": "EURUSD"}, Retcode.DONE, id="their symbol named"),
    ],
)
def test_what_is_named_must_be_there_and_fit(
    desk: Desk, fields: dict[str, Any], retcode: int
) -> None:
    buy, sell = bought_and_sold(desk, 0.1, 0.1)
    usual = {"ticket": buy, "against": sell}
    renamed = {"position": "ticket", "position_by": "against"}
    given = {renamed.get(name, name): value for name, value in fields.items()}

    assert desk.close_by(**{**usual, **given}).retcode == retcode


@pytest.mark.parametrize(
    "second",
    [
        pytest.param({}, id="the same side"),
        pytest.param({"symbol": "XAUUSD", "type": SELL}, id="another symbol"),
    ],
)
def test_only_opposite_positions_of_one_symbol_close_each_other(
    desk: Desk, second: dict[str, Any]
) -> None:
    first = desk.send().order

    assert desk.close_by(first, desk.send(**second).order).retcode == Retcode.INVALID
    assert desk.close_by(first, first).retcode == Retcode.INVALID
    assert len(desk.positions()) == 2


def test_a_symbol_may_not_offer_it(desk: Desk) -> None:
    tickets = bought_and_sold(desk, 0.1, 0.1)
    desk.resell("EURUSD", order_mode=127 & ~OrderMode.CLOSE_BY)

    assert desk.close_by(*tickets).retcode == Retcode.INVALID_ORDER


def test_a_position_that_is_being_closed_is_left_alone(desk: Desk) -> None:
    buy, sell = bought_and_sold(desk, 0.2, 0.2)
    desk.route(0.0, rest_after_ms=1_000)
    desk.close(buy, 0.1)

    assert desk.close_by(buy, sell).retcode == Retcode.CLOSE_ORDER_EXIST
    assert desk.close_by(sell, buy).retcode == Retcode.CLOSE_ORDER_EXIST


def test_a_closed_market_closes_nothing(desk: Desk) -> None:
    tickets = bought_and_sold(desk, 0.1, 0.1)
    desk.world.close_market()

    assert desk.close_by(*tickets).retcode == Retcode.MARKET_CLOSED
