"""Writes the order of checks into docs/PAPER.md: `python -m commands.paper_page`."""

from pathlib import Path

from domain.mt5_words import Retcode, TradeAction
from paper.broker.asking import Check
from paper.broker.checks.in_order import (
    ALWAYS,
    BY_ACTION,
    GIVES,
    LEFT_TO_SENDING,
    ONLY_BY_FAULT,
)

PAGE = Path(__file__).resolve().parent.parent / "docs" / "PAPER.md"
MADE_FROM_HERE = "### Every request\n"
"""What stands above it is written by hand."""
TABLE_HEAD = "| check | code |\n|---|---|\n"
TITLES = {
    TradeAction.DEAL: "TRADE_ACTION_DEAL",
    TradeAction.PENDING: "TRADE_ACTION_PENDING",
    TradeAction.SLTP: "TRADE_ACTION_SLTP",
    TradeAction.MODIFY: "TRADE_ACTION_MODIFY",
    TradeAction.REMOVE: "TRADE_ACTION_REMOVE",
    TradeAction.CLOSE_BY: "TRADE_ACTION_CLOSE_BY",
}


def page() -> str:
    """The whole page: what is written by hand, and below it the checks as they are made."""
    by_hand, found, _ = PAGE.read_text(encoding="utf-8").partition(MADE_FROM_HERE)
    if not found:
        raise SystemExit(f"{PAGE}: wanted a line {MADE_FROM_HERE.strip()!r}, found none")
    parts = [by_hand, _section("Every request", ALWAYS)]
    parts += [_section(title, BY_ACTION[action]) for action, title in TITLES.items()]
    return "".join([*parts, "No check, but a [fault](FAULTS.md), gives ", _only_by_fault(), ".\n"])


def _section(title: str, checks: tuple[Check, ...]) -> str:
    return f"### {title}\n\n{TABLE_HEAD}{''.join(map(_row, checks))}\n"


def _row(check: Check) -> str:
    codes = ", ".join(map(_code, GIVES[check]))
    star = " *" if check in LEFT_TO_SENDING else ""
    return f"| {_meaning(check)}{star} | {codes} |\n"


def _meaning(check: Check) -> str:
    """The first paragraph of what the check says of itself."""
    told = (check.__doc__ or "").strip().partition("\n\n")[0]
    return " ".join(told.split()).rstrip(".")


def _code(code: Retcode) -> str:
    return f"{int(code)} {code.name}"


def _only_by_fault() -> str:
    return ", ".join(map(_code, sorted(ONLY_BY_FAULT)))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
