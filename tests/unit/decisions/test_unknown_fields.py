"""Of a field nobody knows: which one was meant, and whether it may be put aside."""

from typing import Any

import pytest

from decisions.unknown_fields import advice, holds_secret, looks_like, worth_keeping

OLD = {"_id": 1, "__v": 0, "name": "Old", "type": "SLAVE", "path": "x", "suffix": ".x"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("sufix", "suffix"),
        ("maxLot", "max_lot"),
        ("MAX_LOT", "max_lot"),
        ("max-lot", "max_lot"),
        ("max_lots", "max_lot"),
        ("killSwitch", "kill_switch"),
        ("daily_loss", "kill_switch.daily_loss"),
        ("dailyLoss", "kill_switch.daily_loss"),
        ("mt5_login", "login"),
        ("symbolMap", "symbol_map"),
        ("broker_note", ""),
        ("colour", ""),
        ("createdAt", ""),
        ("leverage", ""),
        ("", ""),
        ("...", ""),
    ],
)
def test_the_field_that_was_meant_is_found_whatever_the_spelling(written: str, meant: str) -> None:
    assert looks_like("", written) == meant


def test_within_a_section_its_own_fields_come_first() -> None:
    assert looks_like("kill_switch", "dayly_loss") == "kill_switch.daily_loss"
    assert looks_like("kill_switch", "max_lot") == "max_lot"
    assert looks_like("paper", "enable") == "kill_switch.enabled"
    assert looks_like("", "enable") == "enabled"


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("mt5_password", "hunter2", True),
        ("investorPassword", 12345, True),
        ("api_key", "x", True),
        ("mt5", {"login": 5, "password": "hunter2"}, True),
        ("terminals", [{"name": "a"}, {"pwd": "hunter2"}], True),
        ("mt5_password", "${APEX_PASSWORD}", False),
        ("mt5_password", "", False),
        ("mt5_password", None, False),
        ("note", "hunter2", False),
        ("mt5", {"login": 5}, False),
        ("notes", ["a", "b"], False),
        ("bridge", "http://me:hunter2@10.0.0.5:8080", True),
        ("bridges", [{"url": "http://me:hunter2@host/"}], True),
        ("bridge", "http://10.0.0.5:8080/me@firm", False),
        ("mt5", {"pass": "hunter2"}, True),
    ],
)
def test_a_password_is_known_by_what_it_is_called(name: str, value: object, secret: bool) -> None:
    assert holds_secret(name, value) is secret


def test_nobody_is_told_to_keep_a_password() -> None:
    assert "legacy" not in advice("", "mt5_password", "hunter2")
    assert "hunter2" not in advice("", "mt5_password", "hunter2")
    assert advice("", "sufix", ".c") == "Did you mean suffix?"
    assert advice("", "colour", "red") == "Remove it, or move it into the field legacy."


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ({}, ()),
        ({"broker_note": "call Bob", "tags": [1]}, ("broker_note", "tags")),
        ({"sufix": ".c", "max_Lot": 1, "daily_loss": 5, "note": 1}, ("note",)),
        ({"mt5_password": "hunter2", "mt5": {"password": "hunter2"}, "note": 1}, ("note",)),
        ({"legacy": {"note": 1}, "note": 2, "other": 3}, ("other",)),
        ({"legacy": "text", "note": 2}, ()),
        ({"legacy": None, "note": 2}, ()),
        ({"a.b": 1, "$c": 2, "": 3, "note": 4}, ("note",)),
    ],
    ids=str,
)
def test_only_what_nobody_meant_and_nothing_secret_is_put_aside(
    more: dict[str, Any], kept: tuple[str, ...]
) -> None:
    assert worth_keeping(OLD | more) == kept
