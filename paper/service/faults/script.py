"""The rules in force: which of them strike a call, drawn from one seed."""

from collections.abc import Callable
from math import inf
from typing import Any, Final

from paper.service.faults.rules import Called, Rule, concerns
from utils.randomness import seeded

STRIDE: Final = 1_000_003
"""Keeps the draws of one rule apart from those of the next, whatever the seeds."""


class Live:
    """One rule at work: how often it was met, how often it struck."""

    def __init__(self, number: int, rule: Rule, seed: int, now_s: float) -> None:
        self.number = number
        self.rule = rule
        self.draws = seeded(seed * STRIDE + number)
        self.begins_s = now_s + rule.scope.after_ms / 1000
        self.met = 0
        self.struck = 0
        self.has_begun = self.is_taken_back = False
        self.holds_until_s = inf
        self.trouble = ""
        """Why it could not be brought about when its time came."""
        self.undoes: list[Callable[[], None]] = []
        self.memory: dict[tuple[str, str], list[Any]] = {}

    def hold(self, now_s: float) -> None:
        """What stands by itself stands for so long from here."""
        for_s = self.rule.scope.for_ms / 1000
        self.holds_until_s = now_s + for_s if for_s else inf

    def is_over(self, now_s: float) -> bool:
        """Whether it will never strike again."""
        rule, scope = self.rule, self.rule.scope
        is_timed = bool(scope.for_ms) and not rule.is_set_off
        if is_timed and now_s >= self.begins_s + scope.for_ms / 1000:
            return True
        return bool(scope.times) and not rule.is_now and self.struck >= scope.times

    def is_on(self, now_s: float) -> bool:
        """Whether it may strike now."""
        return now_s >= self.begins_s and not self.is_over(now_s)

    def strikes(self) -> bool:
        """Whether it strikes this time; to be asked once per call it is about."""
        scope = self.rule.scope
        self.met += 1
        turn = self.met - scope.skip - 1
        if turn < 0 or turn % scope.every:
            return False
        if scope.chance < 1 and self.draws.random() >= scope.chance:
            return False
        self.struck += 1
        return True


class Script:
    """All rules, in the order in which they were added."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._last_number = 0
        self.rules: dict[int, Live] = {}

    def add(self, rule: Rule, now_s: float) -> Live:
        """From now on this may happen."""
        self._last_number += 1
        live = Live(self._last_number, rule, self._seed, now_s)
        self.rules[live.number] = live
        return live

    def take_back(self, numbers: tuple[int, ...], terminal: str) -> list[Live]:
        """Rules by number, else those of a terminal, else all; what is gone is returned."""
        gone = [
            live
            for live in self.rules.values()
            if (live.number in numbers if numbers else terminal in ("", live.rule.scope.terminal))
        ]
        for live in gone:
            live.is_taken_back = True
            del self.rules[live.number]
        return gone

    def striking(self, called: Called, now_s: float) -> list[Live]:
        """The rules that strike this call."""
        return [
            live
            for live in self.rules.values()
            if live.is_on(now_s) and concerns(live.rule, called) and live.strikes()
        ]
