"""The only file that reads a clock.

Durations are monotonic seconds; moments are UTC milliseconds since 1970. A process that follows a
clock file takes UTC to be so many milliseconds off as stands there, from one reading to the next:
so tests let our clock jump. The machine's clock is never touched, and durations never jump. A
simulation may give this process another time altogether.
"""

import mmap
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

_OFFSET_MS: Final = struct.Struct("<q")
_followed: "list[mmap.mmap]" = []

if sys.platform == "win32" and sys.version_info < (3, 13):
    import ctypes

    _FROM_1601_TO_1970_NS = 11_644_473_600 * 1_000_000_000

    def _utc_ns() -> int:
        """Python's own clocks step by 15.6 ms there; it reads these two itself from 3.13 on."""
        since_1601 = ctypes.c_ulonglong()
        ctypes.windll.kernel32.GetSystemTimePreciseAsFileTime(ctypes.byref(since_1601))
        return since_1601.value * 100 - _FROM_1601_TO_1970_NS

    _steady_s = time.perf_counter
else:
    _utc_ns, _steady_s = time.time_ns, time.monotonic


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
        return Now(_steady_s(), utc_ms())


def utc_ms() -> int:
    """Milliseconds since 1970, UTC."""
    return _utc_ns() // 1_000_000 + (_offset_ms() if _followed else 0)


def utc_us() -> int:
    """Microseconds since 1970, UTC: the resolution latency figures need."""
    return _utc_ns() // 1_000 + (_offset_ms() * 1_000 if _followed else 0)


def monotonic_s() -> float:
    """Seconds on a clock that never goes back."""
    return _steady_s()


@contextmanager
def taken_from(steady_s: Callable[[], float], utc_ns: Callable[[], int]) -> Iterator[None]:
    """For as long as this lasts, these two are the clocks of this process: for simulations."""
    # Rebound rather than looked up, so that reading the machine's clocks stays as cheap as it was.
    global _steady_s, _utc_ns
    before = _steady_s, _utc_ns
    _steady_s, _utc_ns = steady_s, utc_ns
    try:
        yield
    finally:
        _steady_s, _utc_ns = before


def follow(path: Path) -> None:
    """From here on this process's UTC is off by what stands in that file; it is made if absent."""
    _followed[:] = [_mapped(path)]


def unfollow() -> None:
    """From here on UTC is the machine's."""
    while _followed:
        _followed.pop().close()


def set_offset(path: Path, offset_ms: int) -> None:
    """Let the clocks of all processes that follow this file jump to so far off the machine's."""
    mapped = _mapped(path)
    _OFFSET_MS.pack_into(mapped, 0, offset_ms)
    mapped.close()


def _mapped(path: Path) -> mmap.mmap:
    """Mapped by whoever reads and whoever writes: only so is it one memory on every platform."""
    with path.open("ab") as made:
        if made.tell() < _OFFSET_MS.size:
            made.write(bytes(_OFFSET_MS.size))
    with path.open("r+b") as opened:
        return mmap.mmap(opened.fileno(), _OFFSET_MS.size)


def _offset_ms() -> int:
    offset_ms: int = _OFFSET_MS.unpack_from(_followed[0])[0]
    return offset_ms
