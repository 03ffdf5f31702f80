"""`accounts remove`: the document goes; open copies are followed to their end all the same."""

import argparse
import sys
from collections.abc import Mapping, Sequence

from commands.accounts.answer import WRONG_USE, Answer, Refused
from commands.accounts.desk import Desk, Document, Plan
from commands.accounts.names import check_names
from commands.accounts.writing import carry_out

YES = frozenset({"y", "yes"})


def remove_accounts(args: argparse.Namespace, desk: Desk) -> Answer:
    """Remove all that are named or none of them, once somebody has said yes."""
    names = list(dict.fromkeys(args.names))
    check_names(names, desk.by_name())
    warnings = _warnings(names, desk)
    if not args.yes:
        _ask(names, warnings)

    def plan(present: Mapping[str, Document]) -> Plan:
        del present  # whoever removed one of them before us did what we want
        return dict.fromkeys(names)

    answer = carry_out(desk, plan, patient=not args.no_wait, heedless=args.force)
    return Answer(value=answer.value, lines=answer.lines, remarks=(*warnings, *answer.remarks))


def _warnings(names: Sequence[str], desk: Desk) -> list[str]:
    counted = {name: desk.open_copies(name) for name in names}
    return [
        f"{name}: {copies} copies are open. No order is given for them now: the nodes open nothing "
        "new, close each copy when its master closes, and end after the last one."
        for name, copies in counted.items()
        if copies
    ]


def _ask(names: Sequence[str], warnings: Sequence[str]) -> None:
    """On a terminal a word is enough; a script has to mean it."""
    for warning in warnings:
        print(warning, file=sys.stderr)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Refused("Nothing was removed. Add --yes to remove for good.", code=WRONG_USE)
    print(f"Remove {', '.join(names)} for good? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in YES:
        raise Refused("Nothing was removed.")
