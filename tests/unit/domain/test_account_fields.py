"""The table of fields agrees with the settings that are made of it."""

from decimal import Decimal

import msgspec

from decisions.account_documents import parse_account
from domain.account_fields import ACCOUNT_FIELDS, fields_of
from domain.policies import AccountSettings, KillSwitch, PaperAccount, Reset

SECTIONS = {
    "": AccountSettings,
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
        == AccountSettings(name="A", type="SLAVE", path="x")
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
