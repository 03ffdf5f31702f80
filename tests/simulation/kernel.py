"""Simulated time: what is due happens in order, and who waits lets the others go on meanwhile."""

import heapq
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

from tests.simulation.trace import Trace
from utils.randomness import seeded

#: The moment every run begins at, UTC: a Wednesday at noon.
EPOCH_US = 1_790_769_600_000_000
STRIDE = 1_000_003


class OwnTime:
    """The clocks of one machine: apart from everybody else's, and set by whoever likes."""

    def __init__(self, steady_us: int = 0, utc_wrong_us: int = 0) -> None:
        self.steady_us = steady_us
        self.utc_wrong_us = utc_wrong_us


class Kernel:
    """One timeline. Nothing happens at the same time as anything else."""

    def __init__(self, seed: int, trace: Trace) -> None:
        self.now_us = 0
        self.trace = trace
        self._seed = seed
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self._times = [OwnTime()]

    def dice(self, *names: object) -> Random:
        """A generator of one's own, so that nobody's draws depend on who else draws."""
        return seeded(self._seed * STRIDE + _number("/".join(map(str, names))))

    def at(self, when_us: int, act: Callable[[], None]) -> None:
        """Let something happen at a moment; now, if that is past."""
        self._count += 1
        heapq.heappush(self._due, (max(when_us, self.now_us), self._count, act))

    def after(self, us: int, act: Callable[[], None]) -> None:
        """Let something happen in a while."""
        self.at(self.now_us + us, act)

    def run_until(self, until_us: int) -> None:
        """All that is due by then; whoever acts may come back here to wait."""
        while self._due and self._due[0][0] <= until_us:
            when_us, _, act = heapq.heappop(self._due)
            self.now_us = max(self.now_us, when_us)
            act()
        self.now_us = max(self.now_us, until_us)

    def wait(self, us: int) -> None:
        """Whoever is acting waits. It may take longer: others may have to wait inside of it."""
        if us > 0:
            self.run_until(self.now_us + us)

    @contextmanager
    def on_the_clock_of(self, time: OwnTime) -> Iterator[None]:
        """Whatever reads a clock in here reads this machine's."""
        self._times.append(time)
        try:
            yield
        finally:
            self._times.pop()

    def steady_s(self) -> float:
        """The monotonic clock of whoever is acting."""
        return (self.now_us + self._times[-1].steady_us) / 1_000_000

    def utc_ns(self) -> int:
        """The UTC of whoever is acting."""
        return (EPOCH_US + self.now_us + self._times[-1].utc_wrong_us) * 1_000

    @property
    def true_utc_ms(self) -> int:
        """What it is, whatever any machine's clock says: the brokers go by it."""
        return (EPOCH_US + self.now_us) // 1_000


def _number(text: str) -> int:
    """The same in every process, unlike hash()."""
    number = 0
    for letter in text.encode():
        number = (number * 257 + letter) % 1_000_000_007
    return number
