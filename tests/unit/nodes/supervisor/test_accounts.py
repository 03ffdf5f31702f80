"""Account documents, judged alone, against each other and against this machine."""

from typing import Any

import pytest

from decisions.account_documents import parse_account
from domain.policies import AccountSettings, PaperAccount, Role
from domain.problems import Problem
from nodes.supervisor.accounts import AccountBook, Judgement, host_problems, role_of
from nodes.supervisor.crew import wanted_of

MASTER = {"name": "M1", "type": "MASTER", "terminal": "paper", "path": "m1"}
SLAVE = {"name": "S1", "type": "SLAVE", "terminal": "paper", "path": "s1"}


def nothing_wrong(_: AccountSettings) -> tuple[Problem, ...]:
    return ()


def book() -> AccountBook:
    return AccountBook(parse_account, nothing_wrong)


def wanted(judgement: Judgement, name: str, *, running: bool = False) -> Any:
    judged = judgement.accounts[name]
    return wanted_of(judged, role_of(judged.document), running=running)


def test_sound_documents_have_no_problems() -> None:
    judgement = book().judge([MASTER, SLAVE])
    assert judgement.problems == ()
    assert wanted(judgement, "S1").sound


def test_a_bad_document_stops_its_account_alone() -> None:
    judgement = book().judge([MASTER, SLAVE, SLAVE | {"name": "S2", "path": "s2", "max_lot": "x"}])
    assert not wanted(judgement, "S2").sound
    assert wanted(judgement, "S1").sound
    assert [p.account for p in judgement.problems] == ["S2"]


def test_the_only_pair_is_still_one_while_its_last_good_settings_are_in_force() -> None:
    accounts = book()
    accounts.judge([MASTER, SLAVE])
    spoiled = accounts.judge([MASTER, SLAVE | {"max_lot": "x"}])
    assert [problem.field for problem in spoiled.problems] == ["max_lot"]


def test_a_pair_that_was_never_sound_is_none() -> None:
    judgement = book().judge([MASTER, SLAVE | {"max_lot": "x"}])
    assert [problem.field for problem in judgement.swarm] == ["accounts"]


def test_a_running_account_goes_on_with_its_last_good_settings() -> None:
    accounts = book()
    accounts.judge([MASTER, SLAVE])
    judgement = accounts.judge([MASTER, SLAVE | {"max_lot": "x"}])
    assert wanted(judgement, "S1", running=True).sound
    assert not wanted(judgement, "S1", running=False).sound


def test_two_accounts_on_one_terminal_both_open_nothing_even_while_they_run() -> None:
    judgement = book().judge([MASTER, SLAVE, SLAVE | {"name": "S2"}])
    assert not wanted(judgement, "S1", running=True).sound
    assert not wanted(judgement, "S2", running=True).sound


def test_no_pair_is_a_problem_of_the_swarm() -> None:
    judgement = book().judge([MASTER])
    assert [problem.field for problem in judgement.swarm] == ["accounts"]


def test_a_document_without_a_type_is_wanted_by_nobody() -> None:
    judgement = book().judge([MASTER, SLAVE, {"name": "X"}])
    assert wanted(judgement, "X") is None


def test_a_document_without_a_name_is_an_alarm_of_the_swarm() -> None:
    judgement = book().judge([MASTER, SLAVE, {"_id": 7, "type": "SLAVE", "path": "p"}])
    assert any(problem.field == "name" for problem in judgement.nameless)


def test_the_host_is_asked_only_about_enabled_accounts() -> None:
    asked: list[str] = []

    def on_this_host(settings: AccountSettings) -> tuple[Problem, ...]:
        asked.append(settings.name)
        return ()

    AccountBook(parse_account, on_this_host).judge([MASTER, SLAVE | {"enabled": False}])
    assert asked == ["M1"]


def test_a_document_that_did_not_change_is_read_once() -> None:
    reads: list[str] = []

    def parse(document: Any) -> Any:
        reads.append(document["name"])
        return parse_account(document)

    accounts = AccountBook(parse, nothing_wrong)
    accounts.judge([MASTER, SLAVE])
    accounts.judge([MASTER, SLAVE | {"suffix": ".c"}])
    assert reads == ["M1", "S1", "S1"]


def settings(**changes: Any) -> AccountSettings:
    known = {"name": "S1", "type": Role.SLAVE, "path": "C:/t.exe", "password": "${NOPE}"}
    return AccountSettings(**(known | changes))


@pytest.mark.parametrize(
    ("account", "has_metatrader", "fields"),
    [
        pytest.param(settings(), False, ["terminal"], id="mt5 where there is no Windows"),
        pytest.param(settings(), True, ["path", "password"], id="no such path, no such password"),
        pytest.param(
            settings(terminal="paper", paper=PaperAccount()), False, [], id="paper runs anywhere"
        ),
    ],
)
def test_what_an_account_asks_of_this_machine_in_vain_is_said_all_at_once(
    account: AccountSettings, has_metatrader: bool, fields: list[str]
) -> None:
    problems = host_problems(
        account,
        has_metatrader=has_metatrader,
        found_instead=lambda path: f"nothing at {path}",
        secret_trouble=lambda _: "Set NOPE where the launcher is started.",
    )
    assert [problem.field for problem in problems] == fields
