"""When an account opens: weekly windows in named time zones, the end not included.

A window that runs over midnight belongs to the day it begins on. Local time is asked anew for each
moment, so that a window has the same hours on the wall whatever summer time does.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MINUTES_A_DAY = 24 * 60


class LocalTime(NamedTuple):
    """What clock and calendar on the wall show: Monday is 0."""

    weekday: int
    minute: int


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """`first_minute` up to, not including, `end_minute`, on days of a zone's calendar."""

    weekdays: frozenset[int]
    first_minute: int
    end_minute: int
    zone: str


def window_of(written: str) -> Window:
    """Of a text like `Mon-Fri 08:00-17:00 Europe/Prague`, whose form was checked before."""
    days, hours, zone = written.split(" ")
    first, _, last = days.partition("-")
    begins, _, ends = hours.partition("-")
    return Window(
        weekdays=frozenset(_from_to(DAYS.index(first), DAYS.index(last or first))),
        first_minute=_minutes(begins),
        end_minute=_minutes(ends) or MINUTES_A_DAY,
        zone=zone,
    )


def is_open(windows: Sequence[str], local: Mapping[str, LocalTime]) -> bool:
    """One of them is open; a zone whose time nobody knows opens nothing."""
    return any(_is_open(window, local.get(window.zone)) for window in map(window_of, windows))


def zones_of(windows: Sequence[str]) -> frozenset[str]:
    """Whose local time must be known."""
    return frozenset(window_of(one).zone for one in windows)


def _is_open(window: Window, now: LocalTime | None) -> bool:
    if now is None:
        return False
    if window.first_minute < window.end_minute:
        is_time = window.first_minute <= now.minute < window.end_minute
        return is_time and now.weekday in window.weekdays
    yesterday = (now.weekday - 1) % len(DAYS)
    before_midnight = now.minute >= window.first_minute and now.weekday in window.weekdays
    return before_midnight or (now.minute < window.end_minute and yesterday in window.weekdays)


def _from_to(first: int, last: int) -> list[int]:
    """Over the weekend as well: Fri-Mon are four days."""
    return [(first + n) % len(DAYS) for n in range((last - first) % len(DAYS) + 1)]


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)
