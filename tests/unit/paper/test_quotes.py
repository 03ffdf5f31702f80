"""What a quote remembers of its day, and of the trades of others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.mt5_words import TickFlag
from paper.broker.quotes import Quote

HOUR_MS = 3_600_000
BID, ASK, LAST, VOLUME = TickFlag.BID, TickFlag.ASK, TickFlag.LAST, TickFlag.VOLUME


def test_highs_and_lows_belong_to_the_day() -> None:
    quote = Quote(1.2, 1.3, 0)
    quote.move(1.0, 1.1, 1 * HOUR_MS)
    quote.move(1.5, 1.6, 23 * HOUR_MS)
    assert (quote.bid_low, quote.bid_high, quote.ask_low, quote.ask_high) == (1.0, 1.5, 1.1, 1.6)
    quote.move(1.4, 1.5, 24 * HOUR_MS)
    assert (quote.bid_low, quote.bid_high, quote.ask_low, quote.ask_high) == (1.4, 1.4, 1.5, 1.5)


def test_a_new_day_remembers_how_the_old_one_ended() -> None:
    quote = Quote(1.0, 1.1, 0)
    assert (quote.session_open, quote.session_close, quote.price_change) == (1.0, 0.0, 0.0)
    quote.move(2.0, 2.1, 23 * HOUR_MS)
    quote.move(2.5, 2.6, 24 * HOUR_MS)
    quote.move(3.0, 3.1, 25 * HOUR_MS)
    assert (quote.session_open, quote.session_close, quote.price_change) == (2.5, 2.0, 50.0)


def test_a_clock_set_back_begins_no_day() -> None:
    quote = Quote(1.0, 1.1, 24 * HOUR_MS)
    quote.move(2.0, 2.1, 23 * HOUR_MS)
    assert (quote.bid_low, quote.bid_high, quote.session_close) == (1.0, 2.0, 0.0)


@pytest.mark.parametrize(
    ("bid", "ask", "flags"),
    [
        pytest.param(1.1, 2.0, BID, id="bid"),
        pytest.param(1.0, 2.1, ASK, id="ask"),
        pytest.param(1.1, 2.1, BID | ASK, id="both"),
        pytest.param(1.0, 2.0, BID | ASK, id="said again"),
    ],
)
def test_flags_tell_what_moved(bid: float, ask: float, flags: TickFlag) -> None:
    quote = Quote(1.0, 2.0, 0)
    quote.move(bid, ask, 1)
    assert quote.flags == flags


@pytest.mark.parametrize(
    ("bid", "ask", "last", "side"),
    [
        pytest.param(1.1, 2.1, 2.1, TickFlag.BUY, id="a rise is bought"),
        pytest.param(0.9, 1.9, 0.9, TickFlag.SELL, id="a fall is sold"),
        pytest.param(1.0, 2.0, 2.0, TickFlag(0), id="nothing moves, nobody trades"),
        pytest.param(0.9, 2.1, 2.0, TickFlag(0), id="a wider spread is no trade"),
    ],
)
def test_trades_follow_the_market(bid: float, ask: float, last: float, side: TickFlag) -> None:
    quote = Quote(1.0, 2.0, 0, has_trades=True)
    quote.move(bid, ask, 1)
    assert quote.last == last
    assert quote.flags & (TickFlag.BUY | TickFlag.SELL) == side


def test_symbols_without_trades_have_no_last_price() -> None:
    quote = Quote(1.0, 2.0, 0)
    quote.move(1.1, 2.1, 1)
    assert (quote.last, quote.volume, quote.session_deals) == (0.0, 0, 0)


PRICES = st.lists(
    st.tuples(st.integers(1, 500), st.integers(0, 9), st.integers(0, 5 * HOUR_MS)), min_size=1
)


@given(PRICES)
def test_a_day_of_trades_adds_up(moves: list[tuple[int, int, int]]) -> None:
    quote, volumes, traded_at = Quote(1.0, 1.1, 0, has_trades=True), [], []
    now_ms = 0
    volumes.append(quote.volume)
    for points, spread, later_ms in moves:
        before, day = quote.session_deals, now_ms // (24 * HOUR_MS)
        now_ms += later_ms
        quote.move(points / 100, (points + spread) / 100, now_ms)
        if now_ms // (24 * HOUR_MS) > day:
            volumes, traded_at, before = [], [], 0
        if quote.session_deals > before:
            volumes.append(quote.volume)
            traded_at.append(quote.last)
    assert quote.session_volume == sum(volumes)
    assert quote.session_deals == len(volumes)
    if traded_at:
        assert quote.last_low <= min(traded_at) <= max(traded_at) <= quote.last_high
    assert quote.bid_low <= quote.bid <= quote.bid_high


@given(PRICES)
def test_the_same_quotes_bring_the_same_trades(moves: list[tuple[int, int, int]]) -> None:
    one, other = (Quote(1.0, 1.1, 0, has_trades=True) for _ in range(2))
    for points, spread, _ in moves:
        one.move(points / 100, (points + spread) / 100, 1)
        other.move(points / 100, (points + spread) / 100, 1)
        assert one.row() == other.row()
