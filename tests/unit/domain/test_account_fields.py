"""The table of fields agrees with the settings that are made of it."""

from decimal import Decimal

import msgspec

from decisions.account_documents import parse_account
from domain.account_fields import ACCOUNT_FIELDS, IMPOSSIBLE, field_named, fields_of
from domain.copy_settings import Atr, BreakEven, Size, Trailing
from domain.fields import Kind
from domain.ids import NodeName
from domain.policies import (
    AccountSettings,
    Filters,
    KillSwitch,
    PaperAccount,
    Reset,
    Role,
    Throttle,
)

SECTIONS = {
    "": AccountSettings,
    "size": Size,
    "atr": Atr,
    "break_even": BreakEven,
    "trailing": Trailing,
    "filters": Filters,
    "throttle": Throttle,
    "paper": PaperAccount,
    "kill_switch": KillSwitch,
    "kill_switch.reset": Reset,
}


def test_every_field_of_the_settings_stands_in_the_table_and_no_other() -> None:
    for section, shape in SECTIONS.items():
        assert {f.short_name for f in fields_of(section)} == set(shape.__struct_fields__)


def test_names_are_unique() -> None:
    names = [field.name for field in ACCOUNT_FIELDS]
    assert len(names) == len(set(names))


def test_the_tables_defaults_are_those_of_the_settings() -> None:
    read = parse_account({"name": "A", "type": "SLAVE", "path": "x"})
    assert (
        read
        == AccountSettings(name=NodeName("A"), type=Role.SLAVE, path="x")
        == msgspec.convert({"name": "A", "type": "SLAVE", "path": "x"}, AccountSettings)
    )


def test_the_defaults_the_issue_names_are_these() -> None:
    defaults = {field.name: field.default for field in ACCOUNT_FIELDS}
    assert defaults["slippage_tolerance"] == Decimal(50)
    assert defaults["magic_number"] == 234000
    assert defaults["terminal"] == "mt5"


def test_every_field_says_what_it_means_in_one_sentence() -> None:
    for field in ACCOUNT_FIELDS:
        assert field.meaning.endswith(".")
        assert field.meaning.count(". ") == 0


def test_every_field_has_a_type_the_database_knows() -> None:
    assert {f.bson_type for f in ACCOUNT_FIELDS} == {"string", "bool", "number", "array", "object"}


def test_every_number_has_an_end_on_both_sides() -> None:
    for field in ACCOUNT_FIELDS:
        if field.kind in (Kind.WHOLE, Kind.NUMBER):
            assert field.most is not None, field.name
            assert (field.above is None) is not (field.least is None), field.name


def test_every_text_and_every_list_has_a_length() -> None:
    for field in ACCOUNT_FIELDS:
        if field.kind in (Kind.TEXT, Kind.SECRET, Kind.NAMES, Kind.TEXT_MAP):
            assert field.longest is not None, field.name
        assert (field.most_items is not None) is (
            field.kind in (Kind.NAMES, Kind.TEXT_MAP, Kind.RULES)
        )


def test_what_is_impossible_speaks_of_fields_that_exist_and_says_what_to_do() -> None:
    for one in IMPOSSIBLE:
        assert sum(map(bool, (one.on, one.without, one.beside))) == 1
        for what in filter(None, (one.field, one.without, one.beside)):
            name, _, value = what.partition("=")
            assert not value or value in field_named(name).choices
        assert one.what_to_do.endswith(".")
        assert not one.why.endswith(".")


def test_a_limit_that_only_a_slave_heeds_is_impossible_on_a_master() -> None:
    """Otherwise its writer would rely on it in vain; slippage cannot be: old masters have one."""
    refused = {one.field for one in IMPOSSIBLE if one.on is Role.MASTER}
    assert refused >= {"follows", "max_lot", "max_open_trades", "kill_switch.daily_loss"}
