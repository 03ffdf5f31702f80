"""Was a moment within an account's trading windows? For the judge alone: no code of the gates'."""

from collections.abc import Mapping, Sequence

MINUTE_MS = 60_000
DAY, WEEK = 1_440, 10_080
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: 1970 began on a Thursday.
FIRST_DAY = 3


def never_open(windows: Sequence[str], span_ms: tuple[int, int], zones: Mapping[str, int]) -> bool:
    """No window was open in any minute from one moment to the other (UTC).

    `zones`: minutes that each is ahead of UTC; what is of a zone that is not named may be open.
    """
    return not any(_was_open(written, span_ms, zones) for written in windows)


def zone_of(written: str) -> str:
    """A window ends with it: `Mon-Fri 08:00-17:00 Europe/Prague`."""
    return written.rpartition(" ")[2]


def _was_open(written: str, span_ms: tuple[int, int], zones: Mapping[str, int]) -> bool:
    days, hours, zone = written.split()
    ahead = zones.get(zone)
    if ahead is None:
        return True
    begins, ends = (_minute(clock) for clock in hours.split("-"))
    lasts = (ends - begins) % DAY or DAY
    first, last = (DAYS.index(day) for day in (days[:3], days[-3:]))
    opened = [(first + n) % len(DAYS) * DAY + begins for n in range((last - first) % len(DAYS) + 1)]
    minutes = range(span_ms[0] // MINUTE_MS, span_ms[1] // MINUTE_MS + 1)
    of_week = [(minute + ahead + FIRST_DAY * DAY) % WEEK for minute in minutes]
    return any((minute - start) % WEEK < lasts for minute in of_week for start in opened)


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])
