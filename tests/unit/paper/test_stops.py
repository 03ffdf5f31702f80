"""Stop loss and take profit of positions: set, moved, taken away, refused."""

from collections.abc import Callable

import pytest

from domain.mt5_words import OrderMode, OrderType, Retcode, TradeAction
from tests.unit.paper.desk import Desk
from tests.unit.paper.waiting_orders import modify, offer, place


@pytest.mark.parametrize(
    ("side", "sl", "tp", "retcode"),
    [
        pytest.param(0, 1.38599, 1.38601, 10009, id="buy, a point from the bid"),
        pytest.param(0, 1.38600, 0.0, 10016, id="buy, stop at the bid"),
        pytest.param(0, 0.0, 1.38600, 10016, id="buy, target at the bid"),
        pytest.param(0, 1.38605, 0.0, 10016, id="buy, stop between bid and ask"),
        pytest.param(1, 1.38611, 1.38609, 10009, id="sell, a point from the ask"),
        pytest.param(1, 1.38610, 0.0, 10016, id="sell, stop at the ask"),
        pytest.param(1, 0.0, 1.38610, 10016, id="sell, target at the ask"),
        pytest.param(0, 1.385001234, 0.0, 10015, id="off the grid"),
        pytest.param(0, 0.0, 0.0, 10025, id="as it is"),
        pytest.param(0, -1.0, 0.0, 10013, id="below zero"),
    ],
)
def test_stops_belong_on_their_sides_of_the_closing_price(
    desk: Desk, side: int, sl: float, tp: float, retcode: int
) -> None:
    assert desk.stops(desk.send(type=side).order, sl, tp).retcode == retcode


@pytest.mark.parametrize(("sl", "retcode"), [(1.38550, 10009), (1.38551, 10016)])
def test_the_stops_level_keeps_stops_away(desk: Desk, sl: float, retcode: int) -> None:
    offer(desk, stops_level_points=50)
    assert desk.stops(desk.send().order, sl=sl).retcode == retcode
    assert desk.send(sl=sl).retcode == retcode


@pytest.mark.parametrize("dust", [0.0, 1e-9, -1e-9])
def test_a_floats_dust_is_no_change(desk: Desk, dust: float) -> None:
    ticket = desk.send(sl=1.38, tp=1.4).order
    assert desk.stops(ticket, sl=1.38 + dust, tp=1.4 - dust).retcode == Retcode.NO_CHANGES


def test_a_change_of_stops_needs_no_symbol_but_no_other_one(desk: Desk) -> None:
    ticket = desk.send().order
    fields = {"action": TradeAction.SLTP, "position": ticket, "volume": 0.0}
    assert desk.send(**fields, symbol="", sl=1.38).retcode == Retcode.DONE
    assert desk.send(**fields, symbol="EURUSD", sl=1.37).retcode == Retcode.DONE
    assert desk.send(**fields, symbol="XAUUSD", sl=1.36).retcode == Retcode.INVALID


def test_a_change_of_stops_answers_without_ticket_volume_or_price(desk: Desk) -> None:
    answer = desk.stops(desk.send().order, sl=1.38)
    assert (answer.deal, answer.order, answer.volume, answer.price) == (0, 0, 0.0, 0.0)
    assert (answer.bid, answer.ask, answer.comment) == (0.0, 0.0, "Request executed")
    assert answer.request_id > 0


def test_stops_of_a_closed_position_are_refused(desk: Desk) -> None:
    ticket = desk.send().order
    desk.close(ticket, 0.1)
    assert desk.stops(ticket, sl=1.38).retcode == Retcode.POSITION_CLOSED


@pytest.mark.parametrize(
    ("mode", "stop"), [(OrderMode.SL, {"sl": 1.38}), (OrderMode.TP, {"tp": 1.4})], ids=["sl", "tp"]
)
def test_stops_the_symbol_does_not_offer_are_refused_everywhere(
    desk: Desk, mode: OrderMode, stop: dict[str, float]
) -> None:
    position, waiting = desk.send().order, place(desk, OrderType.BUY_LIMIT).order
    offer(desk, order_mode=127 & ~mode)
    refused = [
        desk.send(**stop),
        desk.stops(position, **stop),
        place(desk, OrderType.BUY_LIMIT, **stop),
        modify(desk, waiting, price=1.385, **stop),
    ]
    assert {answer.retcode for answer in refused} == {Retcode.INVALID_ORDER}
    assert desk.send().retcode == Retcode.DONE


def test_a_stop_out_waits_until_its_money_can_be_counted(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(currency="EUR", deposit=1_500.0)
    desk.send(volume=1.0)
    gold = desk.send(symbol="XAUUSD", volume=0.01).order
    desk.world.book("terminal-1", "charge", -1_300.0, "", desk.utc_ms)
    quotes = desk.session.house.market.quotes
    rate = quotes.pop("EURUSD")
    desk.world.on_clock(desk.utc_ms)
    assert len(desk.positions()) == 2
    quotes["EURUSD"] = rate
    desk.world.on_clock(desk.utc_ms)
    assert [position.ticket for position in desk.positions()] == [gold]
