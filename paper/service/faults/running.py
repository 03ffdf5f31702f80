"""One call on its way: it goes on whenever its next step is due, and owes an answer until then."""

from collections import deque
from collections.abc import Callable, Iterable
from math import inf

import msgspec

from paper.service.faults.course import BreakPipe, Die, Execute, Happen, Hold, Step, Tell, Wait
from paper.service.faults.kinds import Death
from paper.service.faults.script import Live
from paper.wire.protocol import HELD, PIPE_LOST

Frame = tuple[int, int, object]
NOBODY: int = 0


class Hands(msgspec.Struct, frozen=True, kw_only=True):
    """What a call's steps are done with."""

    perform: Callable[[tuple[Live, ...]], tuple[int, object]]
    say: Callable[[Frame], None]
    hang_up: Callable[[], None]
    kill_terminal: Callable[[Death], None]
    begin: Callable[[Live], None]


class Running:
    """Steps in their order; a wait ends by itself, everything else takes no time."""

    def __init__(self, call_id: int, steps: Iterable[Step], hands: Hands) -> None:
        self._call_id = call_id
        self._steps = deque(steps)
        self._hands = hands
        self._answer: tuple[int, object] = (0, None)
        self._due_s = -inf
        self._kept_by: Live | None = None

    @property
    def due_s(self) -> float:
        """When it goes on; at once when nobody keeps it any more."""
        is_free = self._kept_by is not None and self._kept_by.is_taken_back
        return -inf if is_free else self._due_s

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return not self._steps

    def go_on(self, now_s: float) -> None:
        """Do whatever is due."""
        while self._steps and self.due_s <= now_s:
            self._do(self._steps.popleft(), now_s)

    def give_up(self) -> None:
        """The terminal is gone: nothing more is done or said."""
        self._steps.clear()

    def nobody_listens(self) -> None:
        """What waits to be executed still is: the request had left the client."""
        if Execute not in map(type, self._steps) or self.due_s == inf:
            self._steps.clear()

    def _do(self, step: Step, now_s: float) -> None:
        match step:
            case Wait(ms=ms, kept_by=rule):
                self._due_s = inf if ms is None else now_s + ms / 1000
                self._kept_by = rule
            case Hold():
                self._hands.say((self._call_id, HELD, None))
            case Happen(live=live):
                self._hands.begin(live)
            case Execute(struck=struck):
                self._answer = self._hands.perform(struck)
            case Tell():
                self._hands.say((self._call_id, *self._answer))
            case Die(fault=fault):
                self.give_up()
                self._hands.kill_terminal(fault)
            case BreakPipe():
                self.give_up()
                self._hands.say((NOBODY, PIPE_LOST, None))
                self._hands.hang_up()
