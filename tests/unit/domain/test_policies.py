"""What settings say of all copies of an account at once."""

from typing import Any

import pytest

from decisions.account_documents import parse_account
from domain.policies import AccountSettings

SLAVE: dict[str, Any] = {"name": "S", "type": "SLAVE", "path": "s", "terminal": "paper"}


def settings(**ways: Any) -> AccountSettings:
    found = parse_account({**SLAVE, **ways})
    assert isinstance(found, AccountSettings), found
    return found


@pytest.mark.parametrize(
    ("ways", "exactly"),
    [
        pytest.param({}, True, id="as usual"),
        pytest.param({"reverse": True, "rules": [{"max_lot": 1}]}, True, id="nothing about stops"),
        pytest.param({"stop_loss_type": "distance"}, False, id="by distance"),
        pytest.param({"protective_stop": 300}, False, id="protective"),
        pytest.param({"break_even": {"at": 50}}, False, id="break-even moves it"),
        pytest.param({"trailing": {"distance": 50}}, False, id="it follows the price"),
        pytest.param(
            {"rules": [{"symbols": ["XAU*"], "take_profit_type": "none"}]}, False, id="rule"
        ),
        pytest.param({"rules": [{"trailing": {"distance": 9}}]}, False, id="a rule lets it follow"),
    ],
)
def test_a_copy_that_nobody_remembers_takes_the_masters_stops_only_where_all_copies_do(
    ways: dict[str, Any], exactly: bool
) -> None:
    """Else one whose journal is lost would have its own stop taken away, or put back."""
    assert settings(**ways).copies_stops_exactly is exactly
