"""What a tick makes of orders that wait for it."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.mt5_words import DealEntry, OrderState, OrderType, Reason, Retcode
from paper.service.world import MissingFeedError, Wish, World
from tests.unit.paper.desk import NOON_UTC_MS, Desk
from tests.unit.paper.waiting_orders import KINDS, modify, move_to, past, place, remove, waiting

OpenDesk = Callable[..., Desk]
SERVER_MS = NOON_UTC_MS + 3 * 3_600_000
BUY_LIMIT, SELL_LIMIT = OrderType.BUY_LIMIT, OrderType.SELL_LIMIT
BUY_STOP, SELL_STOP = OrderType.BUY_STOP, OrderType.SELL_STOP
BUY_STOP_LIMIT, SELL_STOP_LIMIT = OrderType.BUY_STOP_LIMIT, OrderType.SELL_STOP_LIMIT
PIP = 0.0001


@pytest.mark.parametrize(
    ("kind", "bid_before", "bid_at", "price"),
    [
        pytest.param(BUY_LIMIT, 1.38491, 1.38490, 1.38500, id="buy limit, ask falls to it"),
        pytest.param(BUY_LIMIT, 1.38491, 1.38400, 1.38410, id="buy limit, ask falls through it"),
        pytest.param(SELL_LIMIT, 1.38699, 1.38700, 1.38700, id="sell limit, bid rises to it"),
        pytest.param(SELL_LIMIT, 1.38699, 1.38800, 1.38800, id="sell limit, bid rises through it"),
        pytest.param(BUY_STOP, 1.38689, 1.38690, 1.38700, id="buy stop, ask rises to it"),
        pytest.param(BUY_STOP, 1.38689, 1.38790, 1.38800, id="buy stop, ask slips past it"),
        pytest.param(SELL_STOP, 1.38501, 1.38500, 1.38500, id="sell stop, bid falls to it"),
        pytest.param(SELL_STOP, 1.38501, 1.38400, 1.38400, id="sell stop, bid slips past it"),
    ],
)
def test_an_order_is_filled_at_the_market_once_its_price_is_reached(
    desk: Desk, kind: int, bid_before: float, bid_at: float, price: float
) -> None:
    ticket = place(desk, kind, magic=7, comment="later").order
    move_to(desk, bid_before)
    assert (len(waiting(desk)), desk.positions()) == (1, [])
    desk.later(1_000)
    move_to(desk, bid_at)
    (position,) = desk.positions()
    order, deal = past(desk, ticket), desk.deals()[-1]
    assert waiting(desk) == []
    assert position.ticket == position.identifier == ticket
    assert (position.type, position.price_open) == (kind & 1, price)
    assert (position.magic, position.comment, position.reason) == (7, "later", Reason.EXPERT)
    assert (order.state, order.volume_current, order.position_id) == (
        OrderState.FILLED,
        0.0,
        ticket,
    )
    assert (order.type, order.time_setup_msc, order.time_done_msc) == (
        kind, SERVER_MS, SERVER_MS + 1_000,
    )  # fmt: skip
    assert (deal.order, deal.position_id, deal.entry) == (ticket, ticket, DealEntry.IN)
    assert (deal.price, deal.time_msc) == (price, SERVER_MS + 1_000)


@pytest.mark.parametrize(
    ("kind", "bid_at", "limit_kind", "bid_filled", "price"),
    [
        pytest.param(BUY_STOP_LIMIT, 1.38690, BUY_LIMIT, 1.38640, 1.38650, id="buy"),
        pytest.param(SELL_STOP_LIMIT, 1.38500, SELL_LIMIT, 1.38550, 1.38550, id="sell"),
    ],
)
def test_a_stop_limit_becomes_a_limit_under_its_own_ticket(
    desk: Desk, kind: int, bid_at: float, limit_kind: int, bid_filled: float, price: float
) -> None:
    ticket = place(desk, kind).order
    move_to(desk, bid_at)
    (order,) = waiting(desk)
    assert (order.ticket, order.type, order.state) == (ticket, limit_kind, OrderState.PLACED)
    assert (order.price_open, order.price_stoplimit) == (price, 0.0)
    assert (desk.positions(), len(desk.deals())) == ([], 1)
    move_to(desk, bid_filled)
    assert [(p.ticket, p.price_open) for p in desk.positions()] == [(ticket, price)]
    assert past(desk, ticket).state == OrderState.FILLED


def test_stops_go_from_the_order_to_its_position_and_hold_there(desk: Desk) -> None:
    ticket = place(desk, BUY_LIMIT, sl=1.384, tp=1.386).order
    move_to(desk, 1.38490)
    (position,) = desk.positions()
    assert (position.sl, position.tp) == (1.384, 1.386)
    move_to(desk, 1.38400)
    assert desk.positions() == []
    assert desk.deals(ticket)[-1].reason == Reason.SL


def test_a_position_born_beyond_its_stop_is_closed_by_the_next_tick(desk: Desk) -> None:
    ticket = place(desk, BUY_LIMIT, sl=1.384).order
    move_to(desk, 1.38200)
    assert [p.ticket for p in desk.positions()] == [ticket]
    move_to(desk, 1.38201)
    assert desk.positions() == []
    assert [deal.price for deal in desk.deals(ticket)] == [1.3821, 1.38201]


def test_a_gap_over_a_weekend_is_filled_at_the_first_tick(desk: Desk) -> None:
    ticket = place(desk, BUY_STOP).order
    desk.later(2 * 86_400_000)
    assert len(waiting(desk)) == 1
    move_to(desk, 1.4)
    assert [(p.ticket, p.price_open) for p in desk.positions()] == [(ticket, 1.4001)]


def test_one_tick_sets_off_many_orders_oldest_first(desk: Desk) -> None:
    kinds = [SELL_STOP, BUY_LIMIT, SELL_STOP, BUY_LIMIT]
    tickets = [place(desk, kind).order for kind in kinds]
    move_to(desk, 1.384)
    assert [deal.order for deal in desk.deals()[1:]] == tickets
    assert sorted(p.ticket for p in desk.positions()) == tickets


def test_orders_of_other_accounts_and_symbols_are_left_alone(desk: Desk) -> None:
    place(desk, BUY_LIMIT, symbol="XAUUSD", price=1.3)
    wish = Wish(
        key="other", broker="FTMO-Demo", deposit=1_000.0, currency="USD", leverage=100,
        margin_mode="hedging",
    )  # fmt: skip
    desk.world.ensure_account(wish, desk.utc_ms)
    desk.ask("initialize", "other", 0, "", "", 1000)
    ticket = place(desk, BUY_LIMIT).order
    move_to(desk, 1.384)
    assert [p.ticket for p in desk.positions()] == [ticket]
    desk.ask("initialize", "terminal-1", 0, "", "", 1000)
    assert (len(waiting(desk)), desk.positions()) == (1, [])


def test_an_order_moved_away_or_withdrawn_is_not_set_off(desk: Desk) -> None:
    moved, gone = place(desk, BUY_LIMIT).order, place(desk, BUY_LIMIT).order
    modify(desk, moved, price=1.380)
    remove(desk, gone)
    move_to(desk, 1.384)
    assert ([order.ticket for order in waiting(desk)], desk.positions()) == ([moved], [])


def test_an_order_moved_nearer_is_set_off_there(desk: Desk) -> None:
    ticket = place(desk, BUY_LIMIT).order
    modify(desk, ticket, price=1.3855)
    move_to(desk, 1.3854)
    assert [(p.ticket, p.price_open) for p in desk.positions()] == [(ticket, 1.3855)]


def test_an_order_that_cannot_be_paid_for_then_is_rejected(open_desk: OpenDesk) -> None:
    desk = open_desk(deposit=1_000.0)
    small, large = place(desk, volume=0.1).order, place(desk, volume=1.0).order
    move_to(desk, 1.384)
    order = past(desk, large)
    assert [p.ticket for p in desk.positions()] == [small]
    assert (order.state, order.volume_current, order.position_id) == (OrderState.REJECTED, 1.0, 0)
    assert (waiting(desk), desk.deals()[-1].order) == ([], small)
    move_to(desk, 1.383)
    assert len(desk.positions()) == 1, "rejected once and for all"


def test_stops_free_their_money_before_orders_ask_for_it(open_desk: OpenDesk) -> None:
    desk = open_desk(deposit=1_500.0)
    desk.send(volume=1.0, type=OrderType.SELL, tp=1.3851)
    ticket = place(desk, BUY_LIMIT, volume=1.0).order
    move_to(desk, 1.3849)
    assert [p.ticket for p in desk.positions()] == [ticket]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: OrderType(kind).name.lower())
def test_orders_still_wait_after_a_restart_and_are_set_off(desk: Desk, kind: int) -> None:
    ticket = place(desk, kind, sl=1.1 if kind % 2 == 0 else 1.9).order
    before = waiting(desk)
    desk.restart()
    assert waiting(desk) == before
    later = place(desk, kind).order
    assert later > ticket
    remove(desk, later)
    for bid in (1.38490, 1.38710, 1.38490):
        move_to(desk, bid)
    assert [p.ticket for p in desk.positions()] == [ticket]


def test_an_order_that_no_feed_could_set_off_keeps_the_broker_from_starting(desk: Desk) -> None:
    place(desk, BUY_LIMIT, symbol="XAUUSD", price=1200.0)
    with pytest.raises(MissingFeedError, match="holds XAUUSD, but no tick file feeds it"):
        World(desk.store, {"EURUSD": 5}, lambda: 1)


def test_whoever_watches_is_told_of_orders_as_of_positions(desk: Desk) -> None:
    def told() -> bool:
        terminal = desk.terminal
        seen = terminal.stale and terminal.positions_changed
        terminal.stale = terminal.positions_changed = False
        return seen

    told()
    steps: dict[str, Callable[[], Any]] = {
        "placed": lambda: place(desk).order,
        "changed": lambda: modify(desk, waiting(desk)[0].ticket, price=1.3845),
        "withdrawn": lambda: remove(desk, waiting(desk)[0].ticket),
        "placed again": lambda: place(desk),
        "set off": lambda: move_to(desk, 1.384),
    }
    assert {name: (step(), told())[1] for name, step in steps.items()} == dict.fromkeys(steps, True)
    move_to(desk, 1.3845)
    assert not told(), "a price alone changes no positions"


def test_an_answer_of_no_changes_is_harmless(desk: Desk) -> None:
    ticket = place(desk).order
    assert modify(desk, ticket, price=1.385).retcode == Retcode.NO_CHANGES
    move_to(desk, 1.384)
    assert [p.ticket for p in desk.positions()] == [ticket]
