"""Legs whose last order failed: when to try again, and when a person should know."""

from collections.abc import Iterator

import msgspec

from domain.ids import LegKey
from utils.clock import Clock

#: A leg that cannot be brought where it should be is tried again after so long, doubling.
FIRST_RETRY_S = 0.5
LAST_RETRY_S = 30.0
#: After so many failures in a row a person should know.
ALARM_AFTER = 3
#: Beyond this the pause does not grow any more.
COUNTED_FAILURES = 60


class _Trouble(msgspec.Struct, kw_only=True):
    failures: int = 0
    next_try_s: float = 0.0
    why: str = ""
    is_ours: bool = False

    @property
    def is_alarming(self) -> bool:
        """Our own fault, or a failure that lasts."""
        return self.is_ours or self.failures >= ALARM_AFTER


class Troubles:
    """Tried again ever more slowly, and never given up."""

    def __init__(self, clock: Clock) -> None:
        """All is well."""
        self._clock = clock
        self._of: dict[LegKey, _Trouble] = {}

    def failed(self, key: LegKey, why: str, *, is_ours: bool = False) -> None:
        """It failed once more. `is_ours`: our own code did."""
        trouble = self._of.setdefault(key, _Trouble())
        rest_s = min(FIRST_RETRY_S * 2.0**trouble.failures, LAST_RETRY_S)
        trouble.failures = min(trouble.failures + 1, COUNTED_FAILURES)
        trouble.next_try_s = self._clock.now().monotonic_s + rest_s
        trouble.why, trouble.is_ours = why, is_ours or trouble.is_ours

    def over(self, key: LegKey) -> None:
        """It is where it should be."""
        self._of.pop(key, None)

    def is_due(self, key: LegKey) -> bool:
        """It may be tried now."""
        trouble = self._of.get(key)
        return trouble is None or self._clock.now().monotonic_s >= trouble.next_try_s

    def alarms(self) -> Iterator[tuple[LegKey, str]]:
        """What a person should know."""
        return ((key, t.why) for key, t in self._of.items() if t.is_alarming)
