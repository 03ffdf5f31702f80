"""Reads a broker's clock off its ticks, look by look."""

from decisions.ages import ServerClock, has_stepped, with_tick
from nodes.ports import TerminalDoor
from utils.clock import Now


class ClockWatch:
    """What is known of the broker's clock, and when it was looked at last."""

    def __init__(self, door: TerminalDoor) -> None:
        """Nothing is known before the first look."""
        self._door = door
        self._before: Now | None = None
        self.clock = ServerClock()

    def look(self, now: Now) -> None:
        """Take in the newest tick there is."""
        before, self._before = self._before or now, now
        since_look_s = now.monotonic_s - before.monotonic_s
        stepped = has_stepped(since_look_s, now.utc_ms - before.utc_ms)
        newest_ms = self._door.newest_server_ms()
        self.clock = with_tick(self.clock, newest_ms, now.utc_ms, since_look_s, stepped=stepped)
