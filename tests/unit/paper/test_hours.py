"""When symbols may be traded: weekly sessions by the server's wall clock."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.mt5_words import OrderType, Retcode
from paper.broker.hours import AROUND_THE_CLOCK, MIDNIGHT, MINUTE_MS, Week, is_open, weekday
from paper.broker.profiles.weeks import (
    FOREX_WEEK,
    FUTURES_WEEK,
    INDEX_WEEK,
    METAL_WEEK,
    STOCK_WEEK,
)
from tests.unit.paper.desk import Desk, named

OpenDesk = Callable[..., Desk]
WEEK_MINUTES = 7 * MIDNIGHT
SUNDAY_MS = 3 * MIDNIGHT * MINUTE_MS
"""1970-01-04 was a Sunday."""


def utc_ms(moment: str) -> int:
    return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    ("week", "moment", "opened"),
    [
        pytest.param(FOREX_WEEK, "2026-11-23T00:04:59", False, id="forex, Monday, too early"),
        pytest.param(FOREX_WEEK, "2026-11-23T00:05:00", True, id="forex opens"),
        pytest.param(FOREX_WEEK, "2026-11-25T00:00:00", True, id="forex knows no midnight"),
        pytest.param(FOREX_WEEK, "2026-11-27T23:54:59", True, id="forex, last second of the week"),
        pytest.param(FOREX_WEEK, "2026-11-27T23:55:00", False, id="forex closes"),
        pytest.param(FOREX_WEEK, "2026-11-28T12:00:00", False, id="Saturday"),
        pytest.param(FOREX_WEEK, "2026-11-29T12:00:00", False, id="Sunday"),
        pytest.param(METAL_WEEK, "2026-11-24T23:59:59", True, id="gold before its break"),
        pytest.param(METAL_WEEK, "2026-11-25T00:00:00", False, id="gold's break"),
        pytest.param(METAL_WEEK, "2026-11-25T01:00:00", True, id="gold after its break"),
        pytest.param(STOCK_WEEK, "2026-11-25T14:02:00", False, id="the exchange clears"),
        pytest.param(STOCK_WEEK, "2026-11-25T19:30:00", False, id="no stocks in the evening"),
        pytest.param(FUTURES_WEEK, "2026-11-25T19:30:00", True, id="futures in the evening"),
        pytest.param(INDEX_WEEK, "2026-11-25T16:44:59", False, id="the index pauses"),
        pytest.param(AROUND_THE_CLOCK, "2026-11-29T03:00:00", True, id="always"),
    ],
)
def test_a_session_is_on_or_not(week: Week, moment: str, opened: bool) -> None:
    assert is_open(week, utc_ms(moment)) is opened


@pytest.mark.parametrize("week", [FOREX_WEEK, METAL_WEEK, INDEX_WEEK, STOCK_WEEK, FUTURES_WEEK])
def test_a_week_is_open_as_long_as_its_sessions(week: Week) -> None:
    promised = sum(end - start for day in week for start, end in day)
    opened = sum(is_open(week, SUNDAY_MS + n * MINUTE_MS) for n in range(WEEK_MINUTES))
    assert opened == promised


SESSION = st.tuples(st.integers(0, MIDNIGHT), st.integers(0, MIDNIGHT)).map(sorted).map(tuple)
ANY_WEEK = st.lists(st.lists(SESSION, max_size=3).map(tuple), min_size=7, max_size=7).map(tuple)


@given(ANY_WEEK, st.integers(0, 7 * MIDNIGHT * MINUTE_MS - 1))
def test_every_moment_is_open_or_closed_by_its_own_day(week: Week, offset_ms: int) -> None:
    day, minute = divmod(offset_ms / MINUTE_MS, MIDNIGHT)
    covered = any(start <= minute < end for start, end in week[int(day)])
    assert is_open(week, SUNDAY_MS + offset_ms) is covered
    assert is_open(week, SUNDAY_MS + offset_ms + 7 * MIDNIGHT * MINUTE_MS) is covered


def test_days_are_numbered_from_sunday() -> None:
    assert [weekday(day) for day in range(3, 10)] == [0, 1, 2, 3, 4, 5, 6]


def at(desk: Desk, moment: str) -> None:
    desk.utc_ms = utc_ms(moment)
    for feed, (bid, ask) in desk.prices.items():
        desk.quote(feed, bid, ask)


@pytest.mark.parametrize(
    ("moment", "retcode"),
    [
        pytest.param("2026-11-24T21:59:59", Retcode.DONE, id="winter, before the break"),
        pytest.param("2026-11-24T22:00:00", Retcode.MARKET_CLOSED, id="winter, the break"),
        pytest.param("2026-11-24T23:00:00", Retcode.DONE, id="winter, after the break"),
        pytest.param("2026-10-27T20:59:59", Retcode.DONE, id="New York's summer, Europe's winter"),
        pytest.param("2026-10-27T21:00:00", Retcode.MARKET_CLOSED, id="an hour earlier by then"),
        pytest.param("2026-11-22T15:00:00", Retcode.MARKET_CLOSED, id="Sunday"),
    ],
)
def test_golds_daily_break_follows_new_york(
    open_desk: OpenDesk, moment: str, retcode: Retcode
) -> None:
    desk = open_desk("Liberty-Demo")
    at(desk, moment)
    answer = desk.send(symbol="XAUUSD", type_filling=0)
    assert answer.retcode == retcode
    assert answer.request_id > 0


@pytest.mark.parametrize("action", ["open", "close", "stops", "place", "withdraw"])
def test_out_of_hours_nothing_is_traded_or_changed(open_desk: OpenDesk, action: str) -> None:
    desk = open_desk("Liberty-Demo")
    at(desk, "2026-11-24T15:00:00")
    gold = {"symbol": "XAUUSD", "type_filling": 0}
    waiting = {"action": 5, "type": OrderType.BUY_LIMIT, "price": 1_200.0, "type_filling": 2}
    ticket = desk.send(**gold).order
    order = desk.send(**{**gold, **waiting}).order
    at(desk, "2026-11-24T22:30:00")
    answers = {
        "open": lambda: desk.send(**gold),
        "close": lambda: desk.close(ticket, 0.1, **gold),
        "stops": lambda: desk.stops(ticket, sl=1_200.0),
        "place": lambda: desk.send(**{**gold, **waiting}),
        "withdraw": lambda: desk.send(action=8, order=order),
    }
    assert answers[action]().retcode == Retcode.MARKET_CLOSED
    assert len(desk.positions()) == len(desk.waiting()) == 1


def test_out_of_hours_quotes_go_on_and_stops_wait_for_the_session(open_desk: OpenDesk) -> None:
    desk = open_desk("Liberty-Demo")
    at(desk, "2026-11-24T15:00:00")
    desk.send(symbol="XAUUSD", type_filling=0, sl=1_280.0)
    at(desk, "2026-11-24T22:30:00")
    desk.quote("XAUUSD", 1_270.0, 1_270.3)
    assert named("Tick", desk.ask("symbol_info_tick", "XAUUSD")).bid == 1_270.0
    assert len(desk.positions()) == 1
    at(desk, "2026-11-24T23:00:00")
    assert desk.positions() == []


@pytest.mark.parametrize(
    "broker", ["FTMO-Demo", "Apex-Demo", "Harbor-Demo", "Union-Demo", "Warden-Demo", "Anybody"]
)
def test_some_brokers_never_close(open_desk: OpenDesk, broker: str) -> None:
    market = open_desk(broker).session.house.market
    for minute in range(0, WEEK_MINUTES, 7):
        assert all(market.is_open(name, SUNDAY_MS + minute * MINUTE_MS) for name in market.profiles)
