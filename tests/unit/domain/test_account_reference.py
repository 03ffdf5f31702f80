"""The page about account documents says what the table says."""

from pathlib import Path

from domain.account_fields import ACCOUNT_FIELDS, IMPOSSIBLE
from domain.account_reference import markdown

PAGE = Path(__file__).resolve().parents[3] / "docs" / "ACCOUNTS.md"


def test_the_page_is_up_to_date() -> None:
    hint = "run: python -m commands.accounts_page"
    assert PAGE.read_text("utf-8") == markdown(), hint


def rows(page: str) -> list[str]:
    return [line for line in page.splitlines() if line.startswith("| `")]


def test_every_field_has_a_row_with_all_cells() -> None:
    fields, _ = markdown().split("## What cannot stand together")
    assert len(rows(fields)) == len(ACCOUNT_FIELDS)
    assert {row.count(" | ") for row in rows(fields)} == {7}


def test_everything_impossible_has_a_row_with_all_cells() -> None:
    _, together = markdown().split("## What cannot stand together")
    assert len(rows(together)) == len(IMPOSSIBLE)
    assert {row.count(" | ") for row in rows(together)} == {3}


def test_the_page_says_that_a_misspelt_field_is_refused_and_where_others_go() -> None:
    assert "misspelt limit" in markdown()
    assert "`legacy`" in markdown()
