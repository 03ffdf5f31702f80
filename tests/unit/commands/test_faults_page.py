"""The page of faults is what the code says."""

from commands.faults_page import PAGE, page


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m commands.faults_page"
