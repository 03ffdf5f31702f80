"""Writes docs/ACCOUNTS.md from the table of account fields: `python -m commands.accounts_page`."""

from pathlib import Path

from domain.account_reference import markdown

PAGE = Path(__file__).resolve().parent.parent / "docs" / "ACCOUNTS.md"

if __name__ == "__main__":
    PAGE.write_text(markdown(), encoding="utf-8", newline="\n")
