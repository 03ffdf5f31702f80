"""What the paper broker answers to an order, and what it leaves behind."""

from collections.abc import Callable
from math import inf, nan
from typing import Any

import msgspec
import pytest

from domain.mt5_words import (
    DealEntry,
    DealType,
    Execution,
    Filling,
    OrderMode,
    OrderType,
    Reason,
    Retcode,
    TradeAction,
)
from paper.service.world import ServerRefusal
from tests.unit.paper.desk import Desk

OpenDesk = Callable[..., Desk]
SERVER_MS = 1_399_032_000_000 + 3 * 3_600_000
APEX = {"symbol": "EURUSD.c", "type_filling": Filling.FOK}
UNION = {"symbol": "EURUSD.pro", "price": 1.38610}


def test_a_buy_opens_at_the_ask_and_its_order_is_the_position(desk: Desk) -> None:
    answer = desk.send(sl=1.38, tp=1.39)
    (position,) = desk.positions()
    assert answer.retcode == Retcode.DONE
    assert (answer.price, answer.bid, answer.ask, answer.volume) == (1.3861, 1.386, 1.3861, 0.1)
    assert position.ticket == position.identifier == answer.order != answer.deal
    assert (position.price_open, position.price_current) == (1.3861, 1.386)
    assert (position.sl, position.tp, position.magic, position.comment) == (
        1.38,
        1.39,
        234000,
        "told",
    )
    assert position.profit == -1.0
    assert position.reason == Reason.EXPERT


def test_a_sell_opens_at_the_bid(desk: Desk) -> None:
    assert desk.send(type=OrderType.SELL).price == 1.386


def test_times_are_the_brokers_wall_clock(desk: Desk) -> None:
    desk.send()
    (position,) = desk.positions()
    assert (position.time, position.time_msc) == (SERVER_MS // 1000, SERVER_MS)


def test_opposite_orders_without_a_position_stay_side_by_side(desk: Desk) -> None:
    desk.send()
    desk.send(type=OrderType.SELL)
    assert [position.type for position in desk.positions()] == [0, 1]


def test_a_partial_close_keeps_everything_but_the_volume(desk: Desk) -> None:
    opened = desk.send(volume=0.3, sl=1.38, tp=1.39)
    (before,) = desk.positions()
    desk.later(5_000)
    closed = desk.close(opened.order, 0.1)
    (after,) = desk.positions()
    assert closed.retcode == Retcode.DONE
    assert (after.volume, after.time_update_msc) == (0.2, before.time_msc + 5_000)
    changed = {"volume", "time_update", "time_update_msc", "profit"}
    assert _without(vars(before), changed) == _without(vars(after), changed)


def _without(fields: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


def test_a_full_close_books_its_profit_and_leaves_history_behind(desk: Desk) -> None:
    opened = desk.send()
    desk.quote("EURUSD", 1.38700, 1.38710)
    closed = desk.close(opened.order, 0.1)
    entry, leaving = desk.deals(opened.order)
    assert desk.positions() == []
    assert (entry.entry, entry.type, entry.profit, entry.commission) == (0, 0, 0.0, -0.25)
    assert (leaving.entry, leaving.type) == (DealEntry.OUT, DealType.SELL)
    assert (leaving.profit, leaving.order, leaving.ticket) == (9.0, closed.order, closed.deal)
    assert desk.account().balance == 100_000 + 9.0 - 0.25 - 0.25
    assert [order.position_id for order in desk.orders()] == [opened.order, opened.order]


def test_what_is_left_below_the_minimum_can_still_be_closed(open_desk: OpenDesk) -> None:
    desk = open_desk("Harbor-Demo")
    opened = desk.send(symbol="EURUSDm", volume=0.1)
    assert desk.close(opened.order, 0.1, symbol="EURUSDm").retcode == Retcode.DONE


def test_stops_move_without_touching_the_update_time(desk: Desk) -> None:
    opened = desk.send()
    desk.later(9_000)
    moved = desk.stops(opened.order, sl=1.38, tp=1.39)
    (position,) = desk.positions()
    assert (moved.retcode, moved.deal, moved.order, moved.price) == (Retcode.DONE, 0, 0, 0.0)
    assert (position.sl, position.tp) == (1.38, 1.39)
    assert position.time_update_msc == position.time_msc


def test_a_stop_left_out_is_taken_away(desk: Desk) -> None:
    opened = desk.send(sl=1.38, tp=1.39)
    desk.stops(opened.order, sl=1.38)
    assert desk.positions()[0].tp == 0.0


@pytest.mark.parametrize(
    ("fields", "broker", "retcode"),
    [
        pytest.param({"action": TradeAction.PENDING}, "FTMO-Demo", 10035, id="waiting buy"),
        pytest.param({"action": TradeAction.CLOSE_BY}, "FTMO-Demo", 10036, id="close by nothing"),
        pytest.param({"action": 0}, "FTMO-Demo", 10013, id="empty request"),
        pytest.param({"volume": nan}, "FTMO-Demo", 10013, id="volume not a number"),
        pytest.param({"sl": inf}, "FTMO-Demo", 10013, id="endless stop"),
        pytest.param({"symbol": "NOPE"}, "FTMO-Demo", 10013, id="unknown symbol"),
        pytest.param({"symbol": "XAUUSD.c"}, "Apex-Demo", 10013, id="gold has another name there"),
        pytest.param({"type": OrderType.BUY_LIMIT}, "FTMO-Demo", 10035, id="limit as a deal"),
        pytest.param({"volume": 0.0}, "FTMO-Demo", 10014, id="no volume"),
        pytest.param({"volume": 0.015}, "FTMO-Demo", 10014, id="off the volume step"),
        pytest.param({"volume": 100.01}, "FTMO-Demo", 10014, id="above the largest volume"),
        pytest.param({"volume": 0.05, "symbol": "EURUSDm"}, "Harbor-Demo", 10014, id="below 0.1"),
        pytest.param({"type_filling": Filling.FOK}, "FTMO-Demo", 10030, id="FOK where IOC is"),
        pytest.param({"symbol": "EURUSD.c"}, "Apex-Demo", 10030, id="IOC where FOK is"),
        pytest.param({"type_filling": Filling.RETURN}, "FTMO-Demo", 10030, id="RETURN at market"),
        pytest.param({"sl": 1.38601}, "FTMO-Demo", 10016, id="stop above the bid of a buy"),
        pytest.param({"tp": 1.38599}, "FTMO-Demo", 10016, id="target below the bid of a buy"),
        pytest.param(
            {"type": 1, "sl": 1.386}, "FTMO-Demo", 10016, id="stop below the ask of a sell"
        ),
        pytest.param({"sl": 1.3800001}, "FTMO-Demo", 10015, id="stop off the price grid"),
        pytest.param({"symbol": "EURUSDm", "sl": 1.38596}, "Harbor-Demo", 10016, id="too near"),
        pytest.param({"position": 5, "type": 1}, "FTMO-Demo", 10036, id="closing what is gone"),
        pytest.param({"volume": 90.0}, "FTMO-Demo", 10019, id="more than the account carries"),
        pytest.param({**UNION, "price": 0.0}, "Union-Demo", 10015, id="instant without a price"),
        pytest.param({**UNION, "price": 1.38589}, "Union-Demo", 10004, id="past the deviation"),
    ],
)
def test_an_order_is_refused_for_what_is_wrong_with_it(
    open_desk: OpenDesk, fields: dict[str, Any], broker: str, retcode: int
) -> None:
    desk = open_desk(broker)
    answer = desk.send(**fields)
    assert answer.retcode == retcode
    assert (answer.deal, answer.order, answer.volume, answer.price) == (0, 0, 0.0, 0.0)
    assert desk.positions() == []
    assert len(desk.deals()) == 1, "only the deposit"


@pytest.mark.parametrize(
    "price", [1.38610, 1.38590, 1.38630], ids=["exact", "20 below", "20 above"]
)
def test_instant_execution_fills_within_the_deviation(open_desk: OpenDesk, price: float) -> None:
    answer = open_desk("Union-Demo").send(**{**UNION, "price": price})
    assert (answer.retcode, answer.price) == (Retcode.DONE, 1.3861)


MASKS = {"none": 0, "FOK": 1, "IOC": 2, "FOK and IOC": 3, "BOC": 4}
AT_A_PRICE = {Filling.FOK, Filling.IOC, Filling.RETURN}
BY_MASK = {
    "none": set(),
    "FOK": {Filling.FOK},
    "IOC": {Filling.IOC},
    "FOK and IOC": {Filling.FOK, Filling.IOC},
    "BOC": set(),
}


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("execution", Execution)
def test_which_fillings_a_market_order_may_name(
    desk: Desk, execution: Execution, mask: str
) -> None:
    desk.resell("EURUSD", execution=execution, filling_mask=MASKS[mask])
    answers = {
        filling: desk.send(type_filling=filling, price=1.3861).retcode for filling in range(5)
    }

    taken = {
        Execution.REQUEST: AT_A_PRICE,
        Execution.INSTANT: AT_A_PRICE,
        Execution.MARKET: BY_MASK[mask],
        Execution.EXCHANGE: BY_MASK[mask] | {Filling.RETURN},
    }[execution]
    assert answers == {
        filling: Retcode.DONE if filling in taken else Retcode.INVALID_FILL for filling in range(5)
    }


@pytest.mark.parametrize(
    ("execution", "price", "retcode"),
    [
        pytest.param(Execution.REQUEST, 0.0, 10015, id="request, no price"),
        pytest.param(Execution.INSTANT, 0.0, 10015, id="instant, no price"),
        pytest.param(Execution.REQUEST, 1.38610, 10009, id="request, the price"),
        pytest.param(Execution.REQUEST, 1.38650, 10004, id="request, past the deviation"),
        pytest.param(Execution.INSTANT, 1.38650, 10004, id="instant, past the deviation"),
        pytest.param(Execution.INSTANT, 1.386105, 10015, id="instant, off the grid"),
        pytest.param(Execution.MARKET, 0.0, 10009, id="market, no price"),
        pytest.param(Execution.MARKET, 1.5, 10009, id="market, any price"),
        pytest.param(Execution.EXCHANGE, 0.0, 10009, id="exchange, no price"),
        pytest.param(Execution.EXCHANGE, 1.5, 10009, id="exchange, any price"),
    ],
)
def test_which_executions_care_for_the_price(
    desk: Desk, execution: Execution, price: float, retcode: int
) -> None:
    desk.resell("EURUSD", execution=execution)
    answer = desk.send(price=price)

    assert answer.retcode == retcode
    assert answer.price == (1.3861 if retcode == Retcode.DONE else 0.0)


@pytest.mark.parametrize(
    ("kind", "retcode"),
    [
        *((kind, Retcode.INVALID_ORDER) for kind in range(2, 8)),
        (OrderType.CLOSE_BY, Retcode.INVALID),
        (9, Retcode.INVALID),
    ],
)
def test_a_deal_is_bought_or_sold_and_nothing_else(desk: Desk, kind: int, retcode: int) -> None:
    assert desk.send(type=kind, price=1.38).retcode == retcode


def test_a_symbol_may_take_no_market_orders(desk: Desk) -> None:
    desk.resell("EURUSD", order_mode=127 & ~OrderMode.MARKET)

    assert desk.send().retcode == Retcode.INVALID_ORDER


def test_a_requote_brings_the_new_prices_and_was_seen_by_the_server(open_desk: OpenDesk) -> None:
    answer = open_desk("Union-Demo").send(**{**UNION, "price": 1.37})
    assert (answer.bid, answer.ask) == (1.386, 1.3861)
    assert answer.request_id > 0


def test_a_fill_or_kill_broker_fills_fill_or_kill(open_desk: OpenDesk) -> None:
    answer = open_desk("Apex-Demo").send(**APEX)
    assert (answer.retcode, answer.price) == (Retcode.DONE, 1.38612)


def test_closing_refuses_the_wrong_side_symbol_and_volume(desk: Desk) -> None:
    ticket = desk.send().order
    assert desk.send(position=ticket).retcode == Retcode.INVALID
    assert desk.close(ticket, 0.1, symbol="XAUUSD").retcode == Retcode.INVALID
    assert desk.close(ticket, 0.2).retcode == Retcode.INVALID_CLOSE_VOLUME
    assert len(desk.positions()) == 1


@pytest.mark.parametrize(
    ("sl", "tp", "retcode"),
    [
        pytest.param(0.0, 0.0, Retcode.NO_CHANGES, id="as it is"),
        pytest.param(1.387, 0.0, Retcode.INVALID_STOPS, id="wrong side"),
    ],
)
def test_stops_that_cannot_be_set_are_refused(
    desk: Desk, sl: float, tp: float, retcode: int
) -> None:
    assert desk.stops(desk.send().order, sl, tp).retcode == retcode


def test_stops_of_a_position_that_is_gone_are_refused(desk: Desk) -> None:
    assert desk.stops(77, sl=1.38).retcode == Retcode.POSITION_CLOSED


@pytest.mark.parametrize(
    ("switch", "retcode"),
    [("trade_allowed", 10027), ("connected", 10031), ("account_trade_allowed", 10017)],
)
def test_switches_stop_trading(desk: Desk, switch: str, retcode: int) -> None:
    desk.terminal.switches = msgspec.structs.replace(desk.terminal.switches, **{switch: False})
    assert desk.send().retcode == retcode


def test_a_terminal_closed_to_python_answers_minus_8(desk: Desk) -> None:
    closed = msgspec.structs.replace(desk.terminal.switches, tradeapi_disabled=True)
    desk.terminal.switches = closed
    with pytest.raises(ServerRefusal) as refused:
        desk.send()
    assert refused.value.code == -8


def test_a_closed_market_refuses_opens_and_closes(desk: Desk) -> None:
    ticket = desk.send().order
    desk.world.close_market()
    assert desk.send().retcode == Retcode.MARKET_CLOSED
    assert desk.close(ticket, 0.1).retcode == Retcode.MARKET_CLOSED


@pytest.mark.parametrize(
    ("side", "stops", "bid", "reason", "comment"),
    [
        pytest.param(0, {"sl": 1.385}, 1.38490, Reason.SL, "[sl 1.38500]", id="buy, loss"),
        pytest.param(0, {"tp": 1.387}, 1.38700, Reason.TP, "[tp 1.38700]", id="buy, gain"),
        pytest.param(1, {"sl": 1.387}, 1.38690, Reason.SL, "[sl 1.38700]", id="sell, loss on ask"),
        pytest.param(1, {"tp": 1.385}, 1.38490, Reason.TP, "[tp 1.38500]", id="sell, gain on ask"),
    ],
)
def test_a_stop_closes_at_the_market_when_its_price_is_reached(
    desk: Desk, side: int, stops: dict[str, float], bid: float, reason: Reason, comment: str
) -> None:
    opened = desk.send(type=side, **stops)
    desk.quote("EURUSD", bid, bid + 0.0001)
    leaving = desk.deals(opened.order)[-1]
    assert desk.positions() == []
    assert (leaving.reason, leaving.comment, leaving.magic) == (reason, comment, 234000)
    assert leaving.price == pytest.approx(bid if side == 0 else bid + 0.0001)


def test_a_stop_not_reached_holds(desk: Desk) -> None:
    desk.send(sl=1.385, tp=1.387)
    desk.quote("EURUSD", 1.38501, 1.38511)
    desk.quote("EURUSD", 1.38699, 1.38709)
    assert len(desk.positions()) == 1


def test_a_stop_moved_away_no_longer_triggers(desk: Desk) -> None:
    ticket = desk.send(sl=1.385).order
    desk.stops(ticket, sl=1.380)
    desk.quote("EURUSD", 1.38400, 1.38410)
    assert len(desk.positions()) == 1


def test_a_stop_out_takes_the_largest_loss_first_and_stops_when_it_can(
    open_desk: OpenDesk,
) -> None:
    desk = open_desk(deposit=2_000.0)
    loser = desk.send(volume=1.0).order
    keeper = desk.send(volume=0.1).order
    desk.quote("EURUSD", 1.3710, 1.3711)
    desk.world.on_clock(desk.utc_ms)
    assert [position.ticket for position in desk.positions()] == [keeper]
    assert desk.deals(loser)[-1].reason == Reason.SO


def test_order_check_tells_the_margin_after_the_trade_and_changes_nothing(desk: Desk) -> None:
    checked = desk.check(volume=1.0)
    assert (checked.retcode, checked.comment, checked.margin) == (0, "Done", 1386.1)
    assert checked.margin_free == checked.equity - 1386.1
    assert desk.positions() == []


def test_order_check_refuses_as_order_send_does(desk: Desk) -> None:
    assert desk.check(volume=0.015).retcode == Retcode.INVALID_VOLUME


def test_order_check_leaves_to_sending_what_may_be_otherwise_by_then(open_desk: OpenDesk) -> None:
    desk = open_desk("Union-Demo")
    assert desk.check(**{**UNION, "price": 1.37}).retcode == 0
    desk.world.close_market()
    assert desk.check(**UNION).retcode == 0
    assert desk.check(**UNION, type_filling=Filling.BOC).retcode == Retcode.INVALID_FILL


def test_order_check_is_not_throttled(desk: Desk) -> None:
    desk.habits(requests_per_second=1)
    desk.send()

    assert desk.check().retcode == 0
    assert desk.send().retcode == Retcode.TOO_MANY_REQUESTS


@pytest.mark.parametrize(
    ("fields", "margin"),
    [
        pytest.param({"volume": 1.0}, 2772.2, id="the same side adds"),
        pytest.param({"volume": 1.0, "type": 1}, 2772.1, id="the other side adds too"),
        pytest.param({"volume": 1.0, "type": 1, "position": "it"}, 1386.1, id="closing adds none"),
    ],
)
def test_order_check_adds_margin_to_what_is_tied_up(
    desk: Desk, fields: dict[str, Any], margin: float
) -> None:
    ticket = desk.send(volume=1.0).order
    named = {"position": ticket} if "position" in fields else {}
    checked = desk.check(**{**fields, **named})

    assert (checked.retcode, checked.margin) == (0, margin)
    assert checked.margin_level == pytest.approx(checked.equity / margin * 100)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"volume": 0.0}, id="by the terminal"),
        pytest.param({"position": 5, "type": 1}, id="by the server"),
    ],
)
def test_a_refusal_is_all_zero_and_tells_by_its_id_who_refused(
    desk: Desk, fields: dict[str, Any]
) -> None:
    answer = desk.send(**fields)
    zeros = (answer.deal, answer.order, answer.volume, answer.price, answer.bid, answer.ask)

    assert zeros == (0, 0, 0.0, 0.0, 0.0, 0.0)
    assert answer.retcode_external == 0
    assert (answer.request_id > 0) == ("position" in fields)


def test_request_ids_rise(desk: Desk) -> None:
    ids = [desk.send().request_id for _ in range(3)]

    assert ids == sorted(set(ids))


def test_a_comment_is_kept_to_31_characters(desk: Desk) -> None:
    desk.send(comment="x" * 40)
    assert desk.positions()[0].comment == "x" * 31


def test_a_magic_of_64_bits_comes_back_whole(desk: Desk) -> None:
    desk.send(magic=2**64 - 1)
    assert desk.positions()[0].magic == 2**64 - 1
