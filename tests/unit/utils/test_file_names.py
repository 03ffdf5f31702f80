"""Any account's name makes a file name that is its own."""

import pytest

from utils.file_names import file_name, marked

LONG = ["é" * 64, "é" * 63 + "x", "😀" * 64]
NAMES = [*LONG, "a/b", "a%2Fb", "..", "CON", "launcher", " x", "x ", "x."]


@pytest.mark.parametrize("name", ["FTMO_Master", "Apex-1", "a b", "7"])
def test_a_plain_name_stays_as_it_is(name: str) -> None:
    assert file_name(name) == name


def test_any_other_name_is_short_harmless_and_no_other_names() -> None:
    made = {file_name(name) for name in NAMES}
    assert len(made) == len(NAMES)
    for one in made:
        assert len(one.encode()) < 100
        assert not {"/", "\\", ":"} & set(one)
        assert one.rstrip(". ") == one
        assert one.lower() not in {"con", "launcher"}


def test_marked_names_differ_where_capitals_do_not_count() -> None:
    assert marked("FTMO").lower() != marked("ftmo").lower()
