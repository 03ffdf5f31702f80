"""The drill's own slaves copy in ways that differ, and its judge reads them as the nodes do."""

from decimal import Decimal

import pytest

from commands.drilling.accounts import WAYS, documents
from commands.drilling.trading import STRATEGIES, VOLUMES
from decisions.account_documents import parse_account
from decisions.asked_for import Position, asked_for
from decisions.rules import settings_for
from decisions.symbol_mapping import slave_symbol
from domain.copy_settings import CopyExisting, LateEntry
from domain.ids import NodeName
from domain.policies import AccountSettings
from paper.broker.profiles.by_name import profile_for

MASTER = "Drill_Master_01"
SLAVES = documents(1, len(WAYS))[1:]


@pytest.mark.parametrize("account", SLAVES, ids=lambda one: str(one["name"]))
@pytest.mark.parametrize("symbol", ["EURUSD", "XAUUSD"])
@pytest.mark.parametrize("magic", [magic for magic, _ in STRATEGIES])
def test_what_is_judged_is_what_the_node_goes_by(
    account: dict[str, object], symbol: str, magic: int
) -> None:
    settings = parse_account(account)
    assert isinstance(settings, AccountSettings), settings
    here = slave_symbol(symbol, settings).symbol
    held = settings_for(settings, NodeName(MASTER), magic, symbol, here)
    position = Position(master=MASTER, symbol=symbol, lots=Decimal(1), magic=magic)
    asked = asked_for(account, position, {})
    assert (asked.symbol, asked.is_reversed) == (here, held.reverse)
    assert asked.longest_ms == (held.max_hold_seconds and held.max_hold_seconds * 1000)
    comes_late = held.late_entry is not LateEntry.SKIP
    assert asked.may_be_old == (comes_late or held.copy_existing is not CopyExisting.NO)
    assert asked.waits_ms == (held.late_entry_seconds * 1000 if comes_late else 0)
    assert asked.windows == held.trading_windows


def test_a_drill_of_four_slaves_has_what_the_first_seed_is_to_show() -> None:
    ways = [*SLAVES[:4], *(rule for one in SLAVES[:4] for rule in one["rules"])]
    drilled = {field for way in ways for field in way}
    assert drilled >= {
        "reverse", "size", "max_lot", "stop_loss_type", "take_profit_type", "late_entry",
        "copy_existing", "trading_windows", "throttle", "filters", "symbols", "max_open_lots",
        "max_open_trades", "block_hedging", "break_even", "trailing", "max_hold_seconds",
    }  # fmt: skip


def test_every_seed_begins_with_another_way_and_all_have_their_turn() -> None:
    first = [documents(1, 1, turn)[1]["rules"] for turn in range(len(WAYS))]
    assert [one["rules"] for one in SLAVES] == first
    assert documents(1, 1, len(WAYS)) == documents(1, 1)


def test_a_slave_gets_copies_in_parts() -> None:
    minnow = SLAVES[3]
    broker = profile_for(minnow["paper"]["broker"], {"EURUSD": 5, "XAUUSD": 2})
    largest = max(VOLUMES) * minnow["size"]["multiplier"]
    assert all(symbol.volume_max * 3 < largest for symbol in broker.symbols)
