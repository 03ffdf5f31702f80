"""Texts that a person typed become fields of an account document, all of them or none."""

from typing import Any

import pytest

from decisions.account_edits import edited, exact_number
from domain.problems import Problem

SLAVE = {"name": "S1", "type": "SLAVE", "path": "s1", "kill_switch": {"daily_loss": 5}}


def fault(*assignments: str, unset: tuple[str, ...] = ()) -> Problem:
    told = edited(SLAVE, assignments, unset)
    assert isinstance(told, tuple), told
    (only,) = told
    return only


@pytest.mark.parametrize(
    ("typed", "field", "value"),
    [
        ("max_lot=5", "max_lot", 5),
        ("max_lot= 0.25 ", "max_lot", 0.25),
        ("max_lot=null", "max_lot", None),
        ("max_lot=much", "max_lot", "much"),
        ("max_lot=nan", "max_lot", "nan"),
        ("enabled=Yes", "enabled", True),
        ("enabled=off", "enabled", False),
        ("enabled=perhaps", "enabled", "perhaps"),
        ("suffix=.c", "suffix", ".c"),
        ("server=A = B", "server", "A = B"),
        ("follows=A, B,", "follows", ["A", "B"]),
        ('follows=["A,1"]', "follows", ["A,1"]),
        ("follows=[A", "follows", "[A"),
        ("symbol_map=XAUUSD=GOLD, US30=DJ30", "symbol_map", {"XAUUSD": "GOLD", "US30": "DJ30"}),
        ('symbol_map={"A": "B"}', "symbol_map", {"A": "B"}),
        ("symbol_map=GOLD", "symbol_map", "GOLD"),
        ("symbol_map.US30.c=DJ30", "symbol_map", {"US30.c": "DJ30"}),
        ('paper={"deposit": 5}', "paper", {"deposit": 5}),
    ],
    ids=str,
)
def test_a_text_is_read_in_the_type_of_its_field(typed: str, field: str, value: Any) -> None:
    made = edited(SLAVE, [typed])
    assert isinstance(made, dict), made
    assert made[field] == value
    assert type(made[field]) is type(value)


def test_a_field_of_a_section_leaves_its_neighbours() -> None:
    made = edited(SLAVE, ["kill_switch.reset.zone=UTC"])
    assert isinstance(made, dict)
    assert made["kill_switch"] == {"daily_loss": 5, "reset": {"zone": "UTC"}}
    assert SLAVE["kill_switch"] == {"daily_loss": 5}


def test_fields_are_taken_out_wherever_they_stand_or_do_not() -> None:
    document = SLAVE | {"symbol_map": {"US30.c": "DJ30"}, "legacy": {"mt5": {"baseUrl": "x"}}}
    gone = ["kill_switch.daily_loss", "symbol_map.US30.c", "legacy.mt5.baseUrl", "paper.deposit"]
    made = edited(document, (), gone)
    assert made == SLAVE | {"kill_switch": {}, "symbol_map": {}, "legacy": {"mt5": {}}}


def test_every_fault_is_told_at_once_and_nothing_is_changed() -> None:
    told = edited(SLAVE, ["pasword=x", "max_lot"], ["nonsense", "path"])
    assert isinstance(told, tuple)
    assert [one.field for one in told] == ["nonsense", "path", "pasword", "field=value"]


def test_a_name_that_is_nearly_right_is_recognised() -> None:
    assert fault("max_lots=5").what_to_do == "Did you mean max_lot?"
    assert "docs/ACCOUNTS.md" in fault("xyzzy=5").what_to_do
    assert fault("symbol_map.=5").field == "symbol_map."


def test_a_required_field_cannot_be_taken_out() -> None:
    assert fault(unset=("type",)).what_to_do == "Give it another value instead."


def test_a_text_without_an_equals_sign_is_not_repeated_for_it_may_be_a_password() -> None:
    assert "hunter2" not in fault("hunter2").text


@pytest.mark.parametrize("text", ["", "x", "inf", "1e99"])
def test_what_no_document_can_hold_is_no_number(text: str) -> None:
    assert exact_number(text) is None
