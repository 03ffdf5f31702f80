"""Different settings for different masters and symbols of one account."""

from decimal import Decimal
from typing import Any

from decisions.account_documents import parse_account
from domain.policies import AccountSettings
from domain.reasons import Reason
from tests.builders import MASTER, SLAVE
from tests.unit.nodes.swarm import Swarm


def a_swarm(*rules: dict[str, Any]) -> Swarm:
    document = {"name": SLAVE, "type": "SLAVE", "path": "apex", "rules": list(rules)}
    settings = parse_account(document)
    assert isinstance(settings, AccountSettings), settings
    swarm = Swarm()
    swarm.slave.settings = settings
    swarm.slave.start()
    swarm.turn(4)
    return swarm


def copied(swarm: Swarm, symbol: str) -> tuple[Decimal, str] | Reason:
    before = set(swarm.slave.door.held)
    swarm.trade("1.00", symbol=symbol)
    new = [p for i, p in swarm.slave.door.held.items() if i not in before]
    return (new[0].volume, new[0].side.value) if new else swarm.slave.verdicts[-1].reason


def test_each_signal_is_copied_by_its_own_rule() -> None:
    swarm = a_swarm(
        {"masters": ["Somebody_Else"], "max_lot": 0.01},
        {"masters": [MASTER], "symbols": ["XAU*"], "size": {"mode": "fixed", "fixed_lot": 0.2}},
        {"symbols": ["EUR*"], "reverse": True},
    )
    assert copied(swarm, "XAUUSD") == (Decimal("0.2"), "BUY")
    assert copied(swarm, "EURUSD") == (Decimal(1), "SELL")


def test_a_limit_of_a_rule_denies_for_it_alone() -> None:
    swarm = a_swarm({"symbols": ["XAUUSD"], "max_lot": 0.5})
    assert copied(swarm, "XAUUSD") is Reason.MAX_LOT
    assert copied(swarm, "EURUSD") == (Decimal(1), "BUY")


def test_law_2_a_rule_acts_once_and_no_edit_of_it_touches_an_open_copy() -> None:
    swarm = a_swarm({"symbols": ["XAUUSD"], "size": {"mode": "fixed", "fixed_lot": 0.4}})
    order = swarm.trade("1.00")
    swarm.slave.settings = a_swarm().slave.settings
    swarm.slave.control.orders.append(swarm.slave.settings_told())
    swarm.turn(4)
    swarm.master.door.reduce(order, "0.50")
    swarm.turn(2)
    assert [p.volume for p in swarm.slave.door.held.values()] == [Decimal("0.2")]
