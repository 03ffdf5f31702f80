"""The drill's own slaves copy in ways that differ, and its judge reads them as the nodes do."""

from decimal import Decimal

import pytest

from commands.drilling.accounts import WAYS, documents
from decisions.account_documents import parse_account
from decisions.asked_for import Position, asked_for
from decisions.rules import settings_for
from decisions.symbol_mapping import slave_symbol
from domain.ids import NodeName
from domain.policies import AccountSettings

MASTER = "Drill_Master_01"
SLAVES = documents(1, len(WAYS))[1:]


@pytest.mark.parametrize("account", SLAVES, ids=lambda one: str(one["name"]))
@pytest.mark.parametrize("symbol", ["EURUSD", "XAUUSD"])
def test_side_and_symbol_are_judged_by_what_the_node_goes_by(
    account: dict[str, object], symbol: str
) -> None:
    settings = parse_account(account)
    assert isinstance(settings, AccountSettings), settings
    here = slave_symbol(symbol, settings).symbol
    held = settings_for(settings, NodeName(MASTER), symbol, here)
    asked = asked_for(account, Position(master=MASTER, symbol=symbol, lots=Decimal(1)), {})
    assert (asked.symbol, asked.is_reversed) == (here, held.reverse)
    assert asked.longest_ms == (None if held.max_hold_seconds is None else 20_000)


def test_a_drill_of_three_slaves_has_what_can_go_wrong_with_sides_sizes_and_stops() -> None:
    drilled = {field for account in SLAVES[:3] for field in account}
    assert {"reverse", "size", "max_lot", "stop_loss_type", "take_profit_type"} <= drilled
