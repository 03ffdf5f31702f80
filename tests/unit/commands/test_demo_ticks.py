"""The demo's tape begins where it gets lively."""

from itertools import pairwise
from pathlib import Path

from commands.staging.ticks import LIVELY_FROM_MS, lively
from paper.service.tick_files import load


def test_the_tape_begins_shortly_before_the_payrolls(tmp_path: Path) -> None:
    feeds = load(lively(tmp_path / "ticks"))
    assert [feed.symbol for feed in feeds] == ["EURUSD", "XAUUSD"]
    for feed in feeds:
        assert feed.times_ms[0] < LIVELY_FROM_MS <= feed.times_ms[1]


def test_gold_moves_more_than_50_points_within_10_ms(tmp_path: Path) -> None:
    _, gold = load(lively(tmp_path / "ticks"))
    quotes = list(zip(gold.times_ms, gold.bids, strict=True))
    jumps = [
        abs(after[1] - before[1])
        for before, after in pairwise(quotes)
        if after[0] - before[0] <= 10
    ]
    assert max(jumps) > 0.5
