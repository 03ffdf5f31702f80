"""Market orders that are filled in part, later, or never."""

from collections.abc import Callable

import pytest

from domain.mt5_words import DealEntry, Filling, OrderState, OrderType, Retcode, TradeAction
from tests.unit.paper.desk import KEY, Desk

OpenDesk = Callable[..., Desk]
BUY, SELL = OrderType.BUY, OrderType.SELL


def test_an_order_only_passed_on_waits_under_its_ticket(desk: Desk) -> None:
    desk.route(0.0, rest_after_ms=1_000)
    answer = desk.send()
    (order,) = desk.waiting()

    assert (answer.retcode, answer.deal, answer.comment) == (Retcode.PLACED, 0, "Order placed")
    assert (answer.volume, answer.price, answer.order) == (0.1, 0.0, order.ticket)
    assert (order.state, order.volume_current, order.type) == (OrderState.PLACED, 0.1, BUY)
    assert (desk.positions(), desk.orders(), len(desk.deals())) == ([], [], 1)


def test_it_is_filled_at_the_price_of_its_time(desk: Desk) -> None:
    desk.route(0.0, rest_after_ms=1_000)
    ticket = desk.send().order
    desk.clock(999)
    assert desk.positions() == []

    desk.quote("EURUSD", 1.39000, 1.39010)
    desk.clock(1)
    (position,) = desk.positions()
    (order,) = desk.orders()
    assert (position.ticket, position.price_open) == (ticket, 1.3901)
    assert (order.ticket, order.state, order.volume_current) == (ticket, OrderState.FILLED, 0.0)
    assert order.time_done_msc == order.time_setup_msc + 1_000
    assert desk.waiting() == []


def test_it_is_filled_after_a_restart_too(desk: Desk) -> None:
    desk.route(0.0, rest_after_ms=1_000)
    ticket = desk.send().order
    desk.restart()
    assert [order.ticket for order in desk.waiting()] == [ticket]

    desk.clock(1_000)
    desk.restart()
    assert [position.ticket for position in desk.positions()] == [ticket]
    assert desk.waiting() == []


def test_one_that_waits_in_vain_is_cancelled(desk: Desk) -> None:
    desk.route(0.0)
    ticket = desk.send().order
    assert [order.ticket for order in desk.waiting()] == [ticket]

    desk.clock(0)
    (order,) = desk.orders()
    assert (order.state, order.volume_current) == (OrderState.CANCELED, 0.1)
    assert (desk.waiting(), desk.positions(), len(desk.deals())) == ([], [], 1)


def test_a_part_is_answered_as_a_part_and_the_rest_cancelled(desk: Desk) -> None:
    desk.route(0.5)
    answer = desk.send(volume=0.3)
    (position,) = desk.positions()
    (order,) = desk.orders()

    assert (answer.retcode, answer.volume, answer.price) == (Retcode.DONE_PARTIAL, 0.15, 1.3861)
    assert answer.deal == desk.deals()[-1].ticket
    assert position.volume == 0.15
    assert (order.state, order.volume_initial, order.volume_current) == (
        OrderState.CANCELED,
        0.3,
        0.15,
    )
    assert desk.waiting() == []


def test_a_rest_waits_and_joins_the_position(desk: Desk) -> None:
    desk.route(0.5, rest_after_ms=1_000)
    answer = desk.send(volume=0.2)
    (order,) = desk.waiting()
    assert (order.state, order.volume_current, order.position_id) == (
        OrderState.PARTIAL,
        0.1,
        answer.order,
    )

    desk.quote("EURUSD", 1.38700, 1.38710)
    desk.clock(1_000)
    (position,) = desk.positions()
    deals = desk.deals(answer.order)
    assert (position.ticket, position.volume) == (answer.order, 0.2)
    assert position.price_open == pytest.approx(1.3866)
    assert [(deal.entry, deal.volume) for deal in deals] == [(DealEntry.IN, 0.1)] * 2
    assert {deal.order for deal in deals} == {answer.order}
    assert desk.ask("history_deals_get", "ticket", [answer.order]) == desk.ask(
        "history_deals_get", "position", [answer.order]
    )


@pytest.mark.parametrize(
    ("share", "volume", "filled"),
    [
        pytest.param(0.5, 0.01, 0.01, id="the smallest volume is whole"),
        pytest.param(0.001, 0.5, 0.01, id="never nothing"),
        pytest.param(0.33, 0.1, 0.03, id="cut to the step"),
        pytest.param(0.3, 0.1, 0.03, id="whatever floats say"),
    ],
)
def test_parts_are_on_the_grid(desk: Desk, share: float, volume: float, filled: float) -> None:
    desk.route(share)
    answer = desk.send(volume=volume)

    whole = filled == volume
    assert answer.volume == filled
    assert answer.retcode == (Retcode.DONE if whole else Retcode.DONE_PARTIAL)


@pytest.mark.parametrize(
    ("share", "retcode"),
    [
        pytest.param(0.5, Retcode.REJECT, id="a part is refused"),
        pytest.param(0.0, Retcode.PLACED, id="whole, later, is taken"),
        pytest.param(1.0, Retcode.DONE, id="whole, at once, is taken"),
    ],
)
def test_fill_or_kill_takes_no_part(open_desk: OpenDesk, share: float, retcode: int) -> None:
    desk = open_desk("Apex-Demo")
    desk.route(share, rest_after_ms=1_000)
    answer = desk.send(symbol="EURUSD.c", type_filling=Filling.FOK)

    assert answer.retcode == retcode
    assert (len(desk.orders()), len(desk.waiting())) == (
        int(retcode == Retcode.DONE),
        int(retcode == Retcode.PLACED),
    )


def test_a_late_close_closes(desk: Desk) -> None:
    opened = desk.send(volume=0.3)
    desk.route(0.0, rest_after_ms=1_000)
    closing = desk.close(opened.order, 0.2)
    assert [order.position_id for order in desk.waiting()] == [opened.order]

    desk.clock(1_000)
    assert desk.positions()[0].volume == 0.1
    assert desk.deals(opened.order)[-1].order == closing.order


@pytest.mark.parametrize(
    ("share", "state"), [(0.0, OrderState.PLACED), (0.5, OrderState.PARTIAL)], ids=["all", "rest"]
)
def test_what_is_not_filled_yet_can_be_withdrawn(
    desk: Desk, share: float, state: OrderState
) -> None:
    desk.resell("EURUSD", freeze_level_points=900)
    desk.route(share, rest_after_ms=900)
    ticket = desk.send(volume=0.4).order
    (waiting,) = desk.waiting()
    assert waiting.state == state

    answer = desk.send(action=TradeAction.REMOVE, order=ticket, symbol="", volume=0.0)

    assert (answer.retcode, answer.order) == (Retcode.DONE, ticket)
    desk.clock(1_000)
    desk.restart()
    desk.clock(1_000)
    assert desk.waiting() == []
    assert [(o.state, o.volume_current) for o in desk.orders()] == [
        (OrderState.CANCELED, round(0.4 * (1 - share), 2))
    ]
    assert [position.volume for position in desk.positions()] == ([0.2] if share else [])


def test_what_is_not_filled_yet_cannot_be_changed(desk: Desk) -> None:
    desk.route(0.0, rest_after_ms=900)
    ticket = desk.send().order

    answer = desk.send(action=TradeAction.MODIFY, order=ticket, symbol="", price=1.3)

    assert answer.retcode == Retcode.INVALID


def test_closing_orders_on_their_way_count_against_the_position(desk: Desk) -> None:
    opened = desk.send(volume=0.3)
    desk.route(0.0, rest_after_ms=1_000)
    desk.close(opened.order, 0.2)

    assert desk.close(opened.order, 0.2).retcode == Retcode.CLOSE_ORDER_EXIST
    assert desk.close(opened.order, 0.4).retcode == Retcode.INVALID_CLOSE_VOLUME
    assert desk.close(opened.order, 0.1).retcode == Retcode.PLACED


def test_a_late_close_of_what_is_gone_is_cancelled(desk: Desk) -> None:
    opened = desk.send(volume=0.1, sl=1.38)
    desk.route(0.0, rest_after_ms=1_000)
    closing = desk.close(opened.order, 0.1)
    desk.quote("EURUSD", 1.37900, 1.37910)
    assert desk.positions() == [], "its stop loss came first"

    desk.clock(1_000)
    assert (desk.positions(), desk.waiting()) == ([], [])
    assert [o.state for o in desk.orders() if o.ticket == closing.order] == [OrderState.CANCELED]


def test_a_late_close_takes_what_a_close_by_has_left(desk: Desk) -> None:
    buy = desk.send(volume=0.3).order
    sell = desk.send(volume=0.1, type=SELL).order
    desk.route(0.0, rest_after_ms=1_000)
    closing = desk.close(buy, 0.2)
    assert desk.close_by(buy, sell).retcode == Retcode.DONE
    account = desk.session.account
    assert account.positions[buy].volume == 0.2
    desk.route(1.0)

    desk.clock(1_000)
    assert desk.positions() == []
    assert [o.state for o in desk.orders() if o.ticket == closing.order] == [OrderState.FILLED]


def test_nothing_is_filled_while_the_market_is_closed(desk: Desk) -> None:
    desk.route(0.0, rest_after_ms=1_000)
    desk.send()
    desk.world.close_market()
    desk.clock(5_000)

    assert (len(desk.waiting()), desk.positions()) == (1, [])


def test_positions_are_listed_by_ticket_whenever_they_were_filled(desk: Desk) -> None:
    desk.route(0.0, rest_after_ms=1_000)
    early = desk.send().order
    desk.route(1.0)
    late = desk.send().order
    desk.clock(1_000)
    assert [position.ticket for position in desk.positions()] == [early, late]
    assert [order.ticket for order in desk.orders()] == [late, early], "by when they were done"

    before = (desk.positions(), desk.orders(), desk.deals())
    desk.restart()
    assert (desk.positions(), desk.orders(), desk.deals()) == before


@pytest.mark.parametrize(
    ("share", "retcode"), [(1.0, Retcode.DONE), (0.5, Retcode.DONE_PARTIAL), (0.0, Retcode.PLACED)]
)
def test_a_broker_that_shows_no_prices_shows_none(desk: Desk, share: float, retcode: int) -> None:
    desk.habits(shows_fill_price=False)
    desk.route(share)
    desk.habits(shows_fill_price=False)
    answer = desk.send()

    assert answer.retcode == retcode
    assert (answer.price, answer.bid, answer.ask) == (0.0, 0.0, 0.0)
    assert all(deal.price == 1.3861 for deal in desk.deals()[1:]), "the deal knows it"


def test_the_deals_of_an_order_that_still_waits_can_be_asked_for(desk: Desk) -> None:
    desk.route(0.5, rest_after_ms=1_000)
    answer = desk.send(volume=0.2)

    assert [row[0] for row in desk.ask("history_deals_get", "ticket", [answer.order])] == [
        answer.deal
    ]


def test_a_late_fill_the_account_no_longer_carries_is_rejected(open_desk: OpenDesk) -> None:
    desk = open_desk(deposit=2_000.0)
    desk.route(0.0, rest_after_ms=1_000)
    desk.send(volume=1.0)
    desk.send(volume=1.0)
    desk.clock(1_000)

    assert [position.volume for position in desk.positions()] == [1.0]
    assert [order.state for order in desk.orders()] == [OrderState.FILLED, OrderState.REJECTED]


def test_credit_carries_a_late_fill(open_desk: OpenDesk) -> None:
    desk = open_desk(deposit=100.0)
    desk.world.book(KEY, "credit", 2_000.0, "Bonus", desk.utc_ms)
    desk.route(0.0, rest_after_ms=1_000)
    desk.send(volume=1.0)
    desk.clock(1_000)

    assert len(desk.positions()) == 1


def test_a_part_of_a_close_closes_a_part(desk: Desk) -> None:
    opened = desk.send(volume=0.4)
    desk.route(0.5)
    answer = desk.close(opened.order, 0.2)

    assert (answer.retcode, answer.volume) == (Retcode.DONE_PARTIAL, 0.1)
    assert desk.positions()[0].volume == 0.3
    assert desk.orders()[-1].state == OrderState.CANCELED
    assert desk.close(opened.order, 0.2).volume == 0.1, "nobody else closes any more"


def test_the_rest_of_a_close_closes_the_rest(desk: Desk) -> None:
    opened = desk.send(volume=0.4)
    desk.route(0.5, rest_after_ms=1_000)
    closing = desk.close(opened.order, 0.4)
    assert desk.close(opened.order, 0.1).retcode == Retcode.CLOSE_ORDER_EXIST

    desk.clock(1_000)
    assert desk.positions() == []
    assert [(d.order, d.volume) for d in desk.deals(opened.order)[1:]] == [(closing.order, 0.2)] * 2
