"""Accounts that net: one position per symbol, which deals increase, reduce, close or turn."""

from collections.abc import Callable

import msgspec
import pytest

from domain.mt5_words import DealEntry, MarginMode, OrderState, OrderType, Reason, Retcode
from tests.unit.paper.desk import Desk

OpenDesk = Callable[..., Desk]
SELL = OrderType.SELL


@pytest.fixture(params=["netting", "exchange"])
def netting(open_desk: OpenDesk, request: pytest.FixtureRequest) -> Desk:
    return open_desk("Somewhere-Demo", margin_mode=request.param)


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ("netting", MarginMode.RETAIL_NETTING),
        ("exchange", MarginMode.EXCHANGE),
        (0, MarginMode.RETAIL_NETTING),
        (1, MarginMode.EXCHANGE),
        (2, MarginMode.RETAIL_HEDGING),
    ],
)
def test_an_account_shows_how_it_nets_and_still_does_after_a_restart(
    open_desk: OpenDesk, wanted: str | int, shown: int
) -> None:
    desk = open_desk("Somewhere-Demo", margin_mode=wanted)
    assert desk.account().margin_mode == shown

    desk.restart()
    assert desk.account().margin_mode == shown


def test_a_second_buy_joins_the_first_at_the_volume_weighted_price(netting: Desk) -> None:
    first = netting.send(volume=0.1)
    netting.later(5_000)
    netting.quote("EURUSD", 1.38900, 1.38910)
    second = netting.send(volume=0.2, magic=99, comment="more")
    (position,) = netting.positions()

    assert (position.ticket, position.identifier) == (first.order, first.order)
    assert position.volume == 0.3
    assert position.price_open == pytest.approx((0.1 * 1.3861 + 0.2 * 1.3891) / 0.3, abs=1e-9)
    assert (position.magic, position.comment) == (234000, "told"), "the opener's"
    assert position.time_update_msc == position.time_msc + 5_000
    assert [deal.entry for deal in netting.deals(first.order)] == [DealEntry.IN, DealEntry.IN]
    assert [order.ticket for order in netting.orders()] == [first.order, second.order]
    assert {order.position_id for order in netting.orders()} == {first.order}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param({}, (1.38, 1.39), id="none given"),
        pytest.param({"sl": 1.381}, (1.381, 1.39), id="a stop loss"),
        pytest.param({"tp": 1.392}, (1.38, 1.392), id="a take profit"),
        pytest.param({"sl": 1.381, "tp": 1.392}, (1.381, 1.392), id="both"),
    ],
)
def test_stops_of_a_deal_that_joins_replace_the_positions(
    netting: Desk, given: dict[str, float], kept: tuple[float, float]
) -> None:
    netting.send(sl=1.38, tp=1.39)
    netting.send(**given)
    (position,) = netting.positions()

    assert (position.sl, position.tp) == kept


def test_a_smaller_sell_takes_from_a_bought_position(netting: Desk) -> None:
    opened = netting.send(volume=0.3, sl=1.38, tp=1.39)
    (before,) = netting.positions()
    netting.later(5_000)
    netting.quote("EURUSD", 1.38700, 1.38710)
    netting.send(volume=0.1, type=SELL)
    (after,) = netting.positions()
    leaving = netting.deals(opened.order)[-1]

    assert (leaving.entry, leaving.type, leaving.volume) == (DealEntry.OUT, SELL, 0.1)
    assert leaving.profit == 9.0
    assert (after.volume, after.time_update_msc) == (0.2, before.time_msc + 5_000)
    for field in ("ticket", "identifier", "price_open", "sl", "tp", "time_msc", "comment"):
        assert getattr(after, field) == getattr(before, field)


def test_a_sell_of_the_same_size_closes(netting: Desk) -> None:
    opened = netting.send(volume=0.3)
    netting.send(volume=0.3, type=SELL)

    assert netting.positions() == []
    assert [d.entry for d in netting.deals(opened.order)] == [DealEntry.IN, DealEntry.OUT]


def test_a_larger_sell_turns_the_position_in_one_deal(netting: Desk) -> None:
    opened = netting.send(volume=0.1, sl=1.38)
    netting.later(5_000)
    netting.quote("EURUSD", 1.38700, 1.38710)
    turning = netting.send(volume=0.3, type=SELL, tp=1.38, magic=7, comment="turn")
    (position,) = netting.positions()
    leaving = netting.deals(opened.order)[-1]

    assert (leaving.entry, leaving.volume, leaving.price) == (DealEntry.INOUT, 0.3, 1.387)
    assert leaving.profit == 9.0, "of the 0.1 that was closed"
    assert (position.identifier, position.ticket) == (opened.order, turning.order)
    assert (position.type, position.volume, position.price_open) == (SELL, 0.2, 1.387)
    assert (position.sl, position.tp) == (0.0, 1.38), "the old ones were on the other side"
    assert (position.magic, position.comment) == (7, "turn")
    assert position.time_msc == position.time_update_msc == leaving.time_msc
    assert netting.deals(opened.order)[-1].position_id == opened.order


def test_a_turned_position_keeps_its_link_until_it_is_closed(netting: Desk) -> None:
    opened = netting.send(volume=0.1)
    netting.send(volume=0.3, type=SELL)
    netting.send(volume=0.2)
    entries = [deal.entry for deal in netting.deals(opened.order)]

    assert entries == [DealEntry.IN, DealEntry.INOUT, DealEntry.OUT]
    assert {order.position_id for order in netting.orders()} == {opened.order}
    assert netting.positions() == []
    reopened = netting.send()
    assert netting.positions()[0].identifier == reopened.order


@pytest.mark.parametrize("named", [0, 5, "its own"])
def test_which_position_is_named_does_not_matter(netting: Desk, named: int | str) -> None:
    opened = netting.send(volume=0.3)
    ticket = opened.order if named == "its own" else named
    answer = netting.send(volume=0.1, type=SELL, position=ticket)

    assert answer.retcode == Retcode.DONE
    assert netting.positions()[0].volume == 0.2
    assert netting.send(volume=0.1, position=ticket).retcode == Retcode.DONE
    assert netting.positions()[0].volume == 0.3


def test_symbols_net_apart(netting: Desk) -> None:
    netting.send()
    netting.send(symbol="XAUUSD", type=SELL)

    assert [position.symbol for position in netting.positions()] == ["EURUSD", "XAUUSD"]


def test_stops_are_moved_by_symbol_alone(netting: Desk) -> None:
    netting.send()
    moved = netting.send(action=6, symbol="EURUSD", volume=0.0, sl=1.38, tp=1.39)

    assert moved.retcode == Retcode.DONE
    assert (netting.positions()[0].sl, netting.positions()[0].tp) == (1.38, 1.39)


def test_stops_of_a_symbol_without_a_position_are_refused(netting: Desk) -> None:
    moved = netting.send(action=6, symbol="EURUSD", volume=0.0, sl=1.38)

    assert moved.retcode == Retcode.POSITION_CLOSED


def test_a_stop_loss_closes_the_netted_position_whole(netting: Desk) -> None:
    opened = netting.send(volume=0.1, sl=1.38)
    netting.send(volume=0.2)
    netting.quote("EURUSD", 1.37900, 1.37910)
    leaving = netting.deals(opened.order)[-1]

    assert netting.positions() == []
    assert (leaving.volume, leaving.reason, leaving.comment) == (0.3, Reason.SL, "[sl 1.38000]")


def test_a_part_of_the_swap_is_realised_with_a_part_of_the_volume(netting: Desk) -> None:
    netting.send(volume=0.3)
    account = netting.session.account
    ((ticket, position),) = account.positions.items()
    account.positions[ticket] = msgspec.structs.replace(position, swap=-1.0)
    netting.send(volume=0.1, type=SELL)
    assert netting.deals()[-1].swap == -0.33
    assert netting.positions()[0].swap == -0.67
    netting.send(volume=0.3, type=SELL)

    assert netting.deals()[-1].swap == -0.67
    assert netting.positions()[0].swap == 0.0


def test_closing_needs_no_money(netting: Desk) -> None:
    netting.send(volume=50.0)
    assert netting.send(volume=50.0).retcode == Retcode.NO_MONEY
    assert netting.send(volume=50.0, type=SELL).retcode == Retcode.DONE


def test_a_position_cannot_be_closed_by_another_where_there_is_only_one(netting: Desk) -> None:
    opened = netting.send()

    assert netting.close_by(opened.order, opened.order).retcode == Retcode.INVALID


def test_the_rest_of_an_order_joins_the_position_and_leaves_its_stops_alone(netting: Desk) -> None:
    netting.route(0.5, rest_after_ms=1_000)
    opened = netting.send(volume=0.2, sl=1.38)
    netting.send(action=6, symbol="EURUSD", volume=0.0, sl=1.37)
    netting.clock(1_000)
    (position,) = netting.positions()

    assert (position.ticket, position.volume, position.sl) == (opened.order, 0.2, 1.37)
    assert netting.orders()[-1].state == OrderState.FILLED


def test_an_order_filled_late_turns_what_there_is_by_then(netting: Desk) -> None:
    netting.route(0.0, rest_after_ms=1_000)
    late = netting.send(volume=0.3, type=SELL)
    netting.route(1.0)
    opened = netting.send(volume=0.1)
    netting.clock(1_000)
    (position,) = netting.positions()

    assert (position.type, position.volume) == (SELL, 0.2)
    assert (position.ticket, position.identifier) == (late.order, opened.order)
