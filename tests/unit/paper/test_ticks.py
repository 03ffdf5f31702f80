"""What is kept of the ticks since the start, and what each tick says it changed."""

import numpy as np

from domain.mt5_words import TickFlag
from paper.broker.making import FeedTick
from paper.broker.minutes import MINUTES_KEPT, MinutesOfSymbol
from paper.broker.quotes import Quote
from paper.service.feed_record import TICKS_KEPT, FeedRecord
from paper.service.past.columns import Ticks
from paper.service.past.records import as_ticks
from paper.service.recorded import Recorded
from tests.unit.paper.test_bars import TAPE, Chart

BID, ASK, LAST, VOLUME, BUY = (
    int(flag) for flag in (TickFlag.BID, TickFlag.ASK, TickFlag.LAST, TickFlag.VOLUME, TickFlag.BUY)
)


def test_a_tick_says_what_it_changed_and_both_prices_where_nothing_did() -> None:
    bids, asks = [1.1, 1.2, 1.2, 1.2, 1.3], [1.5, 1.5, 1.6, 1.6, 1.7]
    nothing = np.zeros(5, np.int64)
    ticks = Ticks(
        np.arange(5), np.array(bids), np.array(asks), np.zeros(5), nothing, nothing
    )  # fmt: skip
    assert as_ticks(ticks)["flags"].tolist() == [BID | ASK, BID, ASK, BID | ASK, BID | ASK]


def test_a_trade_says_its_side_and_what_differs_from_the_one_before() -> None:
    same = np.array([1.1, 1.1, 1.1])
    last, volume = np.array([1.5, 1.5, 1.6]), np.array([3, 3, 4])
    side = np.array([BUY, BUY, 0])
    flags = as_ticks(Ticks(np.arange(3), same, same, last, volume, side))["flags"].tolist()
    quoted = BID | ASK
    assert flags == [quoted | LAST | VOLUME | BUY, quoted | BUY, quoted]


def test_the_oldest_ticks_fall_away() -> None:
    record = FeedRecord()
    for ms in range(2 * TICKS_KEPT + 1):
        record.add(ms, 1.0, 1.1)
    assert len(record.times_ms) == len(record.bids) == len(record.asks) == TICKS_KEPT
    assert record.times_ms[-1] == 2 * TICKS_KEPT


def test_the_oldest_minutes_fall_away() -> None:
    minutes = MinutesOfSymbol()
    for minute in range(2 * MINUTES_KEPT + 1):
        minutes.note(Quote(1.0, 1.1, minute * 60_000))
    columns = (minutes.minutes, minutes.opens, minutes.closes, minutes.counts, minutes.volumes)
    assert {len(column) for column in columns} == {MINUTES_KEPT}


def test_bars_go_on_where_the_first_ticks_have_fallen_away() -> None:
    chart = Chart(seconds=300)
    for record in chart.recorded.feeds.values():
        del record.times_ms[:200], record.bids[:200], record.asks[:200]
    whole = Chart(seconds=300)
    assert (chart.bars(1, 200) == whole.bars(1, 200)).all()


def test_ticks_that_came_within_one_moment_are_all_there() -> None:
    recorded = Recorded(TAPE)
    for bid in (1.1, 1.2, 1.3):
        recorded.note(FeedTick("EURUSD", 0, bid, 1.4), 5_000)
    assert list(recorded.feeds["EURUSD"].bids) == [1.1, 1.2, 1.3]
