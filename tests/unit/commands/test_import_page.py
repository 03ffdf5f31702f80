"""docs/IMPORT.md speaks of every field that an earlier form has."""

from pathlib import Path

import pytest

from decisions.account_checks import NO_PATH_YET
from decisions.earlier_forms import FORM_A, FORM_B, FormTable

PAGE = Path(__file__).resolve().parents[3] / "docs" / "IMPORT.md"


@pytest.mark.parametrize("table", [FORM_A, FORM_B], ids=["form A", "form B"])
def test_every_field_stands_on_the_page(table: FormTable) -> None:
    text = PAGE.read_text("utf-8")
    fields = {*table.handlers, *table.kept, *table.limits}
    assert {field for field in fields if f"`{field}`" not in text} == set()


def test_the_place_kept_for_a_path_stands_on_the_page_as_it_is_written() -> None:
    assert f"`{NO_PATH_YET}NAME`" in PAGE.read_text("utf-8")
