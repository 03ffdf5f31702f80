"""docs/HISTORIES.md says of every history and law which test shows it, and leaves no test out."""

import pytest

from tests.histories import PAGE, found, page, unmarked, unseen
from tests.histories_told import HISTORIES, LAWS

#: All tests are collected once, which takes a while on a busy machine.
pytestmark = pytest.mark.timeout(120)


def numbers(kind: str) -> set[int]:
    return {shown.number for shown in found() if shown.kind == kind}


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m tests.histories"


def test_every_history_is_shown_or_said_to_be_missing() -> None:
    assert set(HISTORIES) == set(range(1, 48))
    assert set(HISTORIES) == numbers("history")
    assert numbers("history") <= set(HISTORIES)


def test_every_law_has_a_test_named_after_it() -> None:
    assert set(LAWS) == set(range(1, 16))
    assert numbers("law") == set(LAWS)


def test_no_marker_stands_where_nobody_looks() -> None:
    assert unseen() == []


def test_a_history_that_a_docstring_names_is_marked_too() -> None:
    assert unmarked() == []
