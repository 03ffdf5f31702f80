"""What counts as a change of an account document, and what of it is written down."""

import math
from typing import Any

import pytest

from decisions.document_changes import (
    NOT_SHOWN,
    Signature,
    field_changes,
    same_value,
    shown,
    signature_of,
)

SLAVE = {"name": "S1", "type": "SLAVE", "path": "s1", "magic_number": 7, "max_lot": None}


def told(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[Any]:
    return [(change.field, change.before, change.after) for change in field_changes(before, after)]


def test_a_field_that_differs_is_told_with_both_values() -> None:
    assert told(SLAVE, SLAVE | {"magic_number": 8}) == [("magic_number", 7, 8)]


def test_fields_within_sections_are_told_dotted() -> None:
    before = {"kill_switch": {"enabled": True, "reset": {"time": "00:00"}}}
    after = {"kill_switch": {"enabled": True, "reset": {"time": "17:00"}}}
    assert told(before, after) == [("kill_switch.reset.time", "00:00", "17:00")]


def test_a_new_document_is_told_field_by_field_and_so_is_one_that_went() -> None:
    assert told(None, {"name": "S1", "enabled": False}) == [
        ("name", None, "S1"),
        ("enabled", None, False),
    ]
    assert told({"name": "S1"}, None) == [("name", "S1", None)]


def test_a_section_that_came_or_went_is_told_whole() -> None:
    assert told({}, {"symbol_map": {"EURUSD": "EURUSD.c"}}) == [
        ("symbol_map", None, {"EURUSD": "EURUSD.c"})
    ]


@pytest.mark.parametrize(
    "after",
    [
        {"_id": 9, "__v": 3, "updated_at": "now", "updated_by": "alice"},
        {"created_at": "once"},
        {"max_open_trades": None},
        {"magic_number": 7.0},
    ],
    ids=["bookkeeping", "creation", "null-as-absent", "number-type"],
)
def test_what_changes_no_setting_is_no_change(after: dict[str, Any]) -> None:
    assert told(SLAVE, SLAVE | after) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, True, False),
        (0, False, False),
        (math.nan, math.nan, True),
        (math.nan, 1.0, False),
        ([1, {"a": 2}], [1, {"a": 2.0}], True),
        ([1], [1, 2], False),
        ([1], 1, False),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ("1", 1, False),
    ],
)
def test_values_are_the_same_or_are_not(one: object, other: object, *, same: bool) -> None:
    assert same_value(one, other) is same


@pytest.mark.parametrize("password", ["hunter2", 12345, {"a": "hunter2"}, "${NOT CLOSED"])
def test_a_password_that_is_written_down_is_not_copied(password: object) -> None:
    document = {"password": password, "legacy": {"mt5_password": password}, "labels": ["a"]}
    assert shown(document) == {
        "password": NOT_SHOWN,
        "legacy": {"mt5_password": NOT_SHOWN},
        "labels": ["a"],
    }


def test_passwords_in_a_list_of_sections_are_not_copied_either() -> None:
    document = {"legacy": [{"api_key": "x", "pwd": "y", "token": "z"}]}
    hidden = {"api_key": NOT_SHOWN, "pwd": NOT_SHOWN, "token": NOT_SHOWN}
    assert shown(document) == {"legacy": [hidden]}


@pytest.mark.parametrize("reference", ["${APEX}", "keyring:apex/me", "", None])
def test_where_a_password_is_kept_is_no_secret(reference: str | None) -> None:
    assert shown({"password": reference}) == {"password": reference}


@pytest.mark.parametrize(
    ("text", "by", "via"),
    [
        ("alice, accounts edit", "alice", "accounts edit"),
        ("alice", "alice", ""),
        (None, "", ""),
        (7, "", ""),
    ],
)
def test_a_signature_names_a_person_and_a_way(text: object, by: str, via: str) -> None:
    assert signature_of(text) == Signature(by=by, via=via)
