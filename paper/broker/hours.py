"""When a symbol may be traded: weekly sessions on the server's wall clock."""

from typing import Final

from paper.broker.server_time import DAY_MS

MINUTE_MS: Final = 60_000
MIDNIGHT: Final = 24 * 60

Session = tuple[int, int]
"""From this minute of the day, until before that one."""
Week = tuple[tuple[Session, ...], ...]
"""The sessions of seven days, Sunday first."""

ALL_DAY: Final[Session] = (0, MIDNIGHT)
CLOSED: Final[tuple[Session, ...]] = ()
AROUND_THE_CLOCK: Final[Week] = ((ALL_DAY,),) * 7


def weekdays(*sessions: Session) -> Week:
    """The same sessions from Monday to Friday."""
    return (CLOSED, *((sessions,) * 5), CLOSED)


def at(hour: int, minute: int = 0) -> int:
    """A time of day in minutes."""
    return hour * 60 + minute


def is_open(week: Week, server_ms: int) -> bool:
    """Whether a session is on."""
    if week is AROUND_THE_CLOCK:
        return True
    minute = server_ms % DAY_MS / MINUTE_MS
    sessions = week[weekday(day_of(server_ms))]
    return any(start <= minute < end for start, end in sessions)


def day_of(server_ms: int) -> int:
    """The day of the server's wall clock, counted from 1970-01-01."""
    return server_ms // DAY_MS


def weekday(day: int) -> int:
    """MetaTrader's number of a day: 0 is Sunday; 1970-01-01 was a Thursday."""
    return (day + 4) % 7
