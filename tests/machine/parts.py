"""One process of a swarm, to be killed or paused by what it is for."""

import sys
from collections.abc import Callable

import psutil

from tests.machine.names import ENDED_WITHIN_S, READY_WITHIN_S
from tests.waiting import eventually
from utils.os_signals import born, kill


class Part:
    """Whoever plays this part at the moment; another process may play it later."""

    def __init__(self, name: str, look: Callable[[], int]) -> None:
        self.name = name
        self._look = look

    @property
    def pid(self) -> int:
        """0 where nobody plays it, as after a crash that nobody has mended yet."""
        pid = self._look()
        return pid if pid and born(pid) is not None else 0

    def kill(self) -> int:
        """Without asking, as a crash or the operating system would; who it was, now gone."""
        pid = self._there()
        kill(pid)
        eventually(lambda: born(pid) is None, ENDED_WITHIN_S)
        return pid

    def pause(self) -> int:
        """It does nothing from here on, and nobody is told; who it was."""
        pid = self._there()
        process = psutil.Process(pid)
        process.suspend()
        # Windows has halted every thread when the call returns; Wine never shows the status.
        if sys.platform != "win32":
            eventually(lambda: process.status() == psutil.STATUS_STOPPED, ENDED_WITHIN_S)
        return pid

    def resume(self) -> None:
        """It goes on as if nothing had been."""
        psutil.Process(self._there()).resume()

    def another_than(self, before: int, within_s: float = READY_WITHIN_S) -> int:
        """Waits until another process plays it, and says which."""
        return eventually(lambda: self.pid not in {0, before} and self.pid, within_s)

    def _there(self) -> int:
        pid = self.pid
        assert pid, f"{self.name}: wanted its process, found none"
        return pid
