"""What brokers limit: requests, orders, positions, lots, sides, and the order of closing."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from domain.mt5_words import (
    Filling,
    OrderType,
    Retcode,
    SymbolTradeMode,
    TradeAction,
)
from paper.broker.pace import Pace
from tests.unit.paper.desk import Desk

OpenDesk = Callable[..., Desk]
BUY, SELL = OrderType.BUY, OrderType.SELL


def warden(open_desk: OpenDesk, margin_mode: str = "hedging") -> Desk:
    desk = open_desk("Warden-Demo", margin_mode=margin_mode)
    desk.habits(requests_per_second=0)
    return desk


def place(desk: Desk, **fields: Any) -> SimpleNamespace:
    """A buy limit well below the market, unless said otherwise."""
    usual = {"action": TradeAction.PENDING, "type": OrderType.BUY_LIMIT, "price": 1.38}
    return desk.send(**{**usual, "type_filling": Filling.RETURN, **fields})


def test_more_requests_a_second_than_the_broker_takes_are_refused(open_desk: OpenDesk) -> None:
    desk = open_desk("Warden-Demo")
    codes = [desk.send(volume=0.01).retcode for _ in range(6)]
    assert codes == [Retcode.DONE] * 5 + [Retcode.TOO_MANY_REQUESTS]
    desk.later(1_000)
    assert desk.send(volume=0.01, position=desk.positions()[0].ticket, type=SELL).retcode == (
        Retcode.DONE
    )


def test_asking_what_an_order_would_cost_is_no_request(open_desk: OpenDesk) -> None:
    desk = open_desk("Warden-Demo")
    for _ in range(9):
        assert desk.check(volume=0.01).retcode == 0


@pytest.mark.parametrize(
    ("noted_ms", "now_ms", "lately"),
    [
        pytest.param([], 0, 0, id="none"),
        pytest.param([0, 1, 1_000], 1_000, 2, id="the first is a second ago"),
        pytest.param([5_000, 5_100], 4_000, 0, id="the clock was set back"),
    ],
)
def test_requests_of_the_last_second_are_counted(
    noted_ms: list[int], now_ms: int, lately: int
) -> None:
    pace = Pace()
    for at_ms in noted_ms:
        pace.note(at_ms)
    assert pace.lately(now_ms) == lately


def test_only_so_many_orders_wait(open_desk: OpenDesk) -> None:
    desk = warden(open_desk)
    assert [place(desk).retcode for _ in range(4)] == [Retcode.DONE] * 3 + [Retcode.LIMIT_ORDERS]
    assert desk.send(action=TradeAction.REMOVE, order=desk.waiting()[0].ticket).retcode == (
        Retcode.DONE
    )
    assert place(desk).retcode == Retcode.DONE


def test_hedging_counts_positions_and_waiting_orders_together(open_desk: OpenDesk) -> None:
    desk = warden(open_desk)
    for _ in range(3):
        desk.send(volume=0.01)
    place(desk)
    place(desk)
    assert desk.send(volume=0.01).retcode == Retcode.LIMIT_POSITIONS
    assert place(desk).retcode == Retcode.LIMIT_POSITIONS
    assert desk.close(desk.positions()[0].ticket, 0.01).retcode == Retcode.DONE
    assert desk.send(volume=0.01).retcode == Retcode.DONE


def test_netting_counts_symbols(open_desk: OpenDesk) -> None:
    desk = warden(open_desk, "netting")
    desk.habits(limit_positions=1)
    assert desk.send(volume=0.01).retcode == Retcode.DONE
    assert desk.send(volume=0.01).retcode == Retcode.DONE, "the same symbol"
    assert desk.send(symbol="EURUSD.long", volume=0.01).retcode == Retcode.LIMIT_POSITIONS


@pytest.mark.parametrize(
    ("margin_mode", "sent", "retcode"),
    [
        pytest.param("hedging", {"volume": 0.3}, Retcode.DONE, id="up to the limit"),
        pytest.param("hedging", {"volume": 0.31}, Retcode.LIMIT_VOLUME, id="above it"),
        pytest.param("hedging", {"volume": 1.0, "type": SELL}, Retcode.DONE, id="the other side"),
        pytest.param("netting", {"volume": 0.31}, Retcode.LIMIT_VOLUME, id="netting, above it"),
        pytest.param("netting", {"volume": 1.2, "type": SELL}, Retcode.DONE, id="netting, turned"),
        pytest.param(
            "netting", {"volume": 1.6, "type": SELL}, Retcode.LIMIT_VOLUME, id="turned too far"
        ),
    ],
)
def test_lots_of_one_symbol_and_side_are_limited(
    open_desk: OpenDesk, margin_mode: str, sent: dict[str, Any], retcode: Retcode
) -> None:
    desk = warden(open_desk, margin_mode)
    desk.send(volume=0.5)
    place(desk, volume=0.2)
    assert desk.send(**sent).retcode == retcode


def test_waiting_orders_count_against_the_lots_of_their_side(open_desk: OpenDesk) -> None:
    desk = warden(open_desk)
    desk.send(volume=0.5)
    assert place(desk, volume=0.51).retcode == Retcode.LIMIT_VOLUME
    assert place(desk, volume=0.5).retcode == Retcode.DONE


@pytest.mark.parametrize(
    ("symbol", "side", "retcode"),
    [
        ("EURUSD.long", BUY, Retcode.DONE),
        ("EURUSD.long", SELL, Retcode.LONG_ONLY),
        ("EURUSD.short", SELL, Retcode.DONE),
        ("EURUSD.short", BUY, Retcode.SHORT_ONLY),
        ("XAUUSD.close", BUY, Retcode.CLOSE_ONLY),
        ("XAUUSD.off", BUY, Retcode.TRADE_DISABLED),
    ],
)
def test_a_symbol_takes_the_sides_it_says(
    open_desk: OpenDesk, symbol: str, side: OrderType, retcode: Retcode
) -> None:
    assert warden(open_desk).send(symbol=symbol, type=side, volume=0.01).retcode == retcode


@pytest.mark.parametrize(
    ("symbol", "retcode"),
    [
        ("EURUSD.short", Retcode.SHORT_ONLY),
        ("EURUSD.market", Retcode.INVALID_ORDER),
        ("EURUSD.day", Retcode.DONE),
    ],
)
def test_a_waiting_buy_is_held_to_the_same(
    open_desk: OpenDesk, symbol: str, retcode: Retcode
) -> None:
    assert place(warden(open_desk), symbol=symbol).retcode == retcode


@pytest.mark.parametrize("margin_mode", ["hedging", "netting"])
@pytest.mark.parametrize(
    "mode", [SymbolTradeMode.CLOSE_ONLY, SymbolTradeMode.LONG_ONLY], ids=["closing", "long"]
)
def test_what_is_held_may_always_be_closed(
    open_desk: OpenDesk, margin_mode: str, mode: SymbolTradeMode
) -> None:
    desk = warden(open_desk, margin_mode)
    desk.send(volume=0.3)
    desk.resell("EURUSD", trade_mode=mode)
    ticket = desk.positions()[0].ticket
    assert desk.close(ticket, 0.1).retcode == Retcode.DONE
    assert desk.stops(ticket, sl=1.38).retcode == Retcode.DONE
    assert desk.close(ticket, 0.2).retcode == Retcode.DONE


def test_a_netting_account_cannot_turn_what_may_only_be_closed(open_desk: OpenDesk) -> None:
    desk = warden(open_desk, "netting")
    desk.send(volume=0.3)
    desk.resell("EURUSD", trade_mode=SymbolTradeMode.CLOSE_ONLY)
    assert desk.send(volume=0.4, type=SELL).retcode == Retcode.CLOSE_ONLY


def test_a_symbol_that_is_off_lets_nothing_be_changed(open_desk: OpenDesk) -> None:
    desk = warden(open_desk)
    ticket, order = desk.send(volume=0.3).order, place(desk).order
    desk.resell("EURUSD", trade_mode=SymbolTradeMode.DISABLED)
    assert desk.close(ticket, 0.3).retcode == Retcode.TRADE_DISABLED
    assert desk.stops(ticket, sl=1.38).retcode == Retcode.TRADE_DISABLED
    assert desk.send(action=TradeAction.REMOVE, order=order).retcode == Retcode.TRADE_DISABLED


def test_first_in_is_first_out(open_desk: OpenDesk) -> None:
    desk = open_desk("Liberty-Demo")
    oldest, younger = (desk.send(type_filling=0).order for _ in range(2))
    gold = desk.send(symbol="XAUUSD", type_filling=0).order
    assert desk.account().fifo_close is True
    assert desk.close(younger, 0.1, type_filling=0).retcode == Retcode.FIFO_CLOSE
    assert desk.close(gold, 0.1, symbol="XAUUSD", type_filling=0).retcode == Retcode.DONE
    assert desk.close(oldest, 0.05, type_filling=0).retcode == Retcode.DONE
    assert desk.close(younger, 0.1, type_filling=0).retcode == Retcode.FIFO_CLOSE
    assert desk.close(oldest, 0.05, type_filling=0).retcode == Retcode.DONE
    assert desk.close(younger, 0.1, type_filling=0).retcode == Retcode.DONE


def test_a_stop_of_a_younger_position_closes_it_all_the_same(open_desk: OpenDesk) -> None:
    desk = open_desk("Liberty-Demo")
    oldest = desk.send(type_filling=0).order
    desk.send(type_filling=0, sl=1.38)
    desk.quote("EURUSD", 1.3799, 1.38)
    assert [position.ticket for position in desk.positions()] == [oldest]


@pytest.mark.parametrize("action", ["now", "later"])
def test_where_hedging_is_forbidden_nothing_faces_the_other_way(
    open_desk: OpenDesk, action: str
) -> None:
    desk = open_desk("Liberty-Demo")
    ticket = desk.send(type_filling=0).order
    if action == "now":
        answer = desk.send(type=SELL, type_filling=0)
    else:
        answer = place(desk, type=OrderType.SELL_LIMIT, price=1.40)
    assert answer.retcode == Retcode.HEDGE_PROHIBITED
    assert desk.close(ticket, 0.1, type_filling=0).retcode == Retcode.DONE
    assert desk.send(type=SELL, type_filling=0).retcode == Retcode.DONE


def test_limits_are_the_servers_word(open_desk: OpenDesk) -> None:
    desk = open_desk("Liberty-Demo")
    desk.send(type_filling=0)
    assert desk.send(type=SELL, type_filling=0).request_id > 0
