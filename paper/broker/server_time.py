"""Brokers' wall clocks: how far each is ahead of UTC, summer time included."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS

ClockOffset = Callable[[int], int]
"""From a moment in UTC to how far the server's clock is ahead of it, both in milliseconds."""


def eet_offset_ms(utc_ms: int) -> int:
    """Eastern European time: two hours ahead, three in the European Union's summer."""
    return 2 * HOUR_MS + _eu_summer_ms(utc_ms)


def new_york_close_offset_ms(utc_ms: int) -> int:
    """Midnight is five in the afternoon of New York: two hours ahead, three in its summer."""
    start, end = _us_summer(_year(utc_ms // DAY_MS))
    return (3 if start <= utc_ms < end else 2) * HOUR_MS


def london_offset_ms(utc_ms: int) -> int:
    """Western European time: that of UTC, one hour ahead in the European Union's summer."""
    return _eu_summer_ms(utc_ms)


def moscow_offset_ms(_utc_ms: int) -> int:
    """Three hours ahead, all year round."""
    return 3 * HOUR_MS


def _eu_summer_ms(utc_ms: int) -> int:
    start, end = _eu_summer(_year(utc_ms // DAY_MS))
    return HOUR_MS if start <= utc_ms < end else 0


@lru_cache(maxsize=64)
def _year(day: int) -> int:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).year


@lru_cache(maxsize=64)
def _eu_summer(year: int) -> tuple[int, int]:
    """First and last moment: 01:00 UTC on the last Sundays of March and October."""
    return _sunday_ms(year, 3, 25, hour=1), _sunday_ms(year, 10, 25, hour=1)


@lru_cache(maxsize=64)
def _us_summer(year: int) -> tuple[int, int]:
    """First and last moment: 02:00 in New York on a second Sunday of March, a first of November."""
    return _sunday_ms(year, 3, 8, hour=7), _sunday_ms(year, 11, 1, hour=6)


def _sunday_ms(year: int, month: int, earliest_day: int, *, hour: int) -> int:
    earliest = datetime(year, month, earliest_day, hour, tzinfo=UTC)
    sunday = earliest + timedelta(days=(6 - earliest.weekday()) % 7)
    return int(sunday.timestamp()) * 1000
