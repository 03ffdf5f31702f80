"""The pages on settings speak of fields, reasons and features that are there."""

import re
from pathlib import Path

import pytest

from decisions.size_formula import EXAMPLE
from domain.account_fields import ACCOUNT_FIELDS, rule_fields
from domain.reasons import Reason

DOCS = Path(__file__).resolve().parents[2] / "docs"
#: A field as the pages write it: alone, or before a colon or an equals sign.
NAMED = re.compile(r"`([a-z]+(?:[_.][a-z]+)+)(?:[:=][^`]*)?`")
UPPER = re.compile(r"\b([A-Z]+(?:_[A-Z]+)+)\b")
#: What MetaTrader 5 calls its own.
THEIRS = {"order_calc_profit"}
FEATURES = 84


@pytest.mark.parametrize("page", ["FEATURES", "SIZING", "STOPS", "FILTERS", "LATE", "RULES"])
def test_every_field_a_page_names_is_there(page: str) -> None:
    fields = {field.name for field in ACCOUNT_FIELDS} | {field.name for field in rule_fields()}
    named = set(NAMED.findall((DOCS / f"{page}.md").read_text("utf-8")))
    assert named, "no field was recognised, so this test sees nothing"
    values = {choice for field in ACCOUNT_FIELDS for choice in field.choices}
    assert named - fields - values - THEIRS - set(EXAMPLE) == set()


def test_every_feature_has_a_row_with_an_answer() -> None:
    text = (DOCS / "FEATURES.md").read_text("utf-8")
    rows = re.findall(
        r"^\| (\d+) \| [^|]+ \| (have|better|left out|left out as yet) \|", text, re.MULTILINE
    )
    assert [int(number) for number, _ in rows] == list(range(1, FEATURES + 1))


def test_every_reason_that_the_features_name_is_one() -> None:
    named = set(UPPER.findall((DOCS / "FEATURES.md").read_text("utf-8")))
    assert named - set(Reason.__members__) == set()
