"""Formulas that users write for the volume of a copy."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.size_formula import EXAMPLE, FormulaError, fault_of, names_in, volume_of


@pytest.mark.parametrize(
    ("formula", "comes_to"),
    [
        ("master_lots * balance / master_balance", "0.5"),
        ("0.7 * 0.1", "0.07"),
        ("min(master_lots, 0.3)", "0.3"),
        ("0.02 if equity < balance else 0.01", "0.02"),
        ("floor(balance / 20000) * 0.1", "0.2"),
        ("0.01 if balance > 1000 and equity > 49500 else 2", "2"),
        ("master_lots / 3 * 3", "1"),
        ("sqrt(4) + 2 ** 3 - -1", "11"),
    ],
)
def test_a_formula_is_exact_arithmetic(formula: str, comes_to: str) -> None:
    assert volume_of(formula, EXAMPLE) == Decimal(comes_to)
    assert fault_of(formula) == ""


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("", "cannot be read"),
        ("lots = 1", "cannot be read"),
        ("0.1; 0.2", "cannot be read"),
        ("0.1\n0.2", "cannot be read"),
        ("import os", "cannot be read"),
        ("(x := 1)", "not available"),
        ("master_lots *", "cannot be read"),
        ("my_lots * 2", "'my_lots' is not defined"),
        ("master_lots / (balance - balance)", "divides by zero"),
        ("__import__('os').system('true')", "no number"),
        ("balance.real", ""),
        ("(1).__class__", ""),
        ("[c for c in (1, 2)]", "not available"),
        ("lambda: 1", "not available"),
        ("open", "not defined"),
        ("min", "no number of lots"),
        ("True", "no number"),
        ("master_lots > 1", "no number of lots"),
        ("'a' * 9", "no number"),
        ("9 ** 9 ** 9", "powers"),
        ("2 ** 11", "powers"),
        ("sqrt(-1)", "no number"),
        ("1e400 * 10", "Infinity"),
        ("floor(master_lots > 1)", "no number"),
        ("ceil(not master_lots)", "no number"),
        ("floor(max)", "no number"),
        ("abs(True)", "no number"),
        ("floor(f'{1}')", "no number"),
        ("(((1e300 ** 10) ** 10) ** 10) ** 3", "it comes to"),
        ("master_lots * 1e13", "it comes to 1.00e+13"),
        ("1 + " * 200 + "1", "characters long"),
        ("(" * 240 + "1" + ")" * 240, "cannot be read"),
    ],
)
def test_what_is_no_formula_is_refused_with_why(formula: str, said: str) -> None:
    assert said in fault_of(formula)
    with pytest.raises(FormulaError):
        volume_of(formula, EXAMPLE)


def test_what_is_far_below_any_step_is_nothing() -> None:
    """An exact fraction of it would keep a node busy for minutes."""
    assert volume_of("((1e-300 ** 10) ** 10) ** 10", EXAMPLE) == 0


def test_a_figure_that_nobody_knows_gives_no_volume() -> None:
    with pytest.raises(FormulaError, match="master_balance"):
        volume_of("master_lots / master_balance", {"master_lots": Decimal(1)})


def test_what_a_formula_asks_for() -> None:
    assert names_in("min(master_lots, rate) + nonsense") == {"master_lots", "rate"}
    assert names_in("1 +") == frozenset()


def test_the_page_for_users_lists_exactly_what_may_be_named() -> None:
    page = (Path(__file__).parents[3] / "docs" / "SIZING.md").read_text(encoding="utf-8")
    table = page.split("| name | is | unit |")[1].split("```")[0]
    rows = (line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))
    named = [name for row in rows for name in re.findall("`([a-z_]+)`", row)]
    assert sorted(named) == sorted(EXAMPLE)
    for formula in re.findall("^size.formula=(.*)$", page, re.MULTILINE):
        assert fault_of(formula) == ""


@given(st.text(max_size=80))
def test_whatever_is_written_is_a_number_or_a_fault(formula: str) -> None:
    if fault_of(formula):
        with pytest.raises(FormulaError):
            volume_of(formula, EXAMPLE)
    else:
        assert volume_of(formula, EXAMPLE).is_finite()
