"""What the database is told about account documents says the same as the parser."""

from typing import Any

import pytest

from db.embedded.schemas.schema_rules import compile_schema
from db.schema import COLLECTIONS, TRADES, account_schema
from db.setting_up import SAMPLE_ACCOUNTS
from decisions.account_documents import parse_account
from domain.policies import AccountSettings

MINIMAL = {"name": "Apex", "type": "SLAVE", "path": "x"}


def database_accepts(document: dict[str, Any]) -> bool:
    return compile_schema(account_schema())(document) == []


def parser_accepts(document: dict[str, Any]) -> bool:
    return isinstance(parse_account(document), AccountSettings)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"max_lot": None, "follows": None, "paper": None},
        {"max_lot": 0.5, "follows": ["M"], "paper": {"broker": "FTMO-Demo"}},
        {"symbol_map": {"XAUUSD": "GOLD"}, "labels": []},
        {"login": 1, "password": "${APEX}", "legacy": {"x": 1}, "created_at": "then"},
        {"kill_switch": {"reset": {"time": "23:59", "zone": "Europe/Prague"}}},
        {"type": "slave"},
        {"name": ""},
        {"path": ""},
        {"max_lot": 0},
        {"max_open_trades": 1.5},
        {"magic_number": 9_223_372},
        {"magic_number": "234000"},
        {"slippage_tolerance": -1},
        {"slippage_tolerance": True},
        {"slippage_mode": "both"},
        {"symbol_map": {"XAUUSD": 1}},
        {"labels": "apex"},
        {"password": "hunter2"},
        {"sufix": ".c"},
        {"paper": {"deposit": 0}},
        {"paper": {"brokr": "x"}},
        {"kill_switch": {"daily_loss": -1}},
        {"kill_switch": {"reset": {"time": "24:00"}}},
        {"kill_switch": None},
    ],
    ids=str,
)
def test_database_and_parser_agree_on_a_document(change: dict[str, Any]) -> None:
    document = MINIMAL | change
    assert database_accepts(document) == parser_accepts(document)


@pytest.mark.parametrize("missing", ["name", "type", "path"])
def test_both_miss_a_required_field(missing: str) -> None:
    document = {name: value for name, value in MINIMAL.items() if name != missing}
    assert not database_accepts(document)
    assert not parser_accepts(document)


@pytest.mark.parametrize("sample", SAMPLE_ACCOUNTS, ids=lambda sample: str(sample["name"]))
def test_the_samples_are_right(sample: dict[str, Any]) -> None:
    assert database_accepts(sample)
    assert parser_accepts(sample)


def test_a_trade_is_unique_by_leg_and_slave_only_where_it_has_a_leg() -> None:
    trades = next(plan for plan in COLLECTIONS if plan.name == TRADES)
    index = next(index for index in trades.indexes if index.unique)
    assert index.fields == ("leg_key", "slave_name")
    assert index.options == {
        "unique": True,
        "partialFilterExpression": {"leg_key": {"$exists": True}},
    }


def test_every_schema_is_one_the_embedded_server_understands() -> None:
    for plan in COLLECTIONS:
        if plan.schema is not None:
            compile_schema(plan.schema)
