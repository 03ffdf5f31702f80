"""Names that an operator mistyped."""

import pytest

from commands.account_names import NoSuchAccount, check_names

KNOWN = ("Apex_Slave_01", "Apex_Slave_02", "FTMO_Master")


def test_known_names_pass() -> None:
    check_names(["Apex_Slave_02", "FTMO_Master"], KNOWN)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        pytest.param("Apex_Slave_O1", "Did you mean Apex_Slave_01 or", id="a letter for a digit"),
        pytest.param("ftmo_master", "Did you mean FTMO_Master?", id="another case"),
        pytest.param("zzz", "There are: Apex_Slave_01, Apex_Slave_02, FTMO_Master.", id="far off"),
    ],
)
def test_an_unknown_name_is_refused_with_those_that_come_near(typed: str, hint: str) -> None:
    with pytest.raises(NoSuchAccount) as refused:
        check_names(["Apex_Slave_01", typed], KNOWN)
    assert f"No account is called {typed!r}. {hint}" in str(refused.value)
    assert "No order was given to anybody." in str(refused.value)
