"""The paper broker's client answers what MetaTrader's module answers where there is no terminal."""

import socket
from collections.abc import Iterator
from types import ModuleType

import pytest

from paper import client
from tests.client_copies import fresh_client
from tests.contract.mt5.calls import CASES, Case, outcome

FUNCTIONS = {
    name
    for name, value in vars(client).items()
    if callable(value) and not isinstance(value, type) and not name.startswith("_")
}


@pytest.fixture(scope="module")
def mt5() -> Iterator[ModuleType]:
    """A client that looks for its server where none is, and where none can come up."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        module = fresh_client()
        module._connect_to(*taken.getsockname())
        yield module


def test_there_are_35_functions() -> None:
    assert len(FUNCTIONS) == 35


def test_no_two_cases_share_a_name() -> None:
    names = [case.name for case in CASES]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_has_its_cases(name: str) -> None:
    assert sum(case.name.split(" ")[0] == name for case in CASES) >= 3


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_call_comes_to_what_metatraders_module_makes_of_it(mt5: ModuleType, case: Case) -> None:
    assert outcome(mt5, case.call) == (case.result, case.error)
