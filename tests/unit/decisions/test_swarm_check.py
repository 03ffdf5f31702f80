"""What is wrong between accounts that are each right."""

from typing import Any

import pytest

from decisions.swarm_check import NO_PAIR, check_swarm, has_pair, same_place
from domain.ids import NodeName
from domain.policies import AccountSettings, Role


def account(name: str, role: Role = Role.SLAVE, **other: Any) -> AccountSettings:
    made: dict[str, Any] = {"name": NodeName(name), "type": role, "path": f"C:/{name}/terminal.exe"}
    return AccountSettings(**(made | other))


MASTER = account("M", Role.MASTER)


def faults(*accounts: AccountSettings, **other: Any) -> list[tuple[str, str]]:
    return [(p.account, p.field) for p in check_swarm(accounts, **other)]


def test_a_master_and_its_slave_are_fine() -> None:
    assert faults(MASTER, account("S")) == []
    assert faults(MASTER, account("S", follows=("M",))) == []


def test_a_name_twice_stops_both() -> None:
    assert faults(MASTER, account("S"), account("T", path="a"), account("T", path="b")) == [
        ("T", "name"),
        ("T", "name"),
    ]


@pytest.mark.history(24)
def test_law_13_a_login_twice_stops_both_and_names_the_other() -> None:
    """History 24: whatever terminals they are at."""
    twins = [account(n, login=5, server="Apex-Live", path=f"{n}.exe") for n in ("S", "T")]
    found = check_swarm([MASTER, account("U"), *twins])
    assert [(p.account, p.field) for p in found] == [("S", "login"), ("T", "login")]
    assert "T" in found[0].found


def test_the_same_login_at_another_server_is_another_account() -> None:
    twins = [account(name, login=5, server=name) for name in ("S", "T")]
    assert faults(MASTER, *twins) == []


def test_a_disabled_account_claims_no_login() -> None:
    assert faults(MASTER, account("S", login=5), account("T", login=5, enabled=False)) == []


def test_a_terminal_twice_stops_both_however_its_path_is_written() -> None:
    twins = [account("S", path="C:/A/T.exe"), account("T", path="c:\\a\\t.exe")]
    assert faults(MASTER, account("U"), *twins) == [("S", "path"), ("T", "path")]


def test_paper_terminals_are_told_apart_by_their_key_as_written() -> None:
    same = [account(name, terminal="paper", path="x") for name in ("S", "T")]
    assert faults(MASTER, account("U"), *same) == [("S", "path"), ("T", "path")]
    other = [account(n, terminal="paper", path=p) for n, p in (("S", "x"), ("T", "X"))]
    assert faults(MASTER, *other) == []


def test_a_login_is_no_claim_on_paper() -> None:
    twins = [account(n, terminal="paper", path=n, login=5) for n in ("S", "T")]
    assert faults(MASTER, *twins) == []


def test_following_nobody_known_or_a_slave_is_that_accounts_fault() -> None:
    good = account("S")
    assert faults(MASTER, good, account("T", follows=("Nobody",))) == [("T", "follows")]
    assert faults(MASTER, good, account("T", follows=("S",))) == [("T", "follows")]
    assert faults(MASTER, good, account("T", follows=("Nobody",), enabled=False)) == []


def test_following_a_master_whose_document_is_wrong_is_not_ones_own_fault() -> None:
    follower = account("T", follows=("Broken",))
    assert faults(MASTER, account("S"), follower, also_known=("Broken",)) == []


def test_no_pair_left_concerns_the_whole_swarm() -> None:
    assert check_swarm([]) == (NO_PAIR,)
    assert check_swarm([MASTER]) == (NO_PAIR,)
    assert check_swarm([MASTER, account("S", enabled=False)]) == (NO_PAIR,)
    assert check_swarm([account("M", Role.MASTER, enabled=False), account("S")]) == (NO_PAIR,)


def test_accounts_with_faults_make_no_pair() -> None:
    assert faults(MASTER, account("S", follows=("Nobody",))) == [("S", "follows"), ("", "accounts")]


def test_a_slave_of_a_disabled_master_makes_no_pair() -> None:
    off = account("Off", Role.MASTER, enabled=False)
    assert not has_pair([MASTER, off, account("S", follows=("Off",))])


def test_law_13_an_account_with_open_copies_keeps_its_login_whatever_its_document_says() -> None:
    renamed = account("New", login=5, server="Apex-Live", path="C:/x")
    holder = account("Old", login=5, server="Apex-Live", path="C:/y", enabled=False)
    (fault,) = check_swarm([MASTER, account("U"), renamed], holding=[holder])
    assert (fault.account, fault.field, fault.found) == ("New", "login", "the same as in Old")
    assert "starts by itself once they have closed" in fault.what_to_do


def test_an_account_with_open_copies_is_not_in_its_own_way() -> None:
    slave = account("S", login=5, server="Apex-Live")
    assert faults(MASTER, slave, holding=[slave]) == []


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({"path": "c:\\S\\terminal.exe"}, True),
        ({"path": "elsewhere", "login": 5, "server": "Apex-Live"}, True),
        ({"path": "elsewhere", "login": 5}, False),
        ({"path": "elsewhere"}, False),
    ],
    ids=["one terminal", "one login", "another server", "nothing shared"],
)
def test_two_accounts_are_in_one_place_or_are_not(other: dict[str, Any], *, same: bool) -> None:
    mine = account("S", login=5, server="Apex-Live")
    assert same_place(mine, account("T", **other)) is same
