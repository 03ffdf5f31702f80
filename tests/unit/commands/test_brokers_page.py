"""The page of brokers is what the profiles say."""

from commands.brokers_page import PAGE, page


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m commands.brokers_page"
