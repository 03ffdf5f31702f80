"""The page about account documents says what the table says."""

from pathlib import Path

from domain.account_fields import ACCOUNT_FIELDS
from domain.account_reference import markdown

PAGE = Path(__file__).resolve().parents[3] / "docs" / "ACCOUNTS.md"


def test_the_page_is_up_to_date() -> None:
    hint = "run: python -m commands.accounts_page"
    assert PAGE.read_text("utf-8") == markdown(), hint


def test_every_field_has_a_row_with_all_cells() -> None:
    rows = [line for line in markdown().splitlines() if line.startswith("| `")]
    assert len(rows) == len(ACCOUNT_FIELDS)
    assert {row.count(" | ") for row in rows} == {7}
