"""What the paper broker answers to orders that are to wait, to be changed, to be withdrawn."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.mt5_words import (
    Execution,
    ExpirationFlag,
    Filling,
    FillingFlag,
    OrderMode,
    OrderState,
    OrderType,
    Retcode,
    TimeInForce,
    TradeAction,
)
from paper.service.world import ServerRefusal
from tests.unit.paper.desk import NOON_UTC_MS, Desk
from tests.unit.paper.waiting_orders import (
    ASK,
    BID,
    KINDS,
    PRICES,
    modify,
    move_to,
    offer,
    past,
    place,
    remove,
    waiting,
)

OpenDesk = Callable[..., Desk]
SERVER_S = NOON_UTC_MS // 1000 + 3 * 3600
DAY_S = 86_400
MIDNIGHT_S = (SERVER_S // DAY_S + 1) * DAY_S
BUY_LIMIT, SELL_LIMIT = OrderType.BUY_LIMIT, OrderType.SELL_LIMIT
BUY_STOP, SELL_STOP = OrderType.BUY_STOP, OrderType.SELL_STOP
BUY_STOP_LIMIT, SELL_STOP_LIMIT = OrderType.BUY_STOP_LIMIT, OrderType.SELL_STOP_LIMIT
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: OrderType(kind).name.lower())


@kinds
def test_a_price_beyond_every_grid_is_refused(desk: Desk, kind: int) -> None:
    for beyond in (1e304, 1.7e308):
        answer = place(desk, kind, price=beyond)
        assert (answer.retcode, desk.ask("orders_total")) == (Retcode.INVALID_PRICE, 0)


@kinds
def test_an_order_of_every_type_is_placed_and_waits(desk: Desk, kind: int) -> None:
    answer = place(desk, kind)
    (order,) = waiting(desk)
    assert (answer.retcode, answer.comment) == (Retcode.DONE, "Request executed")
    assert (answer.deal, answer.order, answer.volume, answer.price) == (0, order.ticket, 0.1, 0.0)
    assert (answer.bid, answer.ask) == (BID, ASK)
    assert answer.request_id > 0
    assert (order.type, order.state) == (kind, OrderState.PLACED)
    assert desk.ask("orders_total") == 1
    assert (desk.positions(), desk.orders(), desk.account().margin) == ([], [], 0.0)


def test_a_waiting_order_shows_what_was_asked_for(desk: Desk) -> None:
    place(desk, BUY_STOP_LIMIT, sl=1.385, tp=1.39, magic=7, comment="later")
    (order,) = waiting(desk)
    assert (order.price_open, order.price_stoplimit) == (1.387, 1.3865)
    assert (order.sl, order.tp, order.magic, order.comment) == (1.385, 1.39, 7, "later")
    assert (order.volume_initial, order.volume_current) == (0.1, 0.1)
    assert (order.time_setup, order.time_setup_msc) == (SERVER_S, SERVER_S * 1000)
    assert (order.time_done, order.time_done_msc, order.time_expiration) == (0, 0, 0)
    assert (order.position_id, order.type_filling) == (0, Filling.RETURN)


@pytest.mark.parametrize(
    ("kind", "price"), [(BUY_LIMIT, 1.3865), (SELL_LIMIT, 1.3864)], ids=["buy ask", "sell bid"]
)
def test_its_current_price_is_its_sides_and_moves_with_the_market(
    desk: Desk, kind: int, price: float
) -> None:
    place(desk, kind)
    move_to(desk, 1.3864)
    assert waiting(desk)[0].price_current == price


def test_orders_are_found_by_ticket_and_symbol(desk: Desk) -> None:
    ticket = place(desk).order
    place(desk, BUY_LIMIT, symbol="XAUUSD", price=1200.0)
    assert [row[0] for row in desk.ask("orders_get", "ticket", ticket)] == [ticket]
    assert [row[0] for row in desk.ask("orders_get", "symbol", "EURUSD")] == [ticket]
    assert desk.ask("orders_get", "symbol", "NOPE") == []


@pytest.mark.parametrize(
    ("kind", "fields", "retcode"),
    [
        pytest.param(BUY_LIMIT, {"price": ASK - 1e-5}, 10009, id="buy limit a point below ask"),
        pytest.param(BUY_LIMIT, {"price": ASK}, 10015, id="buy limit at ask"),
        pytest.param(BUY_STOP, {"price": ASK + 1e-5}, 10009, id="buy stop a point above ask"),
        pytest.param(BUY_STOP, {"price": ASK}, 10015, id="buy stop at ask"),
        pytest.param(SELL_LIMIT, {"price": BID + 1e-5}, 10009, id="sell limit a point above bid"),
        pytest.param(SELL_LIMIT, {"price": BID}, 10015, id="sell limit at bid"),
        pytest.param(SELL_STOP, {"price": BID - 1e-5}, 10009, id="sell stop a point below bid"),
        pytest.param(SELL_STOP, {"price": BID}, 10015, id="sell stop at bid"),
        pytest.param(
            BUY_STOP_LIMIT, {"price": ASK, "stoplimit": 1.38}, 10015, id="buy stop-limit at ask"
        ),
        pytest.param(BUY_STOP_LIMIT, {"stoplimit": 1.387}, 10015, id="its limit not below it"),
        pytest.param(
            SELL_STOP_LIMIT, {"price": BID, "stoplimit": 1.39}, 10015, id="sell stop-limit at bid"
        ),
        pytest.param(SELL_STOP_LIMIT, {"stoplimit": 1.385}, 10015, id="its limit not above it"),
        pytest.param(BUY_STOP_LIMIT, {"stoplimit": 0.0}, 10015, id="stop-limit without limit"),
        pytest.param(BUY_LIMIT, {"price": 0.0}, 10015, id="no price"),
        pytest.param(BUY_LIMIT, {"price": 1.3850001}, 10015, id="price off the grid"),
        pytest.param(BUY_STOP_LIMIT, {"stoplimit": 1.3865001}, 10015, id="limit off the grid"),
        pytest.param(BUY_LIMIT, {"sl": 1.384, "tp": 1.386}, 10009, id="stops around the price"),
        pytest.param(BUY_LIMIT, {"sl": 1.385}, 10016, id="stop at the price"),
        pytest.param(BUY_LIMIT, {"tp": 1.385}, 10016, id="target at the price"),
        pytest.param(BUY_LIMIT, {"sl": 1.3855}, 10016, id="stop between price and market"),
        pytest.param(SELL_LIMIT, {"sl": 1.386}, 10016, id="stop below a sell"),
        pytest.param(SELL_STOP, {"tp": 1.3855}, 10016, id="target above a sell"),
        pytest.param(BUY_STOP_LIMIT, {"sl": 1.3866}, 10016, id="stop above a stop-limit's limit"),
        pytest.param(BUY_STOP_LIMIT, {"tp": 1.3868}, 10009, id="target above a stop-limit's limit"),
        pytest.param(BUY_LIMIT, {"sl": 1.3840001}, 10015, id="stop off the grid"),
        pytest.param(BUY_LIMIT, {"volume": 0.0}, 10014, id="no volume"),
        pytest.param(BUY_LIMIT, {"volume": 0.015}, 10014, id="off the volume step"),
        pytest.param(BUY_LIMIT, {"symbol": "NOPE"}, 10013, id="unknown symbol"),
        pytest.param(BUY_LIMIT, {"stoplimit": float("nan")}, 10013, id="limit not a number"),
        pytest.param(OrderType.BUY, {"price": 1.385}, 10035, id="a market order cannot wait"),
        pytest.param(OrderType.CLOSE_BY, {"price": 1.385}, 10035, id="nor can a close by"),
        pytest.param(99, {"price": 1.385}, 10035, id="no such type"),
    ],
)
def test_a_waiting_order_is_judged_by_its_price_and_stops(
    desk: Desk, kind: int, fields: dict[str, Any], retcode: int
) -> None:
    assert place(desk, kind, **fields).retcode == retcode
    assert len(waiting(desk)) == (retcode == Retcode.DONE)


@pytest.mark.parametrize(
    ("kind", "fields", "retcode"),
    [
        pytest.param(BUY_LIMIT, {"price": 1.38560}, 10009, id="buy limit 50 below ask"),
        pytest.param(BUY_LIMIT, {"price": 1.38561}, 10015, id="buy limit 49 below ask"),
        pytest.param(SELL_STOP, {"price": 1.38550}, 10009, id="sell stop 50 below bid"),
        pytest.param(SELL_STOP, {"price": 1.38551}, 10015, id="sell stop 49 below bid"),
        pytest.param(BUY_STOP_LIMIT, {"stoplimit": 1.38651}, 10015, id="limit 49 from its stop"),
        pytest.param(BUY_LIMIT, {"sl": 1.38450}, 10009, id="stop 50 below the price"),
        pytest.param(BUY_LIMIT, {"sl": 1.38451}, 10016, id="stop 49 below the price"),
        pytest.param(BUY_LIMIT, {"tp": 1.38549}, 10016, id="target 49 above the price"),
    ],
)
def test_the_stops_level_keeps_prices_apart(
    desk: Desk, kind: int, fields: dict[str, Any], retcode: int
) -> None:
    offer(desk, stops_level_points=50)
    assert place(desk, kind, **fields).retcode == retcode


@pytest.mark.parametrize(
    ("execution", "mask", "kind", "filling", "retcode"),
    [
        pytest.param(Execution.MARKET, 2, BUY_LIMIT, Filling.RETURN, 10009, id="market, return"),
        pytest.param(Execution.MARKET, 2, BUY_LIMIT, Filling.FOK, 10009, id="market, FOK unnamed"),
        pytest.param(Execution.MARKET, 2, BUY_LIMIT, Filling.IOC, 10009, id="market, IOC offered"),
        pytest.param(Execution.MARKET, 1, BUY_LIMIT, Filling.IOC, 10030, id="market, IOC not"),
        pytest.param(Execution.MARKET, 7, BUY_LIMIT, Filling.BOC, 10030, id="market, BOC never"),
        pytest.param(Execution.INSTANT, 0, BUY_LIMIT, Filling.IOC, 10009, id="instant, any"),
        pytest.param(Execution.INSTANT, 7, BUY_LIMIT, Filling.BOC, 10030, id="instant, BOC never"),
        pytest.param(Execution.EXCHANGE, 0, BUY_LIMIT, Filling.RETURN, 10009, id="exchange"),
        pytest.param(Execution.EXCHANGE, 0, BUY_LIMIT, Filling.IOC, 10030, id="exchange, IOC not"),
        pytest.param(Execution.EXCHANGE, 4, BUY_LIMIT, Filling.BOC, 10009, id="book or cancel"),
        pytest.param(Execution.EXCHANGE, 4, BUY_STOP_LIMIT, Filling.BOC, 10009, id="BOC later"),
        pytest.param(Execution.EXCHANGE, 4, BUY_STOP, Filling.BOC, 10030, id="BOC without limit"),
        pytest.param(Execution.EXCHANGE, 3, BUY_LIMIT, Filling.BOC, 10030, id="BOC not offered"),
        pytest.param(Execution.EXCHANGE, 7, BUY_LIMIT, 9, 10030, id="no such filling"),
    ],
)
def test_a_filling_is_taken_where_it_is_offered(
    desk: Desk, execution: int, mask: int, kind: int, filling: int, retcode: int
) -> None:
    offer(desk, execution=execution, filling_mask=FillingFlag(mask))
    assert place(desk, kind, type_filling=filling).retcode == retcode


@kinds
def test_a_type_the_symbol_does_not_offer_is_refused(desk: Desk, kind: int) -> None:
    bit = {2: OrderMode.LIMIT, 4: OrderMode.STOP, 6: OrderMode.STOP_LIMIT}[kind & ~1]
    offer(desk, order_mode=127 & ~bit)
    assert place(desk, kind).retcode == Retcode.INVALID_ORDER
    offer(desk, order_mode=int(bit))
    assert place(desk, kind).retcode == Retcode.DONE


GTC, DAY = TimeInForce.GTC, TimeInForce.DAY
SPECIFIED, SPECIFIED_DAY = TimeInForce.SPECIFIED, TimeInForce.SPECIFIED_DAY


@pytest.mark.parametrize(
    ("type_time", "expiration", "retcode", "shown"),
    [
        pytest.param(GTC, 0, 10009, 0, id="until cancelled"),
        pytest.param(GTC, 1, 10009, 0, id="until cancelled, with an end nobody reads"),
        pytest.param(DAY, 0, 10009, MIDNIGHT_S, id="today"),
        pytest.param(SPECIFIED, SERVER_S + 1, 10009, SERVER_S + 1, id="a second from now"),
        pytest.param(SPECIFIED, SERVER_S, 10022, 0, id="now"),
        pytest.param(SPECIFIED, SERVER_S - 3 * 3600 + 60, 10022, 0, id="a minute from now in UTC"),
        pytest.param(SPECIFIED, 0, 10022, 0, id="no end given"),
        pytest.param(SPECIFIED_DAY, SERVER_S - 60, 10009, SERVER_S - 60, id="earlier today"),
        pytest.param(SPECIFIED_DAY, MIDNIGHT_S - DAY_S - 1, 10022, 0, id="yesterday"),
        pytest.param(SPECIFIED_DAY, MIDNIGHT_S, 10009, MIDNIGHT_S, id="tomorrow"),
        pytest.param(4, 0, 10022, 0, id="no such lifetime"),
    ],
)
def test_a_lifetime_must_end_later_by_the_servers_clock(
    desk: Desk, type_time: int, expiration: int, retcode: int, shown: int
) -> None:
    assert place(desk, type_time=type_time, expiration=expiration).retcode == retcode
    assert [order.time_expiration for order in waiting(desk)] == [shown] * (retcode == 10009)


@pytest.mark.parametrize(
    ("type_time", "flag"),
    list(zip(TimeInForce, ExpirationFlag, strict=True)),
    ids=[kind.name.lower() for kind in TimeInForce],
)
def test_a_lifetime_is_taken_where_it_is_offered(
    desk: Desk, type_time: int, flag: ExpirationFlag
) -> None:
    fields = {"type_time": type_time, "expiration": MIDNIGHT_S}
    offer(desk, expiration_mode=15 & ~flag)
    assert place(desk, **fields).retcode == Retcode.INVALID_EXPIRATION
    offer(desk, expiration_mode=int(flag))
    assert place(desk, **fields).retcode == Retcode.DONE


def test_a_closed_market_takes_no_orders_and_changes_none(desk: Desk) -> None:
    ticket = place(desk).order
    desk.world.close_market()
    assert place(desk).retcode == Retcode.MARKET_CLOSED
    assert modify(desk, ticket, price=1.384).retcode == Retcode.MARKET_CLOSED
    assert remove(desk, ticket).retcode == Retcode.MARKET_CLOSED
    assert waiting(desk)[0].price_open == 1.385


def test_order_check_approves_of_an_order_that_could_wait(desk: Desk) -> None:
    fields = {"action": TradeAction.PENDING, "type": BUY_LIMIT, "price": 1.385}
    checked = desk.check(**fields)
    assert (checked.retcode, checked.comment, checked.margin) == (0, "Done", 0.0)
    assert desk.check(**{**fields, "price": 1.4}).retcode == Retcode.INVALID_PRICE
    assert waiting(desk) == []


def test_a_symbol_waited_for_stays_in_market_watch(desk: Desk) -> None:
    ticket = place(desk).order
    with pytest.raises(ServerRefusal, match="waiting orders"):
        desk.ask("symbol_select", "EURUSD", False)
    remove(desk, ticket)
    assert desk.ask("symbol_select", "EURUSD", False) is True


def test_an_order_too_large_for_the_account_may_wait(desk: Desk) -> None:
    assert place(desk, volume=90.0).retcode == Retcode.DONE


def test_a_change_sets_everything_at_once_and_clears_what_is_left_out(desk: Desk) -> None:
    ticket = place(
        desk, sl=1.384, tp=1.39, type_time=SPECIFIED, expiration=MIDNIGHT_S, magic=7
    ).order
    (before,) = waiting(desk)
    desk.later(5_000)
    answer = modify(desk, ticket, price=1.384)
    (after,) = waiting(desk)
    assert (answer.retcode, answer.deal, answer.order) == (Retcode.DONE, 0, ticket)
    assert (after.price_open, after.sl, after.tp) == (1.384, 0.0, 0.0)
    assert (after.type_time, after.time_expiration) == (GTC, 0)
    for kept in ("ticket", "time_setup_msc", "type", "magic", "comment", "volume_initial"):
        assert getattr(after, kept) == getattr(before, kept)


def test_type_volume_and_symbol_of_an_order_never_change(desk: Desk) -> None:
    ticket = place(desk).order
    odd = {"type": SELL_STOP, "volume": 5.0, "symbol": "XAUUSD", "type_filling": Filling.IOC}
    assert modify(desk, ticket, price=1.384, **odd).retcode == Retcode.DONE
    (order,) = waiting(desk)
    assert (order.type, order.volume_current, order.symbol) == (BUY_LIMIT, 0.1, "EURUSD")
    assert order.type_filling == Filling.RETURN


def test_a_stop_limits_both_prices_change(desk: Desk) -> None:
    ticket = place(desk, BUY_STOP_LIMIT).order
    assert modify(desk, ticket, price=1.388).retcode == Retcode.INVALID_PRICE
    assert modify(desk, ticket, price=1.388, stoplimit=1.3875).retcode == Retcode.DONE
    (order,) = waiting(desk)
    assert (order.price_open, order.price_stoplimit) == (1.388, 1.3875)


@pytest.mark.parametrize(
    ("fields", "retcode"),
    [
        pytest.param({"price": 1.385}, 10025, id="as it is"),
        pytest.param({"price": 1.385 + 1e-9}, 10025, id="as it is, but for a float's dust"),
        pytest.param({"price": 1.385, "sl": 1.384}, 10009, id="a stop more"),
        pytest.param({"price": 1.385, "type_time": DAY}, 10009, id="another lifetime"),
        pytest.param({"price": 1.385, "type_time": SPECIFIED}, 10022, id="an end in the past"),
        pytest.param({"price": 0.0}, 10015, id="price left out"),
        pytest.param({"price": ASK}, 10015, id="wrong side of the market"),
        pytest.param({"price": 1.384, "sl": 1.385}, 10016, id="stop above the new price"),
    ],
)
def test_a_change_is_judged_as_a_new_order_is(
    desk: Desk, fields: dict[str, Any], retcode: int
) -> None:
    assert modify(desk, place(desk).order, **fields).retcode == retcode


def test_an_order_of_the_day_asked_for_again_is_no_change(desk: Desk) -> None:
    ticket = place(desk, type_time=DAY).order
    desk.later(60_000)
    assert modify(desk, ticket, price=1.385, type_time=DAY).retcode == Retcode.NO_CHANGES


def test_a_withdrawn_order_is_history_and_no_deal(desk: Desk) -> None:
    ticket = place(desk).order
    desk.later(5_000)
    answer = remove(desk, ticket)
    order = past(desk, ticket)
    assert (answer.retcode, answer.deal, answer.order) == (Retcode.DONE, 0, ticket)
    assert (order.state, order.volume_current) == (OrderState.CANCELED, 0.1)
    assert order.time_done_msc == SERVER_S * 1000 + 5_000
    assert (waiting(desk), len(desk.deals())) == ([], 1)
    assert desk.ask("history_orders_total", [SERVER_S + 5, SERVER_S + 5]) == 1
    assert desk.ask("history_orders_total", [SERVER_S, SERVER_S]) == 0, "by the time it was done"


@pytest.mark.parametrize("change", [modify, remove], ids=["modify", "remove"])
def test_an_order_that_does_not_wait_cannot_be_changed(
    desk: Desk, change: Callable[..., Any]
) -> None:
    gone = place(desk).order
    remove(desk, gone)
    position = desk.send().order
    for ticket in (0, 77, gone, position):
        assert change(desk, ticket).retcode == Retcode.INVALID


@kinds
def test_every_type_is_changed_and_withdrawn_alike(desk: Desk, kind: int) -> None:
    ticket = place(desk, kind).order
    assert modify(desk, ticket, **PRICES[kind], magic=9, sl=0.0).retcode == Retcode.NO_CHANGES
    further = {name: round(2 * value - BID, 5) for name, value in PRICES[kind].items()}
    assert modify(desk, ticket, **further).retcode == Retcode.DONE
    assert remove(desk, ticket).retcode == Retcode.DONE
