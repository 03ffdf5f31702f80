"""The only file that reads a clock.

Durations are monotonic seconds; moments are UTC milliseconds since 1970. A replay (and, later, a
simulation) may move the process's idea of UTC by an offset; the machine's clock is never touched.
"""

import time
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Now:
    """One reading of both clocks, taken together."""

    monotonic_s: float
    utc_ms: int


class Clock(Protocol):
    """Anything that can tell the time."""

    def now(self) -> Now:
        """Both clocks at this instant."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> Now:
        """Both clocks at this instant."""
        return Now(time.monotonic(), time.time_ns() // 1_000_000)


def utc_ms() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def utc_us() -> int:
    """Microseconds since 1970, UTC: the resolution latency figures need."""
    return time.time_ns() // 1_000


def monotonic_s() -> float:
    """Seconds on a clock that never goes back."""
    return time.monotonic()
