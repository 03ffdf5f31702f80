"""How many requests an account has sent within the last second."""

from collections import deque

SECOND_MS = 1000


class Pace:
    """Forgotten by a restart, as a second is."""

    def __init__(self) -> None:
        self._times_ms: deque[int] = deque()

    def note(self, now_ms: int) -> None:
        """A request arrives."""
        self._times_ms.append(now_ms)

    def lately(self, now_ms: int) -> int:
        """Requests of the last second; a clock set back leaves none in the future."""
        self._times_ms = deque(t for t in self._times_ms if now_ms - SECOND_MS < t <= now_ms)
        return len(self._times_ms)
