"""How often stops may be moved: brokers count requests, and trailing stops make many (law 2)."""

from domain.ids import LegKey
from utils.clock import Clock

#: Of all copies together in a UTC day; brokers' own limits begin at some 2,000 requests.
A_DAY = 1_500
#: Of one copy; what the master changes meanwhile is sent with the next.
APART_S = 0.25
DAY_MS = 86_400_000


class ModifyBudget:
    """Counts what was sent in this run of the node."""

    def __init__(self, clock: Clock) -> None:
        """Nothing was sent yet."""
        self._clock = clock
        self._day = -1
        self._sent = 0
        self._last_s: dict[LegKey, float] = {}

    def is_spent(self) -> bool:
        """No more today, but for stops that are tightened."""
        today = self._clock.now().utc_ms // DAY_MS
        if today != self._day:
            self._day, self._sent = today, 0
        return self._sent >= A_DAY

    def is_too_soon(self, key: LegKey) -> bool:
        """This copy's stops were moved just now."""
        last_s = self._last_s.get(key)
        return last_s is not None and self._clock.now().monotonic_s - last_s < APART_S

    def spend(self, key: LegKey) -> None:
        """One goes out."""
        self._sent += 1
        self._last_s[key] = self._clock.now().monotonic_s

    def take_back(self, key: LegKey) -> None:
        """It did not go out after all."""
        self._sent -= 1
        self.forget(key)

    def forget(self, key: LegKey) -> None:
        """The copy has ended."""
        self._last_s.pop(key, None)
