"""Near its price, an order or a position is frozen: it can be neither changed nor closed."""

from typing import Any

import pytest

from domain.mt5_words import OrderType, Retcode, TradeAction
from tests.unit.paper.desk import Desk
from tests.unit.paper.waiting_orders import PRICES, modify, move_to, offer, place, remove, waiting

BUY_LIMIT, SELL_LIMIT = OrderType.BUY_LIMIT, OrderType.SELL_LIMIT
BUY_STOP, SELL_STOP = OrderType.BUY_STOP, OrderType.SELL_STOP
FREE, FROZEN = Retcode.DONE, Retcode.FROZEN


@pytest.mark.parametrize(
    ("kind", "bid", "retcode"),
    [
        pytest.param(BUY_LIMIT, 1.38540, FREE, id="buy limit, ask 50 above"),
        pytest.param(BUY_LIMIT, 1.38539, FROZEN, id="buy limit, ask 49 above"),
        pytest.param(SELL_LIMIT, 1.38650, FREE, id="sell limit, bid 50 below"),
        pytest.param(SELL_LIMIT, 1.38651, FROZEN, id="sell limit, bid 49 below"),
        pytest.param(BUY_STOP, 1.38640, FREE, id="buy stop, ask 50 below"),
        pytest.param(BUY_STOP, 1.38641, FROZEN, id="buy stop, ask 49 below"),
        pytest.param(SELL_STOP, 1.38550, FREE, id="sell stop, bid 50 above"),
        pytest.param(SELL_STOP, 1.38549, FROZEN, id="sell stop, bid 49 above"),
        pytest.param(OrderType.BUY_STOP_LIMIT, 1.38641, FROZEN, id="buy stop-limit, ask near"),
    ],
)
def test_an_order_near_its_price_is_neither_changed_nor_withdrawn(
    desk: Desk, kind: int, bid: float, retcode: int
) -> None:
    offer(desk, freeze_level_points=50)
    ticket = place(desk, kind).order
    move_to(desk, bid)
    sl = 1.5 if kind & 1 else 1.2
    answer = modify(desk, ticket, **PRICES[kind], sl=sl)
    assert (answer.retcode, answer.order) == (retcode, ticket if retcode == FREE else 0)
    assert remove(desk, ticket).retcode == retcode
    assert len(waiting(desk)) == (retcode == FROZEN)


@pytest.mark.parametrize(
    ("side", "stops", "bid", "retcode"),
    [
        pytest.param(0, {"sl": 1.385}, 1.38550, FREE, id="buy, bid 50 above its stop"),
        pytest.param(0, {"sl": 1.385}, 1.38549, FROZEN, id="buy, bid 49 above its stop"),
        pytest.param(0, {"tp": 1.387}, 1.38650, FREE, id="buy, bid 50 below its target"),
        pytest.param(0, {"tp": 1.387}, 1.38651, FROZEN, id="buy, bid 49 below its target"),
        pytest.param(1, {"sl": 1.387}, 1.38640, FREE, id="sell, ask 50 below its stop"),
        pytest.param(1, {"sl": 1.387}, 1.38641, FROZEN, id="sell, ask 49 below its stop"),
        pytest.param(1, {"tp": 1.385}, 1.38539, FROZEN, id="sell, ask 49 above its target"),
        pytest.param(0, {}, 1.38549, FREE, id="no stops"),
    ],
)
def test_a_position_near_its_stops_is_neither_changed_nor_closed(
    desk: Desk, side: int, stops: dict[str, float], bid: float, retcode: int
) -> None:
    ticket = desk.send(type=side, **stops).order
    offer(desk, freeze_level_points=50)
    move_to(desk, bid)
    far = (1.3, 1.5) if side == 0 else (1.5, 1.3)
    assert desk.stops(ticket, *far).retcode == retcode
    assert desk.send(type=1 - side, position=ticket, volume=0.05).retcode == (
        FROZEN if retcode == FROZEN else FREE
    )
    assert desk.positions()[0].volume == (0.1 if retcode == FROZEN else 0.05)


@pytest.mark.parametrize("change", [modify, remove], ids=["modify", "remove"])
def test_without_a_freeze_level_nothing_freezes(desk: Desk, change: Any) -> None:
    ticket = place(desk).order
    move_to(desk, 1.38491)
    fields = {"price": 1.384} if change is modify else {}
    assert change(desk, ticket, **fields).retcode == FREE


def test_a_frozen_answer_was_given_by_the_server(desk: Desk) -> None:
    offer(desk, freeze_level_points=500)
    answer = remove(desk, place(desk).order)
    assert (answer.retcode, answer.order, answer.volume, answer.bid) == (FROZEN, 0, 0.0, 0.0)
    assert answer.request_id > 0


def test_a_frozen_order_is_still_set_off(desk: Desk) -> None:
    offer(desk, freeze_level_points=50)
    ticket = place(desk).order
    move_to(desk, 1.38490)
    assert [p.ticket for p in desk.positions()] == [ticket]


def test_two_positions_close_each_other_only_if_neither_is_frozen(desk: Desk) -> None:
    plain, guarded = desk.send().order, desk.send(type=OrderType.SELL, sl=1.387).order
    offer(desk, freeze_level_points=50)
    fields = {"action": TradeAction.CLOSE_BY, "symbol": "", "volume": 0.0}
    move_to(desk, 1.38641)
    assert desk.send(**fields, position=plain, position_by=guarded).retcode == FROZEN
    assert desk.send(**fields, position=guarded, position_by=plain).retcode == FROZEN
    move_to(desk, 1.386)
    assert desk.send(**fields, position=plain, position_by=guarded).retcode == FREE


@pytest.mark.parametrize(("level_points", "retcode"), [(0, FREE), (50, FROZEN)])
def test_without_a_quote_only_what_can_never_freeze_is_withdrawn(
    desk: Desk, level_points: int, retcode: int
) -> None:
    offer(desk, freeze_level_points=level_points)
    ticket = place(desk).order
    desk.session.house.market.quotes.clear()
    assert [order.price_current for order in waiting(desk)] == [1.3861]
    assert remove(desk, ticket).retcode == retcode
