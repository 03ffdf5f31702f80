"""Writes docs/REASONS.md from the table of reasons: `python -m commands.reasons_page`."""

from pathlib import Path

from domain.reasons import EXPLANATIONS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "REASONS.md"
HEAD = """# Reasons

Why an event of a master was, or was not, copied. `python launcher.py why` tells it for a trade.
This page is made from `domain/reasons.py` by `python -m commands.reasons_page`.

| reason | what it means | what to do |
|---|---|---|
"""


def page() -> str:
    """The whole page."""
    rows = (
        f"| `{reason.value}` | {_cell(told.meaning)} | {_cell(told.what_to_do)} |"
        for reason, told in EXPLANATIONS.items()
    )
    return HEAD + "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
