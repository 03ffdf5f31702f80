"""The database itself refuses what no account may hold, in words that name the field."""

import copy
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from pymongo.database import Database
from pymongo.errors import WriteError

from db.clients import opened
from db.schema import ACCOUNTS, COLLECTIONS
from domain.account_fields import (
    ACCOUNT_FIELDS,
    BOOKKEEPING,
    IMPOSSIBLE,
    SET_BY,
    Impossible,
)
from domain.fields import Field, Kind
from domain.policies import Role
from tests.integration.stores.conftest import Server

pytestmark = pytest.mark.integration

Document = dict[str, Any]
_numbers = count(1)

PLAIN: Document = {"name": "Apex", "type": "SLAVE", "path": "x"}
GOOD: dict[Kind, object] = {
    Kind.TEXT: "x",
    Kind.SECRET: "${A}",
    Kind.SWITCH: True,
    Kind.WHOLE: 1,
    Kind.NUMBER: 1.5,
    Kind.NAMES: ["M"],
    Kind.TEXT_MAP: {"XAUUSD": "GOLD"},
    Kind.SECTION: {},
    Kind.RULES: [{"masters": ["M"], "max_lot": 1}],
}
BAD_TYPE: dict[Kind, object] = dict.fromkeys(Kind, 5) | {Kind.WHOLE: "5", Kind.NUMBER: True}
OUT_OF_RANGE: dict[Kind, object] = {
    Kind.TEXT: "two\nlines",
    Kind.SECRET: "hunter2",
    Kind.CHOICE: "neither",
    Kind.WHOLE: -1,
    Kind.NUMBER: float("inf"),
    Kind.NAMES: ["M", "M"],
    Kind.TEXT_MAP: {"XAUUSD": ""},
}
RANGED = [field for field in ACCOUNT_FIELDS if field.kind in OUT_OF_RANGE]
SECTIONS = ["", *(field.name for field in ACCOUNT_FIELDS if field.kind is Kind.SECTION)]


@pytest.fixture(scope="module")
def accounts(running_server: Server) -> Iterator[Database[Document]]:
    plan = next(plan for plan in COLLECTIONS if plan.name == ACCOUNTS)
    with opened(running_server.uri, f"test_validator_{next(_numbers)}") as database:
        database.create_collection(ACCOUNTS, validator={"$jsonSchema": dict(plan.schema or {})})
        database[ACCOUNTS].insert_one(dict(PLAIN))
        yield database


def put(document: Document, place: str, value: object) -> Document:
    changed = copy.deepcopy(document)
    inner = changed
    *sections, name = place.split(".")
    for section in sections:
        inner = inner.setdefault(section, {})
    inner[name] = value
    return changed


def refusal(database: Database[Document], place: str, value: object) -> WriteError:
    """What a user is told who adds the account so, the same who edits it so."""
    with pytest.raises(WriteError) as added:
        database[ACCOUNTS].insert_one(put(PLAIN | {"name": "Other"}, place, value))
    with pytest.raises(WriteError) as edited:
        database[ACCOUNTS].update_one({"name": "Apex"}, {"$set": {place: value}})
    told = [rules_broken(one.value) for one in (added, edited)]
    assert [rule["operatorName"] for rule in told[0]] == [rule["operatorName"] for rule in told[1]]
    return edited.value


def rules_broken(refused: WriteError) -> list[Document]:
    assert refused.code == 121
    told = (refused.details or {})["errInfo"]["details"]
    assert told["operatorName"] == "$jsonSchema"
    rules: list[Document] = told["schemaRulesNotSatisfied"]
    return rules


def named(rules: list[Document], path: str = "") -> dict[str, str]:
    """Every property that is told of, by its dotted name, with what is said of it."""
    found: dict[str, str] = {}
    for rule in rules:
        for broken in rule.get("propertiesNotSatisfied", ()):
            name = f"{path}.{broken['propertyName']}" if path else broken["propertyName"]
            found |= {name: broken.get("description", "")} | named(broken["details"], name)
    return found


@pytest.mark.parametrize("field", ACCOUNT_FIELDS, ids=lambda field: field.name)
def test_a_value_of_another_type_is_refused_by_its_field(
    accounts: Database[Document], field: Field
) -> None:
    said = named(rules_broken(refusal(accounts, field.name, BAD_TYPE[field.kind])))
    assert field.meaning in said[field.name]


@pytest.mark.parametrize("field", RANGED, ids=lambda field: field.name)
def test_a_value_out_of_its_range_is_refused_with_what_is_wanted(
    accounts: Database[Document], field: Field
) -> None:
    said = named(rules_broken(refusal(accounts, field.name, OUT_OF_RANGE[field.kind])))
    assert said[field.name].startswith("Takes ")
    if field.most is not None:
        assert str(field.most) in said[field.name]
    for choice in field.choices:
        assert choice in said[field.name]


@pytest.mark.parametrize("section", SECTIONS)
def test_a_field_that_nobody_knows_is_refused_by_its_name(
    accounts: Database[Document], section: str
) -> None:
    place = f"{section}.sufix" if section else "sufix"
    rules = rules_broken(refusal(accounts, place, ".c"))
    assert "'additionalProperties': ['sufix']" in str(rules)
    assert section in {"", *named(rules)}


def _companion(one: Impossible) -> str:
    """What else a choice needs, where that is not what is missing."""
    figure = next((SET_BY[what] for what in (one.field, one.beside) if what in SET_BY), "")
    return "" if figure == one.without else figure


@pytest.mark.parametrize(
    "one", IMPOSSIBLE, ids=lambda one: f"{one.field} {one.on}{one.without}{one.beside}"
)
def test_what_cannot_stand_together_is_refused_with_its_field_and_a_way_out(
    accounts: Database[Document], one: Impossible
) -> None:
    document = put(PLAIN | {"name": "Other"}, "type", one.on or Role.SLAVE)
    for what in filter(None, (one.field, one.beside, _companion(one))):
        name, _, value = what.partition("=")
        usable = {"follows": ["M"], "password": "${A}", "size.formula": "master_lots"}
        document = put(document, name, value or usable.get(name, 1))
    with pytest.raises(WriteError) as refused:
        accounts[ACCOUNTS].insert_one(document)
    (rule,) = rules_broken(refused.value)
    (broken,) = rule["schemasNotSatisfied"]
    assert broken["title"] == one.place
    assert broken["description"].endswith(one.what_to_do)


@pytest.mark.parametrize("name", ["name", "type", "path"])
def test_a_field_that_must_be_there_cannot_be_taken_away(
    accounts: Database[Document], name: str
) -> None:
    with pytest.raises(WriteError) as refused:
        accounts[ACCOUNTS].update_one({"name": "Apex"}, {"$unset": {name: ""}})
    assert rules_broken(refused.value)[0]["missingProperties"] == [name]


@pytest.mark.parametrize("name", sorted(BOOKKEEPING - {"_id"}))
def test_what_programs_write_beside_the_settings_is_taken(
    accounts: Database[Document], name: str
) -> None:
    accounts[ACCOUNTS].update_one({"name": "Apex"}, {"$set": {name: {"any": ["thing"]}}})


#: Sound values of fields that are written in a form of their own.
WRITTEN: dict[str, object] = {
    "type": "SLAVE",
    "kill_switch.reset.time": "23:59",
    "paper.currency": "EUR",
    "accepted_contracts": {"GOLD": "0123456789ab"},
    "filters.magics": ["5", "100-199"],
    "filters.not_magics": ["7"],
    "filters.sides": ["BUY"],
    "filters.order_types": ["MARKET", "BUY_LIMIT"],
    "trading_windows": ["Mon-Fri 08:00-17:00 Europe/Prague"],
}


@pytest.mark.parametrize("field", ACCOUNT_FIELDS, ids=lambda field: field.name)
def test_a_sound_value_is_taken(accounts: Database[Document], field: Field) -> None:
    fallback = field.choices[0] if field.choices else GOOD.get(field.kind)
    role = Role.MASTER if field.roles == {Role.MASTER} else Role.SLAVE
    document = PLAIN | {"name": f"Sound {field.name}", "type": role, "login": 5}
    for needed in (one.without for one in IMPOSSIBLE if one.field == field.name and one.without):
        name, _, value = needed.partition("=")
        document = put(document, name, value or 5)
    accounts[ACCOUNTS].insert_one(put(document, field.name, WRITTEN.get(field.name, fallback)))


def test_a_refused_edit_has_changed_nothing(accounts: Database[Document]) -> None:
    before = accounts[ACCOUNTS].find_one({"name": "Apex"})
    refusal(accounts, "max_lot", -1)
    assert accounts[ACCOUNTS].find_one({"name": "Apex"}) == before
