"""docs/REASONS.md says what the table of reasons says."""

from commands.reasons_page import PAGE, page
from domain.reasons import Reason


def test_the_page_of_reasons_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m commands.reasons_page"


def test_the_page_names_every_reason() -> None:
    written = page()
    assert all(f"| `{reason.value}` |" in written for reason in Reason)
