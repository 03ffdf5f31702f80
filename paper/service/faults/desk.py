"""Where rules are handed in and taken back, and where every call asks what will happen to it."""

from collections.abc import Callable
from typing import Final

import msgspec

from domain.mt5_words import LastError
from paper.service.faults.course import UNDISTURBED, Step, course_of
from paper.service.faults.kinds import Death, PipeLost
from paper.service.faults.rules import Called, Rule, complaint, may_concern
from paper.service.faults.script import Live, Script
from paper.service.faults.standing import Standing
from paper.service.tape import Tape
from paper.service.world import Down, ServerRefusal, World

READ_FROM_PUSHES: Final = ("account_info", "terminal_info", "symbol_info_tick")
NOT_ANSWERING: Final = "Pipe server didn't answer in 60 sec"


class Ending(msgspec.Struct, frozen=True):
    """Connections of a terminal that are to be closed, and how."""

    terminal: str
    is_pipe_alone: bool


class FaultDesk:
    """The script and what it does to terminals and brokers."""

    def __init__(self, world: World, tape: Tape, seed: int) -> None:
        self._world = world
        self._tape = tape
        self._script = Script(seed)
        self._standing = Standing(world, tape)
        self._endings: list[Ending] = []
        self.cut_off: Callable[[], None] = lambda: None
        """Closes what is to be closed: whoever hears that a rule is in force finds it done."""

    def add(self, rule: Rule) -> Live:
        """A rule is in force from here on."""
        wrong = complaint(rule)
        if wrong:
            raise ServerRefusal(LastError.INVALID_PARAMS, f"{rule.fault.name}: {wrong}")
        live = self._script.add(self._as_known(rule), self._tape.now_s())
        self.tend()
        if live.trouble:
            self.take_back((live.number,))
            raise ServerRefusal(LastError.INVALID_PARAMS, f"{rule.fault.name}: {live.trouble}")
        self.cut_off()
        return live

    def _as_known(self, rule: Rule) -> Rule:
        terminal = self._world.known_as(rule.scope.terminal)
        return msgspec.structs.replace(
            rule, scope=msgspec.structs.replace(rule.scope, terminal=terminal)
        )

    def take_back(self, numbers: tuple[int, ...] = (), terminal: str = "") -> list[Live]:
        """Rules by number, else those of a terminal, else all of them."""
        gone = self._script.take_back(numbers, self._world.known_as(terminal))
        for live in gone:
            self._standing.end(live)
        self.tend()
        return gone

    def rules(self) -> list[Live]:
        """All rules, those that are over included."""
        return list(self._script.rules.values())

    def is_over(self, live: Live) -> bool:
        """Whether a rule will do nothing more."""
        return live.is_over(self._tape.now_s())

    def course(self, called: Called) -> tuple[Step, ...]:
        """What happens to a call."""
        if called.verb == "initialize":
            self._refuse_while_down(called.terminal)
        if not self._script.rules:
            return UNDISTURBED
        struck = self._script.striking(called, self._tape.now_s())
        return course_of(called, struck) if struck else UNDISTURBED

    def _refuse_while_down(self, key: str) -> None:
        terminal = self._world.terminals.get(key)
        if terminal is None or terminal.down is None:
            return
        if self._tape.now_s() < terminal.down.until_s:
            raise ServerRefusal(terminal.down.code, NOT_ANSWERING)
        terminal.down = None

    def kill(self, key: str, death: Death) -> None:
        """A terminal's process ends: every client of it is cut off, and kept off for a while."""
        for terminal in self._world.terminals.values():
            if key in ("*", terminal.key):
                until_s = self._tape.now_s() + death.down_ms / 1000
                terminal.down = Down(until_s=until_s, code=death.code)
                self._endings.append(Ending(terminal.key, is_pipe_alone=False))

    def take_endings(self) -> list[Ending]:
        """Whose connections are to be closed now."""
        endings, self._endings = self._endings, []
        return endings

    def tend(self) -> None:
        """Begin and end what holds by itself, and tell clients what they must ask for."""
        now_s = self._tape.now_s()
        for live in self._script.rules.values():
            if live.is_on(now_s) and not live.has_begun:
                live.has_begun = True
                self._come_into_force(live)
            if now_s >= live.holds_until_s:
                self._standing.end(live)
        self._tell_what_to_ask(now_s)

    def begin(self, live: Live) -> None:
        """What stands by itself stands from now on, unless it does so already."""
        if live.undoes:
            return
        live.hold(self._tape.now_s())
        try:
            self._standing.begin(live)
        except ServerRefusal as refused:
            live.trouble = str(refused)
            self._standing.end(live)
        self._tell_what_to_ask(self._tape.now_s())

    def _come_into_force(self, live: Live) -> None:
        if not live.rule.is_now:
            self._standing.remember_prices(live)
            return
        live.struck += 1
        fault, key = live.rule.fault, live.rule.scope.terminal
        if isinstance(fault, Death):
            self.kill(key, fault)
        elif isinstance(fault, PipeLost):
            self._endings += [Ending(t, is_pipe_alone=True) for t in self._keys(key)]
        else:
            self.begin(live)

    def _keys(self, key: str) -> list[str]:
        return [known for known in self._world.terminals if key in ("*", known)]

    def _tell_what_to_ask(self, now_s: float) -> None:
        rules = [live.rule for live in self._script.rules.values() if live.is_on(now_s)]
        for terminal in self._world.terminals.values():
            to_ask = self._standing.to_ask(terminal) | {
                verb
                for verb in READ_FROM_PUSHES
                if any(not r.is_now and may_concern(r, terminal.key, verb) for r in rules)
            }
            if to_ask != terminal.to_ask:
                terminal.to_ask = to_ask
                terminal.stale = True
