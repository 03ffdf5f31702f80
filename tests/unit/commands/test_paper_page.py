"""The page of the paper broker lists the checks that the broker makes."""

from commands.paper_page import PAGE, page


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m commands.paper_page"
