"""The day of the week at the paper brokers, moved by hand."""

from typing import Final

from paper.admin import Admin

DAY_S: Final = 86_400
WEDNESDAY_NOON_S: Final = 6 * DAY_S + DAY_S // 2
"""1970-01-07 was a Wednesday."""


def to_wednesday(line: Admin, seconds_later: int = 0) -> None:
    """Let the brokers' clocks show the next Wednesday, noon UTC, or so much later."""
    now_s = line.ask("admin.advance_clock", 0) // 1000
    ahead_s = (WEDNESDAY_NOON_S + seconds_later - now_s) % (7 * DAY_S)
    line.advance_clock(ahead_s * 1000)
