"""The client exports what MetaTrader's module exports, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from paper import client
from paper.module import price_arrays
from paper.module.failures import refused
from paper.wire.mt5_fields import FIELDS

FACTS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "contract_facts.json").read_text(encoding="utf-8")
)
CONTRACT = Path(__file__).parents[4] / "shared" / "reference" / "mt5-contract.json"
KIND_LETTERS = {"int": "i", "float": "f", "str": "s", "bool": "b", "request": "r"}


def public_names() -> set[str]:
    return {name for name in vars(client) if not name.startswith("_")}


def test_all_223_constants_are_there_with_metatraders_values() -> None:
    assert len(FACTS["constants"]) == 223
    assert {name: getattr(client, name) for name in FACTS["constants"]} == FACTS["constants"]


def test_nothing_is_public_beyond_constants_types_and_functions() -> None:
    functions = set(FACTS["function_kinds"])
    assert len(functions) == 35
    assert len(FACTS["types"]) == 11
    assert public_names() == set(FACTS["constants"]) | set(FACTS["types"]) | functions


@pytest.mark.parametrize("note", FACTS["not_exported"])
def test_names_that_metatrader_does_not_export_are_missing_here_too(note: str) -> None:
    assert not hasattr(client, note.partition("=")[0])


def test_the_module_says_whose_it_is() -> None:
    assert (client.__version__, client.__author__) == (FACTS["version"], FACTS["author"])
    assert not hasattr(client, "__all__")


@pytest.mark.parametrize("name", FACTS["types"])
def test_each_type_has_metatraders_fields_in_order(name: str) -> None:
    fields = FACTS["types"][name]
    assert getattr(client, name).__match_args__ == tuple(field for field, _ in fields)
    assert FIELDS[name].split() == [f"{field}:{KIND_LETTERS[kind]}" for field, kind in fields]


@pytest.mark.parametrize("kind", FACTS["array_fields"])
def test_each_array_has_metatraders_records(kind: str) -> None:
    found = getattr(price_arrays, kind)(b"")
    fields = [tuple(field) for field in FACTS["array_fields"][kind]]
    assert found.dtype.descr == fields
    assert found.itemsize == FACTS["array_record_bytes"]


@pytest.mark.parametrize("code", FACTS["last_error_texts"])
def test_each_code_has_metatraders_text(code: str) -> None:
    failed = refused("positions_get", int(code))
    assert (failed.code, failed.text) == (int(code), FACTS["last_error_texts"][code])


def test_the_facts_are_those_of_the_reference() -> None:
    if not CONTRACT.exists():
        pytest.skip(f"the reference contract is not on this machine ({CONTRACT})")
    contract = json.loads(CONTRACT.read_text(encoding="utf-8"))
    assert FACTS["constants"] == contract["constants"]
    assert set(FACTS["function_kinds"]) == set(contract["functions"])
    assert FACTS["array_fields"].items() <= contract["numpy_dtypes"].items()
    assert FACTS["array_record_bytes"] == contract["numpy_dtypes"]["itemsize"]
    assert FACTS["last_error_texts"].items() <= contract["last_error"]["texts"].items()
    rules = contract["request_validation"]
    assert rules["int_fields"].items() <= FACTS["request_fields"].items()
    assert {key for key, kind in FACTS["request_fields"].items() if kind == "f64"} == set(
        rules["float_fields"]
    )
    for name, fields in contract["types"].items():
        kinds = contract["field_types"][name]
        expected = [[f, kinds[f]["py"].replace("TradeRequest", "request")] for f in fields]
        assert FACTS["types"][name] == expected
