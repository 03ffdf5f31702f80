"""The server's midnight: swap of every kind, tickets that change, nothing charged twice."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.mt5_words import DealEntry, OrderType, Reason, SwapMode
from paper.broker.rollover import roll_over
from paper.broker.swaps import nights
from tests.unit.paper.desk import Desk

OpenDesk = Callable[..., Desk]
BUY, SELL = OrderType.BUY, OrderType.SELL
MONDAY = "2026-11-23T15:00:00"
TUESDAY = "2026-11-24T15:00:00"
WEDNESDAY = "2026-11-25T15:00:00"
FRIDAY = "2026-11-27T15:00:00"


def at(desk: Desk, moment: str) -> None:
    """Let the clock show this, UTC, with fresh quotes, and let what is due happen."""
    when = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    desk.utc_ms = int(when.timestamp()) * 1000
    for feed, (bid, ask) in desk.prices.items():
        desk.quote(feed, bid, ask)
    desk.clock(0)


def opened(open_desk: OpenDesk, broker: str, **fields: object) -> Desk:
    desk = open_desk(broker, margin_mode="netting" if broker == "Kontor-Demo" else "hedging")
    at(desk, MONDAY)
    assert desk.send(**{"type_filling": 0, **fields}).retcode == 10009
    return desk


@pytest.mark.parametrize(
    ("moment", "swap"),
    [
        pytest.param("2026-11-23T21:59:59", 0.0, id="a second before midnight"),
        pytest.param("2026-11-23T22:00:00", -6.2, id="midnight"),
        pytest.param("2026-11-24T22:00:00", -12.4, id="two nights"),
        pytest.param("2026-11-25T22:00:00", -31.0, id="Wednesday's night counts three"),
        pytest.param("2026-11-27T22:00:00", -43.4, id="Friday's counts one"),
        pytest.param("2026-11-29T22:00:00", -43.4, id="the weekend none"),
        pytest.param("2026-11-30T22:00:00", -49.6, id="Monday again"),
    ],
)
def test_every_night_is_charged_wednesdays_three_times(
    open_desk: OpenDesk, moment: str, swap: float
) -> None:
    desk = opened(open_desk, "Liberty-Demo", volume=1.0)
    at(desk, moment)
    assert desk.positions()[0].swap == swap


@pytest.mark.parametrize(
    ("broker", "symbol", "side", "lots", "swap"),
    [
        pytest.param("Liberty-Demo", "EURUSD", SELL, 1.0, 1.1, id="points, in one's favour"),
        pytest.param("Liberty-Demo", "XAUUSD", BUY, 2.0, -4.8, id="its own currency"),
        pytest.param("Kontor-Demo", "EURUSD.k", BUY, 1.0, -7.62, id="euros owed at the ask"),
        pytest.param("Kontor-Demo", "EURUSD.k", SELL, 1.0, 2.08, id="euros earned at the bid"),
        pytest.param("Kontor-Demo", "EURUSD.cash", BUY, 0.5, -2.0, id="deposit currency"),
        pytest.param("Kontor-Demo", "XAUEUR", BUY, 1.0, -12.47, id="margin currency"),
        pytest.param("Kontor-Demo", "OIL", BUY, 1.0, -1.29, id="interest on the opening price"),
        pytest.param("Kontor-Demo", "GER30", SELL, 5.0, -3.36, id="interest on the present"),
    ],
)
def test_one_night_costs_what_the_symbol_says(
    open_desk: OpenDesk, broker: str, symbol: str, side: OrderType, lots: float, swap: float
) -> None:
    filling = 1 if broker == "Kontor-Demo" else 0
    desk = opened(open_desk, broker, symbol=symbol, type=side, volume=lots, type_filling=filling)
    at(desk, TUESDAY)
    assert desk.positions()[0].swap == swap


def test_swap_counts_in_the_equity_and_is_realised_with_the_part_that_is_closed(
    open_desk: OpenDesk,
) -> None:
    desk = opened(open_desk, "Liberty-Demo", volume=1.0)
    at(desk, TUESDAY)
    account, (position,) = desk.account(), desk.positions()
    assert account.profit == pytest.approx(position.profit - 6.2)
    desk.close(position.ticket, 0.5, type_filling=0)
    assert desk.deals()[-1].swap == -3.1
    assert desk.positions()[0].swap == -3.1
    desk.close(position.ticket, 0.5, type_filling=0)
    assert sum(deal.swap for deal in desk.deals(position.identifier)) == pytest.approx(-6.2)
    booked = sum(d.profit + d.commission + d.swap + d.fee for d in desk.deals())
    assert desk.account().balance == pytest.approx(booked)


def test_a_restart_charges_nothing_twice(open_desk: OpenDesk) -> None:
    desk = opened(open_desk, "Liberty-Demo", volume=1.0)
    at(desk, TUESDAY)
    before = desk.positions()
    desk.restart()
    at(desk, TUESDAY)
    assert desk.positions() == before


def test_killed_between_two_positions_a_broker_charges_each_once(open_desk: OpenDesk) -> None:
    desk = opened(open_desk, "Liberty-Demo", volume=1.0)
    desk.send(volume=1.0, type_filling=0)
    house, account = desk.session.house, desk.session.account
    desk.later(24 * 3_600_000)
    first = roll_over(house._moment(account, desk.utc_ms))
    assert first is not None
    desk.world.settle([house.apply(account.terms.login, first)])
    assert sorted(p.swap for p in desk.positions()) == [-6.2, 0.0]
    desk.restart()
    at(desk, TUESDAY)
    assert [p.swap for p in desk.positions()] == [-6.2, -6.2]


def test_a_broker_that_was_off_for_days_catches_up(open_desk: OpenDesk) -> None:
    desk = opened(open_desk, "Liberty-Demo", volume=1.0)
    desk.utc_ms += 7 * 24 * 3_600_000
    desk.restart()
    desk.clock(0)
    assert desk.positions()[0].swap == pytest.approx(-6.2 * 7)


def test_a_clock_set_back_charges_nothing_again(open_desk: OpenDesk) -> None:
    desk = opened(open_desk, "Liberty-Demo", volume=1.0)
    at(desk, WEDNESDAY)
    at(desk, TUESDAY)
    at(desk, WEDNESDAY)
    assert desk.positions()[0].swap == -12.4


def test_nights_wait_for_the_rates_they_are_counted_in(open_desk: OpenDesk) -> None:
    desk = opened(open_desk, "Kontor-Demo", symbol="XAUEUR", volume=1.0, type_filling=1)
    at(desk, TUESDAY)
    euro = desk.prices.pop("EURUSD")
    desk.restart()
    desk.clock(24 * 3_600_000)
    assert desk.positions()[0].swap == -12.47
    desk.quote("EURUSD", *euro)
    desk.clock(0)
    assert desk.positions()[0].swap == pytest.approx(-24.94)


def test_some_brokers_number_positions_anew_and_keep_their_identifier(
    open_desk: OpenDesk,
) -> None:
    desk = opened(open_desk, "Meridian-Demo", symbol="EURUSD_m", price=1.3861, volume=1.0)
    (before,) = desk.positions()
    at(desk, TUESDAY)
    (after,) = desk.positions()
    assert after.identifier == before.identifier == before.ticket
    assert after.ticket > before.ticket
    assert (after.price_open, after.time, after.volume, after.magic, after.comment) == (
        before.price_open, before.time, before.volume, before.magic, before.comment,
    )  # fmt: skip
    assert after.swap == -7.5
    assert len(desk.deals(before.identifier)) == 1, "nothing was traded"


def test_a_position_numbered_anew_is_found_by_its_new_ticket_only(open_desk: OpenDesk) -> None:
    desk = opened(open_desk, "Meridian-Demo", symbol="EURUSD_m", price=1.3861, volume=1.0)
    old = desk.positions()[0].ticket
    at(desk, TUESDAY)
    new = desk.positions()[0].ticket
    back = {"symbol": "EURUSD_m", "price": 1.386, "type_filling": 0}
    assert desk.ask("positions_get", "ticket", old) == []
    assert desk.close(old, 1.0, **back).retcode == 10036
    desk.restart()
    assert [position.ticket for position in desk.positions()] == [new]
    assert desk.close(new, 1.0, **back).retcode == 10009
    assert [deal.entry for deal in desk.deals(old)] == [DealEntry.IN, DealEntry.OUT]
    assert [order.position_id for order in desk.orders()] == [old, old]


def test_the_weekend_renumbers_nothing(open_desk: OpenDesk) -> None:
    desk = opened(open_desk, "Meridian-Demo", symbol="EURUSD_m", price=1.3861, volume=1.0)
    at(desk, "2026-11-28T12:00:00")
    ticket = desk.positions()[0].ticket
    at(desk, "2026-11-29T12:00:00")
    assert desk.positions()[0].ticket == ticket


@pytest.mark.parametrize(
    ("symbol", "side", "closed", "reopened", "worth"),
    [
        pytest.param("USDJPY.k", BUY, 101.724, 101.72, 3.93, id="a buy that earns opens lower"),
        pytest.param("USDJPY.k", SELL, 101.732, 101.72, -11.8, id="a sell that pays opens lower"),
        pytest.param("GOLD.f", BUY, 1_286.0, 1_286.1, -10.0, id="a buy that pays opens higher"),
        pytest.param("GOLD.f", SELL, 1_286.0, 1_285.9, -10.0, id="a sell, by the bid"),
    ],
)
def test_some_symbols_are_closed_and_opened_anew(
    open_desk: OpenDesk,
    symbol: str,
    side: OrderType,
    closed: float,
    reopened: float,
    worth: float,
) -> None:
    price = 101.732 if side == BUY else 101.724
    desk = opened(
        open_desk, "Kontor-Demo", symbol=symbol, type=side, volume=1.0, price=price, type_filling=1
    )
    (before,), equity = desk.positions(), desk.account().equity
    at(desk, TUESDAY)
    (after,) = desk.positions()
    out, back = desk.deals(before.identifier)[1:]
    assert after.identifier == before.identifier
    assert after.ticket > before.ticket
    assert (after.price_open, after.swap) == (reopened, 0.0)
    assert [(out.entry, out.price), (back.entry, back.price)] == [
        (DealEntry.OUT, closed), (DealEntry.IN, reopened),
    ]  # fmt: skip
    assert {out.reason, back.reason} == {Reason.ROLLOVER}
    assert (out.type, back.type) == (1 - side, side)
    assert desk.account().equity - equity == pytest.approx(worth, abs=0.02)


def test_reopened_positions_survive_a_restart(open_desk: OpenDesk) -> None:
    desk = opened(open_desk, "Kontor-Demo", symbol="GOLD.f", volume=2.0, type_filling=1)
    at(desk, WEDNESDAY)
    before = (desk.positions(), desk.deals(), desk.account())
    desk.restart()
    at(desk, WEDNESDAY)
    assert (desk.positions(), desk.deals(), desk.account()) == before


def test_without_swap_nothing_happens_at_midnight(desk: Desk) -> None:
    at(desk, MONDAY)
    desk.send()
    before = desk.positions()
    at(desk, "2026-12-24T15:00:00")
    assert desk.positions() == before


@given(st.integers(0, 30_000), st.integers(0, 400), st.integers(0, 400), st.integers(1, 5))
def test_nights_add_up_wherever_they_are_cut(
    first: int, some: int, more: int, triple_day: int
) -> None:
    cut, end = first + some, first + some + more
    whole = nights(first, end, triple_day)
    assert nights(first, cut, triple_day) + nights(cut, end, triple_day) == whole
    assert nights(first, first + 7, triple_day) == 7


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_swap_is_the_same_however_often_the_clock_is_looked_at(hours: list[int]) -> None:
    looked, asleep = _held(Desk("Liberty-Demo")), _held(Desk("Liberty-Demo"))
    try:
        for some in hours:
            looked.clock(some * 3_600_000)
        asleep.clock(sum(hours) * 3_600_000)
        assert looked.positions()[0].swap == pytest.approx(asleep.positions()[0].swap)
    finally:
        looked.store.close()
        asleep.store.close()


def _held(desk: Desk) -> Desk:
    desk.send(volume=1.0, type_filling=0)
    return desk


def test_every_way_of_charging_is_on_sale(open_desk: OpenDesk) -> None:
    sold: set[int] = set()
    for broker, mode in (
        ("Liberty-Demo", "hedging"), ("Kontor-Demo", "netting"), ("FTMO-Demo", "hedging"),
    ):  # fmt: skip
        market = open_desk(broker, margin_mode=mode).session.house.market
        sold |= {profile.swap_mode for profile in market.profiles.values()}
    assert sold == set(SwapMode)
