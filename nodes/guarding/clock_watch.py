"""Reads a broker's clock off its ticks, look by look."""

import msgspec

from decisions.ages import ServerClock, has_stepped, with_tick
from nodes.ports import TerminalDoor
from utils.clock import Clock, Now, utc_us


class ClockWatch:
    """What is known of the broker's clock, and when it was looked at last."""

    def __init__(self, door: TerminalDoor, clock: Clock) -> None:
        """Nothing is known before the first look."""
        self._door = door
        self._clock = clock
        self._before: Now | None = None
        self.clock = ServerClock()

    def look(self, now: Now) -> None:
        """Take in the newest tick there is."""
        before, self._before = self._before or now, now
        since_look_s = now.monotonic_s - before.monotonic_s
        stepped = has_stepped(since_look_s, now.utc_ms - before.utc_ms)
        began_us = utc_us()
        newest_ms = self._door.newest_server_ms()
        # A tick that a slow terminal shows at last may be newer than the look's beginning, and the
        # process may have been stopped since: taken for as old, it would put the clock ahead.
        utc_ms = now.utc_ms + max(0, utc_us() - began_us) // 1000
        utc_ms = max(utc_ms, self._clock.now().utc_ms)
        self.clock = with_tick(self.clock, newest_ms, utc_ms, since_look_s, stepped=stepped)

    def doubt(self) -> None:
        """Something showed that it is not as measured: the next tick to arrive is believed."""
        self.clock = msgspec.structs.replace(self.clock, measured_anew=True)
