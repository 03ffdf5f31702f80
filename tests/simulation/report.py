"""What many runs have shown together, in words."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from tests.simulation.acts import ACTS
from tests.simulation.running import Result

PEOPLE = (
    "trade",
    "basket",
    "modify",
    "reduce",
    "close",
    "close_all",
    "flash",
    "let_wait",
    "move_order",
    "withdraw",
    "by_hand",
    "close_copy",
)


class Tally(msgspec.Struct, kw_only=True):
    """Runs of one mode, added up."""

    mode: str
    seeds: int = 0
    counts: Counter[str] = msgspec.field(default_factory=Counter)
    failed: list[Result] = msgspec.field(default_factory=list)
    slowest_s: float = 0.0
    slowest_seed: int = 0

    def add(self, results: Iterable[Result]) -> None:
        """Some more."""
        for one in results:
            self.seeds += 1
            self.counts.update(one.counts)
            if (one.converged_after_s or 0.0) > self.slowest_s:
                self.slowest_s, self.slowest_seed = one.converged_after_s or 0.0, one.seed
            if not one.is_good:
                self.failed.append(one)

    def lines(self, took_s: float) -> list[str]:
        """For a person."""
        per_minute = self.seeds / max(took_s, 0.001) * 60
        found = [
            f"{self.mode}: {self.seeds} seeds in {took_s:.0f} s, {per_minute:.0f} a minute; "
            f"{len(self.failed)} failed",
            f"  people:   {self._counted(PEOPLE)}",
            f"  troubles: {self._counted([act for act in ACTS if act not in PEOPLE])}",
            f"  faults at terminals: {self._starting('fault ')}",
            f"  orders {self.counts['order']}, deals {self.counts['deal']}, facts told "
            f"{self.counts['told']}, crashes {self._crashes()}, starts {self.counts['start']}",
            f"  answers:  {self._starting('answer ')}",
            f"  verdicts: {self._starting('verdict ')}",
        ]
        if self.mode == "liveness":
            slowest = f"the slowest {self.slowest_s:.0f} s, seed {self.slowest_seed}"
            found.append(f"  converged after the faults ended: {slowest}")
        return found + [line for one in self.failed for line in failure_lines(one)]

    def _crashes(self) -> int:
        return sum(self.counts[what] for what in ("kill", "dies", "crashed"))

    def _counted(self, names: Iterable[str]) -> str:
        return ", ".join(f"{name} {self.counts[name]}" for name in names if self.counts[name])

    def _starting(self, prefix: str) -> str:
        named = sorted((n, c) for n, c in self.counts.items() if n.startswith(prefix))
        return ", ".join(f"{name.removeprefix(prefix)} {count}" for name, count in named) or "none"


def failure_lines(result: Result) -> list[str]:
    """What was found in one run, and how to see it again."""
    command = f"python -m tests.simulation --mode {result.mode} --seed {result.seed}"
    shown = [f"    {finding.shown}" for finding in result.findings[:5]]
    shown += [f"    {fault.strip().splitlines()[-1]}" for fault in result.faults[:2]]
    return [f"  FAILED seed {result.seed}: {command} --trace", *shown]
