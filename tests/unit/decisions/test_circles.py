"""An account that would get its own trades back is refused, and the way is shown."""

from typing import Any

import pytest

from decisions.account_checks import Rules, fresh_problems
from decisions.circles import may_be_one_account
from decisions.swarm_check import check_swarm
from domain.ids import NodeName
from domain.policies import AccountSettings, Role
from domain.problems import Problem


def account(name: str, role: Role, login: int = 0, **other: Any) -> AccountSettings:
    usual = {"path": f"C:/{name}/terminal64.exe", "server": "Apex-Live" if login else ""}
    made: dict[str, Any] = {"name": NodeName(name), "type": role, "login": login}
    return AccountSettings(**(made | usual | other))


def master(name: str, login: int, **other: Any) -> AccountSettings:
    return account(name, Role.MASTER, login, **other)


def slave(name: str, login: int, *follows: str, **other: Any) -> AccountSettings:
    return account(name, Role.SLAVE, login, follows=follows, **other)


def shown(*accounts: AccountSettings) -> dict[str, str]:
    return {p.account: p.found for p in check_swarm(accounts) if "circle" in p.found}


def test_an_account_that_copies_itself_under_another_name_is_refused() -> None:
    found = shown(master("Mine", 5), slave("Also_Mine", 5, "Mine"), master("M", 6))
    assert found == {
        "Also_Mine": "a circle: Also_Mine copies Mine, the account of Also_Mine",
    }


def test_two_that_copy_each_other_are_refused_and_both_see_the_whole_circle() -> None:
    found = shown(master("A", 1), slave("A_copy", 1, "B"), master("B", 2), slave("B_copy", 2, "A"))
    assert found == {
        "A_copy": "a circle: A_copy copies B, the account of B_copy; "
        "B_copy copies A, the account of A_copy",
        "B_copy": "a circle: B_copy copies A, the account of A_copy; "
        "A_copy copies B, the account of B_copy",
    }


@pytest.mark.parametrize("length", [3, 4, 7])
def test_a_circle_of_any_length_is_found(length: int) -> None:
    accounts = [
        one
        for n in range(length)
        for one in (master(f"M{n}", n + 1), slave(f"S{n}", n + 1, f"M{(n + 1) % length}"))
    ]
    found = shown(*accounts)
    assert set(found) == {f"S{n}" for n in range(length)}
    assert all(way.count("copies") == length for way in found.values())
    opened = [one for one in accounts if one.name != "S1"]
    assert shown(*opened) == {}


def test_the_shortest_circle_is_shown() -> None:
    accounts = (
        master("A", 1),
        slave("A_copy", 1, "C", "B"),
        master("B", 2),
        slave("B_copy", 2, "A", "C"),
        master("C", 3),
        slave("C_copy", 3, "B"),
    )
    assert shown(*accounts)["A_copy"].count("copies") == 2


def test_an_account_that_follows_everybody_follows_itself() -> None:
    everybody = account("S", Role.SLAVE, 5)
    assert set(shown(master("M", 5), everybody)) == {"S"}


def test_a_chain_is_no_circle() -> None:
    """B copies A, C copies B."""
    chain = (master("A", 1), slave("B_copy", 2, "A"), master("B", 2), slave("C_copy", 3, "B"))
    assert shown(*chain) == {}


def test_what_is_disabled_copies_nothing() -> None:
    off = slave("S", 5, "M", enabled=False)
    assert shown(master("M", 5), off, slave("T", 6, "M")) == {}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param({"login": 5}, {"login": 5}, True, id="login and server"),
        pytest.param({"login": 5}, {"login": 6, "path": "C:/M/terminal64.exe"}, False, id="other"),
        pytest.param({"login": 5}, {"login": 5, "server": "Else"}, False, id="other server"),
        pytest.param({"login": 5}, {"login": 5, "server": ""}, True, id="a server left open"),
        pytest.param({"login": 5}, {"login": 5, "server": "APEX-live "}, True, id="capitals"),
        pytest.param({}, {"path": "c:\\m\\terminal64.exe"}, True, id="one terminal"),
        pytest.param({}, {"path": "C:/x/..//m/./terminal64.exe "}, True, id="the same way round"),
        pytest.param({}, {"login": 5, "path": "C:/M/terminal64.exe"}, True, id="login left open"),
        pytest.param({}, {}, False, id="two terminals"),
        pytest.param(
            {"terminal": "paper", "path": "x"}, {"terminal": "paper", "path": "x"}, True, id="paper"
        ),
        pytest.param(
            {"terminal": "paper", "path": "x", "login": 5},
            {"terminal": "paper", "path": "y", "login": 5},
            False,
            id="a login is no claim on paper",
        ),
        pytest.param({"path": "x"}, {"terminal": "paper", "path": "x"}, False, id="paper and real"),
    ],
)
def test_what_is_one_account(one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
    first, second = account("M", Role.MASTER, **one), account("S", Role.SLAVE, **other)
    assert may_be_one_account(first, second) is same
    assert may_be_one_account(second, first) is same


def test_an_edit_that_closes_a_circle_is_refused() -> None:
    def document(name: str, role: str, login: int, **more: Any) -> dict[str, Any]:
        usual = {"name": name, "type": role, "path": f"C:/{name}.exe", "login": login}
        return usual | more

    masters = [document("A", "MASTER", 1), document("B", "MASTER", 2, server="Apex-Live")]
    before = [
        *masters,
        document("A_copy", "SLAVE", 1, server="Apex-Live", follows=["B"]),
        document("B_copy", "SLAVE", 2, follows=[]),
    ]
    after = [*before[:-1], before[-1] | {"follows": ["A"]}]
    fresh: tuple[Problem, ...] = fresh_problems(before, after, Rules())
    assert {p.account for p in fresh} == {"A_copy", "B_copy"}
    assert all(p.field == "follows" and "a circle: " in p.found for p in fresh)
