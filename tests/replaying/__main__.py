"""`python -m tests.replaying`: three recorded traders through the real processes, judged."""

import argparse
import sys
from datetime import datetime

from tests.replaying.course import Course, Outcome, Seen
from tests.replaying.marks import CHECKPOINTS, THE_END
from tests.replaying.policies import POLICIES
from tests.replaying.streams import why_not_here

SHOWN = 20


def main() -> int:
    """0 where all did as their policies say, 1 where not, 2 where nothing can be replayed."""
    given = _arguments()
    missing = why_not_here()
    if missing:
        _say(f"cannot replay: {missing}")
        return 2
    policies = tuple(one for one in POLICIES if not given.only or given.only in one.name)
    until_ms = round(datetime.fromisoformat(given.until).timestamp() * 1000)
    outcome = Course(policies, CHECKPOINTS, until_ms, keep=given.keep, tell=_say).run()
    _say(*_lines(outcome))
    return 0 if outcome.is_good else 1


def _lines(outcome: Outcome) -> list[str]:
    hours, speed = outcome.tape_s / 3600, outcome.tape_s / outcome.took_s
    lines = [
        f"{hours:.1f} h of market in {outcome.took_s:.0f} s ({speed:.0f} times as fast): "
        f"{outcome.ticks} ticks, {outcome.events} events, {outcome.facts} facts, "
        f"{len(outcome.seen)} slaves, {len(outcome.checkpoints)} checkpoints",
        "",
        "| slave | copies | deals | answers | differences | unexplained |",
        "|---|---|---|---|---|---|",
        *map(_row, outcome.seen),
    ]
    for one in outcome.seen:
        found = (*one.differences, *one.answers.unexplained)
        lines += [f"{one.policy.name}: {line}" for line in found[:SHOWN]]
    verdict = "as the policies say" if outcome.is_good else "NOT as the policies say"
    return [*lines, *outcome.alarms, "", verdict]


def _row(one: Seen) -> str:
    said = ", ".join(
        f"{count} {kind}" + (f" {reason}" if reason != "NONE" else "")
        for (kind, reason), count in sorted(one.answers.counts.items())
    )
    wrong = f"{len(one.differences)} | {len(one.answers.unexplained)}"
    return f"| {one.policy.name} | {one.copies} | {one.deals} | {said} | {wrong} |"


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.replaying", description=__doc__)
    parser.add_argument("--until", default=THE_END, metavar="TIME", help="ISO, with its zone")
    parser.add_argument("--only", default="", metavar="WORD", help="slaves with it in their names")
    parser.add_argument(
        "--keep", action="store_true", help="keep the folder with logs and journals"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
