"""The dates of a call; one that overflows lets the call go on and spoils its end."""

from collections.abc import Sequence

from paper.module import arguments
from paper.module.calling import Calls


class Dates:
    """Converts dates for the functions of one module."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def moment_s(self, value: object) -> int:
        """One date as whole seconds."""
        seconds = arguments.moment_s(value, is_late=self._calls.is_spoiled)
        if arguments.overflows(value):
            self._calls.spoil(OverflowError(f"{value} does not fit 32 bits"))
        return seconds

    def window_s(self, values: Sequence[object]) -> list[int]:
        """Exactly a from and a to; a from after its to is the server's business."""
        return [self.moment_s(value) for value in arguments.exactly(2, values)]
