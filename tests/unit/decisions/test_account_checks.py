"""What an edit would make wrong is known before it is written."""

from typing import Any

import pytest

from decisions.account_checks import (
    NO_PATH_YET,
    Rules,
    changed_identity,
    fresh_problems,
    problems_of,
)
from domain.market import Identity

RULES = Rules()
MASTER = {"name": "M", "type": "MASTER", "path": "m", "terminal": "paper"}


def slave(name: str, **other: Any) -> dict[str, Any]:
    return {"name": name, "type": "SLAVE", "path": name, "login": 7, "server": "X"} | other


def fields(*documents: dict[str, Any]) -> list[tuple[str, str]]:
    return [(problem.account, problem.field) for problem in problems_of(documents, RULES)]


def test_a_lone_account_is_no_fault_of_its_own() -> None:
    assert fields(MASTER) == []


def test_faults_of_documents_and_between_documents_are_all_told() -> None:
    told = fields(MASTER, slave("A"), slave("B"), slave("C", login="x"))
    assert told == [("C", "login"), ("A", "login"), ("B", "login")]


def test_an_enabled_account_needs_a_path() -> None:
    nowhere = slave("A", path=f"{NO_PATH_YET}A")
    assert fields(nowhere) == [("A", "path")]
    assert fields(nowhere | {"enabled": False}) == []


def test_only_what_was_not_wrong_before_is_fresh() -> None:
    before = [MASTER, slave("A"), slave("B")]
    after = [MASTER, slave("A"), slave("B"), slave("C", login=8, path=7)]
    assert [p.account for p in fresh_problems(before, after, RULES)] == ["C"]
    assert fresh_problems(before, before, RULES) == ()


@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        (slave("A"), slave("A", max_lot=1, path="elsewhere"), ()),
        (slave("A"), slave("A", login=8), ("login",)),
        (slave("A"), slave("A", type="MASTER", server="Y"), ("type", "server")),
        (slave("A"), slave("A", terminal="mt5"), ()),
        (slave("A"), slave("A", terminal="paper"), ("terminal",)),
        (slave("A", login=0, server=""), slave("A"), ()),
        (MASTER, MASTER | {"path": "n"}, ("path",)),
    ],
    ids=["settings", "login", "type and server", "same", "terminal", "first said", "paper"],
)
def test_what_makes_it_another_account_is_known(
    before: dict[str, Any], after: dict[str, Any], fields: tuple[str, ...]
) -> None:
    assert changed_identity(before, after) == fields


@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        ({"login": 0}, {"login": 7}, ()),
        ({"login": 0}, {"login": 77}, ("login",)),
        ({"login": 77}, {"login": 7}, ()),
        ({"login": 77}, {"login": 0}, ()),
        ({"login": 77}, {"login": 77, "max_lot": 1}, ()),
        ({"server": ""}, {"server": "Elsewhere"}, ("server",)),
    ],
    ids=["first said", "wrongly said", "corrected", "taken back", "other field", "server"],
)
def test_a_login_said_for_the_first_time_is_the_one_that_the_journal_knows(
    before: dict[str, Any], after: dict[str, Any], fields: tuple[str, ...]
) -> None:
    known = Identity(7, "X")
    assert changed_identity(slave("A", **before), slave("A", **after), known) == fields
