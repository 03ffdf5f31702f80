"""A broker's wall clock: Eastern European time, two hours ahead of UTC and three in EU summer."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

WINTER_MS: Final = 2 * 3_600_000
SUMMER_MS: Final = 3 * 3_600_000


def eet_offset_ms(utc_ms: int) -> int:
    """How far the server's clock is ahead of UTC at this moment."""
    start, end = _summer(_year(utc_ms // 86_400_000))
    return SUMMER_MS if start <= utc_ms < end else WINTER_MS


@lru_cache(maxsize=64)
def _year(day: int) -> int:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).year


@lru_cache(maxsize=64)
def _summer(year: int) -> tuple[int, int]:
    """First and last millisecond of EU summer time, which changes at 01:00 UTC on Sundays."""
    return _last_sunday_ms(year, 3), _last_sunday_ms(year, 10)


def _last_sunday_ms(year: int, month: int) -> int:
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    sunday = last - timedelta(days=(last.weekday() + 1) % 7)
    return int(sunday.timestamp()) * 1000
