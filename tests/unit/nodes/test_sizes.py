"""How large a node opens: what its master has comes with the signal, what its broker says is asked.

Both accounts have 10,000 USD; a lot is a hundred ounces of gold, at 1285.10.
"""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.copy_settings import Beyond, Size, SizeMode
from domain.market import Unknowable
from domain.reasons import Reason
from domain.signals import Means
from domain.verdicts import VerdictKind
from tests.unit.nodes.swarm import Swarm
from tests.unit.nodes.teller import Teller
from utils.clock import utc_us


def a_swarm(**size: Any) -> Swarm:
    exact = {n: Decimal(v) if isinstance(v, str) and v[0].isdigit() else v for n, v in size.items()}
    return Swarm(size=Size(**exact))


def opened(swarm: Swarm, **changes: Any) -> Decimal | Reason:
    """What a lot of the master's becomes: lots, or why none."""
    swarm.trade("1.00", **changes)
    (verdict,) = swarm.slave.verdicts
    if verdict.kind is VerdictKind.COPIED:
        (order,) = swarm.slave.door.opens
        return order.volume
    assert not swarm.slave.door.opens
    return verdict.reason


def has(side: Any, **money: str) -> None:
    exact = {name: Decimal(value) for name, value in money.items() if name != "currency"}
    side.door.account_state = msgspec.structs.replace(side.door.account_state, **(money | exact))


def test_a_share_of_what_both_have_at_that_moment() -> None:
    swarm = a_swarm(mode=SizeMode.EQUITY)
    has(swarm.master, equity="40000")
    has(swarm.slave, equity="10000")
    assert opened(swarm) == Decimal("0.25")


def test_another_currency_is_changed_at_our_brokers_rate() -> None:
    swarm = a_swarm(mode=SizeMode.BALANCE)
    has(swarm.master, currency="EUR")
    swarm.slave.door.rates["EUR", "USD"] = Decimal("1.25")
    assert opened(swarm) == Decimal("0.80")


def test_without_a_rate_nothing_is_guessed() -> None:
    swarm = a_swarm(mode=SizeMode.BALANCE)
    has(swarm.master, currency="EUR")
    assert opened(swarm) is Reason.RATE_UNKNOWN


def test_a_master_whose_terminal_does_not_say_what_it_has_is_not_sized_by() -> None:
    swarm = a_swarm(mode=SizeMode.BALANCE)
    swarm.master.door.account = lambda: Unknowable("no answer")  # type: ignore[method-assign]
    assert opened(swarm) is Reason.MASTER_MONEY_UNKNOWN


def test_contracts_of_another_size_hold_the_same_value() -> None:
    swarm = a_swarm(mode=SizeMode.NOTIONAL)
    ounces_of_10 = msgspec.structs.replace(
        swarm.slave.door.specs["XAUUSD"], contract_size=Decimal(10)
    )
    swarm.slave.door.specs["XAUUSD"] = ounces_of_10
    assert opened(swarm) == Decimal(10)


def test_one_percent_is_what_is_lost_at_the_stop() -> None:
    """100 of 10,000 USD; from 1285.10 to 1280.10 a lot loses 500."""
    assert opened(a_swarm(mode=SizeMode.RISK_PERCENT, risk_percent="1"), sl="1280.10") == Decimal(
        "0.20"
    )


def test_without_a_stop_no_risk_can_be_taken() -> None:
    assert opened(a_swarm(mode=SizeMode.RISK_MONEY, risk_money="100"), sl="0") is Reason.NO_STOP


def test_a_broker_that_does_not_say_what_would_be_lost_gets_no_order() -> None:
    swarm = a_swarm(mode=SizeMode.RISK_MONEY, risk_money="100")
    silent = Unknowable("order_calc_profit: no answer")
    swarm.slave.door.loss_per_lot = lambda *_: silent  # type: ignore[method-assign]
    assert opened(swarm, sl="1280.10") is Reason.RISK_UNKNOWN


def test_a_broker_is_asked_for_nothing_that_no_size_needs() -> None:
    swarm = a_swarm()
    for call in ("loss_per_lot", "tick_value", "rate"):
        setattr(swarm.slave.door, call, None)
    assert opened(swarm, sl="1280.10") == Decimal(1)


def test_what_was_held_back_is_said_with_the_copy() -> None:
    swarm = Swarm(size=Size(above_max_lot=Beyond.CLAMP), max_lot="0.30")
    swarm.trade("1.00")
    (verdict,) = swarm.slave.verdicts
    assert (verdict.kind, verdict.reason) == (VerdictKind.COPIED, Reason.SIZE_LIMITED)
    assert (verdict.volume, verdict.detail) == (Decimal("0.30"), "1 lots, held to 0.3")


def test_law_2_a_reduction_follows_the_ratio_whatever_the_size() -> None:
    swarm = a_swarm(multiplier="0.3")
    order = swarm.trade("1.00")
    swarm.master.door.reduce(order, "0.60")
    swarm.turn(2)
    (held,) = swarm.slave.door.held.values()
    assert held.volume == Decimal("0.12")


def test_law_2_a_size_is_of_its_open_and_no_edit_changes_it() -> None:
    swarm = a_swarm(multiplier="0.5")
    order = swarm.trade("1.00")
    swarm.slave.settings = msgspec.structs.replace(swarm.slave.settings, size=Size())
    swarm.slave.control.orders.append(swarm.slave.settings_told())
    swarm.turn(4)
    swarm.master.door.reduce(order, "0.50")
    swarm.turn(2)
    (held,) = swarm.slave.door.held.values()
    assert held.volume == Decimal("0.25")


@pytest.mark.parametrize("mode", [SizeMode.BALANCE, SizeMode.RISK_PERCENT])
def test_an_order_that_waits_is_sized_where_it_waits(mode: SizeMode) -> None:
    """2 % of 10,000; from 1275 to 1265 a lot loses 1,000."""
    figure = {"risk_percent": Decimal(2)} if mode is SizeMode.RISK_PERCENT else {}
    swarm = Swarm(size=Size(mode=mode, **figure))
    has(swarm.master, balance="50000")
    swarm.master.door.pend("1275.00", "1.00", sl="1265.00")
    swarm.turn(3)
    (order,) = swarm.slave.door.waiting.values()
    assert order.volume == Decimal("0.20")


def test_figures_of_yesterday_open_nothing() -> None:
    """They came with a signal that was told again, from a snapshot."""
    teller = Teller(size=Size(mode=SizeMode.BALANCE))
    account = teller.slave.door.account_state
    day_us = 86_400_000_000
    means = Means(read_at_us=utc_us() - day_us, funds=account.funds, contract_size=Decimal(100))
    teller.say(msgspec.structs.replace(teller.opens(501), means=means))
    teller.turn()
    assert teller.slave.verdicts[-1].reason is Reason.MASTER_MONEY_STALE
    assert not teller.slave.door.opens


def test_lots_of_another_symbol_stand_for_the_masters_by_the_factor_of_the_map() -> None:
    swarm = Swarm(symbol_map={"XAUUSD": "EURUSD|0.25"})
    swarm.trade("1.00")
    (held,) = swarm.slave.door.held.values()
    assert (held.symbol, held.volume) == ("EURUSD", Decimal("0.25"))
