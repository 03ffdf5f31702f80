"""Wait for the thing itself, with a deadline."""

import threading
from collections.abc import Callable
from typing import TypeVar

from tests.wine import PATIENCE
from utils.clock import monotonic_s

T = TypeVar("T")


def eventually(condition: Callable[[], T], within_s: float = 5.0, every_s: float = 0.01) -> T:
    """Look until the condition is truthy and return it; fail with the last value seen."""
    within_s *= PATIENCE
    deadline = monotonic_s() + within_s
    while True:
        seen = condition()
        if seen:
            return seen
        if monotonic_s() > deadline:
            raise AssertionError(f"not within {within_s} s; last value seen: {seen!r}")
        give_way(every_s)


def give_way(seconds: float) -> None:
    """Let other processes run between two looks; the deadline above, not this, decides."""
    threading.Event().wait(seconds)
